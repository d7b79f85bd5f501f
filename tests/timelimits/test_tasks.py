"""Tasks: they call commands until nothing is left, and say that they ran."""

from datetime import timedelta

import pytest
import time_machine

from audit.commands import now
from audit.models import CaseEvent
from tests.factories.timelimits import publish, shift, start_many, team
from timelimits import tasks
from timelimits.models import CaseCount, CaseDeadline, ClockEvent, Heartbeat
from timelimits.queries import sweep_age

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def late():
    publish(stages=[])
    shift("dora", "desk", team(), now() - HOUR)
    return start_many(7, now() - 3 * HOUR)


def small_batches(monkeypatch, size):
    for name in ("BATCH", "LEAST_BATCH", "MOST_BATCH"):
        monkeypatch.setattr(tasks, name, size)


def test_sweep__goes_on_batch_by_batch_and_says_how_late_it_was(late, monkeypatch):
    small_batches(monkeypatch, 3)
    assert list(tasks.batches(now() - 9 * HOUR)) == [0]
    assert tasks.sweep() == 7
    assert ClockEvent.objects.count() == 7
    beat = Heartbeat.objects.get(name="sweep")
    assert beat.done == 7
    assert beat.lag_seconds > 3600
    assert sweep_age(now()) < timedelta(minutes=1)


def test_sweep__never_goes_on_for_ever(late, monkeypatch):
    small_batches(monkeypatch, 1)
    monkeypatch.setattr(tasks, "MOST_BATCHES", 2)
    assert tasks.sweep() == 2


def test_next_batch__keeps_transactions_short_whatever_the_machine():
    assert tasks.next_batch(250, 0.1) == 125
    assert tasks.next_batch(250, 9.0) == tasks.LEAST_BATCH
    assert tasks.next_batch(200, 0.02) == 300
    assert tasks.next_batch(390, 0.02) == tasks.MOST_BATCH


def test_climb_ladders__goes_on_until_every_ladder_has_climbed(late, monkeypatch):
    tasks.sweep()
    ClockEvent.objects.update(climb_at=now())
    monkeypatch.setattr(tasks, "BATCH", 3)
    assert tasks.climb_ladders() == 7


def test_sweep__with_nothing_to_do_still_says_that_it_ran():
    assert tasks.sweep() == 0
    assert Heartbeat.objects.get(name="sweep").done == 0


def test_climb_ladders__says_that_it_ran(late):
    tasks.sweep()
    ClockEvent.objects.update(climb_at=now())
    assert tasks.climb_ladders() == 7
    assert Heartbeat.objects.get(name="climb").done == 7


def test_compact_counts__keeps_the_sums(late):
    CaseDeadline.objects.all().delete()
    tasks.compact_counts()
    assert CaseCount.objects.count() == 0


@pytest.mark.parametrize("wrong_by", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_sweep__of_a_worker_whose_clock_is_wrong_breaches_neither_early_nor_late(wrong_by):
    """What is due is due by the database's clock; nobody is told an hour early, and nothing waits an hour."""
    publish(stages=[])
    at = now()
    shift("dora", "desk", team(), at - HOUR)
    due, not_yet = start_many(1, at - 3 * HOUR), start_many(1, at - HOUR - HOUR / 2)
    with time_machine.travel(at + wrong_by, tick=True):
        tasks.sweep()
    event = ClockEvent.objects.get()
    assert event.clock_id in {each.pk for each in due}
    assert abs(event.noticed_at - at) < HOUR / 4
    assert event.happened_at == event.due_at
    assert not CaseEvent.objects.filter(event="clock.breached", recorded_at__gt=at + HOUR / 2).exists()
    assert sweep_age(now()) < timedelta(minutes=1)
    assert not_yet
