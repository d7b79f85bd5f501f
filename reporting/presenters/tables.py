"""Tables of counts in words, with bars; small figures hidden from those who see no people. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts.domain.rota import LONDON
from casework.presenters.lists import plain
from reporting.domain import Hidden, Mask, Row, Table, hide_small
from reporting.presenters.two_hour import BAR, HIDDEN_WORDS, LABEL, ROW, Cell

LONGEST = 30


def table_words(table: Table, *, suppress: bool) -> dict[str, Any]:
    """Return a table as the page shows it: lines with their cells, the sum, bars of the first figure."""
    rows, mask = _masked(table, suppress=suppress)
    lines = [_line(table, row, hidden) for row, hidden in zip(rows, mask, strict=True)]
    return {
        "title": table.title,
        "id": table.title.lower().replace(" ", "-"),
        "heading": table.heading,
        "columns": ("All", *table.columns),
        "share": table.share_of,
        "lines": lines[:-1],
        "whole": lines[-1],
        "bars": _bars(rows[:-1], mask),
        "height": ROW * len(table.rows),
        "about": "" if suppress and any(hidden[0] for hidden in mask) else table.about,
        "suppressed": any(cell for hidden in mask for cell in hidden),
        "empty": not rows[-1].figures[0],
    }


def _masked(table: Table, *, suppress: bool) -> tuple[list[Row], Mask]:
    rows = [*table.rows, table.whole()]
    if suppress:
        return rows, hide_small([row.figures for row in rows])
    return rows, [[None] * len(row.figures) for row in rows]


def _line(table: Table, row: Row, hidden: Sequence[Hidden | None]) -> dict[str, Any]:
    cells = [
        Cell(str(figure)) if why is None else Cell(HIDDEN_WORDS[why], str(why))
        for figure, why in zip(row.figures, hidden, strict=True)
    ]
    named = zip(("All", *table.columns), cells, strict=True)
    return {"name": row.name, "cells": [{"label": label, "cell": cell} for label, cell in named]} | _share(
        table, row, hidden
    )


def _share(table: Table, row: Row, hidden: Sequence[Hidden | None]) -> dict[str, Any]:
    """Return the share of one column in the sum, always with "of how many"; hidden where either figure is."""
    if not table.share_of:
        return {"share": "", "of": ""}
    at = table.columns.index(table.share_of) + 1
    if hidden[0] or hidden[at]:
        return {"share": "hidden", "of": ""}
    if not row.figures[0]:
        return {"share": "–", "of": ""}
    return {"share": f"{row.figures[at] * 100 // row.figures[0]}%", "of": f"of {row.figures[0]}"}


def _bars(rows: Sequence[Row], mask: Mask) -> list[dict[str, Any]]:
    most = max((row.figures[0] for row, hidden in zip(rows, mask, strict=False) if not hidden[0]), default=0) or 1
    return [
        {
            "y": at * ROW + 4,
            "text_y": at * ROW + 22,
            "name": row.name if len(row.name) <= LONGEST else f"{row.name[: LONGEST - 1].rstrip()}…",
            "whole_name": row.name,
            "width": 0 if hidden[0] else BAR * row.figures[0] / most,
            "words": HIDDEN_WORDS[hidden[0]] if hidden[0] else str(row.figures[0]),
            "end": LABEL + BAR + 90,
        }
        for at, (row, hidden) in enumerate(zip(rows, mask, strict=False))
    ]


def file_lines(tables: Sequence[Table], *, suppress: bool) -> list[list[str]]:
    """Return the tables as lines of a file, the same figures hidden; no cell is read as a formula."""
    found: list[list[str]] = []
    for table in tables:
        shown = table_words(table, suppress=suppress)
        found.append([table.title])
        found.append([table.heading, *shown["columns"]])
        for line in (*shown["lines"], shown["whole"]):
            found.append([plain(line["name"]), *(each["cell"].words for each in line["cells"])])
        found.append([])
    return found


def period_words(now: datetime, length: timedelta) -> str:
    """Return "17 Sep 2025 to 17 Sep 2026, counted at 14:32 BST"."""
    since, until = (now - length).astimezone(LONDON), now.astimezone(LONDON)
    return f"{since.day} {since:%b %Y} to {until.day} {until:%b %Y}, counted at {until:%H:%M %Z}"
