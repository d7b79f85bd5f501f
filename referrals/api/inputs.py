"""What partner systems send about referrals, and how it becomes what the commands take."""

from datetime import date, datetime
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.endpoint import Body, Day, Instant, OneOf, Page, Text, YesNo, refuse_unknown_codes
from accounts.domain import CodeListName
from referrals.domain import (
    Agrees,
    BedGround,
    Caller,
    Channel,
    Crew,
    Direction,
    Hospital,
    LocationKind,
    LocationNow,
    PersonDetails,
    PlannedReason,
    ReferralDetails,
    Service,
    Status,
    Trigger,
    UcrNeed,
    Urgency,
    WhyNow,
    WouldBe,
    clean_postcode,
)

CODE, LINE, NAME, PHONE, POSTCODE = 40, 120, 100, 40, 12
ADDRESS_LINES = 8
SUMMARY, NOTE = 5000, 1000
CODED = "A code of the place: see the 422 for those there are."


class Postcode(Text):
    """A postcode, as it will be kept: in capitals it must still fit."""

    def to_internal_value(self, data: Any) -> str:
        """Return the postcode."""
        kept = clean_postcode(super().to_internal_value(data))
        if len(kept) > POSTCODE:
            raise ValidationError("This is too long for a postcode.")
        return kept


class Lines(serializers.ListField):
    """The lines of an address."""

    child = serializers.CharField(max_length=LINE)

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True, max_length=ADDRESS_LINES, child=Text(LINE, required=True))


class PersonSerializer(Body):
    """Who it is about. With the NHS number of somebody known, and no other birth date, it is put with theirs."""

    nhs_number = Text(20, help_text="Ten digits, modulus 11; spaces allowed; null when not known.")
    family_name = Text(NAME, required=True)
    given_name = Text(NAME)
    born_on = Day(required=False, allow_null=True, help_text="Not later than today.")
    address_lines = Lines()
    postcode = Postcode(POSTCODE)
    phone = Text(PHONE)
    gp_practice = Text(LINE)


class LocationSerializer(Body):
    """Where the person is now, if not at home, and how to get in."""

    kind = OneOf(LocationKind, required=False, default=LocationKind.HOME)
    address_lines = Lines()
    postcode = Postcode(POSTCODE)
    phone = Text(PHONE)
    access = Text(300, help_text="Key safe, door, dog.")


class ContactPersonSerializer(Body):
    """Somebody to ring about the person."""

    name = Text(LINE)
    relationship = Text(80)
    phone = Text(PHONE)


class HospitalSerializer(Body):
    """For a step down: where the person is, and the day they are ready."""

    site = Text(80)
    ward = Text(80)
    ready_on = Day(required=False, allow_null=True)


class SourceSerializer(Body):
    """Who refers, and the number to ring back."""

    kind = Text(CODE, required=True, help_text=CODED)
    organisation = Text(LINE)
    referrer_name = Text(LINE)
    phone = Text(PHONE)


class CrewSerializer(Body):
    """An ambulance crew that is with the person and waits for an answer: due within 15 minutes."""

    since = Instant(required=False, allow_null=True, help_text="Since when it is there. null: since it was told.")
    phone = Text(PHONE)
    reference = Text(40)


class ReferralSerializer(Body):
    """One request for help."""

    person = PersonSerializer()
    received_at = Instant(
        required=False,
        allow_null=True,
        help_text="When the single point of access received it: any past instant; up to 60 s ahead is taken as now.",
    )
    direction = OneOf(Direction)
    urgency = OneOf(Urgency, help_text="crisis: seen within two hours of receipt.")
    location_now = LocationSerializer(required=False, allow_null=True)
    who_is_with_them = Text(200)
    contact_person = ContactPersonSerializer(required=False, allow_null=True)
    person_agrees = OneOf(Agrees, required=False, default=Agrees.NOT_ASKED)
    hospital = HospitalSerializer(required=False, allow_null=True)
    source = SourceSerializer()  # type: ignore[assignment]
    crew_on_scene = CrewSerializer(required=False, allow_null=True)
    reason = Text(CODE, required=True, help_text=CODED)
    summary = Text(SUMMARY, required=True, help_text="What has happened, in words.")
    medically_stable = YesNo(required=False, allow_null=True, help_text="null: not known yet.")
    medicines_addressed = YesNo(required=False, allow_null=True, help_text="null: not known yet.")


