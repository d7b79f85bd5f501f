"""Policies, calendars and bank holidays as stored, read once for one piece of work and handed to the pure rules."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cached_property

from audit.refusals import RuleBroken
from timelimits.domain import Calendar, History, LimitKind, PolicyTerms, Reckoning
from timelimits.domain.bank_holidays import BankHolidays, CalendarGapError, england_and_wales
from timelimits.domain.definitions import read_edition, read_policy
from timelimits.domain.local_time import local_date
from timelimits.models import ExtraBankHoliday, OpeningCalendar, Policy
from timelimits.rules import Terms, reckon

# As SQL, since every referral and every sweep asks it: building the query took longer than answering it
VERSIONS = "SELECT * FROM timelimits_policy WHERE code = ANY(%s) ORDER BY effective_from, version"


class Book:
    """What clocks are measured by. Lives as long as one command or page, so it is never stale."""

    def __init__(self) -> None:
        self._policies: dict[int, PolicyTerms] = {}
        self._terms: dict[int, Terms] = {}
        self._calendars: dict[str, Calendar | None] = {}

    @cached_property
    def bank_holidays(self) -> BankHolidays:
        """The packaged bank holidays and those proclaimed since."""
        return england_and_wales().with_extra(frozenset(ExtraBankHoliday.objects.values_list("day", flat=True)))

    def policy(self, row: Policy) -> PolicyTerms:
        """Return a policy as its definition says. Raises DefinitionError if that cannot be read."""
        if row.pk not in self._policies:
            self._policies[row.pk] = read_policy(row.definition)
        return self._policies[row.pk]

    def terms(self, row: Policy) -> Terms:
        """Return what clocks of this policy are measured by."""
        if row.pk not in self._terms:
            policy = self.policy(row)
            plain = policy.limit.kind in (LimitKind.ELAPSED, LimitKind.CALENDAR_DAYS)
            holidays = england_and_wales() if plain else self.bank_holidays
            self._terms[row.pk] = Terms(policy.limit, holidays, self.calendar(policy.limit.calendar), policy.stages)
        return self._terms[row.pk]

    def calendar(self, code: str) -> Calendar | None:
        """Return the opening hours of a code, all versions; None for no code or an unknown one."""
        if code and code not in self._calendars:
            rows = OpeningCalendar.objects.filter(code=code).order_by("effective_from")
            editions = tuple(read_edition(row.definition) for row in rows)
            self._calendars[code] = Calendar(code, editions) if editions else None
        return self._calendars.get(code)


def reckon_told(history: History, policy: Policy, book: Book, field: str) -> Reckoning:
    """Return what the rules say of a clock whose start somebody tells in this field.

    Raises RuleBroken (calendar_gap) for a year whose calendar is not held.
    """
    try:
        return reckon(history, book.terms(policy))
    except CalendarGapError as gap:
        words = f"{policy.label}: no calendar is held for {local_date(history.started_at):%Y}. Check the year."
        raise RuleBroken("calendar_gap", words, field) from gap


def policy_in_force(code: str, variant: str, started_at: datetime) -> Policy:
    """Return the version in force on the local date of the start; before the first version, the first.

    Raises RuleBroken when the place has no such limit.
    """
    return policies_in_force(((code, variant),), started_at)[0]


def policies_in_force(limits: Sequence[tuple[str, str]], started_at: datetime) -> list[Policy]:
    """Return the version in force of each (code, variant), in one read, as `policy_in_force` does one."""
    versions: dict[tuple[str, str], list[Policy]] = {}
    for row in Policy.objects.raw(VERSIONS, [sorted({code for code, _ in limits})]):
        versions.setdefault((row.code, row.variant), []).append(row)
    return [_in_force(versions.get(limit, []), limit, local_date(started_at)) for limit in limits]


def _in_force(versions: list[Policy], limit: tuple[str, str], day: date) -> Policy:
    if not versions:
        raise RuleBroken("no_such_limit", f"This place has no time limit {' '.join(limit)}".rstrip() + ".")
    open_ended = [v for v in versions if v.effective_until is None or v.effective_until >= day]
    in_force = [v for v in open_ended if v.effective_from <= day]
    return in_force[-1] if in_force else (open_ended or versions)[0]
