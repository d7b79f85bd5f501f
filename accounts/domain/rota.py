"""Which shifts are on at an instant. Pure: local wall time in, yes or no out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

import holidays

from accounts.domain import DayKind

LONDON = ZoneInfo("Europe/London")
SATURDAY = 5
K = TypeVar("K")


class Pattern(Protocol):
    """A repeating shift, as stored."""

    day_kind: str
    begins: time
    ends: time
    valid_from: date
    valid_until: date | None


@dataclass(unsafe_hash=True, slots=True)
class ShiftTimes:
    """When a repeating shift runs, whoever is on it."""

    day_kind: str
    begins: time
    ends: time
    valid_from: date
    valid_until: date | None


class Opening(Protocol):
    """One opening period of a weekday, as stored."""

    weekday: int
    opens: time
    closes: time


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """Return the bank holidays of England and Wales in a year, from the packaged calendar."""
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def day_kind(day: date) -> DayKind:
    """Say what kind of day it is; a bank holiday at a weekend is a bank holiday."""
    if day in bank_holidays(day.year):
        return DayKind.BANK_HOLIDAY
    return DayKind.WEEKEND if day.weekday() >= SATURDAY else DayKind.WEEKDAY


def instants(day: date, begins: time, ends: time) -> tuple[datetime, datetime]:
    """Return a shift's UTC start and end; it runs past midnight when it ends at or before it begins."""
    last_day = day if ends > begins else day + timedelta(days=1)
    start = datetime.combine(day, begins, tzinfo=LONDON)
    end = datetime.combine(last_day, ends, tzinfo=LONDON)
    return start.astimezone(UTC), end.astimezone(UTC)


def _falls_on(pattern: Pattern, day: date) -> bool:
    in_force = pattern.valid_from <= day and (pattern.valid_until is None or day <= pattern.valid_until)
    return in_force and pattern.day_kind in (DayKind.EVERY_DAY, day_kind(day))


def is_on(pattern: Pattern, at: datetime) -> bool:
    """Say whether this repeating shift is running at the instant; yesterday's may still be."""
    today = at.astimezone(LONDON).date()
    for day in (today - timedelta(days=1), today):
        start, end = instants(day, pattern.begins, pattern.ends)
        if _falls_on(pattern, day) and start <= at < end:
            return True
    return False


def is_open(periods: list[Opening], at: datetime) -> bool:
    """Say whether a team is open at the instant; closing at 00:00 means the end of the day."""
    today = at.astimezone(LONDON).date()
    for day in (today - timedelta(days=1), today):
        for period in periods:
            start, end = instants(day, period.opens, period.closes)
            if period.weekday == day.weekday() and start <= at < end:
                return True
    return False


def stands_in(person: K, links: Mapping[K, K]) -> K:
    """Return who answers for a person, where `links` says who covers whom; in a circle, the person themselves."""
    standing, passed = person, {person}
    while standing in links:
        standing = links[standing]
        if standing in passed:
            return person
        passed.add(standing)
    return standing
