"""Fill a database with referrals by SQL, in bulk: copies of a few that the real commands made.

Every row that a command wrote for a template is copied, whatever its columns: keys are derived from the template's and
the number of the copy, instants are moved. 5 % of the copies are open, 500 for each team at every size; the rest were
not wanted by the person. Triggers and foreign keys rest meanwhile; indexes are made afterwards, the roll-up is rebuilt.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection, transaction
from psycopg import sql
from psycopg.types.range import Range

from accounts.domain import Role, TeamKind
from accounts.models import Membership, ShiftPattern, Team, User
from audit.acting import acting
from audit.commands import now
from audit.domain import SYSTEM
from bench.stand import Stand
from capacity.queries import zones
from casework.commands.ending import record_not_wanted
from pathways.commands import accept_referral
from referrals.commands import register_referral
from referrals.domain import Direction, PersonDetails, ReferralDetails, Urgency
from referrals.models import Referral

OPEN_EVERY = 20
OPEN_KINDS = 5
OPEN_FOR_A_TEAM = 500
HOUR = timedelta(hours=1)
AT_ONCE = 2
# Every table that a template has rows in, and how they are found by its keys. Those of another table come after it.
TABLES: Mapping[str, str] = {
    "referrals_referral": "case_id = %(case)s",
    "referrals_person": "id = %(person)s",
    "referrals_historicalperson": "id = %(person)s",
    "referrals_referraltransition": "referral_id = %(referral)s",
    "accounts_caseaccess": "case_id = %(case)s",
    "audit_caseevent": "case_id = %(case)s",
    "timelimits_clock": "case_id = %(case)s",
    "timelimits_casedeadline": "case_id = %(case)s",
    "pathways_episode": "case_id = %(case)s",
    "pathways_coordinatorterm": "episode_id IN (SELECT id FROM pathways_episode WHERE case_id = %(case)s)",
    "pathways_spell": "episode_id IN (SELECT id FROM pathways_episode WHERE case_id = %(case)s)",
    "pathways_task": "case_id = %(case)s",
    "pathways_waiting": "episode_id IN (SELECT id FROM pathways_episode WHERE case_id = %(case)s)",
}
COLUMNS = """
SELECT table_name, column_name, udt_name FROM information_schema.columns
WHERE table_name = ANY(%s) AND is_generated = 'NEVER' AND is_identity = 'NO' ORDER BY ordinal_position
"""
SLOW_INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique AND NOT i.indisexclusion
"""
ROLL_UP = """
TRUNCATE timelimits_casecount;
INSERT INTO timelimits_casecount (team_id, zone, phase, crisis, step_down, cases)
SELECT responsible_team_id, zone, phase, crisis, step_down, count(*) FROM timelimits_casedeadline GROUP BY 1, 2, 3, 4, 5
"""
# A quarter of the clocks that ended were told of once, and somebody opened every referral that ended: what the sweep
# writes to, and the log that the board reads, are never empty where ICRAS is in use
PAST = (
    """
INSERT INTO timelimits_clockevent
    (clock_id, case_id, stage, due_at, happened_at, noticed_at, rung, acknowledged_by, annotation)
SELECT id, case_id, 'half', due_at, due_at, due_at, 0, '', '' FROM timelimits_clock
WHERE stopped_at IS NOT NULL AND get_byte(uuid_send(id), 0) < 64
""",
    """
INSERT INTO timelimits_alert (id, event_id, rung, duty, recipient_id, sent_at)
SELECT gen_random_uuid(), id, 0, 'desk', ({people})[1 + id % cardinality({people})], noticed_at
FROM timelimits_clockevent
""",
    """
INSERT INTO notifications_message (id, user_id, template, params, link, reference, created_at, key, read_at)
SELECT gen_random_uuid(), recipient_id, 'limit_warning', '{{"label": "Triage"}}', '/alerts/' || id || '/', '', sent_at,
       'alert:' || event_id || ':0:' || recipient_id || ':bell', sent_at
FROM timelimits_alert
""",
    """
INSERT INTO notifications_outbox
    (recipient_id, template, params, link, reference, attempts, fault, channel, sent_at, created_at, key)
SELECT recipient_id, 'limit_warning', '{{"label": "Triage"}}', '/alerts/' || id || '/', '', 1, '', 'email', sent_at,
       sent_at, 'alert:' || event_id || ':0:' || recipient_id || ':email'
FROM timelimits_alert
""",
    """
INSERT INTO audit_accesslog (at, actor_id, actor_label, what, ids, denied, request_id)
SELECT received_at + interval '10 minutes', 'user:' || ({people})[1], 'Measure-Test', 'referral',
       ARRAY[person_id::text], false, ''
FROM referrals_referral WHERE done_at IS NOT NULL
""",
)
TOLD = ("timelimits_clockevent", "timelimits_alert", "notifications_message", "notifications_outbox", "audit_accesslog")
QUICK = "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'"


