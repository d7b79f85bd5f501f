"""A referral in no zone, or taken on by a team of another, is seen by somebody, can be taken on, and can be put right."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import time_machine
from django.test import Client

from accounts.domain import TeamKind
from audit.refusals import NotFound
from pathways import queries
from pathways.commands import Accepted, accept_referral, allocate_episode
from referrals.models import Referral
from tests.factories.casework import NOW, open_board, register_at, signed_in
from tests.factories.referrals import FrontDoor, details
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db
NOWHERE = ["M1 1AA", "ZZ99 9ZZ", "L99", ""]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


def told_from(door: FrontDoor, postcode: str) -> Referral:
    return register_at(door, 5, postcode=postcode, location=replace(details().location, postcode=postcode))


def taken_by_the_north(door: FrontDoor) -> Accepted:
    """Let a team that does not serve the person's zone take them on."""
    return accept_referral(
        by=door.actor("triage"), referral_id=register_at(door, 60).pk, team_id=door.other_crisis.pk,
        coordinator_id=door.users["bob"].pk, safe_care_reason="Seen by the crew",
    )  # fmt: skip


def board(client: Client, query: str = "") -> str:
    return client.get(f"/board/{query}").text


@pytest.mark.parametrize("postcode", NOWHERE)
def test_no_zone__is_on_the_board_of_the_front_door_with_both_limits(door: FrontDoor, postcode: str) -> None:
    referral = told_from(door, postcode)
    deadline = CaseDeadline.objects.get(case_id=referral.case_id)
    assert (referral.zone, deadline.zone) == ("", "")
    assert deadline.responsible_team.kind == TeamKind.SPA
    assert Clock.objects.filter(case_id=referral.case_id, stopped_at=None).count() == 2
    assert str(referral.pk) in board(signed_in(door.users["spa"]))


def test_no_zone__is_in_no_zones_list_and_in_everybodys(door: FrontDoor) -> None:
    """A list narrowed to a zone never is the whole list: what is in none is counted with "all"."""
    away, here = told_from(door, "M1 1AA"), told_from(door, "L23 9ZZ")
    spa = signed_in(door.users["spa"])
    assert str(away.pk) not in board(spa, "?zone=crosby")
    assert str(here.pk) in board(spa, "?zone=crosby")
    assert str(away.pk) in board(spa)


def test_wrong_zone__the_team_that_got_it_sees_it_and_so_does_the_front_door(door: FrontDoor) -> None:
    done = taken_by_the_north(door)
    case_id = done.episode.case_id
    assert CaseDeadline.objects.get(case_id=case_id).zone == "crosby"  # where the person is, whoever has it
    for who in ("bob", "triage"):
        assert queries.get(door.actor(who), done.episode.pk).pk == done.episode.pk
    with pytest.raises(NotFound):
        queries.get(door.actor("alice"), done.episode.pk)


def test_wrong_zone__is_put_right_without_a_new_referral_or_clock(door: FrontDoor) -> None:
    done = taken_by_the_north(door)
    before = set(Clock.objects.filter(case_id=done.episode.case_id).values_list("pk", "started_at"))
    allocate_episode(
        by=door.actor("manager"), episode_id=done.episode.pk, coordinator_id=door.users["alice"].pk,
        team_id=door.crisis.pk, reason="Lives in the south",
    )  # fmt: skip
    assert queries.get(door.actor("alice"), done.episode.pk).coordinator == door.users["alice"]
    assert CaseDeadline.objects.get(case_id=done.episode.case_id).responsible_team == door.crisis
    assert set(Clock.objects.filter(case_id=done.episode.case_id).values_list("pk", "started_at")) == before
    assert Referral.objects.count() == 1
