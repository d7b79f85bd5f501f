"""Who opened whose record, and what of that a privacy officer should look at. One statement, told by data alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.domain import Permission
from audit.commands import note_read, now, require
from audit.domain import Actor
from casework.domain import AROUND, MOST_READINGS, OPENED, OPENED_BY_CASE, Flag, Period
from casework.queries.held import records_of
from referrals.models import Person, Referral
from referrals.queries import get_person, hidden_people

READ = """
WITH RECURSIVE read AS MATERIALIZED (
    SELECT a.id, a.at, (a.at AT TIME ZONE 'Europe/London')::date AS on_day, a.what, a.actor_id, a.actor_label,
        coalesce(f.person_id::text, a.ids[1]) AS person
    FROM audit_accesslog a LEFT JOIN referrals_referral f  -- some log the case, not the person
        ON f.case_id = CASE WHEN a.what = ANY(%(by_case)s) THEN a.ids[1]::uuid END
    WHERE a.at >= %(since)s AND NOT a.denied AND a.what = ANY(%(opened)s) AND a.actor_id LIKE 'user:%%'
      AND (%(people)s::text[] IS NULL OR a.ids[1] = ANY(%(people)s))
), staff AS MATERIALIZED (
    SELECT 'user:' || u.id AS actor_id, u.id, lower(u.name) AS name, lower(u.email) AS email,
        regexp_replace(lower(u.name), '^.* ', '') AS surname
    FROM accounts_user u WHERE 'user:' || u.id IN (SELECT actor_id FROM read)
), stands AS (  -- a record that was merged stands for the one it was merged into, however often
    SELECT r.person, q.id, q.merged_into_id FROM (SELECT DISTINCT person FROM read) r
    JOIN referrals_person q ON q.id::text = r.person
    UNION
    SELECT s.person, q.id, q.merged_into_id FROM stands s JOIN referrals_person q ON q.id = s.merged_into_id
), own AS MATERIALIZED (  -- their own record: the same e-mail address, or the same whole name
    SELECT s.actor_id, q.id, q.postcode, q.address_lines FROM staff s
    JOIN referrals_person q ON q.email <> '' AND lower(q.email) = s.email AND q.merged_into_id IS NULL
    UNION
    SELECT s.actor_id, q.id, q.postcode, q.address_lines FROM staff s
    JOIN referrals_person q ON lower(q.given_name || ' ' || q.family_name) = s.name AND q.merged_into_id IS NULL
), told AS (
    SELECT r.*, p.id AS person_id, p.given_name, p.family_name,
        EXISTS (SELECT FROM own o WHERE o.actor_id = r.actor_id AND o.id = p.id) AS is_own,
        lower(p.family_name) = s.surname AS same_surname,
        EXISTS (SELECT FROM own o WHERE o.actor_id = r.actor_id AND o.id <> p.id AND p.postcode <> ''
            AND o.postcode = p.postcode) AS same_address,
        NOT EXISTS (  -- a grant to a team of theirs, or to them, that was in force around then; that of the front
                      -- door never ends, and explains a reading only while the referral was open
            SELECT FROM referrals_referral f JOIN accounts_caseaccess g ON g.case_id = f.case_id
            WHERE f.person_id = p.id AND g.why <> 'break_glass'
              AND (g.why NOT IN ('registered', 'joined') OR f.done_at IS NULL OR f.done_at >= r.at - %(around)s)
              AND g.starts_at <= r.at + %(around)s AND (g.ends_at IS NULL OR g.ends_at >= r.at - %(around)s)
              AND (g.user_id = s.id OR g.team_id IN (
                  SELECT m.team_id FROM accounts_membership m
                  WHERE m.user_id = s.id AND m.starts_on <= r.on_day
                    AND (m.ends_on IS NULL OR m.ends_on >= r.on_day - %(around_days)s))))
        AND NOT EXISTS (  -- nor have they done anything for them around then
            SELECT FROM referrals_referral f JOIN audit_caseevent e ON e.case_id = f.case_id
            WHERE f.person_id = p.id AND e.actor_id = r.actor_id AND e.event <> 'person.glass_broken'
              AND e.recorded_at BETWEEN r.at - %(around)s AND r.at + %(around)s) AS no_work
    FROM read r JOIN staff s USING (actor_id) JOIN stands w ON w.person = r.person AND w.merged_into_id IS NULL
    JOIN referrals_person p ON p.id = w.id
)
SELECT at, what, actor_label, person_id, given_name, family_name, is_own, same_surname, same_address, no_work
FROM told WHERE (%(all)s OR is_own OR same_surname OR same_address OR no_work) AND CASE %(flag)s
    WHEN 'own' THEN is_own WHEN 'surname' THEN same_surname WHEN 'address' THEN same_address WHEN 'no-work' THEN no_work
    ELSE true END
ORDER BY at DESC, id DESC LIMIT %(most)s
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody opened somebody's record, and why that may be worth a question. `closed`: restricted to the reader."""

    at: datetime
    what: str
    who: str
    person_id: UUID
    given_name: str
    family_name: str
    flags: frozenset[Flag]
    closed: bool = False


def readings(by: Actor, period: Period, *, person_id: UUID | None = None, flag: str = "") -> Sequence[Reading]:
    """Return who opened records in the period, the latest first, up to 500, and log this very reading.

    Of everybody only what has a flag; of one person every reading. Raises NotPermitted, NotFound.
    """
    require(by, Permission.AUDIT_READ)
    by = by.where_it_may(Permission.AUDIT_READ)
    if person_id is not None:
        person_id = get_person(by, person_id).pk
    asked: dict[str, Any] = {
        "since": now() - period.length,
        "opened": list(OPENED),
        "by_case": list(OPENED_BY_CASE),
        "people": _ids_of(person_id) if person_id else None,
        "around": AROUND,
        "around_days": AROUND.days,
        "all": person_id is not None,
        "most": MOST_READINGS,
        "flag": flag,
    }
    with connection.cursor() as cursor:
        cursor.execute(READ, asked)
        rows = cursor.fetchall()
    found = _masked(by, [_reading(row) for row in rows])
    if person_id is not None:
        note_read(by=by, what="person.readers_of", ids=[person_id])
    else:
        note_read(by=by, what="person.readers", ids=[*dict.fromkeys(str(each.person_id) for each in found)])
    return found


def _ids_of(person_id: UUID) -> list[str]:
    """Return every id under which the access log knows a person: of their records, and of their cases."""
    people = records_of(person_id)
    cases = Referral.objects.filter(person_id__in=people).values_list("case_id", flat=True)
    return [str(key) for key in (*people, *cases)]


def _reading(row: tuple[object, ...]) -> Reading:
    at, what, who, person_id, given, family, *said = row
    flags = frozenset(flag for flag, is_so in zip(Flag, said, strict=True) if is_so)
    return Reading(at, what, who, person_id, given, family, flags)  # type: ignore[arg-type]


def _masked(by: Actor, found: Sequence[Reading]) -> Sequence[Reading]:
    """Leave out the names of those whose record is restricted and not open to the actor."""
    shown = Person.objects.filter(pk__in={each.person_id for each in found})
    hidden = set(shown.filter(pk__in=hidden_people(by)).values_list("pk", flat=True))
    return [
        Reading(each.at, each.what, each.who, each.person_id, "", "", each.flags, closed=True)
        if each.person_id in hidden
        else each
        for each in found
    ]