@dataclass(frozen=True)
class Template:
    """One referral as the commands made it: its rows by table, and which numbers are copies of it."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    numbers: str
    moved: str


def fill(stand: Stand) -> None:
    """Fill the stand's database, which holds a place and its people, with `size` referrals."""
    stand.use()
    templates = list(_templates())
    teams, holders = _teams(max(1, stand.size // OPEN_EVERY // OPEN_FOR_A_TEAM))
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(TABLES)])
        types = {(table, column): kind for table, column, kind in cursor.fetchall()}
    always = {str(Team.objects.get(code=code).pk): _nth(teams) for code in ("spa", "reablement")}
    always |= {str(holders[0]): _nth(holders)}
    statements = [each for template in templates for each in _copies(template, types, always, stand.size)]
    with psycopg.connect(stand.url, autocommit=True) as session:
        indexes = session.execute(SLOW_INDEXES, [[*TABLES, *TOLD]]).fetchall()
        for name, _ in indexes:
            session.execute(sql.SQL("DROP INDEX " + name))
    _all(stand, statements)
    people = sql.Literal([str(holder) for holder in holders])
    for past in PAST:
        _all(stand, [sql.SQL(past).format(people=sql.SQL("{}::uuid[]").format(people))])
    _all(stand, [sql.SQL(words) for _, words in indexes])
    with psycopg.connect(stand.url, autocommit=True) as session:
        session.execute(ROLL_UP)
        listed = session.execute("SELECT count(*) FROM timelimits_casedeadline").fetchone()
        if listed != (stand.size // OPEN_EVERY,):
            raise AssertionError(f"{listed} cases are open: an ended template left something to do")
        session.execute("VACUUM (ANALYZE)")
        session.execute("CHECKPOINT")


def _all(stand: Stand, statements: Sequence[sql.SQL | sql.Composed]) -> None:
    """Run the statements, two at a time."""

    def run(statement: sql.SQL | sql.Composed) -> None:
        with psycopg.connect(stand.url, autocommit=True) as session:
            session.execute(QUICK)
            session.execute(statement)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(run, statements))


# The place grows with the number of open cases: teams with their rota, and one co-ordinator for each -------------


def _teams(wanted: int) -> tuple[list[UUID], list[UUID]]:
    first, holder = Team.objects.get(code="spa"), coordinator()
    teams, holders = [first.pk], [holder.pk]
    patterns, membership = list(ShiftPattern.objects.filter(team=first)), holder.memberships.first()
    assert membership is not None
    for number in range(1, wanted):
        team = Team.objects.create(
            code=f"front-{number}",
            organisation=first.organisation,
            name=f"Front door {number}",
            kind=TeamKind.CRISIS,  # so that the one front door is asked for new referrals
            parent=first.parent,
        )
        user = User.objects.create(email=f"holder{number}@icras.example", name=f"Holder {number}")
        Membership.objects.create(user=user, team=team, role=membership.role, starts_on=membership.starts_on)
        for pattern in patterns:
            pattern.pk, pattern.team = None, team
            pattern.save(force_insert=True)
        teams.append(team.pk)
        holders.append(user.pk)
    return teams, holders


def coordinator() -> User:
    """Return somebody who may co-ordinate for the team whose accepted cases are copied."""
    member = Membership.objects.filter(team__code="reablement", role=Role.CASE_COORDINATOR).order_by("pk")[0]
    return member.user


# Templates -------------------------------------------------------------------------------------------------------


def _templates() -> Iterator[Template]:
    """Make each kind of referral by the real commands, read its rows, and take it back."""
    lately = "- make_interval(secs => n % 5400 * 7919 % 5400)"
    long_ago = "- make_interval(days => 1 + n * 37 % 900)"
    for urgency, finish, numbers, moved in (
        (Urgency.CRISIS, _leave, f"n % {OPEN_EVERY} = 0 AND n / {OPEN_EVERY} % {OPEN_KINDS} IN (0, 1)", lately),
        (Urgency.PLANNED, _leave, f"n % {OPEN_EVERY} = 0 AND n / {OPEN_EVERY} % {OPEN_KINDS} IN (2, 3)", lately),
        (Urgency.PLANNED, _accept, f"n % {OPEN_EVERY} = 0 AND n / {OPEN_EVERY} % {OPEN_KINDS} = 4", lately),
        (Urgency.CRISIS, _end, f"n % {OPEN_EVERY} <> 0 AND n % 5 = 0", long_ago),
        (Urgency.PLANNED, _end, f"n % {OPEN_EVERY} <> 0 AND n % 5 <> 0", long_ago),
    ):
        yield Template(_made(urgency, finish), numbers, moved)


