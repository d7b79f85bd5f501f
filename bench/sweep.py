"""The sweep of limits that have just passed, beside one plain SQL statement that writes the same rows."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any

from django.db import connection

from audit.commands import now
from audit.domain import SYSTEM
from bench.due import fall_due
from bench.figures import compared
from bench.frame import Bench, take_turns
from bench.load import OPEN_EVERY
from bench.processor import seconds_of, threads_of
from bench.stand import Stand
from icras.celery import settle
from timelimits.commands import sweep
from timelimits.tasks import BATCH, batches

DUE = 10_000
FLOOR = "one plain SQL statement"
# Written by both, and rid of what a call wrote before the next. The audit trail only grows.
WRITTEN = {
    "timelimits_alert": "event_id IN (SELECT id FROM timelimits_clockevent WHERE stage = 'breach')",
    "timelimits_clockevent": "stage = 'breach'",
    "notifications_message": "template = 'limit_breached'",
    "notifications_outbox": "template = 'limit_breached'",
}
ROWS = f"""
SELECT {", ".join(f"(SELECT count(*) FROM {table} WHERE {which})" for table, which in WRITTEN.items())},
       (SELECT count(*) FROM audit_caseevent WHERE recorded_at > %(began)s AND event = 'clock.breached'),
       (SELECT count(*) FROM timelimits_clockevent WHERE climb_at IS NOT NULL)
"""
# Who is told of what, as the sweep found it from the rota: given to the statement, which need not look
LANDED = """
SELECT json_agg(landed)::text FROM (
    SELECT c.policy_id, p.label, d.responsible_team_id AS team_id, d.responsible_user_id AS user_id, a.rung, a.duty,
           e.climb_at IS NOT NULL AS climbs, array_agg(DISTINCT a.recipient_id) AS people
    FROM timelimits_clockevent e JOIN timelimits_clock c ON c.id = e.clock_id
    JOIN timelimits_policy p ON p.id = c.policy_id JOIN timelimits_alert a ON a.event_id = e.id
    JOIN timelimits_casedeadline d ON d.case_id = e.case_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7) landed
"""
STATEMENT = """
WITH landed AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(landed)s) AS v
        (policy_id bigint, label text, team_id uuid, user_id uuid, rung smallint, duty text, climbs boolean,
         people uuid[])
), due AS (
    SELECT id FROM timelimits_clock WHERE next_check_at <= %(at)s ORDER BY next_check_at FOR UPDATE SKIP LOCKED
), checked AS (
    UPDATE timelimits_clock c SET next_check_at = NULL, faults = 0 FROM due WHERE c.id = due.id
    RETURNING c.id, c.case_id, c.subject, c.policy_id, c.policy_code, c.due_at
), held AS MATERIALIZED (
    SELECT checked.*, d.reference, d.responsible_team_id AS team_id, d.responsible_user_id AS user_id
    FROM checked JOIN timelimits_casedeadline d ON d.case_id = checked.case_id
), told AS MATERIALIZED (
    SELECT nextval('timelimits_clockevent_id_seq') AS event_id, held.*, landed.label, landed.rung, landed.duty,
           landed.people, landed.climbs
    FROM held JOIN landed ON landed.policy_id = held.policy_id AND landed.team_id = held.team_id
         AND landed.user_id IS NOT DISTINCT FROM held.user_id
), events AS (
    INSERT INTO timelimits_clockevent
        (id, clock_id, case_id, stage, due_at, happened_at, noticed_at, rung, climb_at, acknowledged_by, annotation)
    SELECT event_id, id, case_id, 'breach', due_at, due_at, %(at)s, rung,
           CASE WHEN climbs THEN %(at)s::timestamptz + interval '5 minutes' END, '', '' FROM told
), audit AS (
    INSERT INTO audit_caseevent
        (case_id, event, subject, occurred_at, recorded_at, actor_id, actor_label, actor_role, data)
    SELECT case_id, 'clock.breached', subject, due_at, now(), 'system:icras', 'ICRAS', 'System',
           jsonb_build_object('clock', id, 'policy', policy_code, 'stage', 'breach', 'due_at', due_at) FROM told
), notes AS MATERIALIZED (
    SELECT gen_random_uuid() AS id, told.event_id, told.rung, told.duty, person.id AS person_id, told.reference,
           jsonb_build_object('label', told.label) AS params,
           'alert:' || told.event_id || ':' || told.rung || ':' || person.id AS key
    FROM told CROSS JOIN unnest(told.people) AS person (id)
), alerts AS (
    INSERT INTO timelimits_alert (id, event_id, rung, duty, recipient_id, sent_at)
    SELECT id, event_id, rung, duty, person_id, %(at)s FROM notes
), bells AS (
    INSERT INTO notifications_message (id, user_id, template, params, link, reference, created_at, key)
    SELECT gen_random_uuid(), person_id, 'limit_breached', params, '/alerts/' || id || '/', reference, now(),
           key || ':bell' FROM notes
)
INSERT INTO notifications_outbox
    (recipient_id, template, params, link, reference, attempts, fault, channel, next_try_at, created_at, key)
