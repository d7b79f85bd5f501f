"""The same act on an episode twice is quiet; another one from a page that is behind is told who was first."""

from datetime import timedelta

import pytest
import time_machine

from audit.commands import now
from audit.models import CaseEvent
from audit.refusals import IllegalMove, Stale
from casework.commands import end_episode
from pathways import commands
from pathways.domain import EndReason
from pathways.models import CoordinatorTerm, Episode
from tests.factories.referrals import FrontDoor, register

pytestmark = pytest.mark.django_db


@pytest.fixture
def episode(door: FrontDoor) -> Episode:
    return commands.accept_referral(
        by=door.actor("triage"),
        referral_id=register(door.actor("spa")).pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
    ).episode


def test_allocate__sent_twice_from_one_page_is_one_change(door: FrontDoor, episode: Episode) -> None:
    told = {"by": door.actor("lead"), "episode_id": episode.pk, "coordinator_id": door.users["carol"].pk}
    first, second = (commands.allocate_episode(**told, reason="Leave", version=1) for _ in range(2))
    assert (first.version, second.version) == (2, 2)
    assert CoordinatorTerm.objects.count() == 2
    assert CaseEvent.objects.filter(event="episode.allocated").count() == 1


def test_allocate__from_a_page_that_is_behind_is_told_who_was_first(door: FrontDoor, episode: Episode) -> None:
    told = {"episode_id": episode.pk, "reason": "Leave", "version": 1}
    commands.allocate_episode(by=door.actor("lead"), coordinator_id=door.users["carol"].pk, **told)
    with pytest.raises(Stale, match=r"Lee Stub made Carol Test the co-ordinator at .*, after you opened it"):
        commands.allocate_episode(by=door.actor("alice"), coordinator_id=door.users["lead"].pk, **told)


def test_allocate__twice_in_one_instant_or_with_a_clock_behind_makes_terms_that_touch(
    door: FrontDoor, episode: Episode
) -> None:
    told = {"by": door.actor("lead"), "episode_id": episode.pk, "reason": "Leave"}
    with time_machine.travel(now() - timedelta(minutes=10)):  # another server, whose clock is behind
        commands.allocate_episode(**told, coordinator_id=door.users["carol"].pk)
        commands.allocate_episode(**told, coordinator_id=door.users["alice"].pk)
    first, second, third = (term.period for term in episode.terms.order_by("period"))
    assert (first.upper, second.upper, third.upper) == (second.lower, third.lower, None)


def test_end__sent_twice_from_one_page_is_one_ending(door: FrontDoor, episode: Episode) -> None:
    told = {"by": door.actor("lead"), "episode_id": episode.pk, "version": 1}
    first, second = (end_episode(**told, reason=EndReason.ADMITTED) for _ in range(2))
    assert (first.ended_at, first.version) == (second.ended_at, 2)
    assert CaseEvent.objects.filter(event="episode.ended").count() == 1
    with pytest.raises(IllegalMove, match="because the episode ended at "):
        end_episode(**told, reason=EndReason.DIED)


def test_confirm__sent_twice_from_one_page_is_quiet(door: FrontDoor, episode: Episode) -> None:
    Episode.objects.update(coordinator_confirmed=False)
    told = {"by": door.actor("lead"), "episode_id": episode.pk, "version": 1}
    assert commands.confirm_coordinator(**told).version == commands.confirm_coordinator(**told).version == 2
