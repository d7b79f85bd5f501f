"""The full form of a referrer: the same questions as a call, in the words of somebody who writes."""

from dataclasses import replace
from typing import Any

from referrals.domain import Channel, ReferralDetails
from referrals.forms.call import CallForm

LABELS = {
    "ring_back": "Your phone number",
    "caller_name": "Your name",
    "relationship": "Your role",
    "source": "You are",
    "address": "Address or postcode now",
    "summary": "What has happened, and what you ask for",
    "agrees": "Do they agree to us coming?",
    "stable": "Are they medically stable?",
    "medicines": "Are their medicines dealt with?",
    "crew_waits": "We are an ambulance crew, with them, and wait for an answer",
    "crew_phone": "Number of the crew, if it is another",
}
MISSING = {"ring_back": "Enter a number", "summary": "Write what has happened"}
OF_STAFF = ("person_id", "someone_else", "received", "received_which", "confirm_old", "follows_id", "enquiry_id")


class ReferForm(CallForm):
    """A referral as a GP practice, ward, crew, care home or another team writes it."""

    past = ("called_at",)

    def __init__(self, *args: Any, organisation: str = "", **options: Any) -> None:
        super().__init__(*args, **options)
        self.organisation = organisation
        for name in OF_STAFF:
            self.fields.pop(name, None)
        for name, label in LABELS.items():
            self.fields[name].label = label
        for name, missing in MISSING.items():
            self.fields[name].error_messages["required"] = missing

    @property
    def chosen_person(self) -> None:
        """A referrer chooses nobody among those we know."""
        return

    def clean(self) -> dict[str, Any]:
        """It is received when it is sent: no time is asked."""
        self.cleaned_data |= {"received": None, "confirm_old": True}
        return super().clean()

    def details(self) -> ReferralDetails:
        """Return the request for help, with the name as it was written."""
        told, details = self.cleaned_data, super().details()
        name = " ".join(filter(None, (told["given_name"], told["family_name"])))
        caller = replace(details.caller, organisation=self.organisation)
        return replace(details, channel=Channel.PORTAL, caller=caller, told_name=name, received_at=None)