SELECT person_id, 'limit_breached', params, '/alerts/' || id || '/', reference, 0, '', 'email', now(), now(),
       key || ':email' FROM notes
"""


def clear(cursor: Any) -> None:
    """Take away what sweeps wrote, alerts before the events they are of."""
    for table, which in WRITTEN.items():
        cursor.execute(f"DELETE FROM {table} WHERE {which}")


@dataclass(eq=False)
class Arena:
    """One stand made ready for both sides again and again: the same number due, what was written taken away."""

    stand: Stand
    due: int
    at: datetime
    landed: str = ""
    turns: int = 0
    began: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    wrote: tuple[int, ...] = ()
    transactions: list[tuple[float, float]] = field(default_factory=list)

    def prepare(self, check: bool = True) -> None:
        """Be sure that the last call wrote all, take it away, and make as many due again."""
        self.stand.use()
        if check:
            self._same_rows()
        with connection.cursor() as cursor:
            clear(cursor)
        self.turns += 1
        fall_due(self.stand, self.due, self.at, seed=1)  # the same each time: the statement was told of these
        with connection.cursor() as cursor:
            cursor.execute(f"VACUUM ANALYZE timelimits_clock, timelimits_casedeadline, {', '.join(WRITTEN)}")
            cursor.execute("CHECKPOINT")

    def _same_rows(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(ROWS, {"began": self.began})
            wrote = cursor.fetchone()
            cursor.execute("SELECT clock_timestamp()")
            self.began = cursor.fetchone()[0]
        if self.turns and self.wrote and wrote != self.wrote:
            raise AssertionError(f"one side wrote {wrote} rows, the other {self.wrote}")
        self.wrote = wrote if self.turns else ()

    def by_sweep(self) -> None:
        """Sweep until nothing is left, as the task does, and keep what each transaction took: seconds, of them busy."""
        began, used = time.perf_counter(), self.cpu_seconds()
        for _ in batches(self.at):
            self.transactions.append((time.perf_counter() - began, self.cpu_seconds() - used))
            began, used = time.perf_counter(), self.cpu_seconds()

    def by_statement(self) -> None:
        """Do the same work by the floor."""
        with connection.cursor() as cursor:
            cursor.execute(STATEMENT, {"landed": self.landed, "at": self.at})

    def learn(self) -> "Arena":
        """Sweep once, and keep who was told of what for the statement."""
        self.prepare()
        self.by_sweep()
        with connection.cursor() as cursor:
            cursor.execute(LANDED)
            self.landed = cursor.fetchone()[0]
        return self

    def cpu_seconds(self) -> float:
        """Return the processor time used so far by this process and its session."""
        return seconds_of(threads_of([os.getpid(), connection.connection.info.backend_pid]))


def run(bench: Bench) -> None:
    """Measure on the largest stand, then the growth, the empty pass and each transaction."""
    settle()  # as a worker does when it begins
    _headline(bench)
    _growth(bench)
    _empty(bench)


def _headline(bench: Bench) -> None:
    stand = bench.largest
    due = min(DUE, stand.size // OPEN_EVERY // 2)
    arena = Arena(stand, due, now()).learn()
    arena.transactions.clear()
    taken = take_turns(
        {"sweep": arena.by_sweep, FLOOR: arena.by_statement}, bench.rounds, 1,
        cpu=dict.fromkeys(("sweep", FLOOR), arena.cpu_seconds),
        prepare=dict.fromkeys(("sweep", FLOOR), arena.prepare), work=due,
    )  # fmt: skip
    arena.prepare()
    bench.keep(compared(f"sweep, one of {due:,} limits passed", stand.size, taken["sweep"], taken[FLOOR], 2.0, FLOOR))
    slowest, busy = max(arena.transactions)
    bench.fact("sweep, slowest transaction", slowest * 1000, "ms", at_most=100, on=stand)
    bench.fact("sweep, processor time of the slowest", busy * 1000, "ms", on=stand, against="the rest is waiting")
    bench.fact("sweep, median transaction", median(wall for wall, _ in arena.transactions) * 1000, "ms", on=stand)


def _growth(bench: Bench) -> None:
    """The same number due at every size."""
    due = bench.stands[0].size // OPEN_EVERY // 2
    arenas = {stand: Arena(stand, due, now()).learn() for stand in bench.stands}
    taken = take_turns(
        {stand: arena.by_sweep for stand, arena in arenas.items()}, bench.rounds, 1,
        prepare={stand: arena.prepare for stand, arena in arenas.items()}, work=due,
    )  # fmt: skip
    bench.grown(f"sweep, {due} limits passed", taken, None)


def _empty(bench: Bench) -> None:
    """A pass that finds nothing."""
    at = now()

    def empty(stand: Stand) -> Callable[[], None]:
        def look() -> None:
            if sweep(by=SYSTEM, now=at - timedelta(days=300), batch=BATCH):
                raise AssertionError("this pass was to find nothing")

        return look

    sides = {stand: empty(stand) for stand in bench.stands}
    prepare = {stand: stand.use for stand in bench.stands}
    bench.grown("sweep, empty pass", take_turns(sides, bench.rounds, bench.requests, prepare=prepare), 1.1)
