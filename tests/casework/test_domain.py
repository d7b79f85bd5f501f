"""What stands in addresses and in the session: views, cursors, what somebody has looked at."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain import (
    MOST_SEEN,
    BoardView,
    Cursor,
    Looked,
    Show,
    Tab,
    TimelineFilter,
    read_case_cursor,
    read_cursor,
    read_filter,
    read_instant,
    read_looked,
    read_view,
    write_instant,
)

NOW = datetime(2026, 9, 17, 13, 32, tzinfo=UTC)
CASE = UUID("11111111-1111-4111-8111-111111111111")


def test_read_view__unknown_codes_are_left_out() -> None:
    assert read_view({"tab": "two-hour", "zone": "crosby", "show": "mine"}) == BoardView(
        Tab.TWO_HOUR, "crosby", Show.MINE
    )
    assert read_view({"tab": "nonsense", "show": "x"}) == BoardView()
    assert read_view({}) == BoardView()


def test_write_view__empty_choices_are_left_out() -> None:
    assert BoardView().query() == "?tab=all"
    assert BoardView(Tab.NEW, "crosby", Show.NOBODY).query(after="1.x") == "?tab=new&zone=crosby&show=nobody&after=1.x"
    assert BoardView(Tab.NEW).with_(tab=Tab.ALL).query() == "?tab=all"


@given(st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))
def test_read_cursor__gives_back_what_was_written(at: datetime) -> None:
    assert read_cursor(str(Cursor(at, "17"))) == Cursor(at, "17")
    assert read_instant(write_instant(at)) == at


def test_read_cursor__rows_without_an_instant() -> None:
    assert read_case_cursor(str(Cursor(None, str(CASE)))) == Cursor(None, str(CASE))


@pytest.mark.parametrize("text", ["", ".", "12", "x.17", "12.", f"{'9' * 40}.17", f"1.{'x' * 41}"])
def test_read_cursor__nonsense_is_the_first_page(text: str) -> None:
    assert read_cursor(text) is None


def test_read_case_cursor__key_must_be_a_case() -> None:
    assert read_case_cursor("1.17") is None
    assert read_case_cursor("") is None


def test_look__nothing_is_new_to_somebody_who_has_not_looked() -> None:
    looked = read_looked(None, NOW)
    assert not looked.is_unseen(CASE, "new", NOW - timedelta(minutes=1))
    assert looked.is_unseen(CASE, "new", NOW + timedelta(seconds=1))


def test_look__opened_or_triaged_is_seen() -> None:
    looked = Looked(NOW)
    later = NOW + timedelta(minutes=1)
    assert not looked.opening(CASE).is_unseen(CASE, "new", later)
    assert not looked.is_unseen(CASE, "accepted", later)
    assert read_looked(looked.opening(CASE).as_json(), later) == looked.opening(CASE)


def test_look__the_list_of_opened_stays_short() -> None:
    looked = Looked(NOW)
    for _ in range(MOST_SEEN + 5):
        looked = looked.opening(uuid4())
    assert len(looked.opened) == MOST_SEEN


def test_read_filter__unknown_code_shows_all() -> None:
    assert read_filter("clocks") is TimelineFilter.CLOCKS
    assert read_filter("x") is TimelineFilter.ALL