def _made(urgency: Urgency, finish: Callable[[Referral, datetime], None]) -> dict[str, list[dict[str, Any]]]:
    at = now() - HOUR / 60
    with transaction.atomic():
        with acting(SYSTEM, at=at):
            details = ReferralDetails(
                direction=Direction.STEP_UP, urgency=urgency, summary="Made for a measure.", received_at=at,
                medically_stable=True, medicines_addressed=True,
            )  # fmt: skip
            referral = register_referral(by=SYSTEM, details=details, person=PersonDetails(family_name="Measure-Test"))
            finish(referral, at)
        keys = {"case": referral.case_id, "person": referral.person_id, "referral": referral.pk}
        rows = {table: _rows(f"SELECT * FROM {table} WHERE {found}", keys) for table, found in TABLES.items()}
        transaction.set_rollback(True)
    return rows


def _rows(statement: str, keys: Mapping[str, UUID]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, keys)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _leave(referral: Referral, at: datetime) -> None:
    """Leave it as it came."""


def _accept(referral: Referral, at: datetime) -> None:
    team = Team.objects.get(code="reablement")
    accept_referral(by=SYSTEM, referral_id=referral.pk, team_id=team.pk, coordinator_id=coordinator().pk)


def _end(referral: Referral, at: datetime) -> None:
    record_not_wanted(by=SYSTEM, referral_id=referral.pk, note="Made for a measure.")


# Copies ----------------------------------------------------------------------------------------------------------


def _copies(
    template: Template, types: Mapping[tuple[str, str], str], always: Mapping[str, sql.Composable], size: int
) -> Iterator[sql.Composed]:
    """Yield one INSERT for each row of the template."""
    keys = {**_keys(template), **always}
    for table, rows in template.rows.items():
        for row in rows:
            kept = [column for column in row if (table, column) in types]
            values = [
                sql.SQL("({})::{}").format(
                    _value(column, row[column], keys, template.moved), sql.Identifier(types[table, column])
                )
                for column in kept
            ]
            yield sql.SQL(
                "INSERT INTO {} ({}) SELECT {} FROM generate_series(1, {}) AS n WHERE {} ON CONFLICT DO NOTHING"
            ).format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, kept)),
                sql.SQL(", ").join(values),
                size,
                sql.SQL(template.numbers),
            )


def _keys(template: Template) -> dict[str, sql.Composable]:
    """Return for each key and reference of the template how a copy's is made."""
    found: dict[str, sql.Composable] = {}
    for rows in template.rows.values():
        for row in rows:
            for column in ("id", "case_id"):
                if isinstance(row.get(column), UUID):
                    key = str(row[column])
                    found[key] = sql.SQL("md5({} || n)::uuid").format(key)
            if row.get("reference"):
                found[row["reference"]] = sql.SQL("{} || '-M-' || n").format(row["reference"][0])
    return found


def _value(column: str, value: Any, keys: Mapping[str, sql.Composable], moved: str) -> sql.Composable:
    if column == "family_name":
        return sql.SQL("{} || ' ' || n").format(value)
    if column == "zone":
        return _nth(list(zones().values_list("code", flat=True)), "text[]")
    if column == "next_check_at" and value is not None:  # watched, and none falls due while we measure
        return sql.SQL("{} + interval '30 days'").format(value)
    if isinstance(value, Range):
        return sql.SQL("tstzrange({} {}, null)").format(value.lower, sql.SQL(moved))
    if isinstance(value, datetime):
        return sql.SQL("{} {}").format(value, sql.SQL(moved))
    return _with_keys(str(value), keys) if isinstance(value, UUID | str) else sql.Literal(value)


def _with_keys(text: str, keys: Mapping[str, sql.Composable]) -> sql.Composable:
    """Return the text with every key in it made the copy's."""
    parts = re.split("|".join(f"({re.escape(key)})" for key in keys), text)
    kept = [part for part in parts if part]
    if not kept or not any(part in keys for part in kept):
        return sql.Literal(text)
    return sql.SQL(" || ").join(
        sql.SQL("({})::text").format(keys[part]) if part in keys else sql.Literal(part) for part in kept
    )


def _nth(values: Sequence[Any], kind: str = "uuid[]") -> sql.Composable:
    """Return one of the values, the same for all rows of a copy; each takes its turn with every kind of open copy."""
    array = sql.Literal([str(value) for value in values])
    return sql.SQL("({}::{})[1 + (n / {}) % {}]").format(array, sql.SQL(kind), OPEN_EVERY * OPEN_KINDS, len(values))
