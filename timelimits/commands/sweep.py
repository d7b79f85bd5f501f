"""The sweep: every clock whose next check has come is worked out anew, and each stage it reached is written once.

In SQL style: one batch is one short transaction of a few statements, whatever its size. Rows that another sweeper holds
are left to it; a row that raises is pushed on five minutes and alarmed, so it never jams the queue.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from audit.bulk import NewEvent, insert, record_many
from audit.commands import command
from audit.domain import Actor
from timelimits.alarms import clear_alarms, raise_alarm
from timelimits.book import Book
from timelimits.derived import history_of, moments, rewrite_deadlines, settle
from timelimits.domain import BREACH, PUSH_ON, AlarmKind, StageAt
from timelimits.models import Clock, ClockEvent, Extension, Heartbeat, Pause, Policy
from timelimits.rules import reckon
from timelimits.telling import Telling, Told, tell

Child = TypeVar("Child", Pause, Extension)
Faults = dict[Clock, Exception]
UNUSABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
EVENT = ("clock", "case_id", "stage", "due_at", "happened_at", "noticed_at", "rung", "acknowledged_by", "annotation")
SAVE = """
UPDATE timelimits_clock c SET due_at = v.due_at, soon_at = v.soon_at, paused_at = v.paused_at,
    next_check_at = v.next_check_at, faults = 0
FROM json_to_recordset(%s) AS v (id uuid, due_at timestamptz, soon_at timestamptz, paused_at timestamptz,
    next_check_at timestamptz)
