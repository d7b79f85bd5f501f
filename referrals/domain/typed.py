"""What people type on the telephone, read as they mean it: a birth date or an age, a time, an address. Pure.

Everything here raises ValueError with words for the user, or says plainly that a wall time is ambiguous.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from textwrap import wrap

from accounts.domain.far import FIRST_YEAR, LAST_YEAR, too_far
from accounts.domain.rota import LONDON
from referrals.domain import FUTURE_TOLERANCE, clean_postcode
from timelimits.domain.local_time import Ambiguous, Impossible, read_wall_time

OLDEST = 120
YOUNGEST_SHORT_YEAR = 16
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH_WORDS = frozenset(
    {*MONTHS, "january", "february", "march", "april", "june", "july", "august", "sept", "september", "october"}
    | {"november", "december"}
)
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ADDRESS_LINE = 120
ONE_DAY = timedelta(days=1)
POSTCODE = re.compile(r"\b([A-Z]{1,2}[0-9][A-Z0-9]?)\s*([0-9][A-Z]{2})\s*\.?\s*$", re.IGNORECASE)
CODE_TOLD = re.compile(
    r"\b(key[\s-]?safe|code|pin)\b.{0,40}?\b[0-9]{3,8}\b|\b[0-9]{3,8}\b.{0,20}?\b(key[\s-]?safe|pin)\b",
    re.IGNORECASE | re.DOTALL,
)
BIRTH_HELP = "Type a birth date like 4 3 1947, or an age like 79"
TIME_HELP = "Type a time like 14:10, or 14:10 yesterday"


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date, or an age as told when the date is not known."""

    born_on: date | None = None
    age_about: int | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """Lines without the postcode, and the postcode in capitals; either may be empty."""

    lines: tuple[str, ...] = ()
    postcode: str = ""


@dataclass(frozen=True, slots=True)
class TwoTimes:
    """A wall time that came twice (the clocks went back): somebody must say which. Both are UTC."""

    first: datetime
    second: datetime


def read_birth(typed: str, today: date) -> Birth:
    """Read "4 3 1947", "4/3/47", "4 Mar 1947", "1947-03-04", "4th of March, 1947", "79" or "about 79".

    Nothing typed gives nothing.

    A year of two figures is read only when it can mean one living adult. Raises ValueError.
    """
    said = re.sub(r"[/.,\-]", " ", typed.lower()).split()
    words = [word for word in said if word not in {"about", "aged", "age", "years", "old", "yrs", "c", "of", "the"}]
    if not said:
        return Birth()
    if len(words) == 1:
        return _age_or_year(words[0], today)
    if len(words) != 3:
        raise ValueError(BIRTH_HELP)
    if re.fullmatch(r"[0-9]{4}", words[0]):
        words.reverse()
    born_on = _date_of(_figure(words[0]), _month(words[1]), _birth_year(words[2], today))
    if born_on > today:
        raise ValueError("The birth date is later than today")
    if today.year - born_on.year > OLDEST:
        raise ValueError(f"That is more than {OLDEST} years ago: check the year")
    return Birth(born_on=born_on)


def _age_or_year(word: str, today: date) -> Birth:
    number = _figure(word)
    age = today.year - number if number > OLDEST else number
    if not 0 <= age <= OLDEST:
        raise ValueError(BIRTH_HELP)
    return Birth(age_about=age)


def _birth_year(word: str, today: date) -> int:
    year = _figure(word)
    if len(word) == 4:
        return year
    possible = [full for full in (1900 + year, 2000 + year) if YOUNGEST_SHORT_YEAR <= today.year - full <= 110]
    if len(word) != 2 or len(possible) != 1:
        raise ValueError("Type the year with four figures, like 4 3 1947")
    return possible[0]


def _figure(word: str) -> int:
    found = re.fullmatch(r"([0-9]{1,4})(st|nd|rd|th)?", word)
    if found is None:
        raise ValueError(BIRTH_HELP)
    return int(found[1])


