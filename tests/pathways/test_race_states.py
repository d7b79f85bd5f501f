"""Two transactions at once, and everything they leave behind: rows, transitions, events, clocks, lists. Nothing half."""

from collections import Counter
from datetime import timedelta
from functools import partial

import pytest

from audit.commands import now
from audit.domain import SYSTEM, Actor
from audit.models import CaseEvent
from audit.refusals import IllegalMove, Refusal, RuleBroken, Stale
from casework.commands import decline_referral, withdraw_referral
from pathways.commands import accept_referral, allocate_episode, record_contact
from pathways.commands.accept import Accepted
from pathways.domain import ContactDetails, ContactKind
from pathways.models import CoordinatorTerm, Episode, Spell, Waiting
from referrals.commands import triage_referral
from referrals.domain import Service, Urgency
from referrals.models import Referral, ReferralTransition
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, open_front_door, register
from tests.factories.timelimits import member, publish, publish_second_person, start
from timelimits.commands import approve, extend_clock, sweep
from timelimits.models import CaseDeadline, Clock, ClockEvent

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)
OF_ACCEPTANCE = {
    "crisis_response": "",
    "crisis_spell": "",
    "intermediate_care": "",
    "spa_triage": "met",
    "support_plan": "",
    "transition_plan": "",
}


@pytest.fixture
def door() -> FrontDoor:
    return open_front_door()


def accept(door: FrontDoor, referral: Referral, by: str = "triage") -> Accepted:
    return accept_referral(
        by=door.actor(by),
        referral_id=referral.pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
        version=1,
    )


def verbs(referral: Referral) -> list[str]:
    return list(ReferralTransition.objects.filter(referral=referral).order_by("id").values_list("verb", flat=True))


def events(referral: Referral) -> Counter[str]:
    """Return what the case's timeline says, but for its clocks."""
    names = CaseEvent.objects.filter(case_id=referral.case_id).values_list("event", flat=True)
    return Counter(name for name in names if not name.startswith("clock."))


def clocks(referral: Referral) -> dict[str, str]:
    return dict(Clock.objects.filter(case_id=referral.case_id).values_list("policy_code", "outcome"))


def started_and_ended(referral: Referral) -> tuple[int, int]:
    """Return how many clocks the timeline says were started, and ended."""
    said = CaseEvent.objects.filter(case_id=referral.case_id)
    ended = said.filter(event__in=["clock.stopped", "clock.cancelled"]).count()
    return said.filter(event="clock.started").count(), ended


