"""Forms of what comes in beside the call: a crew that waits, who somebody is, enquiries, an answer of the referrer."""

from typing import Any
from uuid import UUID, uuid4

from django import forms

from referrals.domain import Crew
from referrals.forms.call import PHONE
from referrals.forms.fields import TypedForm, VersionedForm, chooser, moment, radios, telling, words

NOTE = 1000


class CrewForm(VersionedForm):
    """A crew is there: since when, and how to reach it."""

    past = ("since",)

    since = moment("Since when")
    phone = words("Number of the crew", 40, required=False, widget=forms.TextInput(attrs=PHONE))
    reference = words("Crew or call reference", 40, required=False)

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        return {"crew": Crew(told["since"], told["phone"], told["reference"])}


class TellCrewForm(VersionedForm):
    """What the crew was told."""

    past = ("ours_from",)
    at_field = {"since": "ours_from"}

    may_leave = radios(
        "May the crew leave?",
        (("yes", "Yes: we are responsible now"), ("no", "No: they stay with the person")),
        missing="Choose whether the crew may leave",
    )
    ours_from = moment("We are responsible from")
    plan = telling("What holds until we are there", NOTE, 2, missing="Say what holds until we are there")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        leaves = told["may_leave"] == "yes"
        return {"may_leave": leaves, "ours_from": told["ours_from"] if leaves else None, "plan": told["plan"]}


class CheckWhoForm(VersionedForm):
    """How somebody made sure who it is."""

    note = telling(
        "How you made sure", NOTE, 2, missing="Say how you made sure, like: rang the number of the GP record"
    )

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"note": self.cleaned_data["note"]}


class GiveForm(VersionedForm):
    """The referrer's answer."""

    answer = telling("Your answer", NOTE, 4, missing="Write your answer")

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        return {"answer": self.cleaned_data["answer"]}


class EnquiryForm(TypedForm):
    """A call that is not about a referral."""

    lists = {"source_kind": "sources"}
    past = ("received",)
    at_field = {"received_at": "received"}

    sent_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    asked = telling("What they asked", 2000, 3, missing="Write down what they asked")
    said = telling("What you said", 2000, 3, required=False)
    caller_name = words("Name", 120, required=False)
    phone = words("Number to ring back", 40, required=False, widget=forms.TextInput(attrs=PHONE))
    source_kind = chooser("Who rang", required=False)
    received = moment("When they rang")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["sent_id"].initial = uuid4

    def values(self) -> dict[str, Any]:
        """Return what the command takes."""
        told = self.cleaned_data
        names = ("asked", "said", "caller_name", "phone", "source_kind")
        sent_id: UUID | None = told["sent_id"]
        return {name: told[name] for name in names} | {"received_at": told["received"], "sent_id": sent_id}
