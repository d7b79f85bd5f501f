"""Breaches that nobody could be told of when they came: told when there is somebody, and never lost."""

from datetime import timedelta
from uuid import uuid4

import pytest

from audit.commands import now
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import RuleBroken
from tests.factories.timelimits import calendar_definition, on_list, publish, shift, start, team
from timelimits.commands import climb_ladders, publish_calendar, reopen_clock, start_clock, stop_clock, sweep
from timelimits.models import Alarm, Alert, Clock, ClockEvent

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def late() -> Clock:
    """A clock that is an hour late, of a case that is on no list."""
    publish(stages=[])
    shift("dora", "desk", team(), now() - HOUR)
    return start(at=now() - 3 * HOUR)


def test_nobody_responsible__is_cleared_and_told_when_the_case_is_on_a_list_again(late: Clock) -> None:
    sweep(by=SYSTEM, now=now())
    alarm = Alarm.objects.get(kind="nobody_responsible")
    assert (alarm.cleared_at, Alert.objects.count()) == (None, 0)
    on_list(late.case_id)
    alarm.refresh_from_db()
    assert alarm.cleared_at is not None
    climb_ladders(by=SYSTEM, now=now())
    assert (Alert.objects.get().duty, ClockEvent.objects.get().stage) == ("desk", "breach")
    on_list(late.case_id)
    climb_ladders(by=SYSTEM, now=now())
    assert Alert.objects.count() == 1


def test_nobody_responsible__is_cleared_when_the_late_clock_ends(late: Clock) -> None:
    sweep(by=SYSTEM, now=now())
    stop_clock(by=SYSTEM, subject=late.subject, policy="two_hours", stopped_at=now())
    assert Alarm.objects.get(kind="nobody_responsible").cleared_at is not None


def test_stop__late_before_the_sweep_has_seen_it_records_the_breach_once_at_its_instant(late: Clock) -> None:
    for _ in range(2):
        stop_clock(by=SYSTEM, subject=late.subject, policy="two_hours", stopped_at=now())
        sweep(by=SYSTEM, now=now())
    breach = ClockEvent.objects.get()
    assert (breach.stage, breach.happened_at, breach.due_at) == ("breach", late.due_at, late.due_at)
    told = CaseEvent.objects.get(event="clock.breached")
    assert (told.occurred_at, told.data["policy"]) == (late.due_at, "two_hours")


def test_stop__in_time_records_no_breach(late: Clock) -> None:
    stop_clock(by=SYSTEM, subject=late.subject, policy="two_hours", stopped_at=late.due_at)
    assert not ClockEvent.objects.exists()


def test_reopen__of_a_late_clock_tells_somebody(late: Clock) -> None:
    on_list(late.case_id)
    stop_clock(by=SYSTEM, subject=late.subject, policy="two_hours", stopped_at=now())
    assert not Alert.objects.exists()
    reopen_clock(by=SYSTEM, subject=late.subject, policy="two_hours", reason="entered_in_error")
    sweep(by=SYSTEM, now=now())
    climb_ladders(by=SYSTEM, now=now())
    assert (Alert.objects.get().duty, ClockEvent.objects.count()) == ("desk", 1)


def test_reopen__takes_the_clock_of_that_variant_and_start(late: Clock) -> None:
    stop_clock(by=SYSTEM, subject=late.subject, policy="two_hours", stopped_at=now())
    asked = {"by": SYSTEM, "subject": late.subject, "policy": "two_hours", "reason": "urgency_changed"}
    assert reopen_clock(**asked, variant="planned") is None
    assert reopen_clock(**asked, started_at=now()) is None
    assert reopen_clock(**asked, variant="", started_at=late.started_at) == late


def test_start__in_a_year_without_a_calendar_is_refused_with_words() -> None:
    publish_calendar(by=SYSTEM, definition=calendar_definition(bank_holiday=[]))
    publish(code="hours", kind="opening_hours", calendar="spa", limit="4 h", stages=[])
    told = {"by": SYSTEM, "subject": "referral:x", "policy": "hours", "case_id": uuid4()}
    with pytest.raises(RuleBroken) as refused:
        start_clock(**told, started_at=now().replace(year=1987))
    assert (refused.value.code, refused.value.field) == ("calendar_gap", "received_at")
    assert "1987" in refused.value.message
