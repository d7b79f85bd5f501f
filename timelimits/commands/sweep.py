"""The sweep: every clock whose next check has come is worked out anew, and each stage it reached is written once.

One batch is one short transaction of a fixed number of statements. Rows that another sweeper holds are left to it; a
row that raises is pushed on five minutes and alarmed, so it never jams the queue.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import DatabaseError, connection, transaction

from audit.bulk import recording
from audit.commands import command
from audit.domain import Actor
from notifications.commands import post_from
from timelimits.commands.alarms import clear_alarms, raise_alarm
from timelimits.commands.derived import annotate, quieten, refresh, rewrite_deadlines
from timelimits.commands.telling import ALERT, LANDED, NOTES, Case, Telling, Watch, alarm_nobody
from timelimits.commands.verdicts import Taken, Verdict, take, work_out
from timelimits.domain import PUSH_ON, AlarmKind, StageAt
from timelimits.models import Clock, Heartbeat
from timelimits.queries.book import Book

# The clocks' next checks, the stages they reached and the trail of these, in the statement that also tells of them
WRITE = """
clock AS (
    UPDATE timelimits_clock c SET next_check_at = v.at, faults = 0
    FROM json_to_recordset(%(clocks)s) AS v (id uuid, at timestamptz) WHERE c.id = v.id
    RETURNING c.id, c.case_id, c.subject, c.policy_code, c.due_at),
reached AS MATERIALIZED (
    SELECT clock.*, v.stage, least(v.at, clock.due_at) AS happened_at, v.rung, v.landed
    FROM json_to_recordset(%(reached)s) AS v (id uuid, stage text, at timestamptz, rung smallint, landed int)
    JOIN clock ON clock.id = v.id ORDER BY v.at, v.id),
event AS (
    INSERT INTO timelimits_clockevent (clock_id, case_id, stage, due_at, happened_at, noticed_at, rung, climb_at,
                                       acknowledged_by, annotation)
    SELECT r.id, r.case_id, r.stage, r.due_at, r.happened_at, %(at)s, coalesce(landed.rung, r.rung), landed.climb_at,
           '', ''
    FROM reached r LEFT JOIN landed ON landed.place = r.landed ORDER BY r.happened_at, r.id
    ON CONFLICT DO NOTHING RETURNING id, clock_id, stage),
noticed AS MATERIALIZED (
    SELECT event.id AS event_id, r.* FROM event JOIN reached r ON r.id = event.clock_id AND r.stage = event.stage),
told AS MATERIALIZED (
    SELECT n.event_id, n.stage, d.reference, landed.label, landed.rung, landed.duty, landed.people
    FROM noticed n JOIN landed ON landed.place = n.landed JOIN timelimits_casedeadline d ON d.case_id = n.case_id)
"""
TRAIL = """
SELECT case_id, CASE stage WHEN 'breach' THEN 'clock.breached' ELSE 'clock.warned' END AS event, subject,
       happened_at AS occurred_at,
       jsonb_build_object('clock', id, 'policy', policy_code, 'stage', stage, 'due_at', due_at) AS data
FROM noticed ORDER BY event_id
"""
PUSH = "UPDATE timelimits_clock SET next_check_at = %s, faults = least(faults + 1, 30000) WHERE id = ANY(%s::uuid[])"


@command
def sweep(*, by: Actor, now: datetime, batch: int = 500, watch: Watch | None = None) -> int:
    """Work out one batch of clocks whose next check is not after `now`; return how many were looked at.

    Call again until it returns less than `batch`: each call is a transaction of its own. Calls of one pass, which have
    the same `now`, may share a watch, so that limits and rota are read once.
    """
    watch = watch or Watch(now)
    try:
        with transaction.atomic():  # locks and updates both: apart, each row has two owners, and is slow to go
            clocks = take(now, batch)
            _sweep(by, clocks, watch)
    except DatabaseError:
        clocks = take(now, batch)
        for clock in clocks:
            _sweep_alone(by, clock, watch)
    return len(clocks)


def _sweep_alone(by: Actor, clock: Taken, watch: Watch) -> None:
    """One row in a savepoint of its own, after its batch failed in the database."""
    try:
        with transaction.atomic():
            _sweep(by, [clock], watch)
    except DatabaseError as fault:
        _push_on({clock: fault}, watch.at)


def _sweep(by: Actor, clocks: Sequence[Taken], watch: Watch) -> None:
    if not clocks:
        return
    verdicts, faults = work_out(clocks, watch)
    _push_on(faults, watch.at)
    _mend([v.clock.id for v in verdicts if v.wrong], watch.at)
    _write(by, [v for v in verdicts if not v.wrong], watch)
    clear_alarms(AlarmKind.ROW_RAISED, [f"clock:{v.clock.id}" for v in verdicts if v.clock.faults], watch.at)


def _mend(clock_ids: Sequence[str], now: datetime) -> None:
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


def _write(by: Actor, verdicts: Sequence[Verdict], watch: Watch) -> None:
    """Write what the clocks have reached, what is new of it into the trail, and tell of it: one statement."""
    telling = Telling(watch)
    watch.rota.know(case for verdict in verdicts if verdict.reached and (case := _case(verdict.clock)))
    reached = [row for verdict in verdicts for row in _reached(verdict, telling)]
    trail, who = recording(TRAIL)
    params = {
        **telling.params(),
        **who,
        "clocks": json.dumps([{"id": v.clock.id, "at": v.next_check_at} for v in verdicts], default=str),
        "reached": json.dumps(reached, default=str),
    }
    given = f"{LANDED}, {WRITE}, trail AS ({trail}), {ALERT},"
    post_from(by=by, given=given, source=NOTES, params=params)
    telling.settle_alarms()


def _reached(verdict: Verdict, telling: Telling) -> Iterator[dict[str, Any]]:
    """Yield the stages of one clock. Only of the last is told, so that an outage is no flood of old warnings."""
    for moment in verdict.reached:
        last = moment is verdict.reached[-1]
        place = _place(verdict.clock, moment, telling) if last else None
        yield {"id": verdict.clock.id, "stage": moment.code, "at": moment.at, "rung": moment.rung, "landed": place}


def _place(clock: Taken, moment: StageAt, telling: Telling) -> int | None:
    """Return where among the landed is who is told of a stage; None, with an alarm, when its case is on no list."""
    case = _case(clock)
    if case is None:
        alarm_nobody(clock.case_id, moment.code, telling.watch.at)
        return None
    return telling.place(clock.policy_id, moment.code, moment.rung, case)


def _case(clock: Taken) -> Case | None:
    return None if clock.team_id is None else Case(clock.team_id, clock.user_id)


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
