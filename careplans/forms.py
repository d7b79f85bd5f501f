"""Forms of what belongs to a person's care."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms

from careplans.domain import (
    AGREED_TO_WORDS,
    AGREEMENT_WORDS,
    FELT_WORDS,
    FINDING_WORDS,
    HIGHEST,
    LOWEST,
    ONWARD_WORDS,
    RATED_WORDS,
    TELLER_WORDS,
    THEME_WORDS,
    AgreedTo,
    Agreement,
    Decided,
    Felt,
    OnwardOutcome,
    RatedAt,
    RiskFinding,
    RiskTaken,
    Teller,
    Theme,
)
from referrals.forms.fields import VersionedForm, chooser, moment, radios, telling, words
from timelimits.domain.local_time import local_date

TEXT = 500
HOW = "Support they had, what they do not agree with, or who was consulted about their best interests"
REVIEWS: Mapping[str, str] = {"3": "In 3 days", "7": "In a week", "14": "In 2 weeks", "28": "In 4 weeks"}


def listed(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Return words as choices."""
    return [(str(code), text) for code, text in words.items()]


class OnwardForm(VersionedForm):
    """Which service, whom, what for, and when to chase them."""

    lists = {"service": "onward_services"}
    future = ("chase_at",)

    service = chooser("Service", missing="Choose the service")
    asked_of = words("Whom you asked", 120, missing="Say whom you asked", help_text="A team or a person there")
    why = telling("What for", 1000, missing="Say what they are asked for")
    chase_at = moment("Chase them", required=True, help_text="Like 16:00, 09:00 tomorrow, or Fri 10:00")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {name: self.cleaned_data[name] for name in ("service", "asked_of", "why", "chase_at")}


class OnwardAnswerForm(VersionedForm):
    """What became of a request."""

    outcome = radios("What became of it", listed(ONWARD_WORDS), missing="Choose what became of it")
    note = telling("Anything to add", 1000, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"outcome": OnwardOutcome(self.cleaned_data["outcome"]), "note": self.cleaned_data["note"]}


class RiskForm(VersionedForm):
    """What is gained, what could happen, what makes it safer, who agreed, when to look again."""

    at_field = {"review_on": "review"}

    benefit = telling("What they gain by it", TEXT, 2, missing="Say what they gain by it")
    harm = telling("What could happen", TEXT, 2, missing="Say what could happen")
    control = telling("What makes it safer", TEXT, 2, missing="Say what makes it safer")
    agreed_with = words("Who agreed to it", 200, missing="Say who agreed to it")
    review = radios("Look at it again", listed(REVIEWS), initial="7", missing="Choose when")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        on = local_date(self.now) + timedelta(days=int(told["review"]))
        parts = {name: told[name] for name in ("benefit", "harm", "control", "agreed_with")}
        return {"risk": RiskTaken(**parts, review_on=on)}


class RiskReviewForm(VersionedForm):
    """How a risk went."""

    finding = radios("How it goes", listed(FINDING_WORDS), missing="Choose how it goes")
    note = telling("What was found", TEXT, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"finding": RiskFinding(self.cleaned_data["finding"]), "note": self.cleaned_data["note"]}


class ConfidenceForm(VersionedForm):
    """How sure they are of managing."""

    rated_at = radios("When", listed(RATED_WORDS), missing="Choose when")
    score = forms.TypedChoiceField(
        label="How sure are you that you can manage at home?",
        choices=[(str(n), str(n)) for n in range(LOWEST, HIGHEST + 1)],
        coerce=int,
        widget=forms.RadioSelect,
        help_text="0 is not at all, 10 is wholly",
        error_messages={"required": "Choose 0 to 10"},
    )
    words = telling("In their own words", TEXT, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {"rated_at": RatedAt(told["rated_at"]), "score": told["score"], "words": told["words"]}


class ExperienceForm(VersionedForm):
    """What somebody told us of their care."""

    theme = radios("What it is about", listed(THEME_WORDS), missing="Choose what it is about")
    felt = radios("How it was", listed(FELT_WORDS), missing="Choose how it was")
    told_by = radios("Who told us", listed(TELLER_WORDS), initial=Teller.PERSON, missing="Choose who told us")
    words = telling("In their own words", 1000, 3, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        coded = {"told_by": Teller(told["told_by"]), "theme": Theme(told["theme"]), "felt": Felt(told["felt"])}
        return coded | {"words": told["words"]}


class AgreementForm(VersionedForm):
    """What the person said to the plan or to moving on."""

    about = radios("About", listed(AGREED_TO_WORDS), missing="Choose what it is about")
    answer = radios("What they said", listed(AGREEMENT_WORDS), missing="Choose what they said")
    words = telling("How it was decided", 1000, 2, required=False, help_text=HOW)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {"decided": Decided(AgreedTo(told["about"]), Agreement(told["answer"]), told["words"])}


class LinkForm(VersionedForm):
    """Where another system holds their record."""

    at_field = {"address": "web_address"}

    system = words("System", 120, missing="Say which system it is", help_text="Like the shared care record")
    web_address = words("Address", 500, missing="Give the address", help_text="The whole of it, with https://")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"system": self.cleaned_data["system"], "address": self.cleaned_data["web_address"]}


class MessageForm(VersionedForm):
    """A message to everybody on the case."""

    text = telling("Message", 2000, missing="Write the message")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"text": self.cleaned_data["text"]}
