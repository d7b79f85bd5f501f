"""Two at once, with real connections: every stage once, no deadlock, and the case's row right whoever was first."""

import threading
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from audit.commands import now
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import IllegalMove, Refusal, RuleBroken
from notifications.models import Message, Outbox
from tests.factories.timelimits import member, on_list, publish, publish_second_person, shift, start, start_many, team
from timelimits.commands import (
    acknowledge,
    approve,
    climb_ladders,
    confirm_override,
    extend_clock,
    hand_over,
    override_block,
    pause_clock,
    refuse,
    refuse_if_blocked,
    start_clock,
    stop_clock,
    sweep,
)
from timelimits.models import Alert, Approval, CaseDeadline, Clock, ClockEvent, Pause
from timelimits.queries import counts

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
BOOK = "episode.allocate"


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run each act in a thread with a connection of its own, all let go together; return results or what was raised."""
    ready = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(index: int) -> None:
        ready.wait()
        try:
            results[index] = acts[index]()
        except (Refusal, LookupError) as refused:
            results[index] = refused
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return results


def late_clocks(number, **changes):
    publish(**changes)
    shift("dora", "desk", team(), now() - HOUR)
    return start_many(number, now() - 3 * HOUR)


def sweep_all():
    while sweep(by=SYSTEM, now=now(), batch=50):
        pass


def test_two_sweepers_over_a_thousand_clocks__write_each_stage_once():
    clocks = late_clocks(1000, stages=[])
    at_once(sweep_all, sweep_all)
    assert ClockEvent.objects.filter(stage="breach").count() == len(clocks)
    assert CaseEvent.objects.filter(event="clock.breached").count() == len(clocks)
    assert Message.objects.count() == Outbox.objects.count() == Alert.objects.count() == len(clocks)
    assert not Clock.objects.filter(next_check_at__isnull=False).exists()


def test_stop_and_sweep_at_once__either_order_is_honest():
    for _ in range(8):
        clock = late_clocks(1)[0]
        at_once(
            sweep_all,
            lambda c=clock: stop_clock(by=SYSTEM, subject=c.subject, policy="two_hours", stopped_at=c.due_at),
        )
        clock.refresh_from_db()
        assert clock.outcome == "met"
        assert all(e.annotation == "stopped_in_time" for e in ClockEvent.objects.filter(clock=clock, stage="breach"))


def test_two_starts_at_once__are_one_clock():
    publish()
    case_id, subject, at = uuid4(), f"referral:{uuid4()}", now()
    given = {"by": SYSTEM, "case_id": case_id, "subject": subject, "policy": "two_hours", "started_at": at}
    first, second = at_once(lambda: start_clock(**given), lambda: start_clock(**given))
    assert first == second == Clock.objects.get()


def test_two_stops_at_once__what_happened_first_stands_whoever_came_first():
    clock = late_clocks(1)[0]
    given = {"by": SYSTEM, "subject": clock.subject, "policy": "two_hours"}
    at_once(
        lambda: stop_clock(**given, stopped_at=clock.due_at - HOUR),
        lambda: stop_clock(**given, stopped_at=clock.due_at + HOUR),
    )
    clock.refresh_from_db()
    assert (clock.stopped_at, clock.outcome) == (clock.due_at - HOUR, "met")


def test_two_pauses_at_once__make_one_pause():
    publish(pause_reasons=["question_out"])
    clock = start(at=now())
    alice = member("alice", "service_manager", team())
    given = {"by": alice, "clock_id": clock.pk, "reason": "question_out"}

    def pause():
        try:
            return pause_clock(**given)
        except (IllegalMove, RuleBroken) as refused:
            return refused

    results = at_once(pause, pause)
    assert Pause.objects.count() == 1
    assert sum(isinstance(r, Clock) for r in results) == 1


def test_two_clocks_of_a_case_moved_at_once__leave_the_case_with_what_is_left():
    for code in ("two_hours", "four_hours", "six_hours"):
        publish(code=code, limit={"two": "2 h", "fou": "4 h", "six": "6 h"}[code[:3]])
    for _ in range(5):
        _stop_two_of_three(uuid4(), now())


def _stop_two_of_three(case_id, at):
    clocks = [start(code, at=at, case_id=case_id) for code in ("two_hours", "four_hours", "six_hours")]
    on_list(case_id)

    def stop(clock):
        return lambda: stop_clock(by=SYSTEM, subject=clock.subject, policy=clock.policy_code, stopped_at=at)

    at_once(stop(clocks[0]), stop(clocks[1]))
    assert CaseDeadline.objects.get(pk=case_id).next_due_at == clocks[2].due_at


def test_hand_over_and_stop_at_once__agree():
    publish()
    publish(code="long", limit="9 h")
    for _ in range(5):
        _stop_and_hand_over(uuid4(), now())


def _stop_and_hand_over(case_id, at):
    short, long = start(at=at, case_id=case_id), start("long", at=at, case_id=case_id)
    on_list(case_id)
    handed = {"case_id": case_id, "user_id": None, "team_id": team("b").pk, "zone": "formby", "phase": "active"}
    at_once(
        lambda: stop_clock(by=SYSTEM, subject=short.subject, policy="two_hours", stopped_at=at),
        lambda: hand_over(by=SYSTEM, **handed),
    )
    row = CaseDeadline.objects.get(pk=case_id)
    assert (row.next_due_at, row.phase) == (long.due_at, "active")
    assert sum(c.cases for c in counts(SYSTEM)) == CaseDeadline.objects.count()


def _asked(clock, until):
    publish_second_person()
    wanda, bob = member("wanda", "service_manager", team()), member("bob", "team_lead", team())
    given = {"reason": "clinically_needed", "approver_id": bob.user_id, "new_due_on": until}
    return extend_clock(by=wanda, clock_id=clock.pk, **given), bob


def test_extension_and_block_at_once__never_fail_otherwise():
    clock = late_clocks(1, blocks=[BOOK])[0]
    until = now() + 9 * HOUR
    asked, bob = _asked(clock, until)

    def book():
        with transaction.atomic():
            refuse_if_blocked(case_id=clock.case_id, permission=BOOK, now=now())
        return "booked"

    booked, _ = at_once(book, lambda: approve(by=bob, approval_id=asked.pk))
    assert booked == "booked" or booked.code == "blocked_by_time_limit"
    clock.refresh_from_db()
    assert clock.due_at == until
    assert book() == "booked"


def test_two_leads_decide_at_once__one_extension_and_never_both_answers():
    """Approve twice and refuse once, together: one verdict stands, and the clock follows it."""
    clock = late_clocks(1)[0]
    asked, bob = _asked(clock, now() + 9 * HOUR)
    lee = member("lee", "service_manager", team())
    at_once(
        lambda: approve(by=bob, approval_id=asked.pk),
        lambda: approve(by=lee, approval_id=asked.pk),
        lambda: refuse(by=lee, approval_id=asked.pk, note="Not yet"),
    )
    asked.refresh_from_db()
    assert clock.extensions.count() == (asked.verdict == "approved")


def test_one_asks_twice_at_once__one_question_is_open():
    clock = late_clocks(1)[0]
    publish_second_person()
    wanda, bob = member("wanda", "service_manager", team()), member("bob", "team_lead", team())
    given = {"reason": "clinically_needed", "approver_id": bob.user_id, "new_due_on": now() + 9 * HOUR}
    at_once(
        lambda: extend_clock(by=wanda, clock_id=clock.pk, **given),
        lambda: extend_clock(by=wanda, clock_id=clock.pk, **given),
    )
    assert Approval.objects.count() == 1


def test_acknowledge_and_climb_at_once__tell_the_next_rung_at_most_once():
    shift("leo", "lead", team(), now() - HOUR)
    late_clocks(1, stages=[])
    sweep_all()
    ClockEvent.objects.update(climb_at=now())
    alert = Alert.objects.get()
    dora = member("dora", "spa_officer", team())
    at_once(
        lambda: acknowledge(by=dora, alert_id=alert.pk),
        lambda: climb_ladders(by=SYSTEM, now=now()),
        lambda: climb_ladders(by=SYSTEM, now=now()),
    )
    event = ClockEvent.objects.get()
    assert event.acknowledged_by == dora.id
    assert event.climb_at is None
    assert Alert.objects.filter(duty="lead").count() <= 1


def test_one_form_overrides_twice_at_once__one_is_made():
    clock = late_clocks(1, blocks=[BOOK])[0]
    told = {"by": member("wanda", "service_manager", team()), "case_id": clock.case_id, "permission": BOOK}
    told |= {"reason": "now", "hours": 1, "form_id": uuid4()}
    one, two = at_once(lambda: override_block(**told), lambda: override_block(**told))
    assert one == two


def test_two_confirm_an_override_at_once__one_stands():
    clock = late_clocks(1, blocks=[BOOK])[0]
    asker = member("wanda", "service_manager", team())
    row = override_block(by=asker, case_id=clock.case_id, permission=BOOK, reason="now", hours=1)
    bob, carol = (member(name, "service_manager", team()) for name in ("bob", "carol"))
    one, two = at_once(
        lambda: confirm_override(by=bob, override_id=row.pk), lambda: confirm_override(by=carol, override_id=row.pk)
    )
    assert one.confirmed_by == two.confirmed_by
