"""The rows of the board in one statement, without a model instance for each: fifty of them must stay cheap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from accounts.queries import closed_sql
from audit.domain import Actor
from referrals.queries.people import RESTRICTED, hidden_sql
from timelimits.models import CaseDeadline

OF_CASE = (
    "case_id", "next_due_at", "no_clock_reason", "responsible_user_id", "phase", "step_down", "opened_at",
)  # fmt: skip
OF_REFERRAL = (
    "id", "person_id", "status", "identity", "received_at", "held_at", "zone", "summary", "location_kind",
    "location_lines", "hospital_site", "hospital_ward", "source_kind", "source_organisation", "caller_name",
    "caller_relationship", "ring_back", "agrees", "emergency_confirmed_at",
)  # fmt: skip
OF_PERSON = ("given_name", "family_name", "born_on", "age_about")
# What tells who somebody is, or where they are
TELLING = (
    "summary", "location_kind", "hospital_site", "hospital_ward", "source_kind", "source_organisation", "caller_name",
    "caller_relationship", "ring_back", "given_name", "family_name", "told_name", "language", "reach",
)  # fmt: skip
READ = f"""
WITH d AS MATERIALIZED ({{page}})
SELECT {", ".join(f"d.{name}" for name in OF_CASE)}, u.name, due.label, due.soon_at, moved.recorded_at,
    {", ".join(f"r.{name}" for name in OF_REFERRAL)}, r.red_flags::json,
    {", ".join(f"p.{name}" for name in OF_PERSON)},
    p.warnings::text[] || ARRAY(
        SELECT CASE WHEN w.kind = 'other' AND w.detail <> '' THEN w.detail ELSE w.kind END
        FROM referrals_visitwarning w WHERE w.person_id = p.id AND w.ended_at IS NULL ORDER BY w.created_at),
    coalesce(c.interpreter = 'yes', false), coalesce(c.language, ''), coalesce(c.contact_method, ''),
    coalesce(d.case_id IN ({{closed}}), false),
    r.told_name, r.person_id IN ({{hidden}}),
    d.phase = 'new' AND NOT EXISTS (
        SELECT FROM audit_accesslog a
        WHERE a.what IN ('case', 'referral') AND a.ids[1] = r.person_id::text AND a.at >= r.received_at
        AND NOT a.denied AND a.actor_id LIKE 'user:%%'),
    (SELECT c.since FROM referrals_crewwait c
     WHERE c.referral_id = r.id AND c.told_at IS NULL AND r.status IN ('new', 'waiting')),
    EXISTS (SELECT FROM accounts_restrictedcase x WHERE x.case_id = d.case_id),
    EXISTS (
        SELECT FROM referrals_referraltransition t
        WHERE t.referral_id = r.id AND t.verb IN ('add_news', 'tell', 'ask_withdraw')
        AND NOT EXISTS (SELECT FROM referrals_newsseen s WHERE s.transition_id = t.id))
FROM d
JOIN referrals_referral r ON r.case_id = d.case_id
JOIN referrals_person p ON p.id = r.person_id
LEFT JOIN referrals_communication c ON c.person_id = p.id
LEFT JOIN accounts_user u ON u.id = d.responsible_user_id
LEFT JOIN LATERAL (
    SELECT y.label, k.soon_at FROM timelimits_clock k JOIN timelimits_policy y ON y.id = k.policy_id
    WHERE k.case_id = d.case_id AND k.stopped_at IS NULL AND k.due_at = d.next_due_at LIMIT 1) due ON true
LEFT JOIN LATERAL (
    SELECT t.recorded_at FROM referrals_referraltransition t
    WHERE t.referral_id = r.id ORDER BY t.id DESC LIMIT 1) moved ON true
ORDER BY d.next_due_at, d.case_id
"""  # noqa: S608  (names of our own)


@dataclass(slots=True)
class Line:
    """One row of the board: the case, who has it, the limit that is due next, the referral, its last move, the person.

    Read only. What words of a referral or a person need, they find here under the same names.
    """

    case_id: UUID
    next_due_at: datetime | None
    no_clock_reason: str
    responsible_user_id: UUID | None
    phase: str
    step_down: bool
    opened_at: datetime
    responsible: str | None
    label: str | None
    soon_at: datetime | None
    moved_at: datetime | None
    id: UUID
    person_id: UUID
    status: str
    identity: str
    received_at: datetime
    held_at: datetime | None
    zone: str
    summary: str
    location_kind: str
    location_lines: Sequence[str]
    hospital_site: str
    hospital_ward: str
    source_kind: str
    source_organisation: str
    caller_name: str
    caller_relationship: str
    ring_back: str
    agrees: str
    emergency_confirmed_at: datetime | None
    red_flags: Mapping[str, str]
    given_name: str
    family_name: str
    born_on: date | None
    age_about: int | None
    warnings: Sequence[str]
    interpreter: bool
    language: str
    reach: str
    closed: bool
    told_name: str
    as_told: bool
    unopened: bool
    crew_since: datetime | None
    restricted: bool
    news: bool

    @property
    def person(self) -> "Line":
        """The person of the referral: the same row."""
        return self


def lines(cases: QuerySet[CaseDeadline], by: Actor) -> list[Line]:
    """Return the rows of these cases, in their order and cut; one statement.

    A restricted case that is closed to the actor is a row that says nothing of whom it is about; one of a restricted
    person that is open to them, since they took it in, says what was told and nothing of the record.
    """
    try:
        page, params = cases.values(*OF_CASE).query.sql_with_params()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        closed, asked = closed_sql(by)
        hidden, names = hidden_sql(by)
        cursor.execute(READ.format(page=page, closed=closed, hidden=hidden), [*params, *asked, *names])
        return [shown(Line(*row)) for row in cursor.fetchall()]


def shown(line: Line) -> Line:
    """Return the row as its reader may see it."""
    if line.closed:
        return masked(line)
    if not line.as_told:
        return line
    name = line.told_name or RESTRICTED
    kept: dict[str, Any] = {"born_on": None, "age_about": None, "warnings": (), "interpreter": False}
    return replace(line, given_name="", family_name=name, language="", reach="", **kept)


def masked(line: Line) -> Line:
    """Return the row with its clock, its stage and who has it, and nothing that tells who the person is."""
    empty: dict[str, Any] = dict.fromkeys(TELLING, "")
    kept: dict[str, Any] = {"as_told": False, "held_at": None, "born_on": None, "age_about": None, "interpreter": False}
    return replace(line, **empty, **kept, location_lines=(), red_flags={}, warnings=())