def _month(word: str) -> int:
    return MONTHS.index(word[:3]) + 1 if word[:3] in MONTHS else _figure(word)


def _date_of(day: int, month: int, year: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError("There is no such date: check the day and the month") from None


def read_past(typed: str, now: datetime, second_of_two: bool | None = None) -> datetime | TwoTimes | None:
    """Read a time that has happened: "14:10", "14:10 yesterday", "2.10pm", "Tue 14:10", "14:10 3 May", "now".

    Nothing typed gives None. Up to 60 seconds ahead counts as now; anything later raises ValueError. A wall time that
    came twice gives TwoTimes unless one of them is later than now or `second_of_two` says which.
    """
    found = _read(typed, now, second_of_two, ahead=False)
    if not isinstance(found, datetime):
        return found
    if found > now + FUTURE_TOLERANCE:
        raise ValueError(_later_than_now(typed, found, now))
    return min(found, now)


def read_future(typed: str, now: datetime, second_of_two: bool | None = None) -> datetime | TwoTimes | None:
    """Read a time to come: "16:00", "09:00 tomorrow", "Fri 10:00", "10:00 3 May", "in 2 hours".

    Raises ValueError, also for more than two years ahead.
    """
    if ahead := re.fullmatch(r"\s*in\s+([0-9]{1,3})\s*(m|min|mins|minutes|h|hour|hours)\s*", typed.lower()):
        return now + int(ahead[1]) * (timedelta(hours=1) if ahead[2].startswith("h") else timedelta(minutes=1))
    found = _read(typed, now, second_of_two, ahead=True)
    if isinstance(found, datetime) and found < now - FUTURE_TOLERANCE:
        clock = f"{found.astimezone(LONDON):%H:%M}"
        raise ValueError(f"{clock} has passed. For tomorrow type {clock} tomorrow")
    if isinstance(found, datetime) and (words := too_far(found, now)):
        raise ValueError(words)
    return found


def _later_than_now(typed: str, found: datetime, now: datetime) -> str:
    local, wall = found.astimezone(LONDON), now.astimezone(LONDON)
    if local.date() != wall.date():
        return f"“{typed.strip()}” is later than now"
    return f"{local:%H:%M} is later than now ({wall:%H:%M}). If it was yesterday, type {local:%H:%M} yesterday"


def _read(typed: str, now: datetime, second_of_two: bool | None, *, ahead: bool) -> datetime | TwoTimes | None:
    words = typed.lower().replace(",", " ").split()
    if not words:
        return None
    if words == ["now"]:
        return now
    at, rest = _take_time(words)
    wall = datetime.combine(_day(rest, now.astimezone(LONDON).date(), ahead=ahead), at)
    read = read_wall_time(wall)
    if isinstance(read, Impossible):
        raise ValueError(f"There was no {at:%H:%M} that night: the clocks went forward")
    if not isinstance(read, Ambiguous):
        return read.instant
    if second_of_two is None:
        return _which(read, now, ahead=ahead)
    return read.second if second_of_two else read.first


def _which(read: Ambiguous, now: datetime, *, ahead: bool) -> datetime | TwoTimes:
    if not ahead and read.second > now + FUTURE_TOLERANCE:
        return read.first
    if ahead and read.first < now:
        return read.second
    return TwoTimes(read.first, read.second)


def _take_time(words: list[str]) -> tuple[time, list[str]]:
    """Take the word that is most like a time: 14:10 before 2.10pm before 14.10 before 1410, which may be a year."""
    joined = re.sub(r"([0-9]) (am|pm)\b", r"\1\2", " ".join(words)).split()
    for like_a_time in (r".*:.*", r".*[ap]m", r".*\..*", r"[0-9]{4}"):
        for position, word in enumerate(joined):
            if re.fullmatch(like_a_time, word) and (at := _clock(word)) is not None:
                return at, joined[:position] + joined[position + 1 :]
    raise ValueError(TIME_HELP)


def _clock(word: str) -> time | None:
    found = re.fullmatch(r"([0-9]{1,2})[:.]([0-9]{2})(am|pm)?|([0-9]{2})([0-9]{2})|([0-9]{1,2})(am|pm)", word)
    if found is None:
        return None
    hour = int(found[1] or found[4] or found[6])
    minute = int(found[2] or found[5] or 0)
    half = found[3] or found[7]
    if half and not 1 <= hour <= 12:
        raise ValueError(TIME_HELP)
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 23 or minute > 59:
        raise ValueError(TIME_HELP)
    return time(hour, minute)


def _day(words: list[str], today: date, *, ahead: bool) -> date:
    words = [word for word in words if word not in {"on", "at", "the"}]
    named = {"today": today, "yesterday": today - ONE_DAY, "tomorrow": today + ONE_DAY}
    if not words:
        return today
    if len(words) == 1 and words[0] in named:
        return named[words[0]]
    if words[0][:3] in WEEKDAYS:
        if len(words) == 1:
            return _weekday(WEEKDAYS.index(words[0][:3]), today, ahead=ahead)
        words = words[1:]
    parts = re.sub(r"[/.\-]", " ", " ".join(words)).split()
    if len(parts) not in (2, 3):
        raise ValueError(TIME_HELP)
    return _dated(parts, today, ahead=ahead)


def _weekday(weekday: int, today: date, *, ahead: bool) -> date:
    back = (today.weekday() - weekday) % 7
    return today + timedelta(days=(7 - back) % 7) if ahead else today - timedelta(days=back)


def _dated(parts: list[str], today: date, *, ahead: bool) -> date:
    try:
        day, month = _figure(parts[0]), _month(parts[1])
        year = _figure(parts[2]) if len(parts) == 3 else today.year
    except ValueError:
        raise ValueError(TIME_HELP) from None
    found = _date_of(day, month, year + 2000 if year < 100 else year)
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError("Check the year")
    if len(parts) == 2 and not ahead and found > today:
        return _date_of(day, month, year - 1)
    if len(parts) == 2 and ahead and found < today:
        return _date_of(day, month, year + 1)
    return found


def read_address(typed: str) -> Address:
    """Split "12 Prooflane, Crosby L23 9ZZ" into lines and postcode; a postcode alone has no lines, a long line two."""
    found = POSTCODE.search(typed)
    postcode = clean_postcode(found[1] + found[2]) if found else ""
    rest = typed[: found.start()] if found else typed
    lines = [part for line in re.split(r"[,\n]", rest) for part in wrap(line.strip(), ADDRESS_LINE)]
    return Address(tuple(lines), postcode)


def is_uuid(text: str) -> bool:
    """Say whether a text is an id, so that what a browser sends can be asked of the database."""
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text.lower()) is not None


def read_somebody(words: str, today: date) -> dict[str, str]:
    """Return what was typed to find somebody as the fields of a call: names, a birth date, an NHS number."""
    told = {"given_name": "", "family_name": "", "birth": "", "nhs_number": ""}
    said = words.split()
    figures = [word for word in said if re.search(r"[0-9]", word)]
    months = [word for word in said if word.lower().strip(",") in MONTH_WORDS]
    if len(figures) == 2 and months:  # a day and a year: else May and June are names
        figures.insert(1, months[-1])
    names = [word for word in said if word not in figures]
    rest = " ".join(figures)
    if len(re.sub(r"[^0-9]", "", rest)) == 10 and not re.search(r"[^0-9\s-]", rest):
        told["nhs_number"] = rest
    else:
        with suppress(ValueError):
            told["birth"] = rest if rest and read_birth(rest, today).born_on else ""
    *given, family = names or [""]
    return told | {"given_name": " ".join(given), "family_name": family}


def tells_a_code(*texts: str) -> bool:
    """Say whether free text seems to hold the code of a key safe or a door: such text is printed and read by many."""
    return any(CODE_TOLD.search(text) for text in texts)
