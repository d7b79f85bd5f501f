"""Wall time and instants: both folds, the skipped hour, words."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.timelimits import uk, utc
from timelimits.domain.local_time import (
    Ambiguous,
    Impossible,
    Unique,
    at_hour,
    clock_changes,
    end_of_day,
    instant_words,
    local_date,
    opening_edge,
    read_wall_time,
    start_of_day,
    zone_word,
)

WALLS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31))


def test_read_wall_time__repeated_hour_is_two_instants():
    read = read_wall_time(datetime(2026, 10, 25, 1, 30))
    assert read == Ambiguous(utc("2026-10-25 00:30"), utc("2026-10-25 01:30"))
    assert [zone_word(read.first), zone_word(read.second)] == ["BST", "GMT"]


@pytest.mark.parametrize("wall", [datetime(2026, 3, 29, 1, 0), datetime(2026, 3, 29, 1, 59, 59, 999999)])
def test_read_wall_time__skipped_hour_is_refused_and_says_what_comes_next(wall):
    assert read_wall_time(wall) == Impossible(utc("2026-03-29 01:00"))


@pytest.mark.parametrize("wall", [datetime(2026, 3, 29, 0, 59), datetime(2026, 3, 29, 2, 0), datetime(2026, 10, 25, 2)])
def test_read_wall_time__beside_a_change_is_unique(wall):
    assert isinstance(read_wall_time(wall), Unique)


def test_read_wall_time__an_instant_with_offset_is_no_wall_time():
    with pytest.raises(ValueError, match="no offset"):
        read_wall_time(datetime(2026, 5, 1, tzinfo=UTC))


@given(WALLS)
def test_read_wall_time__every_reading_shows_the_same_time_on_the_wall(wall):
    match read_wall_time(wall):
        case Unique(instant):
            assert _wall(instant) == wall
        case Ambiguous(first, second):
            assert _wall(first) == _wall(second) == wall
            assert second - first == timedelta(hours=1)
        case Impossible(next_valid):
            assert _wall(next_valid - timedelta(microseconds=1)) < wall < _wall(next_valid)


def _wall(instant):
    return instant.astimezone(start_of_day.__globals__["LONDON"]).replace(tzinfo=None, fold=0)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_end_of_day__is_the_last_instant_of_the_local_date(day):
    last = end_of_day(day)
    assert local_date(last) == day
    assert local_date(last + timedelta(microseconds=1)) == day + timedelta(days=1)
    assert last - start_of_day(day) in [timedelta(hours=h) - timedelta(microseconds=1) for h in (23, 24, 25)]


def test_opening_edge__in_the_repeated_hour_opens_first_and_closes_second():
    assert opening_edge(date(2026, 10, 25), 90, closes=False) == utc("2026-10-25 00:30")
    assert opening_edge(date(2026, 10, 25), 90, closes=True) == utc("2026-10-25 01:30")


def test_opening_edge__in_the_skipped_hour_is_the_change():
    assert opening_edge(date(2026, 3, 29), 90, closes=False) == utc("2026-03-29 01:00")


def test_opening_edge__past_midnight_is_the_next_day():
    assert opening_edge(date(2026, 3, 28), 30 * 60, closes=True) == utc("2026-03-29 05:00")


def test_at_hour__is_nine_on_the_wall_in_summer_and_winter():
    assert at_hour(date(2026, 7, 1), 9) == utc("2026-07-01 08:00")
    assert at_hour(date(2026, 12, 1), 9) == utc("2026-12-01 09:00")


def test_clock_changes__finds_both_changes_of_a_year():
    assert clock_changes(uk("2026-01-01 00:00"), uk("2026-12-31 00:00")) == (
        utc("2026-03-29 01:00"),
        utc("2026-10-25 01:00"),
    )


def test_clock_changes__outside_the_span_is_none():
    assert clock_changes(utc("2026-10-25 01:00"), utc("2026-10-25 12:00")) == ()


def test_instant_words__say_the_zone():
    assert instant_words(uk("2026-10-24 18:10")) == "Sat 24 Oct 18:10 BST"
    assert instant_words(utc("2026-10-25 01:30")) == "Sun 25 Oct 01:30 GMT"
