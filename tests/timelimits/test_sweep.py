"""The sweep: every stage written once, at its true instant, whatever overlaps, repeats, raises or was down."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from audit.domain import SYSTEM
from audit.models import CaseEvent
from notifications.models import Message, Outbox
from tests.factories.timelimits import extend, member, on_list, publish, shift, start, team, uk, user
from timelimits.commands import beat, pause_clock, resume_clock, stop_clock, sweep
from timelimits.commands.telling import Watch
from timelimits.models import Alarm, Alert, CaseDeadline, Clock, ClockEvent, Policy
from timelimits.queries import overdue, sweep_age, sweep_lag
from timelimits.rules import is_overdue

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(microseconds=1)
T0 = uk("2026-05-11 10:00")


@pytest.fixture
def clock():
    publish()
    shift("dora", "desk", team(), T0 - HOUR, hours=200)
    running = start(at=T0)
    on_list(running.case_id)
    return running


def run(at, batch=500):
    return sweep(by=SYSTEM, now=at, batch=batch)


def stages(clock):
    return list(ClockEvent.objects.filter(clock=clock).order_by("id").values_list("stage", flat=True))


def test_sweep__writes_each_stage_when_it_comes(clock):
    assert run(T0 + HOUR - TICK) == 0
    assert run(T0 + HOUR) == 1
    assert stages(clock) == ["half"]
    run(T0 + 105 * MINUTE)
    run(T0 + 2 * HOUR)
    assert stages(clock) == ["half", "last_15"]
    run(T0 + 2 * HOUR + TICK)
    assert stages(clock) == ["half", "last_15", "breach"]
    assert run(T0 + 99 * HOUR) == 0


def test_sweep__a_breach_says_when_it_was_and_when_it_was_seen(clock):
    run(T0 + 2 * HOUR + 25 * MINUTE)
    breach = ClockEvent.objects.get(clock=clock, stage="breach")
    assert (breach.happened_at, breach.noticed_at) == (T0 + 2 * HOUR, T0 + 145 * MINUTE)
    event = CaseEvent.objects.get(case_id=clock.case_id, event="clock.breached")
    assert event.occurred_at == T0 + 2 * HOUR
    assert event.data["clock"] == str(clock.pk)
    assert event.actor_id == "system:icras"


def test_sweep__after_three_days_down_writes_all_and_tells_only_of_the_last(clock):
    run(T0 + timedelta(days=3))
    assert stages(clock) == ["half", "last_15", "breach"]
    assert list(Message.objects.values_list("template", flat=True)) == ["limit_breached"]
    assert Outbox.objects.count() == 1


def test_sweep__repeating_writes_nothing_more(clock):
    for _ in range(3):
        Clock.objects.filter(pk=clock.pk).update(next_check_at=T0)
        run(T0 + 3 * HOUR)
    assert stages(clock) == ["half", "last_15", "breach"]
    assert Message.objects.count() == Outbox.objects.count() == Alert.objects.count() == 1
    assert CaseEvent.objects.filter(event="clock.breached").count() == 1


def test_sweep__clock_stopped_before_is_left_alone(clock):
    stop_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", stopped_at=T0 + 30 * MINUTE)
    assert run(T0 + 3 * HOUR) == 0
    assert stages(clock) == []


def test_sweep__mends_a_kept_copy_that_is_wrong(clock):
    Clock.objects.filter(pk=clock.pk).update(due_at=T0 + 9 * HOUR, next_check_at=T0)
    CaseDeadline.objects.update(next_due_at=T0 + 9 * HOUR)
    run(T0 + MINUTE)
    clock.refresh_from_db()
    assert clock.due_at == CaseDeadline.objects.get().next_due_at == T0 + 2 * HOUR
    assert stages(clock) == []


def test_sweep__the_breach_is_told_to_whoever_is_on_duty(clock):
    run(T0 + 3 * HOUR)
    message = Message.objects.get()
    alert = Alert.objects.get()
    assert (message.user.name, message.link, message.reference) == ("Dora", f"/alerts/{alert.pk}/", "R-26-00001")
    assert (alert.duty, alert.rung) == ("desk", 1)
    assert ClockEvent.objects.get(stage="breach").climb_at == T0 + 3 * HOUR + 5 * MINUTE


def test_sweep__a_warning_is_told_and_does_not_climb(clock):
    run(T0 + HOUR)
    assert Message.objects.get().template == "limit_warning"
    assert ClockEvent.objects.get().climb_at is None


def test_sweep__a_case_on_no_list_is_alarmed():
    publish()
    lost = start(at=T0)
    run(T0 + 3 * HOUR)
    assert stages(lost) == ["half", "last_15", "breach"]
    assert Alarm.objects.get().kind == "nobody_responsible"


def test_sweep__a_row_that_raises_is_pushed_on_and_alarmed_and_jams_nothing(clock):
    bad = publish(code="bad")
    broken = start("bad", at=T0)
    Policy.objects.filter(pk=bad.pk).update(definition={"code": "bad"})
    run(T0 + 3 * HOUR)
    broken.refresh_from_db()
    assert stages(clock) == ["half", "last_15", "breach"]
    assert (broken.next_check_at, broken.faults, stages(broken)) == (T0 + 3 * HOUR + 5 * MINUTE, 1, [])
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.subject, alarm.detail) == ("row_raised", f"clock:{broken.pk}", "DefinitionError")


def test_sweep__a_row_put_right_is_written_whole_and_its_alarm_cleared(clock):
    bad = publish(code="bad")
    broken, definition = start("bad", at=T0), bad.definition
    on_list(broken.case_id)
    Policy.objects.filter(pk=bad.pk).update(definition={})
    run(T0 + 3 * HOUR)
    Policy.objects.filter(pk=bad.pk).update(definition=definition)
    run(T0 + 4 * HOUR)
    broken.refresh_from_db()
    assert stages(broken) == ["half", "last_15", "breach"]
    assert broken.faults == 0
    assert not Alarm.objects.filter(cleared_at=None).exists()


def test_sweep__a_row_that_the_database_refuses_is_pushed_on_alone(clock):
    publish(code="bad")
    broken = start("bad", at=T0)
    with connection.cursor() as cursor:
        cursor.execute(
            f"ALTER TABLE timelimits_clockevent ADD CONSTRAINT never CHECK (clock_id <> '{broken.pk}') NOT VALID"
        )
    run(T0 + 3 * HOUR)
    broken.refresh_from_db()
    assert stages(clock) == ["half", "last_15", "breach"]
    assert broken.next_check_at == T0 + 3 * HOUR + 5 * MINUTE
    assert Alarm.objects.get(kind="row_raised").detail == "IntegrityError"


def test_sweep__takes_the_oldest_first_and_says_how_many(clock):
    start(at=T0 - 5 * HOUR)
    assert run(T0 + 3 * HOUR, batch=1) == 1
    assert stages(clock) == []
    assert run(T0 + 3 * HOUR, batch=5) == 1
    assert run(T0 + 3 * HOUR, batch=5) == 0


def test_sweep__statements_do_not_grow_with_the_batch(clock, django_assert_num_queries, django_assert_max_num_queries):
    for _ in range(60):
        on_list(start(at=T0).case_id)
    with django_assert_max_num_queries(13):
        run(T0 + 3 * HOUR)
    assert ClockEvent.objects.filter(stage="breach").count() == 61


def test_sweep__an_empty_rung_is_alarmed_once_in_a_pass_of_many_batches():
    publish(stages=[])
    for _ in range(3):
        on_list(start(at=T0).case_id)
    watch = Watch(T0 + 3 * HOUR)
    while sweep(by=SYSTEM, now=watch.at, batch=1, watch=watch):
        pass
    assert ClockEvent.objects.count() == 3
    assert set(Alarm.objects.values_list("kind", "times")) == {("rung_empty", 1)}
    shift("dora", "desk", team(), T0 - HOUR, hours=200)
    on_list(start(at=T0).case_id)
    run(T0 + 3 * HOUR)
    assert not Alarm.objects.filter(subject__endswith=":desk", cleared_at=None).exists()


def test_sweep__statements_do_not_grow_with_the_teams_and_co_ordinators(django_assert_max_num_queries):
    publish()
    for number in range(30):
        desk = team(f"desk-{number}")
        shift(f"dora{number}", "desk", desk, T0 - HOUR, hours=200)
        on_list(start(at=T0).case_id, of=desk)
        on_list(start(at=T0).case_id, of=desk, user_id=user(f"cora{number}").pk)
    with django_assert_max_num_queries(13):
        run(T0 + 3 * HOUR)
    told = set(Alert.objects.values_list("duty", "recipient__name"))
    assert told == {("desk", f"Dora{n}") for n in range(30)} | {("co_ordinator", f"Cora{n}") for n in range(30)}


def test_overdue__is_the_same_in_sql_as_in_the_rules(clock):
    at = T0 + 2 * HOUR
    stopped = start(at=T0 - 9 * HOUR)
    stop_clock(by=SYSTEM, subject=stopped.subject, policy="two_hours", stopped_at=T0)
    start(at=T0 - TICK)
    start(at=T0 + TICK)
    in_sql = set(Clock.objects.filter(overdue(at)).values_list("pk", flat=True))
    in_rules = {c.pk for c in Clock.objects.all() if c.stopped_at is None and is_overdue(c.due_at, at)}
    assert in_sql == in_rules
    assert len(in_sql) == 1


def test_sweep_age__and_lag_say_how_late_the_engine_is(clock):
    assert sweep_age(T0) is None
    beat(by=SYSTEM, name="sweep", now=T0, done=3)
    assert sweep_age(T0 + MINUTE) == MINUTE
    assert sweep_lag(T0 + HOUR) == timedelta(0)
    assert sweep_lag(T0 + 2 * HOUR) == HOUR


def test_sweep__exact_due_instant_is_looked_at_again_one_tick_later(clock):
    run(T0 + 2 * HOUR)
    clock.refresh_from_db()
    assert clock.next_check_at == T0 + 2 * HOUR + TICK
    assert uuid4() != clock.pk


def test_sweep__a_paused_clock_waits_and_breaches_at_its_moved_instant():
    publish(pause_reasons=["question_out"], stages=[])
    alice = member("alice", "service_manager", team())
    paused = start(at=T0)
    on_list(paused.case_id)
    pause_clock(by=alice, clock_id=paused.pk, reason="question_out", at=T0 + HOUR)
    assert run(T0 + 5 * HOUR) == 0
    resume_clock(by=alice, clock_id=paused.pk, at=T0 + 4 * HOUR)
    assert run(T0 + 5 * HOUR) == 0
    assert run(T0 + 5 * HOUR + TICK) == 1
    assert ClockEvent.objects.get(clock=paused).happened_at == T0 + 5 * HOUR


def test_sweep__an_extended_clock_has_a_breach_of_each_due_instant():
    publish(stages=[])
    alice = member("alice", "service_manager", team())
    late = start(at=T0)
    on_list(late.case_id)
    run(T0 + 3 * HOUR)
    later = uk("2036-05-12 10:00")
    extend(alice, late, later)
    assert run(later) == 0
    run(later + TICK)
    breaches = list(ClockEvent.objects.filter(clock=late).order_by("due_at").values_list("due_at", "annotation"))
    assert breaches == [(T0 + 2 * HOUR, "due_moved"), (later, "")]
    assert not Message.objects.filter(template__startswith="limit").exists()


def test_sweep__two_clocks_of_one_co_ordinator_ask_the_rota_once(django_assert_max_num_queries):
    publish(stages=[])
    cora = user("cora").pk
    for _ in range(6):
        on_list(start(at=T0).case_id, user_id=cora)
    with django_assert_max_num_queries(13):
        run(T0 + 3 * HOUR)
    assert Message.objects.filter(user_id=cora).count() == 6
