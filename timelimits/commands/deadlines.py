"""Who answers for a case and when it needs them next."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from audit.commands import command, now
from audit.domain import Actor
from timelimits.commands.derived import rewrite_deadlines
from timelimits.domain import ALL_PAUSED, BETWEEN_LIMITS, CRISIS_RESPONSE, AlarmKind
from timelimits.models import CaseDeadline, Clock, ClockEvent

# A case whose limit passed while it was on no list: its alarm is cleared, and whoever answers for it now is told
UPSERT = """
WITH found_again AS (
    UPDATE timelimits_alarm SET cleared_at = %(at)s
    WHERE kind = %(lost)s AND subject = %(subject)s AND cleared_at IS NULL RETURNING id),
untold AS (
    UPDATE timelimits_clockevent e SET rung = -1, climb_at = %(at)s
    WHERE e.case_id = %(case_id)s AND e.stage = 'breach' AND e.acknowledged_at IS NULL
    AND EXISTS (SELECT FROM found_again) AND NOT EXISTS (SELECT FROM timelimits_alert a WHERE a.event_id = e.id))
INSERT INTO timelimits_casedeadline AS d
    (case_id, responsible_user_id, responsible_team_id, zone, phase, step_down, reference, opened_at, updated_at,
     next_due_at, crisis, no_clock_reason)
SELECT %(case_id)s, %(user_id)s, %(team_id)s, %(zone)s, %(phase)s, coalesce(%(step_down)s, false), %(reference)s,
    %(opened_at)s, %(at)s, found.due_at, found.crisis,
    CASE WHEN found.due_at IS NOT NULL THEN '' WHEN found.running > 0 THEN %(all_paused)s ELSE %(reason)s END
FROM (
    SELECT min(due_at) AS due_at, count(*) AS running, coalesce(bool_or(policy_code = %(crisis)s), false) AS crisis
    FROM timelimits_clock WHERE case_id = %(case_id)s AND stopped_at IS NULL
) found
ON CONFLICT (case_id) DO UPDATE SET
    responsible_user_id = excluded.responsible_user_id,
    responsible_team_id = excluded.responsible_team_id,
    zone = excluded.zone,
    phase = excluded.phase,
    step_down = coalesce(%(step_down)s, d.step_down),
    reference = CASE WHEN excluded.reference = '' THEN d.reference ELSE excluded.reference END,
    no_clock_reason = CASE WHEN %(given)s THEN %(reason)s ELSE d.no_clock_reason END,
    updated_at = excluded.updated_at
RETURNING xmax = 0
"""
COMPACT = """
WITH gone AS (
    DELETE FROM timelimits_casecount WHERE id IN (
        SELECT id FROM timelimits_casecount ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING team_id, zone, phase, crisis, step_down, cases)
INSERT INTO timelimits_casecount (team_id, zone, phase, crisis, step_down, cases)
SELECT team_id, zone, phase, crisis, step_down, sum(cases) FROM gone
GROUP BY team_id, zone, phase, crisis, step_down HAVING sum(cases) <> 0
"""


@command
def hand_over(
    *,
    by: Actor,
    case_id: UUID,
    user_id: UUID | None,
    team_id: UUID,
    zone: str,
    phase: str,
    step_down: bool | None = None,
    reference: str = "",
    no_clock_reason: str = "",
    opened_at: datetime | None = None,
) -> None:
    """Put a case on its list, or move it: who answers for it (a team always, a person in time), zone and phase.

    `no_clock_reason` is the coded reason why no limit runs, where none does. Empty `reference` and None keep what was
    known.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            UPSERT,
            {
                "case_id": case_id,
                "user_id": user_id,
                "team_id": team_id,
                "zone": zone,
                "phase": phase,
                "step_down": step_down,
                "reference": reference,
                "reason": no_clock_reason or BETWEEN_LIMITS,
                "given": bool(no_clock_reason),
                "opened_at": opened_at or now(),
                "at": now(),
                "lost": AlarmKind.NOBODY_RESPONSIBLE.value,
                "subject": f"case:{case_id}",
                "all_paused": ALL_PAUSED,
                "crisis": CRISIS_RESPONSE,
            },
        )
        (is_new,) = cursor.fetchone()
    if not is_new:  # the row is locked now: what another transaction did to its clocks meanwhile is seen from here on
        rewrite_deadlines([case_id], now(), locked=True)


@command
def close_case(*, by: Actor, case_id: UUID) -> None:
    """Take a case off every list: nothing is left to do. Repeating is quiet."""
    CaseDeadline.objects.filter(case_id=case_id).delete()


@command
def carry_over(*, by: Actor, case_id: UUID, to: UUID) -> None:
    """Let what still runs on a case that leaves the lists run on under another: of a lost clock nobody is told.

    Such as the case of a joined referral, once the person is seen, and that of its episode. Call before `close_case`.
    """
    running = Clock.objects.filter(case_id=case_id, stopped_at=None).order_by("pk")
    list(running.select_for_update().values("pk"))
    list(CaseDeadline.objects.select_for_update().filter(pk__in=(case_id, to)).order_by("pk").values("pk"))
    going = list(running.values_list("pk", flat=True))  # a clock that was just being started is among them now
    if going:
        Clock.objects.filter(pk__in=going).update(case_id=to)
        ClockEvent.objects.filter(clock__in=going).update(case_id=to)
        rewrite_deadlines([to], now())


@command
def compact_counts(*, by: Actor, batch: int = 20_000) -> None:
    """Add up to `batch` rows of the roll-up together, so that reading counts stays quick. The sums do not change."""
    with connection.cursor() as cursor:
        cursor.execute(COMPACT, [batch])
