"""Cases for the lists, made through the real commands at the instants that are told."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import time_machine
from django.test import Client

from accounts.domain import Role, TeamKind
from accounts.models import Place, Team, User
from audit.domain import SYSTEM
from capacity.commands import put_zone
from pathways.commands import accept_referral, record_contact
from pathways.commands.accept import Accepted
from pathways.domain import ContactDetails, ContactKind
from referrals.commands import register_referral, take_referral
from referrals.domain import Answer, Caller, Direction, Hospital, LocationKind, LocationNow, PersonDetails, Urgency
from referrals.models import Referral
from tests.factories.referrals import FrontDoor, details, open_front_door, person, person_at
from timelimits.commands import beat

NOW = datetime(2026, 9, 17, 13, 32, tzinfo=UTC)  # Thursday, 14:32 in London
WARNINGS = [
    {"code": "oxygen", "words": "Oxygen in the home"},
    {"code": "two_to_visit", "words": "Two to visit"},
    {"code": "lives_alone", "words": "Lives alone"},
    {"code": "dog", "words": "Dog"},
]
ZONES = (("southport", "Southport", "PR8"), ("crosby", "Crosby", "L23"), ("bootle", "Bootle", "L20"))


def open_board() -> FrontDoor:
    """Make the place of the referral tests, with more zones, warnings and a manager who sees everything."""
    door = open_front_door()
    place = Place.objects.get()
    place.words = place.words | {"warnings": WARNINGS}
    place.save()
    for position, (code, name, prefix) in enumerate(ZONES):
        put_zone(by=SYSTEM, code=code, name=name, postcode_prefixes=[prefix], position=position)
    management = Team.objects.create(
        code="management", organisation=door.spa.organisation, name="Management", kind=TeamKind.MANAGEMENT
    )
    users = door.users | {
        "manager": person_at(management, "Amir Lead", Role.SERVICE_MANAGER),
        "auditor": person_at(management, "Ada Audit", Role.AUDITOR),
    }
    return replace(door, users=users)


def signed_in(user: User) -> Client:
    """Return a client of somebody who is signed in."""
    client = Client()
    client.force_login(user)
    return client


def register_at(door: FrontDoor, minutes_ago: float, name: str = "Maud Testalder", **changes: Any) -> Referral:
    """Register a referral that was received so many minutes before NOW, at that moment."""
    given, _, family = name.partition(" ")
    who = {key: changes.pop(key) for key in list(changes) if key in PersonDetails.__dataclass_fields__}
    with time_machine.travel(NOW - timedelta(minutes=minutes_ago), tick=False):
        return register_referral(
            by=door.actor("spa"),
            details=details(**changes),
            person=person(given_name=given, family_name=family, **who),
        )


def accept_at(door: FrontDoor, referral: Referral, minutes_ago: float = 0) -> Accepted:
    """Accept a referral to Alice of the crisis team, so many minutes before NOW."""
    with time_machine.travel(NOW - timedelta(minutes=minutes_ago), tick=False):
        return accept_referral(
            by=door.actor("triage"),
            referral_id=referral.pk,
            team_id=door.crisis.pk,
            coordinator_id=door.users["alice"].pk,
            safe_care_reason="Seen by the crew",
        )


def visit_at(door: FrontDoor, referral: Referral, minutes_ago: float = 0, **changes: Any) -> None:
    """Record an attended visit by Alice, so many minutes before NOW."""
    told = ContactDetails(**({"kind": ContactKind.FACE_TO_FACE, "attended": True} | changes))
    with time_machine.travel(NOW - timedelta(minutes=minutes_ago), tick=False):
        record_contact(by=door.actor("alice"), case_id=referral.case_id, details=told)


def take_at(door: FrontDoor, referral: Referral, minutes_ago: float = 0, by: str = "triage") -> None:
    """Let somebody say "I have this"."""
    with time_machine.travel(NOW - timedelta(minutes=minutes_ago), tick=False):
        take_referral(by=door.actor(by), referral_id=referral.pk)


def heartbeat(seconds_ago: float = 9) -> None:
    """Let the sweep have run so long ago."""
    beat(by=SYSTEM, name="sweep", now=NOW - timedelta(seconds=seconds_ago), done=0)


def several(door: FrontDoor, number: int, first: int = 1) -> list[Referral]:
    """Register many at once, of different people."""
    return [
        register_at(door, first + each, f"Person{each} Sampleton", born_on=date(1940, 1, 1 + each % 28))
        for each in range(number)
    ]


FULL_BOARD: tuple[dict[str, Any], ...] = (
    {
        "minutes_ago": 132,
        "name": "Maud Testalder",
        "born_on": date(1935, 2, 1),
        "summary": "Fell in bathroom at 11. Up now, hip sore, can’t manage the stairs.",
        "warnings": ("two_to_visit", "oxygen"),
        "location": LocationNow(postcode="PR8 9ZZ"),
        "caller": Caller(kind="gp", name="Dr A Fictive", organisation="GP", phone="01704960114"),
    },
    {
        "minutes_ago": 33,
        "name": "Albert Mockford",
        "born_on": date(1949, 2, 1),
        "summary": "More muddled since last night, not eating, 3 falls this week.",
        "warnings": ("lives_alone",),
        "location": LocationNow(postcode="L20 9ZZ"),
        "caller": Caller(kind="carer", name="Jo", relationship="Daughter", phone="01514960172"),
    },
    {
        "minutes_ago": 24,
        "name": "Edna Demoworth",
        "born_on": date(1942, 2, 1),
        "summary": "Crew on scene. Slid from chair, no injury, needs two to stand.",
        "red_flags": (("chest_pain", Answer.YES), ("bleeding", Answer.NO)),
    },
    {
        "minutes_ago": 22,
        "name": "Ruby Sampleton",
        "born_on": date(1947, 3, 4),
        "nhs_number": "9991234012",
        "gp_practice": "Test Street Surgery",
        "summary": "Ken went off in the ambulance about nine and he does everything for her. She’s here on my settee, "
        "she’s not hurt but she can’t get to the toilet on her own and I can’t lift her.",
        "location": LocationNow(
            kind=LocationKind.ELSEWHERE,
            address_lines=("Pat Proof, no. 14", "14 Prooflane"),
            postcode="L23 9ZZ",
            access="Key with the neighbour",
        ),
        "red_flags": (("chest_pain", Answer.NO), ("bleeding", Answer.NOT_KNOWN)),
    },
    {
        "minutes_ago": 150,
        "name": "Ernest Testworth",
        "born_on": date(1941, 2, 1),
        "summary": "Ready tomorrow. Walks 10 m with frame and one person.",
        "direction": Direction.STEP_DOWN,
        "urgency": Urgency.PLANNED,
        "location": LocationNow(kind=LocationKind.HOSPITAL, postcode="PR8 9ZZ"),
        "hospital": Hospital(site="Southport Hospital", ward="Ward 7B"),
        "caller": Caller(kind="ward", name="Ward 7B desk", phone="01704960177"),
    },
    {
        "minutes_ago": 40,
        "name": "Wilhelmina-Anastasia Featherstonehaugh-Cholmondeley-Warner",
        "born_on": date(1925, 2, 1),
        "summary": "Weight loss and weak legs since her sister died, "
        + "neighbours have been bringing meals but go away on Saturday, " * 6,
        "urgency": Urgency.PLANNED,
        "warnings": ("dog", "oxygen", "two_to_visit", "lives_alone"),
        "location": LocationNow(
            kind=LocationKind.ELSEWHERE,
            address_lines=("With her great-granddaughter’s neighbour at the caravan park",),
            postcode="PR8 9ZZ",
        ),
        "caller": Caller(
            kind="gp", name="Community matron of the Llanfairpwllgwyngyll ward", phone="+44 151 496 0107 ext 4410"
        ),
    },
)


def full_board(door: FrontDoor) -> list[Referral]:
    """Register a board's worth of people in different straits; the first is accepted and overdue, one is held."""
    made = [register_at(door, **row) for row in FULL_BOARD]
    accept_at(door, made[0], 90)
    take_at(door, made[3], 1)
    return made
