"""Rows and bars for the pages. Pure."""

from dataclasses import dataclass, fields

from reporting.domain import TwoHour, share, shown

NARROWEST = 0.5


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a place, its numbers as they may be shown, and the width of its bar (0 to 100)."""

    name: str
    numbers: tuple[str, ...]
    of: str
    rate: str
    width: float


def two_hour_rows(found: dict[str, TwoHour], names: dict[str, str], exact: bool) -> list[Row]:
    """Return a row for each zone in the place's order, then those outside it where there are any."""
    places = {**names, **({"": "Outside our zones"} if "" in found else {})}
    counts = [found.get(code, TwoHour()) for code in places]
    columns = [shown([getattr(count, f.name) for count in counts], exact) for f in fields(TwoHour)]
    totals = shown([count.counted for count in counts], exact)
    numbers = list(zip(*columns, strict=True))
    return [
        _row(name, count, cells, of)
        for name, count, cells, of in zip(places.values(), counts, numbers, totals, strict=True)
    ]


def _row(name: str, count: TwoHour, cells: tuple[str, ...], of: str) -> Row:
    readable = of.isdigit() and cells[0].isdigit()
    rate = share(count.met, count.counted) if readable else "not shown"
    width = 100 * count.met / count.counted if readable and count.counted else 0
    return Row(name, cells, of, rate, max(width, NARROWEST))


def whole_row(found: dict[str, TwoHour], exact: bool) -> Row:
    """Return the line of the whole place."""
    total = sum(found.values(), TwoHour())
    cells = tuple(shown([getattr(total, f.name)], exact)[0] for f in fields(TwoHour))
    return _row("The whole place", total, cells, shown([total.counted], exact)[0])
