"""Every count of the board in one statement: the roll-up, short lists that stop at 100, the views kept by name."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

from audit.domain import Actor
from casework.domain import COUNTED_TO, OPEN_PHASES, BoardView, Counts, Looked, Tab
from casework.queries.board import deadlines, done
from casework.queries.saved_views import AS_JSON, read_saved
from referrals.domain import Phase, Urgency

COLUMNS = ("case_id", "phase", "crisis", "step_down", "responsible_user_id", "next_due_at", "opened_at")
SHORT = f"(SELECT count(*) FROM (SELECT FROM {{}} LIMIT {COUNTED_TO}) short)"  # noqa: S608  (words of our own)
READ = f"""
WITH open AS NOT MATERIALIZED ({{open}}), done AS NOT MATERIALIZED ({{done}})
SELECT
    (SELECT json_agg(json_build_array(phase, crisis, step_down, cases)) FROM (
        {{sorts}} GROUP BY 1, 2, 3) sorts),
    {SHORT.format("open WHERE crisis AND next_due_at < %s")},
    {SHORT.format("open WHERE responsible_user_id IS NULL")},
    {SHORT.format("open WHERE responsible_user_id = %s")},
    {SHORT.format("open WHERE phase = %s AND opened_at > %s AND case_id <> ALL(%s)")},
    {SHORT.format("open WHERE crisis AND phase = %s AND opened_at > %s")},
    {SHORT.format("done")},
    {AS_JSON}
"""  # noqa: S608  (words of our own)
ROLLED_UP = """SELECT phase, crisis, step_down, sum(cases)::bigint AS cases FROM timelimits_casecount
        WHERE phase = ANY(%s) AND (%s OR team_id = ANY(%s)) AND (%s = '' OR zone = %s)"""
ONE_BY_ONE = "SELECT phase, crisis, step_down, count(*) AS cases FROM open"  # of a hospital: no roll-up knows it
Sort = tuple[str, bool, bool, int]
SORTS: dict[Tab, Callable[[str, bool, bool], bool]] = {
    Tab.ALL: lambda phase, crisis, step_down: True,
    Tab.TWO_HOUR: lambda phase, crisis, step_down: crisis,
    Tab.NEW: lambda phase, crisis, step_down: phase == Phase.NEW,
    Tab.WAITING: lambda phase, crisis, step_down: phase == Phase.WAITING,
    Tab.ACCEPTED: lambda phase, crisis, step_down: phase == Phase.ACCEPTED,
    Tab.STEP_DOWN: lambda phase, crisis, step_down: step_down,
}


def counts(by: Actor, view: BoardView, looked: Looked, now: datetime, arrived_since: datetime | None = None) -> Counts:
    """Return every count of the board; `arrived` counts two-hour ones that came in after the instant."""
    try:
        read, scoped = _built(by, view, now)
    except EmptyResultSet:  # of no team: nothing is in sight
        return Counts(tabs=dict.fromkeys(Tab, 0))
    rolled = [list(OPEN_PHASES), by.place_wide, list(by.teams), view.zone, view.zone]
    asked: list[Any] = [] if view.hospital else rolled
    asked += [now, by.user_id, Phase.NEW, looked.since, [UUID(each) for each in looked.opened]]
    asked += [Phase.NEW, arrived_since or now, by.user_id]
    with connection.cursor() as cursor:
        cursor.execute(read, [*scoped, *asked])
        sorts, overdue, nobody, mine, unseen, arrived, done_, saved = cursor.fetchone()
    sorts = [sort for sort in sorts or () if not view.urgency or sort[1] == (view.urgency == Urgency.CRISIS)]
    tabs = {tab: _sum(sorts, belongs) for tab, belongs in SORTS.items()} | {Tab.DONE: done_}
    kept = tuple(read_saved(row) for row in saved or ())
    return Counts(tabs, overdue, nobody, mine, unseen, arrived if arrived_since else 0, kept)


def _built(by: Actor, view: BoardView, now: datetime) -> tuple[str, list[Any]]:
    rows = deadlines(by, view).filter(phase__in=OPEN_PHASES).values(*COLUMNS)
    parts = {"open": rows, "done": done(by, view, now).values("pk")}
    built = {name: part.order_by().query.sql_with_params() for name, part in parts.items()}
    told = {name: sql for name, (sql, _) in built.items()} | _sorts(view)
    return READ.format(**told), [p for _, ps in built.values() for p in ps]


def _sorts(view: BoardView) -> dict[str, str]:
    return {"sorts": ONE_BY_ONE if view.hospital else ROLLED_UP}


def _sum(sorts: Sequence[Sort], belongs: Callable[[str, bool, bool], bool]) -> int:
    return sum(cases for phase, crisis, step_down, cases in sorts if belongs(phase, crisis, step_down))
