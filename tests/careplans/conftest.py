"""An accepted case with Alice as its co-ordinator, for every test here."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from accounts.models import Place
from audit.commands import now
from careplans.commands import ask_onward
from careplans.models import OnwardRequest
from pathways.commands import accept_referral
from pathways.models import Episode
from referrals.models import Referral
from tests.factories.referrals import FrontDoor, open_front_door, register

SERVICES = [
    {"code": "falls", "words": "Falls service"},
    {"code": "continuing_healthcare", "words": "NHS continuing healthcare", "not_in_hospital": True},
    {"code": "integrated_care_team", "words": "Integrated care team"},
]


@dataclass(frozen=True)
class OnCase:
    """One live episode, and who works where."""

    door: FrontDoor
    referral: Referral
    episode: Episode

    @property
    def case_id(self) -> UUID:
        return self.episode.case_id

    def actor(self, name: str) -> Any:
        return self.door.actor(name)

    def ask(self, service: str = "falls", by: str = "alice", **more: Any) -> OnwardRequest:
        told = {"asked_of": "Falls clinic desk", "why": "Two falls this month", "chase_at": now() + timedelta(days=1)}
        return ask_onward(by=self.actor(by), case_id=self.case_id, service=service, **(told | more))


def accepted(door: FrontDoor, **told: Any) -> OnCase:
    referral = register(door.actor("spa"), **told)
    done = accept_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
        safe_care_reason="Nurse has spoken to her",
    )
    return OnCase(door, done.referral, done.episode)


@pytest.fixture
def door(db: None) -> FrontDoor:
    found = open_front_door()
    place = Place.objects.get()
    place.words = place.words | {"onward_services": SERVICES}
    place.save()
    return found


@pytest.fixture
def held(door: FrontDoor) -> OnCase:
    return accepted(door)
