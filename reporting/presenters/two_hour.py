"""The two-hour report in words and bars. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.domain.rota import LONDON
from reporting.domain import PERIOD, TARGET, Hidden, Mask, Tally, hide_small, total

COLUMNS = ("Received", "Seen in time", "Missed", "Still running", "Cancelled")
HIDDEN_WORDS = {Hidden.SMALL: "1 to 7", Hidden.GIVES_AWAY: "hidden"}
OUTSIDE = "Outside the place, or not known"
BAR = 320
ROW = 34
LABEL = 140


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as shown; `why` says why it is not."""

    words: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """The share of one zone as a bar."""

    y: int
    text_y: int
    zone: str
    width: float
    words: str
    end: float


def two_hour_words(
    tallies: Sequence[Tally], zones: Mapping[str, str], now: datetime, *, suppress: bool
) -> dict[str, Any]:
    """Return the two-hour report: the whole place, a table by zone, bars; small figures hidden where asked."""
    by_zone = {tally.zone: tally for tally in tallies}
    named = [by_zone.get(code, Tally(code)) for code in zones]
    others = [tally for tally in tallies if tally.zone not in zones]
    whole = total(tallies)
    rows = [*named, *others, whole]
    names = [*zones.values(), *(zones.get(each.zone, OUTSIDE) for each in others), "All"]
    mask = hide_small([row.figures() for row in rows]) if suppress else _nothing_hidden(len(rows))
    shown = [_row(name, row, hidden) for name, row, hidden in zip(names, rows, mask, strict=True)]
    return {
        "period": f"{_day(now - PERIOD)} to {_day(now)}, counted at {now.astimezone(LONDON):%H:%M %Z}",
        "columns": COLUMNS,
        "rows": shown[:-1],
        "whole": shown[-1],
        "bars": _bars(shown),
        "height": ROW * len(shown) + 26,
        "target": TARGET,
        "target_x": LABEL + BAR * TARGET / 100,
        "suppressed": any(cell for row in mask for cell in row),
        "suppress": suppress,
        "empty": whole.received == 0,
    }


def _nothing_hidden(rows: int) -> Mask:
    return [[None] * len(COLUMNS) for _ in range(rows)]


def _day(at: datetime) -> str:
    local = at.astimezone(LONDON)
    return f"{local.day} {local:%b %Y}"


def _row(name: str, tally: Tally, hidden: Sequence[Hidden | None]) -> dict[str, Any]:
    cells = [_cell(figure, why) for figure, why in zip(tally.figures(), hidden, strict=True)]
    secret = hidden[1] is not None or hidden[2] is not None
    share = None if secret else tally.share
    words = f"{share}%" if share is not None else "hidden" if secret else "–"
    return {
        "zone": name,
        "cells": cells,
        "share": share,
        "share_words": words,
        "of": f"of {tally.counted}" if share is not None else "",
        "secret": secret,
    }


def _cell(figure: int, why: Hidden | None) -> Cell:
    return Cell(str(figure)) if why is None else Cell(HIDDEN_WORDS[why], str(why))


def _bars(rows: Sequence[Mapping[str, Any]]) -> list[Bar]:
    bars = []
    for position, row in enumerate(rows):
        width = BAR * (row["share"] or 0) / 100
        words = f"{row['share_words']} {row['of']}".strip()
        y = position * ROW + 4
        bars.append(Bar(y, y + 18, row["zone"], width, words if words != "–" else "nobody counted", LABEL + BAR + 10))
    return bars
