"""What is counted, and what may be shown. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.domain import HIDDEN, SMALL, TwoHour, share, shown


def test_counted__cancelled_and_still_running_are_out_of_the_denominator():
    assert TwoHour(met=8, missed=1, late=1, running=5, cancelled=9).counted == 10


@pytest.mark.parametrize(
    ("met", "counted", "words"), [(0, 0, "none yet"), (7, 10, "70%"), (0, 3, "0%"), (3, 3, "100%")]
)
def test_share__is_never_a_division_by_nothing(met: int, counted: int, words: str):
    assert share(met, counted) == words


def test_shown__small_numbers_are_hidden_and_one_alone_takes_the_next_with_it():
    assert shown([3, 12, 40, 0], exact=False) == [SMALL, HIDDEN, "40", "0"]
    assert shown([3, 5, 40], exact=False) == [SMALL, SMALL, "40"]
    assert shown([3, 12], exact=True) == ["3", "12"]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=8))
def test_shown__the_total_never_gives_a_hidden_number_away(values: list[int]):
    words = shown(values, exact=False)
    unread = [word for word in words if not word.isdigit()]
    assert len(unread) != 1
    assert all(not 0 < value < 8 or word == SMALL for value, word in zip(values, words, strict=True))
