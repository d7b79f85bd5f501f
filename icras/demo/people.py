"""Who does what in the made-up cases, and who they are about."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from uuid import UUID

import nhs_number

from accounts.domain.rota import LONDON
from accounts.models import PartnerClient, Team, User
from accounts.queries import actor_for
from audit.domain import Actor
from icras.demo.plan import Plan
from pathways.models import Episode
from referrals.domain import PersonDetails
from referrals.models import Referral

CLIENT = "demo-partner"
CRISIS_TEAM = {
    "southport": "ucr-north",
    "formby": "ucr-north",
    "maghull": "ucr-north",
    "crosby": "ucr-south",
    "bootle": "ucr-south",
    "netherton": "ucr-south",
}
CO_ORDINATORS = {
    "ucr-south": "coordinator",
    "reablement": "coordinator",
    "ucr-north": "coordinator2",
    "home-based": "coordinator2",
    "beds": "coordinator2",
}
VISITORS = {
    "ucr-south": ("practitioner", "physiotherapist"),
    "reablement": ("practitioner", "physiotherapist"),
    "ucr-north": ("nurse", "nurse"),
    "home-based": ("nurse", "nurse"),
    "beds": ("coordinator2", "social_worker"),
}
HOMES = {  # nobody lives at postcodes that end in 9ZZ
    "southport": ("Sample Road", "PR8 9ZZ", "Sample Road Medical Centre"),
    "formby": ("Mockup Close", "L37 9ZZ", "Mockup Lane Practice"),
    "maghull": ("Trialfield", "L31 9ZZ", "Placeholder Park Surgery"),
    "crosby": ("Prooflane", "L23 9ZZ", "Test Street Surgery"),
    "bootle": ("Dummy Road", "L20 9ZZ", "Example Square Health Centre"),
    "netherton": ("Example Way", "L30 9ZZ", "Trial Avenue Surgery"),
}


@dataclass
class Staff:
    """The demo log-ins as actors, by the first part of their address, and the teams by code."""

    def actor(self, name: str) -> Actor:
        """Return the actor of spa, triage, coordinator2 and so on."""
        return self._actors[name]

    def user_id(self, name: str) -> UUID:
        """Return the id of a log-in."""
        return self._users[name].pk

    def team_id(self, code: str) -> UUID:
        """Return the id of a team."""
        return self._teams[code]

    @cached_property
    def partner(self) -> Actor:
        """Return the partner system."""
        return actor_for(PartnerClient.objects.get(application__client_id=CLIENT))

    @cached_property
    def _users(self) -> dict[str, User]:
        return {user.email.partition("@")[0]: user for user in User.objects.filter(email__endswith="@icras.example")}

    @cached_property
    def _actors(self) -> dict[str, Actor]:
        return {name: actor_for(user) for name, user in self._users.items()}

    @cached_property
    def _teams(self) -> dict[str, UUID]:
        return dict(Team.objects.values_list("code", "pk"))


@dataclass(frozen=True, slots=True)
class Making:
    """One case being made: its plan, its referral, who works here, the instants of the step and of the making."""

    plan: Plan
    staff: Staff
    referral: Referral
    at: datetime
    now: datetime

    @property
    def case_id(self) -> UUID:
        return self.referral.joined_case_id or self.referral.case_id

    @property
    def episode(self) -> Episode:
        return Episode.objects.select_related("team").get(case_id=self.case_id)


def made_up_number(seed: int) -> str:
    """Return a valid NHS number of the range 999, which is given to nobody; another for every seed."""
    stem = f"999{seed % 1_000_000:06d}"
    found = next((stem + str(digit) for digit in range(10) if nhs_number.is_valid(f"{stem}{digit}")), None)
    return found or made_up_number(seed + 500_000)


def person_of(plan: Plan, number: int, now: datetime) -> PersonDetails:
    """Return who the case is about; `number` makes birthday, house, telephone and NHS number differ."""
    street, postcode, practice = HOMES[plan.zone]
    given_name, _, family_name = plan.who.partition(" ")
    return PersonDetails(
        family_name=family_name,
        given_name=given_name,
        nhs_number=made_up_number(410_000 + number * 7) if plan.nhs_number else "",
        born_on=birthday(plan.age, number, now.astimezone(LONDON).date()),
        address_lines=(f"{number} {street}",),
        postcode=postcode,
        phone=f"01632 960{200 + number:03d}",
        gp_practice=practice,
        warnings=plan.warnings,
    )


def birthday(age: int, number: int, today: date) -> date:
    """Return a birth date that makes somebody this old today."""
    last_birthday = today - timedelta(days=number * 5 % 360)
    return date(last_birthday.year - age, last_birthday.month, min(last_birthday.day, 28))
