"""What is counted of two-hour responses, and which figures are too small to show. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
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
