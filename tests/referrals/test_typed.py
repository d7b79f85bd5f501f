"""What people type on the telephone is read as they mean it."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.domain.rota import LONDON
from referrals.domain.typed import (
    Address,
    Birth,
    TwoTimes,
    read_address,
    read_birth,
    read_future,
    read_past,
    read_somebody,
    tells_a_code,
)

TODAY = date(2026, 9, 17)
NOW = datetime(2026, 9, 17, 14, 36, tzinfo=LONDON)  # a Thursday, BST
BACK = datetime(2026, 10, 25, 4, 0, tzinfo=UTC)  # the night the clocks went back is over
FORWARD = datetime(2026, 3, 29, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "typed",
    [
        "4 3 1947", "4/3/1947", "04-03-1947", "4.3.1947", "4 Mar 1947", "4th March 1947", "1947-03-04", "4 3 47",
        "4th of march 1947", "the 4th of March, 1947",
    ],
)  # fmt: skip
def test_read_birth__reads_a_date_however_it_is_written(typed: str) -> None:
    assert read_birth(typed, TODAY) == Birth(born_on=date(1947, 3, 4))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("Ruby Anne Sampleton 4/3/47", ("Ruby Anne", "Sampleton", "4/3/47", "")),
        ("sampleton", ("", "sampleton", "", "")),
        ("999 123 4012", ("", "", "", "999 123 4012")),
        ("Sampleton L23 9ZZ", ("", "Sampleton", "", "")),
        ("4 March 1947", ("", "", "4 March 1947", "")),
        ("Mary May 4 March 1947", ("Mary", "May", "4 March 1947", "")),
        ("June Marsh 4/3/47", ("June", "Marsh", "4/3/47", "")),
        ("", ("", "", "", "")),
    ],
)
def test_read_somebody__fills_a_call(typed: str, told: tuple[str, ...]) -> None:
    assert tuple(read_somebody(typed, TODAY).values()) == told


@pytest.mark.parametrize(
    ("text", "tells"),
    [
        ("Key safe by the door, code 4321", True),
        ("keysafe 0412", True),
        ("PIN: 778899", True),
        ("4321 for the key safe", True),
        ("Neighbour at 123 opens", False),
        ("Ring the coder on 01632 960411", False),
        ("Key safe, ask the daughter", False),
        ("", False),
    ],
)
def test_tells_a_code__where_digits_stand_near_the_word(text: str, tells: bool) -> None:
    assert tells_a_code("Fell at home", text) == tells


@pytest.mark.parametrize("typed", ["79", "about 79", "Aged 79", "79 years", "1947"])
def test_read_birth__reads_an_age(typed: str) -> None:
    assert read_birth(typed, TODAY) == Birth(age_about=79)


def test_read_birth__nothing_typed_is_not_known_yet() -> None:
    assert read_birth("  ", TODAY) == Birth()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("31 2 1947", "no such date"),
        ("29 2 1947", "no such date"),
        ("4 13 1947", "no such date"),
        ("18 9 2026", "later than today"),
        ("4 3 1850", "more than 120"),
        ("4 3 12", "four figures"),
        ("4 3 194", "four figures"),
        ("old", "Type a birth date"),
        ("4 3", "Type a birth date"),
        ("400", "Type a birth date"),
        ("4 ? 1947", "Type a birth date"),
    ],
)
def test_read_birth__says_what_to_type(typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_birth(typed, TODAY)


def london(day: int, hour: int, minute: int, month: int = 9, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("14:10", london(17, 14, 10)),
        ("1410", london(17, 14, 10)),
        ("2.10pm", london(17, 14, 10)),
        ("2:10 pm", london(17, 14, 10)),
        ("2pm", london(17, 14, 0)),
        ("12am", london(17, 0, 0)),
        ("14:10 yesterday", london(16, 14, 10)),
        ("yesterday at 14:10", london(16, 14, 10)),
        ("15:10 Tue", london(15, 15, 10)),
        ("Thursday 14:00", london(17, 14, 0)),
        ("14:10 3 May", london(3, 14, 10, 5)),
        ("3/5 14:10", london(3, 14, 10, 5)),
        ("Sun 3 May 14:10", london(3, 14, 10, 5)),
        ("3 May 2025, 14:10", london(3, 14, 10, 5, 2025)),
        ("3/5/25 14:10", london(3, 14, 10, 5, 2025)),
        ("14:10 24 Dec", london(24, 14, 10, 12, 2025)),
        ("now", NOW),
        ("14:36", NOW),
    ],
)
def test_read_past__reads_a_time_however_it_is_said(typed: str, meant: datetime) -> None:
    assert read_past(typed, NOW) == meant


def test_read_past__nothing_typed_is_none() -> None:
    assert read_past("", NOW) is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("15:10", r"15:10 is later than now \(14:36\). If it was yesterday, type 15:10 yesterday"),
        ("14:10 tomorrow", "later than now"),
        ("soon", "Type a time like 14:10"),
        ("25:10", "Type a time like"),
        ("14:75", "Type a time like"),
        ("13pm", "Type a time like"),
        ("14:10 when", "Type a time like"),
        ("14:10 31 Feb", "no such date"),
        ("14:10 x May", "Type a time like"),
        ("14:10 3 May 100", "Check the year"),
    ],
)
def test_read_past__says_what_is_wrong(typed: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_past(typed, NOW)


def test_read_past__takes_a_minute_ahead_as_now() -> None:
    assert read_past("14:37", NOW + timedelta(seconds=5)) == NOW + timedelta(seconds=5)


def test_read_past__asks_which_of_two() -> None:
    first, second = datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert read_past("01:30", BACK) == TwoTimes(first, second)
    assert read_past("01:30", BACK, second_of_two=False) == first
    assert read_past("01:30", BACK, second_of_two=True) == second


def test_read_past__takes_the_only_one_that_has_happened() -> None:
    early = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert read_past("01:30", early) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_read_past__refuses_a_time_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="There was no 01:30 that night"):
        read_past("01:30", FORWARD)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("16:00", london(17, 16, 0)),
        ("09:00 tomorrow", london(18, 9, 0)),
        ("Fri 10:00", london(18, 10, 0)),
        ("10:00 3 May", london(3, 10, 0, 5, 2027)),
        ("in 2 hours", NOW + timedelta(hours=2)),
        ("in 30 min", NOW + timedelta(minutes=30)),
        ("now", NOW),
    ],
)
def test_read_future__reads_a_time_to_come(typed: str, meant: datetime) -> None:
    assert read_future(typed, NOW) == meant


def test_read_future__refuses_a_far_year() -> None:
    with pytest.raises(ValueError, match="more than two years ahead: check the year"):
        read_future("10:00 3 May 2199", NOW)
    assert read_future(f"10:00 3 May {NOW.year + 1}", NOW) is not None


def test_read_future__says_what_to_type_for_tomorrow() -> None:
    with pytest.raises(ValueError, match=r"09:00 has passed\. For tomorrow type 09:00 tomorrow"):
        read_future("09:00", NOW)


def test_read_future__takes_the_second_when_the_first_has_passed() -> None:
    between = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    assert read_future("01:30", between) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("12 Prooflane, L23 9ZZ", Address(("12 Prooflane",), "L23 9ZZ")),
        ("12 Prooflane,\nCrosby, l239zz.", Address(("12 Prooflane", "Crosby"), "L23 9ZZ")),
        ("l23 9zz", Address((), "L23 9ZZ")),
        ("Flat 3, 12 Prooflane", Address(("Flat 3", "12 Prooflane"), "")),
        ("", Address()),
    ],
)
def test_read_address__takes_the_postcode_from_the_end(typed: str, found: Address) -> None:
    assert read_address(typed) == found


@given(st.text(max_size=40))
def test_read_anything__never_breaks(typed: str) -> None:
    for read in (lambda t: read_birth(t, TODAY), lambda t: read_past(t, NOW), lambda t: read_future(t, NOW)):
        with suppress(ValueError):
            read(typed)
    assert "\n" not in "".join(read_address(typed).lines)


@given(st.datetimes(datetime(2025, 9, 18), datetime(2026, 9, 17, 12)))
def test_read_past__reads_back_what_it_would_write(wall: datetime) -> None:
    wall = wall.replace(second=0, microsecond=0, fold=0)
    found = (
        read_past(f"{wall:%H:%M} {wall.day}/{wall.month}/{wall.year}", NOW, second_of_two=False)
        if _exists(wall)
        else None
    )
    assert found is None or found == wall.replace(tzinfo=LONDON).astimezone(UTC)


def _exists(wall: datetime) -> bool:
    return wall.replace(tzinfo=LONDON).astimezone(UTC).astimezone(LONDON).replace(tzinfo=None) == wall
