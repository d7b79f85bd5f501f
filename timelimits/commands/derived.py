"""The kept copies of what the rules say: a clock's due instant and next check, and the one row of its case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from timelimits.domain import (
    ALL_PAUSED,
    BETWEEN_LIMITS,
    BREACH,
    CRISIS_RESPONSE,
    History,
    Reckoning,
    moments,
)
from timelimits.models import Clock, ClockEvent
from timelimits.queries.book import Book
from timelimits.queries.history import history_of
from timelimits.rules import outcome, reckon

Recorded = Collection[tuple[str, datetime | None]]


def settle(clock: Clock, history: History, reckoning: Reckoning, recorded: Recorded) -> None:
    """Set the kept copies on the clock (not saved).

    `recorded` holds (stage, due instant) of what was written already.
    """
    open_pauses = [p.paused_at for p in history.pauses if p.resumed_at is None]
    clock.due_at, clock.soon_at = reckoning.due_at, reckoning.soon_at
    clock.paused_at = min(open_pauses) if open_pauses and clock.stopped_at is None else None
    clock.outcome, clock.next_check_at = "", None
    if clock.stopped_at is not None:
        clock.outcome = outcome(reckoning.due_at, clock.stopped_at, cancelled=history.cancelled)
        return
    waiting = [s.at for s in moments(reckoning) if (s.code, reckoning.due_at) not in recorded]
    clock.next_check_at = min(waiting, default=None)


def refresh(clock: Clock, book: Book) -> Clock:
    """Work a stored clock out anew from its rows and save the kept copies."""
    history = history_of(clock, clock.pauses.all(), clock.extensions.all())
    reckoning = reckon(history, book.terms(clock.policy))
    recorded = set(ClockEvent.objects.filter(clock=clock).values_list("stage", "due_at"))
    settle(clock, history, reckoning, recorded)
    clock.save()
    return clock


def annotate(clock: Clock) -> None:
    """Say of recorded breaches that no longer stand why not. They are never deleted."""
    for event in ClockEvent.objects.filter(clock=clock, stage=BREACH, annotation=""):
        if clock.due_at != event.due_at:
            event.annotation = "due_moved"
        elif clock.stopped_at is not None and clock.stopped_at <= event.due_at:
            event.annotation = "stopped_in_time"
        else:
            continue
        event.save(update_fields=["annotation"])


def quieten(clock: Clock) -> None:
    """Stop every ladder of a clock that ended or whose due instant moved."""
    climbing = ClockEvent.objects.filter(clock=clock, climb_at__isnull=False)
    if clock.stopped_at is None and clock.due_at is not None:
        climbing = climbing.exclude(due_at=clock.due_at)
    climbing.update(climb_at=None)


LOCK = "SELECT case_id FROM timelimits_casedeadline WHERE case_id = ANY(%s) ORDER BY case_id FOR UPDATE"
REWRITE = """
UPDATE timelimits_casedeadline d
SET next_due_at = found.due_at, crisis = found.crisis, updated_at = %s,
    no_clock_reason = CASE WHEN found.due_at IS NOT NULL THEN ''
                           WHEN found.running > 0 THEN %s
                           WHEN d.no_clock_reason IN ('', %s) THEN %s
                           ELSE d.no_clock_reason END
FROM (
    SELECT wanted.case_id, min(k.due_at) AS due_at, count(k.id) AS running,
           coalesce(bool_or(k.policy_code = %s), false) AS crisis
    FROM unnest(%s) AS wanted (case_id)
    LEFT JOIN timelimits_clock k ON k.case_id = wanted.case_id AND k.stopped_at IS NULL
    GROUP BY wanted.case_id
) found
WHERE d.case_id = found.case_id
"""


def rewrite_deadlines(case_ids: Sequence[UUID], at: datetime, *, locked: bool = False) -> None:
    """Set the next due instant of these cases from their running clocks; cases that are on no list are left out.

    The rows are locked first, in a statement of its own: what another transaction did to the case meanwhile is then
    seen.
    """
    with connection.cursor() as cursor:
        if not locked:
            cursor.execute(LOCK, [list(case_ids)])
            case_ids = [row[0] for row in cursor.fetchall()]
        if case_ids:
            cursor.execute(REWRITE, [at, ALL_PAUSED, ALL_PAUSED, BETWEEN_LIMITS, CRISIS_RESPONSE, list(case_ids)])
