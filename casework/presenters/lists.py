"""A whole list of the board on paper and in a file. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from casework.domain import BoardView, Tab
from casework.presenters.board import RESTRICTED_WORDS, TAB_WORDS, deadline_words
from casework.queries.around import PlaceWords
from casework.queries.board import MOST_WHOLE, Whole
from casework.queries.lines import Line
from referrals.models import Referral
from referrals.presenters import address_now, before_the_door, flags, name_of, spaced_phone, state_warnings
from referrals.queries import needs_in
from timelimits.domain.local_time import instant_words

COLUMNS = (
    "Name", "Born", "Ring back", "Address", "Warnings and needs", "What happened", "Due", "What is due", "Who has it",
)  # fmt: skip
UNBROKEN = frozenset({"Born", "Ring back", "Due"})
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def print_words(found: Whole, view: BoardView, place: PlaceWords, now: datetime) -> dict[str, Any]:
    """Return the list as it is printed, the view in words, and what is left out."""
    return {
        "title": view_words(view, place),
        "columns": COLUMNS,
        "rows": [_printed(_cells(row, found, now)) for row in found.rows],
        "more": more_words(found),
        "back": view.query(),
    }


def view_words(view: BoardView, place: PlaceWords) -> str:
    """Return "All open, Crosby, 2-hour only": what the list was narrowed to."""
    tab = Tab.ALL if view.tab is Tab.DONE else view.tab
    hospitals = {code.code: code.words for code in place.hospitals}
    urgency = {"crisis": "2-hour only", "planned": "planned only"}
    shown = {"nobody": "nobody has it", "mine": "mine", "unseen": "new since you looked"}
    parts = (
        TAB_WORDS[tab],
        place.zones.get(view.zone, view.zone),
        urgency.get(view.urgency, ""),
        hospitals.get(view.hospital, view.hospital),
        shown.get(view.show, ""),
    )
    return ", ".join(filter(None, parts))


def more_words(found: Whole) -> str:
    """Return what is said when the list is longer than what is shown."""
    return f"Only the first {MOST_WHOLE}, next deadline first: there are more." if found.more else ""


def _cells(row: Line, found: Whole, now: datetime) -> list[str]:
    due = instant_words(row.next_due_at) if row.next_due_at else "Nothing is due"
    what = row.label or deadline_words(row, now).headline
    who = row.responsible or "Nobody"
    if row.closed:
        return [RESTRICTED_WORDS, *[""] * 4, "Open it on the board, with a reason", due, what, who]
    referral = found.referrals[row.id]
    born = (
        f"{row.born_on.day} {row.born_on:%b %Y}" if row.born_on else f"about {row.age_about}" if row.age_about else ""
    )
    return [
        name_of(row),
        born,
        _phones(row.ring_back, referral.person.phone),
        address_now(referral),
        "; ".join(to_know(referral)),
        row.summary,
        due,
        what,
        who,
    ]


def _phones(ring_back: str, own: str) -> str:
    """Return the number to ring back, then the person's own where it is another: who answers is known before."""
    others = [f"own {spaced_phone(own)}"] if own and own != ring_back else []
    return ", ".join([spaced_phone(ring_back)] * bool(ring_back) + others)


def to_know(referral: Referral) -> list[str]:
    """Return what whoever rings or goes there must know, of a referral read `with_needs` (R063)."""
    needs = needs_in(referral, referral.person)
    return [*state_warnings(referral), *before_the_door(needs), *(flag.words for flag in flags(needs))]


def _printed(cells: Sequence[str]) -> list[dict[str, Any]]:
    """Return the cells of one row with their headings; numbers and times do not break across lines."""
    return [
        {"label": label, "parts": cell.split(", ") if label in UNBROKEN else [cell], "whole": label in UNBROKEN}
        for label, cell in zip(COLUMNS, cells, strict=True)
    ]


def file_rows(found: Whole, now: datetime) -> Sequence[Sequence[str]]:
    """Return the rows of the file: no cell is read as a formula by a spreadsheet."""
    rows = [[plain(cell) for cell in _cells(row, found, now)] for row in found.rows]
    return [*rows, [more_words(found)]] if found.more else rows


def plain(cell: str) -> str:
    """Return a cell that a spreadsheet takes for text, whatever was typed."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
