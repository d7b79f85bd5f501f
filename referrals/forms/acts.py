"""One small form for each act on a referral."""

from typing import Any

from django import forms

from referrals.domain import Service, Urgency
from referrals.forms.call import KNOWN_YET, PHONE, SOON
from referrals.forms.fields import TELL, VersionedForm, chooser, joined, moment, radios, telling, words

NOTE = 1000
SERVICES = (
    (Service.CRISIS, "2-hour urgent (UCR)"),
    (Service.REABLEMENT, "Reablement"),
    (Service.HOME, "Home-based"),
    (Service.BED, "Bed-based"),
)
GOT_WORSE = "got_worse"


class TakeForm(VersionedForm):
    """ "I have this": a button, nothing typed."""


class TriageForm(VersionedForm):
    """How soon and which service, and why."""

    lists = {"why": "triage_reasons"}
    past = ("worse_since",)

    urgency = radios("How soon", SOON, missing="Choose how soon")
    service = radios("Which service", SERVICES, missing="Choose a service")
    why = radios("Why", missing="Choose why")
    reason = telling("In a few words", NOTE, 2, required=False)
    worse_since = moment("If they got worse: when were we told?")

    def clean(self) -> dict[str, Any]:
        """Two hours for somebody who got worse run from when we were told, so that must be said."""
        super().clean()
        told = self.cleaned_data
        worse = told.get("why") == GOT_WORSE
        if worse and told.get("urgency") == Urgency.CRISIS and not self.errors and not told.get("worse_since"):
            self.add_error("worse_since", "Enter when one of our services was told")
        return told

    def because(self) -> str:
        """Return the reason in words."""
        labels = dict(self.fields["why"].choices)  # type: ignore[attr-defined]
        return joined(labels.get(self.cleaned_data["why"], ""), self.cleaned_data["reason"])

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        worse = told["why"] == GOT_WORSE and told["urgency"] == Urgency.CRISIS
        return {
            "urgency": Urgency(told["urgency"]),
            "service": Service(told["service"]),
            "reason": self.because(),
            "worse_since": told["worse_since"] if worse else None,
        }


class AskForm(VersionedForm):
    """Whom, and what."""

    spoken = {"questions": "questions"}

    asked_of = words("Who was asked", 120, missing="Enter whom you asked")
    phone = words("Their number", 40, required=False, widget=forms.TextInput(attrs=PHONE))
    questions = forms.MultipleChoiceField(label="What about", required=False, widget=forms.CheckboxSelectMultiple)
    question = telling("Anything else asked", 300, 2, required=False)

    def clean(self) -> dict[str, Any]:
        """Something must be asked."""
        super().clean()
        if not self.cleaned_data.get("questions") and not self.cleaned_data.get("question"):
            self.add_error("question", "Tick what was asked, or write it")
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        asked = " ".join([*told["questions"], told["question"]]).strip()
        return {"asked_of": told["asked_of"], "phone": told["phone"], "question": asked[:500]}


class AnswerForm(VersionedForm):
    """What somebody answered, and what it settles."""

    answer = telling("What you were told", NOTE, missing="Write down what you were told")
    stable = radios("Medically stable", KNOWN_YET, initial="not_known", required=False)
    medicines = radios("Medicines dealt with", KNOWN_YET, initial="not_known", required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {
            "answer": told["answer"],
            "medically_stable": TELL.get(told["stable"]),
            "medicines_addressed": TELL.get(told["medicines"]),
        }


class Confirm999Form(VersionedForm):
    """Who rang 999 and when; whether somebody has confirmed that the crew is there."""

    past = ("called_at",)

    called_by = words("Who rang 999", 120, missing="Enter who rang, or type not needed and why")
    called_at = moment("When")
    crew_reference = words("Crew or call reference", 40, required=False)
    crew_there = forms.BooleanField(
        label="Somebody has confirmed: the crew is there, or 999 was not needed", required=False
    )

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        names = ("called_by", "called_at", "crew_reference", "crew_there")
        return {name: self.cleaned_data[name] for name in names}


class DeclineForm(VersionedForm):
    """Why we say no, and where instead."""

    lists = {"reason": "decline_reasons", "signpost": "signposts"}

    reason = radios("Why we decline", missing="Choose why")
    signpost = chooser("Where instead", missing="Choose where they can go instead")
    note = telling("Anything to add", NOTE, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {name: self.cleaned_data[name] for name in ("reason", "signpost", "note")}


class RedirectForm(VersionedForm):
    """Where it goes instead, and why."""

    lists = {"signpost": "signposts"}
    spoken = {"why": "redirect_reasons"}

    signpost = chooser("Where to", missing="Choose where it goes")
    why = radios("Why", required=False)
    note = telling("In a few words", 900, 2, required=False)

    def clean(self) -> dict[str, Any]:
        """A reason must be given, chosen or written."""
        super().clean()
        return reason_given(self)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"signpost": self.cleaned_data["signpost"], "note": said(self)}


class NotWantedForm(VersionedForm):
    """The person's own no."""

    spoken = {"why": "not_wanted_reasons"}

    why = radios("Why", required=False)
    note = telling("What they said", 900, 2, required=False)

    def clean(self) -> dict[str, Any]:
        """A reason must be given, chosen or written."""
        super().clean()
        return reason_given(self)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"note": said(self)}


def said(form: VersionedForm) -> str:
    """Return the reason chosen and the words written, as one text."""
    return joined(form.cleaned_data.get("why") or "", form.cleaned_data.get("note") or "")


def reason_given(form: VersionedForm) -> dict[str, Any]:
    """Put a fault at the reason when nothing was chosen and nothing written."""
    if not said(form) and not form.errors:
        form.add_error("why" if form.fields["why"].choices else "note", "Choose why, or write it")  # type: ignore[attr-defined]
    return form.cleaned_data