def told(answers: list[object]) -> list[Refusal]:
    return [answer for answer in answers if isinstance(answer, Refusal)]


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_triagers__leave_one_decision_whole(door: FrontDoor, _round: int) -> None:
    referral = register(door.actor("spa"))
    second = door.actor("triage2")
    no = {"referral_id": referral.pk, "reason": "needs_hospital", "signpost": "ambulance_999", "version": 1}
    (refused,) = told(race(lambda: accept(door, referral), lambda: decline_referral(by=second, **no)))
    assert isinstance(refused, IllegalMove)
    referral.refresh_from_db()
    assert referral.version == 2
    if referral.status == "accepted":
        assert verbs(referral) == ["register", "accept"]
        assert events(referral) == Counter(
            ["referral.registered", "referral.accepted", "episode.opened", "spell.started", "task.promised"]
        )
        assert clocks(referral) == OF_ACCEPTANCE
        assert started_and_ended(referral) == (6, 1)
        assert CaseDeadline.objects.get().responsible_user == door.users["alice"]
        assert "Priya Demo" in refused.message
    else:
        assert verbs(referral) == ["register", "decline"]
        assert events(referral) == Counter(["referral.registered", "referral.declined"])
        assert clocks(referral) == {"crisis_response": "cancelled", "spa_triage": "met", "signpost_follow_up": ""}
        assert started_and_ended(referral) == (3, 2)
        assert CaseDeadline.objects.get().responsible_user is None  # on the list of people sent elsewhere
        assert not Episode.objects.exists()
        assert "Sam Second" in refused.message


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_triagers__who_judge_otherwise_leave_the_first_ones_judgement(door: FrontDoor, _round: int) -> None:
    referral = register(door.actor("spa"))
    seen = {"referral_id": referral.pk, "urgency": Urgency.PLANNED, "version": 1}
    first, second = door.actor("triage"), door.actor("triage2")
    (refused,) = told(
        race(
            lambda: triage_referral(by=first, service=Service.HOME, reason="Safe to wait", **seen),
            lambda: triage_referral(by=second, service=Service.REABLEMENT, reason="Can wait", **seen),
        )
    )
    assert isinstance(refused, Stale)
    referral.refresh_from_db()
    last = referral.transitions.latest("id")
    assert (verbs(referral), referral.version) == (["register", "triage"], 2)
    assert last.actor_label in refused.message
    assert (last.note, referral.service) in [("Safe to wait", "home"), ("Can wait", "reablement")]
    assert events(referral) == Counter(["referral.registered", "referral.triaged"])
    assert Clock.objects.filter(case_id=referral.case_id, stopped_at=None).get().policy_code == "spa_triage"


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_allocators__leave_one_change_and_the_other_is_told_who_was_first(door: FrontDoor, _round: int) -> None:
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    seen = {"episode_id": episode.pk, "version": 1}
    lead, alice, carol, lee = door.actor("lead"), door.actor("alice"), door.users["carol"], door.users["lead"]
    (refused,) = told(
        race(
            lambda: allocate_episode(by=lead, coordinator_id=carol.pk, reason="Leave", **seen),
            lambda: allocate_episode(by=alice, coordinator_id=lee.pk, reason="Sick", **seen),
        )
    )
    episode.refresh_from_db()
    old, new = CoordinatorTerm.objects.filter(episode=episode).order_by("period")
    assert isinstance(refused, Stale)
    assert f"{new.actor_label} made {new.coordinator.name} the co-ordinator" in refused.message
    assert (old.coordinator, new.coordinator) == (door.users["alice"], episode.coordinator)
    assert (old.period.upper, new.period.upper) == (new.period.lower, None)
    assert (new.reason, episode.coordinator) in [("Leave", carol), ("Sick", lee)]
    assert (episode.version, events(referral)["episode.allocated"]) == (2, 1)
    assert CaseDeadline.objects.get().responsible_user == episode.coordinator
    assert clocks(referral) == OF_ACCEPTANCE
    assert started_and_ended(referral) == (6, 1)  # the support plan's clock was not started anew


@pytest.mark.parametrize("_round", ROUNDS)
def test_withdrawal_racing_acceptance__is_withdrawn_whole_whoever_was_first(door: FrontDoor, _round: int) -> None:
    referral, officer = register(door.actor("spa")), door.actor("spa")
    answers = race(
        lambda: withdraw_referral(by=officer, referral_id=referral.pk, reason="Rang back"),
        lambda: accept(door, referral),
    )
    referral.refresh_from_db()
    assert referral.status == "withdrawn"
    assert not CaseDeadline.objects.exists()
    if refused := told(answers):
        assert "it was set to “withdrawn” by Tom Trial" in refused[0].message
        assert verbs(referral) == ["register", "withdraw"]
        assert events(referral) == Counter(["referral.registered", "referral.withdrawn"])
        assert clocks(referral) == {"crisis_response": "cancelled", "spa_triage": "met"}
        assert not Episode.objects.exists()
        return
    assert verbs(referral) == ["register", "accept", "withdraw"]
    assert events(referral)["episode.ended"] == events(referral)["referral.withdrawn"] == 1
    episode = Episode.objects.get()
    assert (episode.status, episode.end_reason) == ("ended", "withdrawn")
    ends = {"intermediate_care": "met", "crisis_spell": "met", "spa_triage": "met"}
    assert clocks(referral) == dict.fromkeys(OF_ACCEPTANCE, "cancelled") | ends
    said = CaseEvent.objects.filter(case_id=referral.case_id, event__in=["clock.stopped", "clock.cancelled"])
    assert Counter(said.values_list("data__policy", flat=True)) == Counter(list(OF_ACCEPTANCE))
    for rows in (CoordinatorTerm.objects, Spell.objects, Waiting.objects):
        assert not rows.filter(period__upper_inf=True).exists()


