"""Wall time in England and instants in UTC: the only place where one becomes the other for time limits."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from accounts.domain.rota import LONDON

MIDNIGHT = time()
TICK = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Unique:
    """A wall time that happens once. `instant` is UTC."""

    instant: datetime


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A wall time that happens twice, on the night the clocks go back: ask which (first is BST, second is GMT)."""

    first: datetime
    second: datetime


@dataclass(frozen=True, slots=True)
class Impossible:
    """A wall time that does not exist, on the night the clocks go forward: refuse it. `next_valid` is UTC."""

    next_valid: datetime


WallTime = Unique | Ambiguous | Impossible


def read_wall_time(wall: datetime) -> WallTime:
    """Say which instant a typed local date and time means. Raises ValueError if `wall` carries an offset."""
    if wall.tzinfo is not None:
        raise ValueError("A wall time has no offset.")
    first, second = _both_folds(wall)
    if first == second:
        return Unique(first)
    if first > second:
        return Impossible(_end_of_gap(wall))
    return Ambiguous(first, second)


def _both_folds(wall: datetime) -> tuple[datetime, datetime]:
    """Return the earlier and later reading of a wall time; equal when it happens once, crossed when it never does."""
    first, second = (wall.replace(tzinfo=LONDON, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first, second


def _end_of_gap(wall: datetime) -> datetime:
    wall = wall.replace(second=0, microsecond=0)
    first, second = _both_folds(wall)
    while first > second:
        wall += MINUTE
        first, second = _both_folds(wall)
    return first


@lru_cache(maxsize=4096)
def opening_edge(day: date, minutes: int, *, closes: bool) -> datetime:
    """Return the UTC instant of an opening or closing time, in minutes of wall time after the day's midnight.

    A skipped time means the moment the clocks go forward. In a repeated hour a service opens at the first
    and closes at the second, so that no open minute is lost.
    """
    wall = datetime.combine(day, MIDNIGHT) + timedelta(minutes=minutes)
    read = read_wall_time(wall)
    if isinstance(read, Impossible):
        return read.next_valid
    if isinstance(read, Ambiguous):
        return read.second if closes else read.first
    return read.instant


def local_date(at: datetime) -> date:
    """Return the date on the wall in England at the instant."""
    return at.astimezone(LONDON).date()


def start_of_day(day: date) -> datetime:
    """Return the first instant of the local date, in UTC."""
    return datetime.combine(day, MIDNIGHT, tzinfo=LONDON).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the last instant of the local date, 23:59:59.999999 on the wall, in UTC."""
    return start_of_day(day + DAY) - TICK


def at_hour(day: date, hour: int) -> datetime:
    """Return the UTC instant of a whole hour of the local day; `hour` 3 to 23, which neither repeats nor is skipped."""
    return datetime.combine(day, time(hour), tzinfo=LONDON).astimezone(UTC)


def zone_word(at: datetime) -> str:
    """Return "BST" or "GMT", whichever is on the wall at the instant."""
    return at.astimezone(LONDON).tzname() or ""


def day_words(day: date) -> str:
    """Return a date as staff say it: "Sat 24 Oct"."""
    return f"{day:%a} {day.day} {day:%b}"


def time_words(at: datetime) -> str:
    """Return the time on the wall with its zone: "18:10 BST"."""
    return f"{at.astimezone(LONDON):%H:%M} {zone_word(at)}"


def instant_words(at: datetime) -> str:
    """Return day, time and zone: "Sat 24 Oct 18:10 BST"."""
    return f"{day_words(local_date(at))} {time_words(at)}"


def clock_changes(starts_at: datetime, ends_at: datetime) -> tuple[datetime, ...]:
    """Return the instants in (starts_at, ends_at] at which the clocks in England go forward or back."""
    found = []
    day, last = local_date(starts_at), local_date(ends_at)
    while day <= last:
        low, high = start_of_day(day), start_of_day(day + DAY)
        if zone_word(low) != zone_word(high):
            found.append(_change_between(low, high))
        day += DAY
    return tuple(change for change in found if starts_at < change <= ends_at)


def _change_between(low: datetime, high: datetime) -> datetime:
    before = zone_word(low)
    while high - low > MINUTE:
        middle = (low + (high - low) / 2).replace(second=0, microsecond=0)
        low, high = (middle, high) if zone_word(middle) == before else (low, middle)
    return high
