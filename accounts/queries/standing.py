"""Where somebody stands at an instant: roles, teams, shifts, and whom they answer for. One statement, never kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.domain import DayKind, rota

# `mine` is everybody whose chain of covers leads to the user, themselves included; `ahead` where the user's own leads.
# OFFSET 0: what each of them holds is read by index, however many others hold something.
READ = """
WITH RECURSIVE links AS (
    SELECT DISTINCT ON (user_id) user_id, covered_by_id FROM accounts_cover
    WHERE starts_at <= %(at)s AND ends_at > %(at)s ORDER BY user_id, id
), mine (user_id) AS (
    SELECT %(user)s::uuid
    UNION SELECT links.user_id FROM links JOIN mine ON links.covered_by_id = mine.user_id
), ahead (user_id) AS (
    SELECT %(user)s::uuid
    UNION SELECT links.covered_by_id FROM links JOIN ahead USING (user_id)
), kept AS MATERIALIZED (SELECT user_id FROM mine)
SELECT
    (SELECT is_active FROM accounts_user WHERE id = %(user)s),
    (SELECT json_agg(json_build_array(user_id, covered_by_id)) FROM links
     WHERE user_id IN (SELECT user_id FROM mine UNION SELECT user_id FROM ahead)),
    (SELECT json_agg(json_build_array(m.user_id, m.role, m.team_id, t.organisation_id) ORDER BY m.id)
     FROM kept, LATERAL (SELECT * FROM accounts_membership held WHERE held.user_id = kept.user_id OFFSET 0) m
     JOIN accounts_team t ON t.id = m.team_id
     WHERE m.starts_on <= %(today)s
       AND (m.ends_on IS NULL OR m.ends_on >= %(today)s)),
    (SELECT json_agg(json_build_array(
        s.user_id, s.duty, s.team_id, t.organisation_id, t.name,
        s.day_kind, s.begins, s.ends, s.valid_from, s.valid_until))
     FROM kept, LATERAL (SELECT * FROM accounts_shiftpattern held WHERE held.user_id = kept.user_id OFFSET 0) s
     JOIN accounts_team t ON t.id = s.team_id
     WHERE s.day_kind = ANY(%(kinds)s)
       AND s.valid_from <= %(today)s AND (s.valid_until IS NULL OR s.valid_until >= %(yesterday)s)),
    (SELECT json_agg(json_build_array(s.user_id, s.duty, s.team_id, t.organisation_id, t.name))
     FROM kept, LATERAL (SELECT * FROM accounts_shift held WHERE held.user_id = kept.user_id OFFSET 0) s
     JOIN accounts_team t ON t.id = s.team_id
     WHERE s.starts_at <= %(at)s AND s.ends_at > %(at)s)
"""


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role held in a team now."""

    role: str
    team: UUID
    organisation: UUID


@dataclass(frozen=True, slots=True)
class OnShift:
    """A shift that somebody answers for now."""

    duty: str
    team: UUID
    organisation: UUID
    team_name: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What one user holds and answers for at an instant. `covered` are the roles of the people they stand in for."""

    roles: tuple[HeldRole, ...] = ()
    shifts: tuple[OnShift, ...] = ()
    covered: tuple[HeldRole, ...] = ()

    @property
    def _all(self) -> tuple[HeldRole | OnShift, ...]:
        return (*self.roles, *self.shifts, *self.covered)

    @property
    def teams(self) -> frozenset[UUID]:
        """Every team whose cases these are: of roles, of shifts, of those who are covered."""
        return frozenset(each.team for each in self._all)

    @property
    def organisations(self) -> frozenset[UUID]:
        """The organisations of those teams."""
        return frozenset(each.organisation for each in self._all)


def standing(user_id: UUID, at: datetime) -> Standing:
    """Return where the user stands at the instant; nothing for whom has been switched off, or is not there."""
    today = at.astimezone(rota.LONDON).date()
    yesterday = today - timedelta(days=1)  # a shift may run past midnight
    kinds = [DayKind.EVERY_DAY, rota.day_kind(today), rota.day_kind(yesterday)]
    with connection.cursor() as cursor:
        cursor.execute(READ, {"user": user_id, "at": at, "today": today, "yesterday": yesterday, "kinds": kinds})
        active, away, memberships, patterns, shifts = cursor.fetchone()
    if not active:
        return Standing()
    links = dict(away or ())
    own = str(user_id)
    answered_for = {person for person in (own, *links) if rota.stands_in(person, links) == own}
    held: Sequence[Any] = memberships or ()
    on = [row[1:] for row in patterns or () if row[0] in answered_for and rota.is_on(_pattern(row[5:]), at)]
    on += [row[1:] for row in shifts or () if row[0] in answered_for]
    roles = [(user, HeldRole(role, UUID(team), UUID(firm))) for user, role, team, firm in held]
    return Standing(
        roles=tuple(role for user, role in roles if user == own),
        shifts=tuple(OnShift(duty, UUID(team), UUID(firm), name) for duty, team, firm, name, *_ in on),
        covered=tuple(role for user, role in roles if user in answered_for - {own}),
    )


def _pattern(values: Sequence[Any]) -> rota.ShiftTimes:
    kind, begins, ends, valid_from, valid_until = values
    until = date.fromisoformat(valid_until) if valid_until else None
    return rota.ShiftTimes(
        kind, time.fromisoformat(begins), time.fromisoformat(ends), date.fromisoformat(valid_from), until
    )
