"""The sweep of clocks that have just passed their limit, beside one SQL statement that writes as many rows."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import connection, transaction

from accounts.models import Team
from audit.commands import now
from audit.domain import SYSTEM
from bench.rounds import medians, show
from timelimits.commands import hand_over, start_clock, sweep
from timelimits.models import ClockEvent

FLOOR = "one SQL statement"
CLOCKS = 1000
ROUNDS = 3
BATCH = 500
LATER = timedelta(hours=3)

SCRATCH = """
create table bench_clock (like timelimits_clock including all);
create table bench_clockevent (like timelimits_clockevent including all);
create table bench_caseevent (like audit_caseevent including all);
create sequence bench_ids;
"""
FILL = "insert into bench_clock select * from timelimits_clock where stopped_at is null and next_check_at is not null"
ONE_STATEMENT = """
with due as (
    select id from bench_clock where next_check_at <= %(now)s for update skip locked
), checked as (
    update bench_clock c set next_check_at = null from due where c.id = due.id returning c.*
), noticed as (
    insert into bench_clockevent (id, clock_id, case_id, stage, due_at, happened_at, noticed_at, rung,
        acknowledged_by, annotation)
    select nextval('bench_ids'), id, case_id, 'breach', due_at, due_at, %(now)s, 0, '', '' from checked
)
insert into bench_caseevent (id, case_id, event, subject, occurred_at, recorded_at, actor_id, actor_label,
    actor_role, data)
select nextval('bench_ids'), case_id, 'clock.breached', subject, due_at, %(now)s, 'system:icras', 'ICRAS', 'System',
    jsonb_build_object('clock', id, 'policy', policy_code, 'stage', 'breach', 'due_at', due_at)
from checked
"""


def _start_clocks(started_at: datetime) -> None:
    team = Team.objects.get(code="spa")
    with transaction.atomic():
        for _ in range(CLOCKS):
            case_id = uuid4()
            hand_over(by=SYSTEM, case_id=case_id, user_id=None, team_id=team.pk, zone="bootle", phase="new")
            subject = f"referral:{case_id}"
            start_clock(by=SYSTEM, case_id=case_id, subject=subject, policy="crisis_response", started_at=started_at)


def _prepare() -> None:
    """Start fresh clocks, and lay as many copies of them ready for the statement."""
    _start_clocks(now())
    with connection.cursor() as cursor:
        cursor.execute("truncate bench_clock, bench_clockevent, bench_caseevent")
        cursor.execute(FILL)
        cursor.execute("analyze")


def _by_sweep() -> None:
    while sweep(by=SYSTEM, now=now() + LATER, batch=BATCH) == BATCH:
        pass


def _by_statement() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ONE_STATEMENT, {"now": now() + LATER})
        if cursor.rowcount != CLOCKS:
            raise AssertionError(f"the statement wrote {cursor.rowcount} rows, not {CLOCKS}")


def run() -> None:
    """Measure, and be sure that both did all of the work."""
    with connection.cursor() as cursor:
        cursor.execute(SCRATCH)
    seconds = medians({"sweep": _by_sweep, FLOOR: _by_statement}, ROUNDS, _prepare)
    if ClockEvent.objects.filter(stage="breach").count() != CLOCKS * ROUNDS:
        raise AssertionError("the sweep left clocks behind")
    show(f"{CLOCKS} clocks past their limit, noticed and told to whoever is on duty", seconds, FLOOR, CLOCKS, "clock")
