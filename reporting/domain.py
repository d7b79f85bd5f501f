"""What is counted, and what may be shown. Pure."""

from dataclasses import dataclass, fields

SMALLEST_SHOWN = 8
SMALL = "1 to 7"
HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class TwoHour:
    """Two-hour referrals received in a period (R126). Cancelled ones are out of the denominator and counted apart."""

    met: int = 0
    missed: int = 0
    late: int = 0
    running: int = 0
    cancelled: int = 0

    @property
    def counted(self) -> int:
        """Return the denominator: met, missed, and running but late already."""
        return self.met + self.missed + self.late

    def __add__(self, other: "TwoHour") -> "TwoHour":
        return TwoHour(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


def share(met: int, counted: int) -> str:
    """Return the percentage met, whole and never without "of how many"; words when there is nothing to divide."""
    return f"{round(100 * met / counted)}%" if counted else "none yet"


def shown(values: list[int], exact: bool) -> list[str]:
    """Return a column of numbers as it may be shown.

    For readers without a right to people, 1 to 7 are not shown; when one row alone is hidden the next smallest is
    hidden too, so that the total cannot give it away.
    """
    if exact:
        return [str(value) for value in values]
    small = [0 < value < SMALLEST_SHOWN for value in values]
    words = [SMALL if hide else str(value) for value, hide in zip(values, small, strict=True)]
    if sum(small) == 1:
        others = [(value, index) for index, value in enumerate(values) if not small[index]]
        if others:
            words[min(others, key=lambda pair: (pair[0] == 0, pair))[1]] = HIDDEN
    return words
