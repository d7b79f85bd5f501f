"""The sweep: every clock whose next check has come is worked out anew, and each stage it reached is written once.

One batch is one short transaction of a fixed number of statements. Rows that another sweeper holds are left to it; a
row that raises is pushed on five minutes and alarmed, so it never jams the queue.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from audit.bulk import record_from
from audit.commands import command
from audit.domain import Actor
from timelimits.alarms import clear_alarms, raise_alarm
from timelimits.book import Book
from timelimits.derived import annotate, quieten, refresh, rewrite_deadlines
from timelimits.domain import PUSH_ON, AlarmKind
from timelimits.models import Clock, Heartbeat
from timelimits.telling import tell
from timelimits.verdicts import Taken, Verdict, take, work_out

NEXT_CHECKS = """
UPDATE timelimits_clock c SET next_check_at = v.at, faults = 0
FROM json_to_recordset(%s) AS v (id uuid, at timestamptz) WHERE c.id = v.id
"""
EVENTS = """
INSERT INTO timelimits_clockevent
    (clock_id, case_id, stage, due_at, happened_at, noticed_at, rung, acknowledged_by, annotation)
SELECT c.id, c.case_id, v.stage, c.due_at, least(v.at, c.due_at), %s, v.rung, '', ''
FROM json_to_recordset(%s) AS v (id uuid, stage text, at timestamptz, rung smallint)
JOIN timelimits_clock c ON c.id = v.id
ORDER BY v.at, c.id
ON CONFLICT DO NOTHING RETURNING id
"""
CASE_EVENTS = """
SELECT e.case_id, CASE e.stage WHEN 'breach' THEN 'clock.breached' ELSE 'clock.warned' END AS event, c.subject,
       e.happened_at AS occurred_at,
       jsonb_build_object('clock', c.id, 'policy', c.policy_code, 'stage', e.stage, 'due_at', e.due_at) AS data
FROM timelimits_clockevent e JOIN timelimits_clock c ON c.id = e.clock_id WHERE e.id = ANY(%s) ORDER BY e.id
"""
PUSH = "UPDATE timelimits_clock SET next_check_at = %s, faults = least(faults + 1, 30000) WHERE id = ANY(%s)"


@command
def sweep(*, by: Actor, now: datetime, batch: int = 500) -> int:
    """Work out one batch of clocks whose next check is not after `now`; return how many were looked at.

    Call again until it returns less than `batch`: each call is a transaction of its own.
    """
    clocks = take(now, batch)
    try:
        with transaction.atomic():
            _sweep(by, clocks, now)
    except DatabaseError:
        for clock in clocks:
            _sweep_alone(by, clock, now)
    return len(clocks)


def _sweep_alone(by: Actor, clock: Taken, now: datetime) -> None:
    """One row in a savepoint of its own, after its batch failed in the database."""
    try:
        with transaction.atomic():
            _sweep(by, [clock], now)
    except DatabaseError as fault:
        _push_on({clock: fault}, now)


def _sweep(by: Actor, clocks: Sequence[Taken], now: datetime) -> None:
    if not clocks:
        return
    verdicts, faults = work_out(clocks, now)
    _push_on(faults, now)
    _mend([v.clock.id for v in verdicts if v.wrong], now)
    right = [v for v in verdicts if not v.wrong]
    _set_next_checks(right)
    events = _write_events(right, now)
    record_from(CASE_EVENTS, [events])
    tell(by, events, now)
    clear_alarms(AlarmKind.ROW_RAISED, [f"clock:{v.clock.id}" for v in verdicts if v.clock.faults], now)


def _mend(clock_ids: Sequence[UUID], now: datetime) -> None:
    """Put kept copies right that are not what the rules say. The next pass writes what these clocks have reached."""
    if not clock_ids:
        return
    book = Book()
    for clock in Clock.objects.filter(pk__in=clock_ids).select_related("policy"):
        clock.faults = 0
        refresh(clock, book)
        annotate(clock)
        quieten(clock)
        rewrite_deadlines([clock.case_id], now)


def _set_next_checks(verdicts: Sequence[Verdict]) -> None:
    rows = [{"id": v.clock.id, "at": v.next_check_at} for v in verdicts]
    with connection.cursor() as cursor:
        cursor.execute(NEXT_CHECKS, [json.dumps(rows, default=str)])


def _write_events(verdicts: Sequence[Verdict], now: datetime) -> list[int]:
    """Write the stages reached and return the ids of those that are new."""
    rows = [{"id": v.clock.id, "stage": m.code, "at": m.at, "rung": m.rung} for v in verdicts for m in v.reached]
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [now, json.dumps(rows, default=str)])
        return [row[0] for row in cursor.fetchall()]


def _push_on(faults: dict[Taken, Exception], now: datetime) -> None:
    """Look at these again in five minutes, and say so."""
    if not faults:
        return
    with connection.cursor() as cursor:
        cursor.execute(PUSH, [now + PUSH_ON, [clock.id for clock in faults]])
    for clock, fault in faults.items():
        raise_alarm(AlarmKind.ROW_RAISED, f"clock:{clock.id}", now, type(fault).__name__)


@command
def beat(*, by: Actor, name: str, now: datetime, done: int, lag_seconds: float = 0) -> None:
    """Note that a job ran to its end. `lag_seconds` is how late the oldest thing it found was."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": now, "done": done, "lag_seconds": lag_seconds})
