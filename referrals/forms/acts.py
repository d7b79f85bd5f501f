"""One small form for each act on a referral."""

from collections.abc import Sequence
from typing import Any

from django import forms

from accounts.forms import PersonChoice
from accounts.forms.fields import offer
from referrals.domain import (
    BED_WORDS,
    HOSPITAL_WORDS,
    PLANNED_WORDS,
    TRIGGER_WORDS,
    UCR_NEEDS,
    WOULD_BE_WORDS,
    BedGround,
    HospitalReason,
    PlannedReason,
    Service,
    Trigger,
    Urgency,
    WhyNow,
    WouldBe,
)
from referrals.forms.call import KNOWN_YET, PHONE, SOON
from referrals.forms.fields import TELL, VersionedForm, chooser, chosen, joined, moment, radios, telling, words

NOTE = 1000
QUESTION = 500
WHERE = 200
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
    trigger = chooser("What makes it urgent", choices=chosen(TRIGGER_WORDS), required=False)
    needs = forms.MultipleChoiceField(
        label="Two-hour needs told",
        choices=tuple(UCR_NEEDS.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Prompts to ask by. None of them is needed, and another need counts as much",
    )
    would_be = chooser("Where they would otherwise be", choices=chosen(WOULD_BE_WORDS), required=False)
    planned_reason = chooser("If planned, from the community: why", choices=chosen(PLANNED_WORDS), required=False)
    bed_ground = chooser("If a bed: on which ground", choices=chosen(BED_WORDS), required=False)

    def clean(self) -> dict[str, Any]:
        """Two hours for somebody who got worse run from when we were told, so that must be said."""
        super().clean()
        told = self.cleaned_data
        used = told.get("why") == GOT_WORSE and told.get("urgency") == Urgency.CRISIS
        if used and not self.errors and not told.get("worse_since"):
            self.add_error("worse_since", "Enter when one of our services was told")
        if told.get("worse_since") and not used and {"why", "urgency"} <= told.keys():
            self.add_error("worse_since", "Leave this empty, or choose within 2 hours because they got worse")
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
            "override_reason": told["why"],
            "told": WhyNow(
                trigger=Trigger(told["trigger"]) if told["trigger"] else None,
                needs=tuple(told["needs"]),
                would_be=WouldBe(told["would_be"]) if told["would_be"] else None,
                planned_reason=PlannedReason(told["planned_reason"]) if told["planned_reason"] else None,
                bed_ground=BedGround(told["bed_ground"]) if told["bed_ground"] else None,
            ),
        }


class AskForm(VersionedForm):
    """Whom, and what."""

    spoken = {"questions": "questions"}

    asked_of = words("Who was asked", 120, missing="Enter whom you asked")
    phone = words("Their number", 40, required=False, widget=forms.TextInput(attrs=PHONE))
    questions = forms.MultipleChoiceField(label="What about", required=False, widget=forms.CheckboxSelectMultiple)
    question = telling("Anything else asked", 300, 2, required=False)
    to_referrer = forms.BooleanField(label="Ask on the referrer’s page as well: they can answer there", required=False)

    def clean(self) -> dict[str, Any]:
        """Something must be asked."""
        super().clean()
        if not self.cleaned_data.get("questions") and not self.cleaned_data.get("question"):
            self.add_error("question", "Tick what was asked, or write it")
        self.keep_to(QUESTION, "question", self.asked())
        return self.cleaned_data

    def asked(self) -> str:
        """Return the questions ticked and the words written, as one text."""
        told = self.cleaned_data
        return " ".join([*told.get("questions", ()), told.get("question", "")]).strip()

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        names = ("asked_of", "phone", "to_referrer")
        return {name: told[name] for name in names} | {"question": self.asked()}


class AnswerForm(VersionedForm):
    """What somebody answered, to which questions, and what it settles. One question alone is not asked about."""

    questions = forms.MultipleChoiceField(
        label="Which questions this answers",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="The others stay out, and the referral waits for them",
    )
    answer = telling("What you were told", NOTE, missing="Write down what you were told")
    stable = radios("Medically stable", KNOWN_YET, initial="not_known", required=False)
    medicines = radios("Medicines dealt with", KNOWN_YET, initial="not_known", required=False)

    def __init__(self, *args: Any, out: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        offer(self, "questions", out)
        self.several = len(out) > 1

    def clean(self) -> dict[str, Any]:
        """Of several questions it must be said which."""
        super().clean()
        if self.several and not self.cleaned_data.get("questions") and "questions" not in self.errors:
            self.add_error("questions", "Choose which questions this answers")
        return self.cleaned_data

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {
            "answer": told["answer"],
            "questions": [int(key) for key in told["questions"]],
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


class HospitalSupportForm(VersionedForm):
    """Why the urgent service supports a hospital, and who is to agree."""

    reason = radios("Why this is exceptional", tuple(HOSPITAL_WORDS.items()), missing="Choose why")
    note = telling("Anything to add", NOTE, 2, required=False)
    approver = PersonChoice(label="Who is to agree", required=False, help_text="Empty: whoever leads now is asked")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told, approver = self.cleaned_data, self.cleaned_data["approver"]
        reason = HospitalReason(told["reason"])
        return {"reason": reason, "note": told["note"], "approver_id": approver.pk if approver else None}


class DeclineForm(VersionedForm):
    """Why we say no, and where instead."""

    lists = {"reason": "decline_reasons", "signpost": "signposts"}

    reason = radios("Why we decline", missing="Choose why")
    signpost = chooser("Where instead", missing="Choose where they can go instead")
    where = words("Where, if it is not on the list", WHERE, required=False)
    note = telling("Anything to add", NOTE - WHERE - 2, 2, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {name: self.cleaned_data[name] for name in ("reason", "signpost", "where", "note")}


class RedirectForm(VersionedForm):
    """Where it goes instead, and why."""

    lists = {"signpost": "signposts"}
    spoken = {"why": "redirect_reasons"}

    signpost = chooser("Where to", missing="Choose where it goes")
    where = words("Where, if it is not on the list", WHERE, required=False)
    why = radios("Why", required=False)
    note = telling("In a few words", 700, 2, required=False)

    def clean(self) -> dict[str, Any]:
        """A reason must be given, chosen or written."""
        super().clean()
        return reason_given(self)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"signpost": self.cleaned_data["signpost"], "where": self.cleaned_data["where"], "note": said(self)}


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
