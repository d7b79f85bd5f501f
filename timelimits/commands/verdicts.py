"""What the sweep finds of each clock of a batch.

Worked out by the pure rules, carried as tuples, thousands at a time.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar
from uuid import UUID

from django.db import connection
from psycopg import Cursor

from timelimits.commands.telling import Watch
from timelimits.domain import History, LimitKind, Reckoning, StageAt, moments
from timelimits.domain.local_time import end_of_day, local_date
from timelimits.models import Extension, Pause
from timelimits.queries.history import spans_of
from timelimits.rules import Terms, reckon

UNUSABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
Child = TypeVar("Child", Pause, Extension)
TAKE = """
SELECT c.id::text, c.case_id, c.policy_id, c.started_at, c.due_at, c.soon_at, c.next_check_at, c.faults,
       EXISTS (SELECT FROM timelimits_pause p WHERE p.clock_id = c.id)
       OR EXISTS (SELECT FROM timelimits_extension e WHERE e.clock_id = c.id),
       d.responsible_team_id, d.responsible_user_id
FROM timelimits_clock c LEFT JOIN timelimits_casedeadline d ON d.case_id = c.case_id
WHERE c.next_check_at <= %s ORDER BY c.next_check_at LIMIT %s FOR UPDATE OF c SKIP LOCKED
"""


class Taken(NamedTuple):
    """A clock taken by this sweeper: locked until the end of its transaction.

    `moved` says it was paused or extended; `team_id` is None when its case is on no list.
    """

    id: str
    case_id: UUID
    policy_id: int
    started_at: datetime
    due_at: datetime | None
    soon_at: datetime | None
    next_check_at: datetime
    faults: int
    moved: bool
    team_id: UUID | None
    user_id: UUID | None


class Verdict(NamedTuple):
    """What is so of a clock now: stages reached and not written yet, the next check, whether its kept copy is wrong."""

    clock: Taken
    reached: Sequence[StageAt]
    next_check_at: datetime | None
    wrong: bool


@dataclass
class Plain:
    """Clocks never paused nor extended differ only by their start: one reckoning serves all that started alike."""

    _elapsed: dict[int, Reckoning] = field(default_factory=dict)
    _days: dict[tuple[int, date], Reckoning] = field(default_factory=dict)

    def reckon(self, policy_id: int, terms: Terms, started_at: datetime) -> Reckoning:
        """Return what `rules.reckon` says of a plain clock."""
        if terms.limit.kind is LimitKind.ELAPSED:
            return self._shifted(policy_id, terms, started_at)
        if terms.limit.kind.in_days:
            return self._dated(policy_id, terms, started_at)
        return reckon(History(started_at), terms)

    def _shifted(self, policy_id: int, terms: Terms, started_at: datetime) -> Reckoning:
        base = self._elapsed.get(policy_id)
        if base is None:
            base = self._elapsed[policy_id] = reckon(History(EPOCH), terms)
        by = started_at - EPOCH
        return Reckoning(
            base.allowed,
            base.due_at and base.due_at + by,
            base.soon_at and base.soon_at + by,
            tuple([StageAt(s.code, s.at + by, s.rung) for s in base.stages]),
        )

    def _dated(self, policy_id: int, terms: Terms, started_at: datetime) -> Reckoning:
        day = local_date(started_at)
        known = self._days.get((policy_id, day))
        if known is None:
            known = reckon(History(started_at), terms)
            if all(stage.at > end_of_day(day) for stage in known.stages):
                self._days[policy_id, day] = known
        return known


def take(now: datetime, batch: int) -> list[Taken]:
    """Lock up to `batch` clocks whose next check has come, oldest first, leaving those that another sweeper holds."""
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        cursor.execute(TAKE, [now, batch], binary=True)
        return [Taken(*row) for row in cursor]


def work_out(clocks: Sequence[Taken], watch: Watch) -> tuple[list[Verdict], dict[Taken, Exception]]:
    """Return a verdict on each clock, and what was raised by those that cannot be worked out."""
    plain = Plain()
    watch.know({clock.policy_id for clock in clocks})
    moved = [clock.id for clock in clocks if clock.moved]
    pauses, extensions = _by_clock(Pause, moved), _by_clock(Extension, moved)
    verdicts: list[Verdict] = []
    faults: dict[Taken, Exception] = {}
    for clock in clocks:
        try:
            terms = watch.book.terms(watch.policies[clock.policy_id])
            if clock.moved:
                history = History(clock.started_at, None, False, *spans_of(pauses[clock.id], extensions[clock.id]))
                reckoning = reckon(history, terms)
            else:
                reckoning = plain.reckon(clock.policy_id, terms, clock.started_at)
            verdicts.append(_verdict(clock, reckoning, watch.at))
        except UNUSABLE as fault:
            faults[clock] = fault
    return verdicts, faults


def _by_clock(model: type[Child], clock_ids: list[str]) -> dict[str, list[Child]]:
    grouped: dict[str, list[Child]] = defaultdict(list)
    if clock_ids:
        for row in model.objects.filter(clock__in=[UUID(clock_id) for clock_id in clock_ids]):
            grouped[str(row.clock_id)].append(row)
    return grouped


def _verdict(clock: Taken, reckoning: Reckoning, now: datetime) -> Verdict:
    """Stages before the clock's last check were written then, unless it was pushed on or its copy was wrong."""
    written_until = None if clock.faults else clock.next_check_at
    reached: list[StageAt] = []
    coming: datetime | None = None
    for moment in moments(reckoning):
        if moment.at > now:
            coming = moment.at if coming is None else min(coming, moment.at)
        elif written_until is None or moment.at >= written_until:
            reached.append(moment)
    return Verdict(clock, reached, coming, (clock.due_at, clock.soon_at) != (reckoning.due_at, reckoning.soon_at))
