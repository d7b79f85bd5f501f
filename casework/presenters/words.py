"""How texts are cut and times are said in lists and on the case page. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from accounts.domain.rota import LONDON

MOST_WARNINGS = 3
LINE = 88
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def digits_of(number: str) -> str:
    """Return what a tel: link dials."""
    return re.sub(r"[^\d+]", "", number)


def in_short(text: str, most: int = LINE) -> str:
    """Return the first words of a text, at most so many letters: whole sentences if it can, else whole words."""
    plain = " ".join(text.split())
    if len(plain) <= most:
        return plain
    kept = plain[: most + 1]
    for end in (r"[.!?](?=\s)", r"[,;:](?=\s)", r"(?=\s)"):
        stops = [found.end() for found in re.finditer(end, kept) if found.end() > most // 2]
        if stops:
            return kept[: stops[-1]].rstrip(",;: ")
    return plain[:most]


def first_of(warnings: Sequence[str], most: int = MOST_WARNINGS) -> list[str]:
    """Return the first warnings of a row of a list, and how many others there are: none is left out in silence."""
    rest = len(warnings) - most
    return [*warnings[:most], *([f"{rest} more: open it"] if rest > 0 else [])]


def hour(at: datetime) -> str:
    """Return "14:32", London wall time."""
    return f"{at.astimezone(LONDON):%H:%M}"


def short_date(at: datetime) -> str:
    """Return "Thu 17 Sep", London."""
    local = at.astimezone(LONDON)
    return f"{DAYS[local.weekday()]} {local.day} {local:%b}"


def since_words(at: datetime | None, now: datetime) -> str:
    """Return "13:05" today, "Wed 13:05" within six days of now, else "3 Sep" or "3 Sep 2025"; nothing for None."""
    if at is None:
        return ""
    local, today = at.astimezone(LONDON), now.astimezone(LONDON).date()
    days = abs((today - local.date()).days)
    if days == 0:
        return hour(at)
    if days < 7:
        return f"{DAYS[local.weekday()]} {hour(at)}"
    return f"{local.day} {local:%b}" + ("" if local.year == today.year else f" {local.year}")


def ago_words(seconds: float | None) -> str:
    """Return "9 s ago", "2 min ago", "3 h ago"; "never" for None."""
    if seconds is None:
        return "never"
    if seconds < 90:
        return f"{round(seconds)} s ago"
    return f"{round(seconds / 60)} min ago" if seconds < 5400 else f"{round(seconds / 3600)} h ago"


def day_of(first: datetime | None, last: datetime | None, now: datetime) -> str:
    """Return "Day 3 of 42": local dates from the first service, which is day 0, to the last instant allowed."""
    if first is None:
        return ""
    begun = first.astimezone(LONDON).date()
    day = (now.astimezone(LONDON).date() - begun).days
    return f"Day {day} of {(last.astimezone(LONDON).date() - begun).days}" if last else f"Day {day}"
