"""What is counted, how counts are split, and which figures are too small to show. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

PERIOD = timedelta(days=28)
SMALL = 7
TARGET = 70  # percent reached within two hours: the national expectation


class Hidden(StrEnum):
    """Why a figure is not shown: it is small itself, or it would give a small one away."""

    SMALL = "small"
    GIVES_AWAY = "gives_away"


@dataclass(frozen=True, slots=True)
class Tally:
    """Two-hour referrals of one zone. Received is the sum of the other four; cancelled ones count apart."""

    zone: str
    met: int = 0
    missed: int = 0
    running: int = 0
    cancelled: int = 0

    @property
    def received(self) -> int:
        """Return all that were received."""
        return self.met + self.missed + self.running + self.cancelled

    @property
    def counted(self) -> int:
        """Return of how many the share is: those that were met or missed."""
        return self.met + self.missed

    @property
    def share(self) -> int | None:
        """Return the percentage met in time, rounded down, so that 69.9 never looks like 70; None of nobody."""
        return self.met * 100 // self.counted if self.counted else None

    def figures(self) -> tuple[int, ...]:
        """Return received, met, missed, running, cancelled."""
        return (self.received, self.met, self.missed, self.running, self.cancelled)


def total(tallies: Sequence[Tally]) -> Tally:
    """Return the whole place."""
    return Tally(
        "",
        met=sum(t.met for t in tallies),
        missed=sum(t.missed for t in tallies),
        running=sum(t.running for t in tallies),
        cancelled=sum(t.cancelled for t in tallies),
    )


Mask = list[list[Hidden | None]]


def hide_small(table: Sequence[Sequence[int]]) -> Mask:
    """Return which figures of a table may not be shown to those who see no people.

    The first column is the sum of the others, the last row the sum of the rows. Figures from 1 to 7 are hidden; then,
    while a row or a column has one hidden figure only, one more is hidden, or subtraction would give it away.
    """
    mask: Mask = [[Hidden.SMALL if 0 < figure <= SMALL else None for figure in row] for row in table]
    lines = _lines(len(table), len(table[0]) if table else 0)
    while (cell := _given_away(table, mask, lines)) is not None:
        row, column = cell
        mask[row][column] = Hidden.GIVES_AWAY
    return mask


Cell = tuple[int, int]


def _lines(rows: int, columns: int) -> list[list[Cell]]:
    across = [[(row, column) for column in range(columns)] for row in range(rows)]
    down = [[(row, column) for row in range(rows)] for column in range(columns)]
    return [*across, *down]


def _given_away(table: Sequence[Sequence[int]], mask: Mask, lines: list[list[Cell]]) -> Cell | None:
    """Return the next figure to hide: the smallest above nothing of a line with one hidden figure, sums last."""
    last = len(table) - 1
    for line in lines:
        hidden = [cell for cell in line if mask[cell[0]][cell[1]]]
        shown = [cell for cell in line if not mask[cell[0]][cell[1]]]
        if len(hidden) == 1 and shown:
            return min(shown, key=lambda c: (table[c[0]][c[1]] == 0, c[0] == last or c[1] == 0, table[c[0]][c[1]], c))
    return None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of counts. The first figure is the sum of the others."""

    name: str
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Counts of one thing, split two ways. `columns` names the figures behind the sum, `share_of` one of them."""

    title: str
    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    share_of: str = ""
    about: str = ""

    def whole(self) -> Row:
        """Return the sum of the rows."""
        sums = tuple(sum(row.figures[at] for row in self.rows) for at in range(len(self.columns) + 1))
        return Row("All", sums)


Counted = Mapping[tuple[str, str], int]
"""How many: (code of the row, code of the column) → number."""


def table(
    counted: Counted,
    names: Mapping[str, str],
    columns: Mapping[str, str],
    *,
    unknown: str = "Not told",
    all_rows: bool = False,
) -> tuple[Row, ...]:
    """Return the rows of a table in the order of `names`; codes that it does not name come last, as one row.

    Rows with nothing in them are left out unless `all_rows`: an empty row says something where a gap matters.
    """
    extra = sorted({row for row, _ in counted} - set(names))
    found = [Row(words, _figures(counted, (code,), columns)) for code, words in names.items()]
    found = found if all_rows else [row for row in found if row.figures[0]]
    rest = Row(unknown, _figures(counted, extra, columns))
    return (*found, rest) if rest.figures[0] else tuple(found)


def _figures(counted: Counted, codes: Sequence[str], columns: Mapping[str, str]) -> tuple[int, ...]:
    each = tuple(sum(counted.get((code, column), 0) for code in codes) for column in columns)
    return (sum(each), *each)


def months(since: date, until: date) -> dict[str, str]:
    """Return the months from one day to another, both included: "2026-09" → "Sep 2026"."""
    found, year, month = {}, since.year, since.month
    while (year, month) <= (until.year, until.month):
        first = date(year, month, 1)
        found[f"{first:%Y-%m}"] = f"{first:%b %Y}"
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return found
