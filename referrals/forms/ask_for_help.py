"""What somebody of the public asks, for themselves or for another: one short page in plain words."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core import signing

from accounts.domain.rota import LONDON
from referrals.domain import (
    Agrees,
    Answer,
    Caller,
    Channel,
    Direction,
    LocationKind,
    LocationNow,
    PersonDetails,
    ReferralDetails,
    Urgency,
)
from referrals.domain.typed import Birth, read_address, read_birth
from referrals.forms.call import PHONE
from referrals.forms.fields import TypedForm, radios, telling, words

SALT = "referrals.ask_for_help"
KEPT = timedelta(days=1)
ASKER = 120
NONE = "none"
FOR_WHOM = (("self", "Me"), ("carer", "Somebody else"))
YES_NO = (("yes", "Yes"), ("no", "No"), ("not_known", "I do not know"))
AGREE = {"yes": Agrees.YES, "no": Agrees.NO}
BEFORE = {"yes": True, "no": False}
HOW_SOON = (
    (Urgency.CRISIS, "In the next few hours"),
    (Urgency.PLANNED, "It can wait a few days"),
)


class AskHelpForm(TypedForm):
    """Who needs help, where they are, what has happened. `first_sent` keeps when it was sent first, faults or not."""

    lists = {"danger": "red_flags"}

    form_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    first_sent = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)
    danger = forms.MultipleChoiceField(
        label="Is any of this happening now?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what is happening now, or “None of these”"},
    )
    whom = radios("Who needs help?", FOR_WHOM, missing="Choose who needs help")
    asker_name = words("Your name, if you ask for somebody else", ASKER, required=False)
    relationship = words("How you know them", 80, required=False)
    agrees = radios("Do they know that you are asking us?", YES_NO, required=False)
    given_name = words("First name of who needs help", 100, required=False)
    family_name = words("Last name of who needs help", 100, missing="Enter the last name, or what they are called")
    birth = words("Date of birth, or age", 40, required=False)
    address = words("Address where they are now, with the postcode", 300, missing="Enter the address or the postcode")
    phone = words(
        "Phone number that we can ring", 40, missing="Enter a phone number", widget=forms.TextInput(attrs=PHONE)
    )
    happened = telling("What has happened, and what help is needed?", 3000, 5, missing="Write what has happened")
    soon = radios("How soon is help needed?", HOW_SOON, missing="Choose how soon")
    talking = words("Anything that helps us talk with you", 200, required=False)
    before = radios("Have we helped before?", YES_NO, required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["form_id"].initial = uuid4

    def fill_lists(self) -> None:
        """Offer every red flag of the place, and that there is none."""
        super().fill_lists()
        field = self.fields["danger"]
        field.choices = [*field.choices, (NONE, "None of these")]  # type: ignore[attr-defined]

    def clean_birth(self) -> Birth:
        """Read a birth date or an age."""
        try:
            return read_birth(self.cleaned_data["birth"], self.now.astimezone(LONDON).date())
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        """Check what only makes sense together."""
        super().clean()
        told = self.cleaned_data
        if told.get("whom") == "carer" and not told.get("asker_name"):
            self.add_error("asker_name", "Enter your name")
        if NONE in told.get("danger", ()) and len(told["danger"]) > 1:
            self.add_error("danger", "Tick what is happening now, or “None of these”: not both")
        return told

    @property
    def began(self) -> datetime:
        """Return when this was sent first: what we wrote into the page then, else now."""
        try:
            told = signing.loads(str(self["first_sent"].value() or ""), salt=SALT, max_age=KEPT)
            return min(datetime.fromisoformat(told), self.now)
        except (signing.BadSignature, ValueError):
            return self.now

    @property
    def first_time(self) -> str:
        """Return what the page carries so that the first time is kept."""
        return signing.dumps(self.began.isoformat(), salt=SALT)

    def flag_raised(self) -> bool:
        """Say whether something that needs 999 is ticked."""
        return any(code != NONE for code in self["danger"].value() or ())

    def person(self) -> PersonDetails:
        """Return who needs help, as told."""
        told = self.cleaned_data
        home = read_address(told["address"])
        return PersonDetails(
            family_name=told["family_name"],
            given_name=told["given_name"],
            born_on=told["birth"].born_on,
            age_about=told["birth"].age_about,
            address_lines=home.lines,
            postcode=home.postcode,
            phone=told["phone"] if told["whom"] == "self" else "",
        )

    def details(self) -> ReferralDetails:
        """Return the request for help, as told."""
        told, about_self = self.cleaned_data, self.cleaned_data["whom"] == "self"
        place = read_address(told["address"])
        flags = [code for code, _ in self.fields["danger"].choices if code != NONE]  # type: ignore[attr-defined]
        talking = f"\n\nWhen we talk: {told['talking']}" if told["talking"] else ""
        name = " ".join(filter(None, (told["given_name"], told["family_name"])))
        soon = Urgency.CRISIS if self.flag_raised() else Urgency(told["soon"])  # nobody is there to ask once more
        return ReferralDetails(
            direction=Direction.STEP_UP,
            urgency=soon,
            summary=f"{told['happened']}{talking}",
            received_at=self.began,
            location=LocationNow(LocationKind.HOME, place.lines, place.postcode),
            caller=Caller(
                kind=told["whom"],
                name=name[:ASKER] if about_self else told["asker_name"],
                phone=told["phone"],
                relationship="" if about_self else told["relationship"],
            ),
            agrees=Agrees.YES if about_self else AGREE.get(told["agrees"], Agrees.NOT_ASKED),
            red_flags=tuple((code, Answer.YES if code in told["danger"] else Answer.NO) for code in flags),
            channel=Channel.PUBLIC,
            told_name=name[:210],
            helped_before=BEFORE.get(told["before"]),
        )
