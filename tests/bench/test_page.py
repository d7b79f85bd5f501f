"""The figures of a run are put between their marks, and nothing else of the page changes."""

import pytest

from bench.figures import Figure
from bench.page import filled

PAGE = (
    "Before\n\n<!-- figures: board case -->\nold\n<!-- end -->\n\n<!-- figures: post -->\nkept\n<!-- end -->\nAfter\n"
)


def found(*figures):
    return {"machine": "2 processors", "figures": [each.as_json() for each in figures]}


def test_fill_page__puts_figures_where_their_measure_stands():
    page = filled(PAGE, found(Figure("SPA board", 10_000, 1.25, at_most=1.5, of="board")))
    assert "| SPA board | 10,000 |" in page
    assert "| ok |" in page
    assert "2 processors" in page
    assert "old" not in page
    assert page.startswith("Before\n")
    assert page.endswith("After\n")


def test_fill_page__keeps_what_was_not_measured():
    page = filled(PAGE, found(Figure("SPA board", 10_000, 1.25, of="board")))
    assert "kept" in page
    assert filled(page, found()) == page


def test_fill_page__says_not_measured_where_rounds_differ_too_much():
    assert "not measured" in filled(
        PAGE, found(Figure("SPA board", 10_000, 1.25, spread=0.31, at_most=1.5, of="board"))
    )
    assert "SHORT" in filled(PAGE, found(Figure("SPA board", 10_000, 1.55, spread=0.29, at_most=1.5, of="board")))


@pytest.mark.parametrize(
    ("value", "spread", "limit", "missed"),
    [
        (1.4, 0.1, 1.5, False),
        (1.6, 0.1, 1.5, True),
        (1.4, 0.31, 1.5, True),
        (9, 0.31, None, False),
        (7, None, 8, False),
    ],
)
def test_missed__a_limit_that_no_round_could_show_is_not_kept(value, spread, limit, missed):
    assert Figure("SPA board", 10_000, value, spread=spread, at_most=limit).missed is missed