@pytest.mark.parametrize("late", [False, True])
def test_visit_racing_the_sweep__is_met_or_breached_by_when_it_happened(door: FrontDoor, late: bool) -> None:
    for _ in ROUNDS:
        referral = register(door.actor("spa"), received_at=now() - timedelta(hours=3))
        accept(door, referral)
        due_at = referral.received_at + timedelta(hours=2)
        details = ContactDetails(
            kind=ContactKind.FACE_TO_FACE, attended=True, occurred_at=due_at + timedelta(seconds=1 if late else 0)
        )
        visit = partial(record_contact, by=door.actor("alice"), case_id=referral.case_id, details=details)
        race(visit, lambda: sweep(by=SYSTEM, now=now()))
        while sweep(by=SYSTEM, now=now()):
            pass
        clock = Clock.objects.get(case_id=referral.case_id, policy_code="crisis_response")
        assert (clock.outcome, clock.stopped_at) == ("breached" if late else "met", details.occurred_at)
        breaches = ClockEvent.objects.filter(clock=clock, stage="breach")
        noted = [(b.happened_at, b.due_at, b.annotation) for b in breaches]
        assert noted == [(due_at, due_at, "")] if late else noted in ([], [(due_at, due_at, "stopped_in_time")])
        said = CaseEvent.objects.filter(case_id=referral.case_id, data__policy="crisis_response")
        assert said.filter(event="clock.breached").count() == len(noted)
        assert said.filter(event="clock.stopped").count() == 1
        assert not breaches.filter(climb_at__isnull=False).exists()


def test_extension_racing_a_block__the_booking_is_refused_or_done_whole(door: FrontDoor) -> None:
    publish_second_person()
    publish(code="hold", stages=[], blocks=["referral.accept"])
    wanda, bob = (member(name, "service_manager", door.spa) for name in ("wanda", "bob"))
    for _ in ROUNDS:
        _accept_while_the_block_is_lifted(door, wanda, bob)


def _accept_while_the_block_is_lifted(door: FrontDoor, wanda: Actor, bob: Actor) -> None:
    referral = register(door.actor("spa"))
    clock = start("hold", at=now() - timedelta(hours=3), case_id=referral.case_id)
    until = now() + timedelta(hours=9)
    given = {"reason": "clinically_needed", "approver_id": bob.user_id, "new_due_on": until}
    asked = extend_clock(by=wanda, clock_id=clock.pk, **given)
    answers = race(lambda: accept(door, referral), lambda: approve(by=bob, approval_id=asked.pk))
    clock.refresh_from_db()
    referral.refresh_from_db()
    assert (clock.due_at, clock.outcome, clock.extensions.count()) == (until, "", 1)
    said = CaseEvent.objects.filter(case_id=referral.case_id)
    assert said.filter(event="clock.extended").count() == said.filter(event="approval.approved").count() == 1
    if refused := told(answers):
        assert isinstance(refused[0], RuleBroken)
        assert refused[0].code == "blocked_by_time_limit"
        assert (referral.status, referral.version, verbs(referral)) == ("new", 1, ["register"])
        accept(door, referral)  # the block is lifted
        referral.refresh_from_db()
    assert (referral.status, referral.version, verbs(referral)) == ("accepted", 2, ["register", "accept"])
    assert clocks(referral).items() >= OF_ACCEPTANCE.items()
