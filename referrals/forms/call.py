"""Take a call: one screen, in the order in which people speak."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict

from accounts.domain.rota import LONDON
from accounts.forms.fields import DayField
from referrals.domain import (
    LATE_ENTRY,
    Agrees,
    Answer,
    Caller,
    Crew,
    Direction,
    Emergency,
    Hospital,
    LocationKind,
    LocationNow,
    PersonDetails,
    ReferralDetails,
    Told,
    Urgency,
    clean_nhs_number,
)
from referrals.domain.typed import Birth, read_address, read_birth
from referrals.forms.fields import TELL, YES_NO_NOT_KNOWN, TypedForm, chooser, moment, radios, telling, words
from timelimits.domain.local_time import instant_words

PLACES = (
    (LocationKind.HOME, "Own home"),
    (LocationKind.ELSEWHERE, "Somewhere else"),
    (LocationKind.CARE_HOME, "Care home"),
    (LocationKind.HOSPITAL, "Hospital"),
)
SOON = ((Urgency.CRISIS, "Within 2 hours"), (Urgency.PLANNED, "Planned"))
FROM = ((Direction.STEP_UP, "Community, to avoid hospital"), (Direction.STEP_DOWN, "Hospital"))
AGREEMENT = (
    (Agrees.YES, "Yes"),
    (Agrees.NO, "No"),
    (Agrees.LACKS_CAPACITY, "Lacks capacity"),
    (Agrees.NOT_ASKED, "Not asked"),
)
KNOWN_YET = (("yes", "Yes"), ("no", "No"), ("not_known", "Not known yet"))
FLAG = "flag_"
OF_ENQUIRY = {
    "asked": "summary",
    "caller_name": "caller_name",
    "phone": "ring_back",
    "source_kind": "source",
    "received": "received",
    "received_which": "received_which",
    "sent_id": "form_id",
}
"""What an enquiry keeps of a call, its field → ours."""
PHONE = {"type": "tel"}


def suggesting(list_id: str) -> forms.TextInput:
    """Return a text box that offers the words of a datalist on the page and takes any others."""
    return forms.TextInput(attrs={"list": list_id})


class CallForm(TypedForm):
    """A referral by telephone. `form_id` makes one referral of one form, however often it is sent."""

    lists = {"source": "sources", "reason": "referral_reasons", "warnings": "warnings"}
    past: tuple[str, ...] = ("called_at", "received")
    at_field = {
        "received_at": "received",
        "person": "family_name",
        "person.nhs_number": "nhs_number",
        "person.family_name": "family_name",
        "person.born_on": "birth",
    }

    form_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    person_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    follows_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    enquiry_id = forms.UUIDField(widget=forms.HiddenInput, required=False)

    ring_back = words(
        "Number to ring back", 40, missing="Enter a number, or type none", widget=forms.TextInput(attrs=PHONE)
    )
    caller_name = words("Name", 120, required=False)
    relationship = words("Who they are", 80, required=False)
    source = chooser("Who is referring", required=False)
    crew_waits = forms.BooleanField(label="An ambulance crew is with them and waits for us", required=False)
    crew_phone = words("Number of the crew", 40, required=False, widget=forms.TextInput(attrs=PHONE))

    given_name = words("First name", 100, required=False)
    family_name = words("Last name", 100, required=False)
    birth = words("Birth date or age", 40, required=False)
    nhs_number = words("NHS number, if known", 40, required=False)
    someone_else = forms.BooleanField(label="They are somebody else: make a new record", required=False)
    gp_practice = words("GP practice", 120, required=False, widget=suggesting("gp-practices"))
    home_address = words("Home address, if not there now", 300, required=False)
    warnings = forms.MultipleChoiceField(
        label="Warnings for whoever visits", required=False, widget=forms.CheckboxSelectMultiple
    )
    other_warning = words("Another warning", 60, required=False)

    where = radios("Place", PLACES, missing="Choose where they are")
    address = words("Address or postcode now", 300, required=False)
    access = words("Getting in", 300, required=False)
    who_with = words("Who is with them", 200, required=False)
    key_safe_code = words("Key-safe code", 20, required=False, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    hospital_site = words("Hospital", 80, required=False, widget=suggesting("hospitals"))
    hospital_ward = words("Ward", 80, required=False)
    ready_on = DayField(label="Ready to leave on", required=False)

    summary = telling("In the caller’s words", 5000, missing="Write down what has happened")
    reason = chooser("Nearest reason", required=False)

    called_by = words("Who rang 999", 120, required=False)
    called_at = moment("When")
    crew_reference = words("Crew or call reference", 40, required=False)

    urgency = radios("How soon", SOON, missing="Choose how soon")
    direction = radios("From", FROM, missing="Choose community or hospital")
    agrees = radios("Agrees to us coming", AGREEMENT, initial=Agrees.NOT_ASKED, required=False)
    stable = radios("Medically stable", KNOWN_YET, initial="not_known", required=False)
    medicines = radios("Medicines dealt with", KNOWN_YET, initial="not_known", required=False)
    received = moment("First received")
    confirm_old = forms.BooleanField(label="It really came in more than a day ago", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["form_id"].initial = uuid4
        self.fields["received"].initial = f"{self.now.astimezone(LONDON):%H:%M}"

    def fill_lists(self) -> None:
        """Read the lists, and ask every red flag of the place."""
        self.lists = {**type(self).lists, "asked": "red_flags"}
        self.fields["asked"] = radios("Red flags", required=False)
        super().fill_lists()
        for code, label in self.fields.pop("asked").choices:  # type: ignore[attr-defined]
            self.fields[f"{FLAG}{code}"] = radios(label, YES_NO_NOT_KNOWN, missing="Say yes, no or not known")
        told = list(self.fields)
        self.order_fields([*told[: told.index("called_by")], *(name for name in told if name.startswith(FLAG))])

    @property
    def flags(self) -> list[forms.BoundField]:
        """Return the red flags as fields, in the place's order."""
        return [self[name] for name in self.fields if name.startswith(FLAG)]

    @property
    def chosen_person(self) -> UUID | None:
        """Return the person chosen from the matches, also before the form is sent."""
        given = self["person_id"].value()
        try:
            return UUID(str(given)) if given else None
        except ValueError:
            return None

    def clean_nhs_number(self) -> str:
        """Check the ten digits (R009)."""
        typed = self.cleaned_data["nhs_number"]
        try:
            return clean_nhs_number(typed)
        except ValueError as wrong:
            raise forms.ValidationError(f"{str(wrong).rstrip('.')}, or leave it empty") from wrong

    def clean_birth(self) -> Birth:
        """Read a birth date or an age."""
        try:
            return read_birth(self.cleaned_data["birth"], self.now.astimezone(LONDON).date())
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from wrong

    def clean(self) -> dict[str, Any]:
        """Check what only makes sense together: a name, a place, an old time."""
        super().clean()
        told = self.cleaned_data
        if not self.chosen_person and not (told.get("family_name") or told.get("given_name")):
            self.add_error("family_name", "Enter at least one name, or what they are called")
        self._check_place(told)
        received = told.get("received")
        if received and self.now - received > LATE_ENTRY and not told.get("confirm_old"):
            year = "" if received.year == self.now.year else f", {received.year}"
            self.add_error("confirm_old", f"Tick this if it came in on {instant_words(received)}{year}")
        return told

    def _check_place(self, told: dict[str, Any]) -> None:
        if told.get("where") == LocationKind.HOSPITAL:
            if not (told.get("hospital_site") or told.get("hospital_ward")):
                self.add_error("hospital_site", "Enter the hospital or the ward")
            return
        if told.get("where") == LocationKind.HOME and told.get("address") and told.get("home_address"):
            self.add_error("home_address", "They are at home: write the address once, under “Where are they now?”")
        at_home_of_known = self.chosen_person and told.get("where") == LocationKind.HOME
        if told.get("where") and not told.get("address") and not at_home_of_known:
            self.add_error("address", "Enter an address or a postcode, or type not known")

    def person(self) -> PersonDetails:
        """Return who it is about, as told."""
        told = self.cleaned_data
        home = read_address(told["address"] if told["where"] == LocationKind.HOME else told["home_address"])
        about_self = told["source"] == "self"
        return PersonDetails(
            family_name=told["family_name"] or told["given_name"],
            given_name=told["given_name"] if told["family_name"] else "",
            nhs_number=told["nhs_number"],
            born_on=told["birth"].born_on,
            age_about=told["birth"].age_about,
            address_lines=home.lines,
            postcode=home.postcode,
            phone=told["ring_back"] if about_self else "",
            gp_practice=told["gp_practice"],
            warnings=(*told["warnings"], *filter(None, [told["other_warning"]])),
        )

    def details(self) -> ReferralDetails:
        """Return the request for help, as told."""
        told = self.cleaned_data
        now_at = read_address(told["address"])
        ring_back, caller = told["ring_back"], told["caller_name"]
        return ReferralDetails(
            direction=Direction(told["direction"]),
            urgency=Urgency(told["urgency"]),
            summary=told["summary"],
            reason=told["reason"],
            received_at=told["received"],
            location=LocationNow(LocationKind(told["where"]), now_at.lines, now_at.postcode, access=told["access"]),
            caller=Caller(kind=told["source"], name=caller, phone=ring_back, relationship=told["relationship"]),
            hospital=Hospital(told["hospital_site"], told["hospital_ward"], told["ready_on"]),
            emergency=Emergency(told["called_by"], told["called_at"], told["crew_reference"]),
            who_is_with_them=told["who_with"],
            agrees=Agrees(told["agrees"] or Agrees.NOT_ASKED),
            medically_stable=TELL.get(told["stable"]),
            medicines_addressed=TELL.get(told["medicines"]),
            crew=self.crew(),
            red_flags=tuple((name.removeprefix(FLAG), Answer(told[name])) for name in told if name.startswith(FLAG)),
        )

    def as_enquiry(self) -> dict[str, str]:
        """Return the call as the form of an enquiry takes it; whom it was about goes to what was asked."""
        told = {name: str(self.data.get(ours, "")).strip() for name, ours in OF_ENQUIRY.items()}
        about = " ".join(filter(None, (self.data.get(name, "") for name in ("given_name", "family_name", "birth"))))
        told["asked"] += f"\nAbout: {about}" if told["asked"] and about else ""
        return told

    def not_an_enquiry(self, faults: Mapping[str, Any]) -> None:
        """Show only what keeps the call from being written down as an enquiry."""
        self.errors.clear()
        for name, said in faults.items():
            self.add_error(OF_ENQUIRY.get(name), list(said))

    def crew(self) -> Crew | None:
        """Return the crew that waits with them, when somebody said so."""
        told = self.cleaned_data
        return Crew(phone=told["crew_phone"], reference=told["crew_reference"]) if told["crew_waits"] else None

    def flag_raised(self) -> bool:
        """Say whether any red flag is answered yes, also while the form is still being typed."""
        return any(flag.value() == Answer.YES for flag in self.flags)

    def told_so_far(self) -> dict[str, Any]:
        """Return what can be read of a form that is still being typed: faults are left out, not shown."""
        if not self.is_bound:
            return {name: self.get_initial_for_field(field, name) for name, field in self.fields.items()}
        self.is_valid()
        return self.cleaned_data

    def told_of_person(self) -> Told:
        """Return what can be read so far of who it is about."""
        said = self.told_so_far()
        birth, about_self = said.get("birth"), said.get("source") == "self"
        home = said.get("address") if said.get("where") == LocationKind.HOME else said.get("home_address")
        return Told(
            family_name=(said.get("family_name") or "").strip(),
            given_name=(said.get("given_name") or "").strip(),
            nhs_number=said.get("nhs_number") or "",
            born_on=birth.born_on if birth else None,
            postcode=read_address(home or "").postcode,
            phone=said.get("ring_back") or "" if about_self else "",
        )

    def asks_who(self) -> bool:
        """Say whether somebody must still say if it is a person we know: once, with one press, a crisis as well."""
        return not (self.chosen_person or self.cleaned_data["someone_else"])

    def received_stands(self) -> None:
        """Keep now as when it was received, where nothing or "now" was typed, while the form asks something back."""
        if self.cleaned_data["received"] in (None, self.now):
            told = QueryDict(mutable=True)
            told.update(self.data)
            told["received"] = f"{self.now.astimezone(LONDON):%H:%M}"
            self.data = told

    def received_so_far(self) -> datetime:
        """Return when it was received as far as the form says, for the clock beside it."""
        bound = self if self.is_bound else CallForm({"received": self["received"].value()}, now=self.now)
        found: datetime | None = bound.told_so_far().get("received")
        return found or self.now