WHERE c.id = v.id
"""
PUSH = "UPDATE timelimits_clock SET next_check_at = %s, faults = least(faults + 1, 30000) WHERE id = ANY(%s)"
CLIMB = """
UPDATE timelimits_clockevent e SET rung = v.rung, climb_at = v.climb_at
FROM json_to_recordset(%s) AS v (event_id bigint, rung smallint, climb_at timestamptz) WHERE e.id = v.event_id
"""
CLIMBED = ("event_id", "rung", "climb_at")
KEPT = ("id", "due_at", "soon_at", "paused_at", "next_check_at")


@dataclass(slots=True)
class Found:
    """One clock of the batch: the stages it has reached, and whether its due instant is another than was kept."""

    clock: Clock
    reached: list[StageAt]
    due_moved: bool


@command
def sweep(*, by: Actor, now: datetime, batch: int = 500) -> int:
    """Work out one batch of clocks whose next check is not after `now`; return how many were looked at.

    Call again until it returns less than `batch`: each call is a transaction of its own.
    """
    rows = Clock.objects.select_for_update(skip_locked=True, of=("self",)).filter(next_check_at__lte=now)
    clocks = list(rows.order_by("next_check_at")[:batch])
    try:
        with transaction.atomic():
            _sweep(by, clocks, now)
    except DatabaseError:
        for clock in clocks:
            _sweep_alone(by, clock, now)
    return len(clocks)


def _sweep_alone(by: Actor, clock: Clock, now: datetime) -> None:
    """One row in a savepoint of its own, after its batch failed in the database."""
    try:
        with transaction.atomic():
            _sweep(by, [clock], now)
    except DatabaseError as fault:
        _push_on({clock: fault}, now)


def _sweep(by: Actor, clocks: Sequence[Clock], now: datetime) -> None:
    if not clocks:
        return
    found, faults = _work_out(clocks, now)
    _push_on(faults, now)
    _save(found)
    events = _write_events(found, now)
    _note_climbs(tell(by, _tellings(found, events), now, fresh=True))
    if moved := sorted({f.clock.case_id for f in found if f.due_moved}):
        rewrite_deadlines(moved, now)
    clear_alarms(AlarmKind.ROW_RAISED, [f"clock:{f.clock.pk}" for f in found if f.clock.faults], now)


def _work_out(clocks: Sequence[Clock], now: datetime) -> tuple[list[Found], Faults]:
    book = Book()
    ids = [clock.pk for clock in clocks]
    pauses = _by_clock(Pause.objects.filter(clock__in=ids))
    extensions = _by_clock(Extension.objects.filter(clock__in=ids))
    policies = Policy.objects.in_bulk({clock.policy_id for clock in clocks})
    found: list[Found] = []
    faults: Faults = {}
    for clock in clocks:
        try:
            clock.policy = policies[clock.policy_id]
            found.append(_one(clock, book, pauses.get(clock.pk, ()), extensions.get(clock.pk, ()), now))
        except UNUSABLE as fault:
            faults[clock] = fault
    return found, faults


def _by_clock(rows: Iterable[Child]) -> dict[UUID, list[Child]]:
    grouped: dict[UUID, list[Child]] = defaultdict(list)
    for row in rows:
        grouped[row.clock_id].append(row)
    return grouped


def _one(clock: Clock, book: Book, pauses: Iterable[Pause], extensions: Iterable[Extension], now: datetime) -> Found:
    """Work one clock out. Stages before its last check were written then, unless it was pushed on meanwhile."""
    kept_due, last_check = clock.due_at, clock.next_check_at
    history = history_of(clock, pauses, extensions)
    reckoning = reckon(history, book.terms(clock.policy))
    if clock.faults or kept_due != reckoning.due_at:
        last_check = None
    passed = [m for m in moments(reckoning) if m.at <= now]
    reached = [m for m in passed if last_check is None or m.at >= last_check]
    settle(clock, history, reckoning, {(m.code, reckoning.due_at) for m in passed})
    return Found(clock, reached, kept_due != clock.due_at)


def _save(found: Sequence[Found]) -> None:
    rows = [{name: getattr(one.clock, name) for name in KEPT} for one in found]
    with connection.cursor() as cursor:
        cursor.execute(SAVE, [json.dumps(rows, default=str)])


def _write_events(found: Sequence[Found], now: datetime) -> dict[tuple[UUID, str], int]:
    """Write the stages reached, and one event of the case for each that is new; return the ids of the new ones."""
    stages = [(f.clock, m) for f in found for m in f.reached]
    rows = [
        (c.pk, c.case_id, m.code, c.due_at, c.due_at if m.code == BREACH else m.at, now, m.rung, "", "")
        for c, m in stages
    ]
    fresh = insert(ClockEvent, EVENT, rows, returning=("id", "clock", "stage"), skip_existing=True)
    new = {(clock_id, stage): event_id for event_id, clock_id, stage in fresh}
    record_many([_case_event(c, m) for c, m in stages if (c.pk, m.code) in new])
    return new


def _case_event(clock: Clock, moment: StageAt) -> NewEvent:
    breach = moment.code == BREACH
    return NewEvent(
        case_id=clock.case_id,
        event="clock.breached" if breach else "clock.warned",
        subject=clock.subject,
        occurred_at=clock.due_at if breach and clock.due_at else moment.at,
        data={"clock": clock.pk, "policy": clock.policy_code, "stage": moment.code, "due_at": clock.due_at},
    )


def _tellings(found: Sequence[Found], events: dict[tuple[UUID, str], int]) -> Iterable[Telling]:
    """Yield what is to be told.

    Of each clock the last stage it reached, so that an outage is no flood of old warnings.
    """
    book = Book()
    for one in found:
        fresh = [m for m in one.reached if (one.clock.pk, m.code) in events]
        if fresh:
            last, policy = fresh[-1], book.policy(one.clock.policy)
            event_id = events[one.clock.pk, last.code]
            yield Telling(event_id, one.clock.case_id, last.code, policy.label, policy.ladder, last.rung)


def _note_climbs(told: Sequence[Told]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            CLIMB, [json.dumps([{name: getattr(one, name) for name in CLIMBED} for one in told], default=str)]
        )


def _push_on(faults: Faults, now: datetime) -> None:
    """Look at these again in five minutes, and say so."""
    if not faults:
        return
    with connection.cursor() as cursor:
        cursor.execute(PUSH, [now + PUSH_ON, [clock.pk for clock in faults]])
    for clock, fault in faults.items():
        raise_alarm(AlarmKind.ROW_RAISED, f"clock:{clock.pk}", now, type(fault).__name__)


@command
def beat(*, by: Actor, name: str, now: datetime, done: int, lag_seconds: float = 0) -> None:
    """Note that a job ran to its end. `lag_seconds` is how late the oldest thing it found was."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now, "done": done, "lag_seconds": lag_seconds})