class TriageSerializer(Body):
    """Urgency and service, and why."""

    urgency = OneOf(Urgency)
    service = OneOf(Service)
    reason = Text(NOTE, required=True, help_text="In words.")
    worse_since = Instant(
        required=False,
        allow_null=True,
        help_text="Made crisis because the person got worse: when one of our services was told. Else from receipt.",
    )
    trigger = OneOf(Trigger, required=False, allow_null=True, help_text="What makes it urgent (R046).")
    needs = serializers.ListField(child=OneOf(UcrNeed), required=False, help_text="Two-hour needs; never exclusions.")
    would_be = OneOf(WouldBe, required=False, allow_null=True, help_text="Where the person would otherwise be.")
    planned_reason = OneOf(PlannedReason, required=False, allow_null=True, help_text="From the community (R049).")
    bed_ground = OneOf(BedGround, required=False, allow_null=True, help_text="Needed for service `bed` (R053).")


class DeclineSerializer(Body):
    """Why not, and where instead."""

    reason = Text(CODE, required=True, help_text=CODED)
    signpost = Text(CODE, required=True, help_text=CODED)
    where = Text(200, help_text="In words, for the signpost `other`: needed with it.")


class ReferralListSerializer(Page):
    """Which referrals."""

    status = OneOf(Status, required=False)
    urgency = OneOf(Urgency, required=False)
    zone = serializers.SlugField(required=False, max_length=40, help_text="Code of a zone of the place.")
    hospital = serializers.SlugField(required=False, max_length=40, help_text="Code of a hospital of the place.")
    open = serializers.BooleanField(required=False, help_text="True: not decided yet, or accepted and not yet seen.")
    due_before = Instant(required=False, help_text="Those with a running time limit that ends before this instant.")


def why_now_of(told: dict[str, Any]) -> dict[str, Any]:
    """Return what triage takes, from a checked body: why help is needed now becomes one piece."""
    names = ("trigger", "needs", "would_be", "planned_reason", "bed_ground")
    given = {name: told.pop(name) for name in names if name in told}
    known = {name: value for name, value in given.items() if value}
    return told | {"told": WhyNow(**known | {"needs": tuple(known.get("needs", ()))})}


def refuse_codes_not_of_the_place(told: dict[str, Any]) -> None:
    """Raise ValidationError when the reason or the kind of source is not one of the place's codes."""
    refuse_unknown_codes(
        reason=(CodeListName.REFERRAL_REASONS, told["reason"]),
        source__kind=(CodeListName.SOURCES, told["source"]["kind"]),
    )


def person_of(told: dict[str, Any]) -> PersonDetails:
    """Return who it is about, from a checked body."""
    who = _known(told["person"])
    return PersonDetails(**who | {"address_lines": tuple(who.get("address_lines", ()))})


def details_of(told: dict[str, Any]) -> ReferralDetails:
    """Return the request, from a checked body."""
    source, contact = _known(told["source"]), _known(told.get("contact_person"))
    received_at: datetime | None = told.get("received_at")
    return ReferralDetails(
        direction=told["direction"],
        urgency=told["urgency"],
        summary=told["summary"],
        reason=told["reason"],
        received_at=received_at,
        location=_location(_known(told.get("location_now"))),
        caller=Caller(
            kind=source["kind"],
            organisation=source.get("organisation", ""),
            name=source.get("referrer_name", ""),
            phone=source.get("phone", ""),
        ),
        contact=Caller(**contact),
        hospital=_hospital(_known(told.get("hospital"))),
        who_is_with_them=told.get("who_is_with_them") or "",
        agrees=told["person_agrees"],
        medically_stable=told.get("medically_stable"),
        medicines_addressed=told.get("medicines_addressed"),
        channel=Channel.API,
        crew=Crew(**_known(told["crew_on_scene"])) if told.get("crew_on_scene") is not None else None,
    )


def _known(told: dict[str, Any] | None) -> dict[str, Any]:
    """Leave out what was sent as null: it says no more than absence."""
    return {name: value for name, value in (told or {}).items() if value is not None}


def _location(told: dict[str, Any]) -> LocationNow:
    return LocationNow(**told | {"address_lines": tuple(told.get("address_lines", ()))})


def _hospital(told: dict[str, Any]) -> Hospital:
    ready_on: date | None = told.get("ready_on")
    return Hospital(site=told.get("site", ""), ward=told.get("ward", ""), ready_on=ready_on)
