"""Two transactions at once: a death and an acceptance, one list taken over twice, one file and one request sent twice."""

from pathlib import Path
from typing import Any

import pytest

from audit.domain import SYSTEM
from audit.refusals import Refusal
from casework.commands.death import record_death
from casework.commands.disclose import ask_access
from pathways.commands import accept_referral
from pathways.domain import EpisodeStatus
from pathways.models import Episode
from referrals.commands.files import attach_file
from referrals.commands.imports import import_people, send_people
from referrals.models import Attachment, Death, Person, PersonImport, SubjectAccess
from tests.factories.casework import open_board
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, register
from timelimits.domain.local_time import local_date

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)
LIST = b"Surname,NHS number\nTestalder,9991234004\nMockford,\n"


@pytest.fixture
def door(settings: Any, tmp_path: Path) -> FrontDoor:
    settings.ICRAS_FILES = tmp_path / "files"
    return open_board()


@pytest.mark.parametrize("_round", ROUNDS)
def test_death_racing_acceptance__never_a_live_episode_of_somebody_dead(door: FrontDoor, _round: int) -> None:
    referral = register(door.actor("spa"))
    spa, triage, day = door.actor("spa"), door.actor("triage"), local_date(referral.received_at)
    answers = race(
        lambda: record_death(by=spa, person_id=referral.person_id, died_on=day, told_by="Ward"),
        lambda: accept_referral(
            by=triage, referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
        ),
    )
    assert isinstance(answers[0], Death)
    assert not Episode.objects.filter(status=EpisodeStatus.LIVE).exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_import_twice_at_once__adds_everybody_once(door: FrontDoor, _round: int) -> None:
    sent = race(*[lambda: send_people(by=SYSTEM, content=LIST)] * 2)
    assert sent[0].pk == sent[1].pk
    race(*[lambda: import_people(by=SYSTEM, import_id=sent[0].pk)] * 2)
    assert Person.objects.count() == PersonImport.objects.get().made == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_file_and_one_request_twice_at_once__are_one(door: FrontDoor, _round: int) -> None:
    who, by, lead = register(door.actor("spa")).person_id, door.actor("spa"), door.actor("manager")
    told = {"name": "x.pdf", "about": "A form", "content": b"%PDF-1"}
    answers = race(
        *[lambda: attach_file(by=by, person_id=who, **told)] * 2,
        *[lambda: ask_access(by=lead, person_id=who, asked_by="Herself")] * 2,
    )
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    assert (Attachment.objects.count(), SubjectAccess.objects.count()) == (1, 1)
