"""Shares and small figures: what may be shown to those who see no people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.domain import SMALL, Hidden, Tally, hide_small, total


def test_count_share__of_those_met_or_missed_rounded_down() -> None:
    tally = Tally("crosby", met=69, missed=30, running=4, cancelled=7)
    assert (tally.received, tally.counted, tally.share) == (110, 99, 69)
    assert Tally("crosby", running=3).share is None
    assert Tally("crosby", met=2).share == 100


def test_add_up__whole_place() -> None:
    assert total([Tally("a", 1, 2, 3, 4), Tally("b", 10, 20, 30, 40)]) == Tally("", 11, 22, 33, 44)


def test_hide_small__one_to_seven_and_one_more_so_that_no_sum_gives_it_away() -> None:
    table = [(30, 20, 10), (28, 8, 20), (25, 5, 20), (83, 33, 50)]
    mask = hide_small(table)
    assert mask[2][1] is Hidden.SMALL
    assert mask[0] == [None, None, None]
    assert mask[2].count(Hidden.GIVES_AWAY) == 1
    assert [row[1] for row in mask].count(Hidden.GIVES_AWAY) == 1


def test_hide_small__nothing_to_hide() -> None:
    assert hide_small([(30, 20, 10), (0, 0, 0), (30, 20, 10)]) == [[None] * 3] * 3
    assert hide_small([]) == []


@st.composite
def tables(draw: st.DrawFn) -> list[tuple[int, ...]]:
    rows = draw(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=1, max_size=7))
    tallies = [Tally(str(n), *row) for n, row in enumerate(rows)]
    return [tally.figures() for tally in [*tallies, total(tallies)]]


@given(tables())
def test_hide_small__never_shows_a_small_figure_nor_lets_one_be_subtracted(table: list[tuple[int, ...]]) -> None:
    mask = hide_small(table)
    for row, hidden in zip(table, mask, strict=True):
        for figure, why in zip(row, hidden, strict=True):
            assert why is not None or figure == 0 or figure > SMALL
    lines = [list(hidden) for hidden in mask] + [list(column) for column in zip(*mask, strict=True)]
    assert all(sum(1 for why in line if why) != 1 for line in lines)


@pytest.mark.parametrize("small", [1, SMALL])
def test_hide_small__alone_in_the_whole_table(small: int) -> None:
    mask = hide_small([(small, small, 0), (small, small, 0)])
    assert all(why is Hidden.SMALL for row in mask for why in row[:2])
