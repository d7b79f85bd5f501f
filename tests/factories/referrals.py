"""A front door with people at it, and referrals as callers tell them. Everything is made through real commands."""

import tomllib
from dataclasses import dataclass, replace
from datetime import date, time
from pathlib import Path
from typing import Any

from accounts.domain import Duty, Role, TeamKind
from accounts.models import Membership, Organisation, Place, ShiftPattern, Team, TeamHours, User
from accounts.queries import actor_for
from audit.domain import SYSTEM, Actor
from capacity.models import Zone
from referrals.commands import publish_triage_rules, register_referral
from referrals.domain import (
    Agrees,
    Caller,
    Direction,
    LocationNow,
    PersonDetails,
    ReferralDetails,
    Urgency,
)
from referrals.models import Referral
from tests.factories.timelimits import shipped
from timelimits.commands import publish_calendar, publish_policy

LONG_AGO = date(2020, 1, 1)
TRIAGE = Path(__file__).resolve().parents[2] / "places" / "sefton" / "triage.toml"
WORDS = {
    "red_flags": [{"code": "chest_pain", "words": "Chest pain now"}, {"code": "bleeding", "words": "Heavy bleeding"}],
    "decline_reasons": [
        {"code": "needs_hospital", "words": "Needs hospital care now", "kind": "clinical"},
        {"code": "no_workers", "words": "No workers free in time", "kind": "capacity"},
    ],
    "signposts": [{"code": "gp", "words": "Own GP"}, {"code": "ambulance_999", "words": "999"}],
    "sources": [
        {"code": "gp", "words": "GP practice"},
        {"code": "carer", "words": "Carer, family or friend"},
        {"code": "emergency_department", "words": "Emergency department", "setting": "hospital"},
    ],
    "referral_reasons": [{"code": "falls", "words": "Fall"}],
}
NUMBERS = ("9991234004", "9993104272", "9991234012")


@dataclass(frozen=True)
class FrontDoor:
    """Who works where: the single point of access, two crisis teams of one trust, a team of another organisation."""

    spa: Team
    crisis: Team
    other_crisis: Team
    elsewhere: Team
    users: dict[str, User]

    def actor(self, name: str) -> Actor:
        """Return the Actor of spa, triage, alice, bob, charlie, carol, lead or manager as they stand now."""
        return actor_for(self.users[name])


def open_front_door() -> FrontDoor:
    """Make the place, its teams, people and shipped limits."""
    Place.objects.create(code="test", name="Test place", words=WORDS)
    Zone.objects.create(code="crosby", name="Crosby", postcode_prefixes=["L23"], position=1)
    trust = Organisation.objects.create(code="trust", name="Test Trust", kind="nhs_trust")
    council = Organisation.objects.create(code="council", name="Test Council", kind="council")
    spa = Team.objects.create(code="spa", organisation=trust, name="Single point", kind=TeamKind.SPA)
    crisis = _team("ucr-south", trust, "UCR South", ["crosby"])
    other = _team("ucr-north", trust, "UCR North", [])
    elsewhere = _team("home-care", council, "Council home team", [])
    for definition in shipped()["calendar"]:
        publish_calendar(by=SYSTEM, definition=definition)
    for definition in shipped()["policy"]:
        publish_policy(by=SYSTEM, definition=definition)
    publish_triage_rules(by=SYSTEM, definition=tomllib.loads(TRIAGE.read_text()))
    users = {
        "spa": person_at(spa, "Tom Trial", Role.SPA_OFFICER),
        "triage": person_at(spa, "Priya Demo", Role.TRIAGE_PRACTITIONER),
        "triage2": person_at(spa, "Sam Second", Role.TRIAGE_PRACTITIONER),
        "alice": person_at(crisis, "Alice Test", Role.CASE_COORDINATOR),
        "carol": person_at(crisis, "Carol Test", Role.CASE_COORDINATOR),
        "lead": person_at(crisis, "Lee Stub", Role.TEAM_LEAD),
        "bob": person_at(other, "Bob Test", Role.CASE_COORDINATOR),
        "charlie": person_at(elsewhere, "Charlie Test", Role.CASE_COORDINATOR),
        "commissioner": person_at(elsewhere, "Com Test", Role.COMMISSIONER),
    }
    return FrontDoor(spa, crisis, other, elsewhere, users)


def _team(code: str, organisation: Organisation, name: str, zones: list[str]) -> Team:
    team = Team.objects.create(
        code=code, organisation=organisation, name=name, kind=TeamKind.CRISIS, zones=zones, duty_phone="0151 496 0100"
    )
    for weekday in range(7):
        TeamHours.objects.create(team=team, weekday=weekday, opens=time(8), closes=time(20))
    return team


def person_at(team: Team, name: str, role: Role) -> User:
    """Make somebody who holds the role in the team."""
    email = f"{name.lower().replace(' ', '.')}@icras.example"
    user = User.objects.create_user(email, "a long enough password", name=name)
    Membership.objects.create(user=user, team=team, role=role, starts_on=LONG_AGO)
    return user


def put_on_duty(team: Team, user: User, duty: Duty, begins: time = time(0), ends: time = time(0)) -> None:
    """Give somebody a shift every day; the whole day unless told."""
    ShiftPattern.objects.get_or_create(
        team=team, user=user, duty=duty, day_kind="every_day", begins=begins, ends=ends, valid_from=LONG_AGO
    )


def person(**changes: Any) -> PersonDetails:
    """Return somebody plainly invented, without an NHS number."""
    known = PersonDetails(family_name="Testalder", given_name="Maud", born_on=date(1935, 2, 1), postcode="L23 9ZZ")
    return replace(known, **changes)


def details(**changes: Any) -> ReferralDetails:
    """Return a two-hour referral from the community, as told by a caller."""
    told = ReferralDetails(
        direction=Direction.STEP_UP,
        urgency=Urgency.CRISIS,
        summary="Fell in the bathroom at 11. Up now, hip sore.",
        reason="falls",
        location=LocationNow(postcode="L23 9ZZ"),
        caller=Caller(kind="carer", name="Pat Proof", phone="07700 900318", relationship="Neighbour"),
        agrees=Agrees.YES,
    )
    return replace(told, **changes)


def register(by: Actor, who: PersonDetails | None = None, **changes: Any) -> Referral:
    """Register a referral through the real command."""
    return register_referral(by=by, details=details(**changes), person=who or person())
