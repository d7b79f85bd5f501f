"""Who opened whose record, in words. Pure."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from casework.domain import FLAG_WORDS, MOST_READINGS, OPENED, Flag, Period
from casework.presenters.board import RESTRICTED_WORDS
from casework.presenters.lists import plain
from casework.queries.readers import Reading
from timelimits.domain.local_time import instant_words

COLUMNS = ("When", "Who", "Opened", "Whose", "Look at it because")


def readings_words(found: Sequence[Reading], period: Period, flag: str) -> dict[str, Any]:
    """Return the report: rows, the filters as codes, and whether it was cut."""
    return {
        "rows": [_row(each) for each in found],
        "columns": COLUMNS,
        "periods": [{"url": _query(each, flag), "words": f"{each} days", "current": each is period} for each in Period],
        "flags": [
            {"url": _query(period, "" if each == flag else each), "words": FLAG_WORDS[each], "current": each == flag}
            for each in Flag
        ],
        "more": f"Only the latest {MOST_READINGS} are shown." if len(found) >= MOST_READINGS else "",
        "period": str(period),
        "flag": flag,
    }


def _query(period: Period, flag: str) -> str:
    return "?" + urlencode({name: str(value) for name, value in (("days", period), ("flag", flag)) if value})


def _row(each: Reading) -> dict[str, Any]:
    return {
        "at": instant_words(each.at),
        "who": each.who,
        "what": OPENED[each.what],
        "whose": _whose(each),
        "url": "" if each.closed else reverse("casework:readers_of", args=[each.person_id]),
        "flags": [FLAG_WORDS[flag] for flag in Flag if flag in each.flags],
    }


def _whose(each: Reading) -> str:
    return RESTRICTED_WORDS if each.closed else f"{each.given_name} {each.family_name}".strip()


def file_of(found: Sequence[Reading]) -> list[list[str]]:
    """Return the rows of the file, headings first: no cell is read as a formula by a spreadsheet."""
    rows = [_row(each) for each in found]
    told = [[row["at"], row["who"], row["what"], row["whose"], "; ".join(row["flags"])] for row in rows]
    return [list(COLUMNS), *([plain(cell) for cell in row] for row in told)]
