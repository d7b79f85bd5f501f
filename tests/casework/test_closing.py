"""Everything open of a case is one list: shown before an act, ended by it, and opened again by its undo."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.commands import now
from audit.domain import SYSTEM
from casework.closing import ORDER, open_work
from casework.commands import decline_referral, end_episode, end_open_work, reopen_work, withdraw_referral
from casework.queries.ending import cases_of_referral, ends_with
from pathways.commands import accept_referral, promise_task
from pathways.domain import EndReason
from pathways.models import Episode, Spell, Task
from referrals.commands import ask_information
from referrals.domain import Status
from referrals.models import InformationRequest, Referral
from tests.factories.referrals import FrontDoor, open_front_door, register
from timelimits.commands import start_clock
from timelimits.domain import CancelReason
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_front_door()


def busy(door: FrontDoor) -> Referral:
    """Return a new referral with a question out and a task promised."""
    referral = register(door.actor("spa"))
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Tablets?")
    promise_task(by=door.actor("spa"), case_id=referral.case_id, what="Ring the GP", due_at=now() + HOUR)
    return referral


def accepted(door: FrontDoor) -> Referral:
    referral = busy(door)
    accept_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
        safe_care_reason="Nurse has spoken to her",
    )
    promise_task(by=door.actor("alice"), case_id=referral.case_id, what="Order a frame", due_at=now() + HOUR)
    return referral


def kinds(case_id) -> list[str]:
    return sorted({item.kind for item in open_work(SYSTEM, [case_id])})


def test_open_work__lists_everything_with_who_and_when(door: FrontDoor):
    referral = accepted(door)
    found = open_work(door.actor("alice"), [referral.case_id])
    assert {item.kind for item in found} >= {"episode", "spell", "first_visit", "task", "clock", "listed"}
    task = next(item for item in found if item.kind == "task" and item.words == "Ring the GP")
    assert (task.who, task.due_at) == ("Tom Trial", Task.objects.get(what="Ring the GP").due_at)


def test_open_work__of_a_case_out_of_sight_is_nothing(door: FrontDoor):
    assert open_work(door.actor("charlie"), [accepted(door).case_id]) == []


@pytest.mark.parametrize("end", ["decline", "withdraw", "withdraw accepted", "end"])
def test_ending__ends_what_the_preview_showed_and_nothing_is_left(door: FrontDoor, end: str):
    referral = accepted(door) if end in ("withdraw accepted", "end") else busy(door)
    shown = ends_with(door.actor("lead" if end == "end" else "triage"), cases_of_referral(referral.pk))
    assert {item.kind for item in shown} >= {"clock", "task"}
    assert any(item.kind == "question" for item in shown) == (end in ("decline", "withdraw"))
    if end == "decline":
        told = {"reason": "needs_hospital", "signpost": "gp"}
        decline_referral(by=door.actor("triage"), referral_id=referral.pk, **told)
    elif end == "end":
        episode = Episode.objects.get(case_id=referral.case_id)
        end_episode(by=door.actor("lead"), episode_id=episode.pk, reason=EndReason.MOVED_AWAY)
    else:
        withdraw_referral(by=door.actor("triage"), referral_id=referral.pk, reason="Rang twice")
    left = {(item.kind, item.key) for item in open_work(SYSTEM, [referral.case_id])}
    assert left.isdisjoint({(item.kind, item.key) for item in shown})
    assert kinds(referral.case_id) == (["clock", "listed", "signposting"] if end == "decline" else [])


def test_end_open_work__then_reopen__is_as_it_was(door: FrontDoor):
    referral = accepted(door)
    before = open_work(SYSTEM, [referral.case_id])
    listed = CaseDeadline.objects.get(case_id=referral.case_id)
    act = uuid4()
    given = {"case_ids": [referral.case_id], "act": act, "reason": CancelReason.DIED, "words": "has died"}
    end_open_work(by=door.actor("lead"), **given)
    assert open_work(SYSTEM, [referral.case_id]) == []
    episode = Episode.objects.get(case_id=referral.case_id)
    assert (episode.end_reason, CaseDeadline.objects.count()) == (EndReason.DIED, 0)
    assert set(Clock.objects.values_list("cancel_reason", flat=True)) <= {"died", "", "not_needed"}
    reopen_work(by=door.actor("lead"), act=act)
    reopen_work(by=door.actor("lead"), act=act)
    assert {(i.kind, i.key, i.due_at) for i in open_work(SYSTEM, [referral.case_id])} == {
        (i.kind, i.key, i.due_at) for i in before
    }
    again = CaseDeadline.objects.get(case_id=referral.case_id)
    assert (again.next_due_at, again.responsible_user_id) == (listed.next_due_at, listed.responsible_user_id)
    assert Spell.objects.get().period.upper_inf
    assert Episode.objects.get(case_id=referral.case_id).terms.filter(period__upper_inf=True).count() == 1


def test_end_open_work__of_an_undecided_referral_takes_it_back_and_undo_puts_it_where_it_was(door: FrontDoor):
    referral, act = busy(door), uuid4()
    given = {"case_ids": [referral.case_id], "act": act, "reason": CancelReason.DIED, "words": "has died"}
    end_open_work(by=door.actor("lead"), **given)
    referral.refresh_from_db()
    assert (referral.status, InformationRequest.objects.get().closed_at is None) == (Status.WITHDRAWN, False)
    reopen_work(by=door.actor("lead"), act=act)
    referral.refresh_from_db()
    assert (referral.status, referral.done_at) == (Status.WAITING, None)
    assert list(referral.transitions.order_by("id").values_list("verb", flat=True))[-2:] == ["withdraw", "reopen"]


def test_reopen_work__a_clock_that_was_started_anew_is_not_started_twice(door: FrontDoor):
    referral, act = busy(door), uuid4()
    given = {"case_ids": [referral.case_id], "act": act, "reason": CancelReason.DIED, "words": "has died"}
    end_open_work(by=door.actor("lead"), **given)
    again = {"policy": "spa_triage", "variant": "crisis", "started_at": now()}
    start_clock(by=SYSTEM, case_id=referral.case_id, subject=f"referral:{referral.pk}", **again)
    reopen_work(by=door.actor("lead"), act=act)
    assert Clock.objects.filter(policy_code="spa_triage", stopped_at=None).count() == 1


@pytest.mark.parametrize("verb", ["decline", "redirect", "not_wanted", "withdraw"])
def test_page__shows_what_ends_before_it_does(client, door: FrontDoor, verb: str):
    referral = busy(door)
    client.force_login(door.users["triage"])
    shown = client.get(reverse(f"casework:{verb}", args=[referral.pk])).content.decode()
    for words in ("What ends with it", "Ring the GP", "Question out: Tablets?", "Time limit: 2-hour visit"):
        assert words in shown, words
    assert "not decided yet" not in shown


def test_page__of_ending_an_episode_shows_what_ends(client, door: FrontDoor):
    referral = accepted(door)
    client.force_login(door.users["alice"])
    shown = client.get(reverse("casework:end", args=[referral.episode.pk])).content.decode()
    assert "2-hour urgent (UCR), going on now" in shown
    assert "Ring the GP" in shown


def test_order__clocks_and_lists_end_last():
    assert [app.__name__ for app in ORDER][-1] == "timelimits.closing"
