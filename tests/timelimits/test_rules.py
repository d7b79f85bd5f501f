"""How time runs: each kind by worked example, and the cases that comparable systems get wrong."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.factories.timelimits import calendar, shipped_terms, terms, uk, utc
from timelimits.domain import (
    Calendar,
    Edition,
    ExtensionTo,
    History,
    LimitKind,
    Outcome,
    PauseSpan,
    SegmentKind,
    Stage,
    State,
    Window,
)
from timelimits.domain.bank_holidays import CalendarGapError, england_and_wales
from timelimits.domain.local_time import end_of_day, start_of_day
from timelimits.rules import (
    check_opening,
    counts_on,
    end_of_next_working_day,
    is_overdue,
    outcome,
    reckon,
    segments,
    state,
    used_at,
)

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
TICK = timedelta(microseconds=1)
ALWAYS = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
TWO_HOURS = terms("elapsed", 2 * HOUR)
FOUR_OPEN = terms("opening_hours", 4 * HOUR)
FIVE_DAYS = terms("calendar_days", 5 * DAY)
FIVE_WORKING = terms("working_days", 5 * DAY)


def due(start, limit, *pauses, **more):
    return reckon(History(start, pauses=pauses, **more), limit).due_at


def pause(starts, ends=None):
    return PauseSpan(starts, ends)


# One definition of late


def test_is_overdue__at_the_due_instant_is_in_time_and_a_tick_later_is_late():
    at = utc("2026-05-11 12:00")
    assert outcome(at, at) == Outcome.MET
    assert not is_overdue(at, at)
    assert is_overdue(at, at + TICK)
    assert not is_overdue(None, at)


def test_outcome__cancelled_in_time_is_cancelled_and_after_the_due_instant_stays_breached():
    at = utc("2026-05-11 12:00")
    assert outcome(at, at) is Outcome.MET
    assert outcome(at, at + TICK) is Outcome.BREACHED
    assert outcome(at, at, cancelled=True) is Outcome.CANCELLED
    assert outcome(at, at + TICK, cancelled=True) is Outcome.BREACHED


@pytest.mark.parametrize(
    ("history", "due_at", "expected"),
    [
        (History(utc("2026-05-11 10:00")), utc("2026-05-11 12:00"), State.RUNNING),
        (History(utc("2026-05-11 10:00")), utc("2026-05-11 11:00"), State.OVERDUE),
        (History(utc("2026-05-11 10:00")), None, State.PAUSED),
        (History(utc("2026-05-11 10:00"), utc("2026-05-11 10:30")), utc("2026-05-11 11:00"), State.MET),
        (History(utc("2026-05-11 10:00"), utc("2026-05-11 11:30")), utc("2026-05-11 11:00"), State.BREACHED),
        (History(utc("2026-05-11 10:00"), utc("2026-05-11 10:30"), True), utc("2026-05-11 11:00"), State.CANCELLED),
    ],
)
def test_state__of_each_history(history, due_at, expected):
    assert state(history, due_at, utc("2026-05-11 11:30")) is expected


# Elapsed


def test_elapsed__adds_across_both_clock_changes():
    assert due(utc("2026-10-25 00:30"), TWO_HOURS) == utc("2026-10-25 02:30")
    assert due(uk("2026-03-29 00:30"), TWO_HOURS) == uk("2026-03-29 03:30")


def test_elapsed__both_folds_of_the_repeated_hour_are_an_hour_apart():
    first, second = due(utc("2026-10-25 00:30"), TWO_HOURS), due(utc("2026-10-25 01:30"), TWO_HOURS)
    assert second - first == HOUR


def test_elapsed__a_pause_moves_the_due_instant_by_its_length():
    start = utc("2026-05-11 10:00")
    assert due(start, TWO_HOURS, pause(start + HOUR, start + 3 * HOUR)) == start + 4 * HOUR


def test_elapsed__overlapping_and_touching_pauses_count_once():
    start = utc("2026-05-11 10:00")
    assert due(start, TWO_HOURS, pause(start, start + HOUR), pause(start + 30 * MINUTE, start + 2 * HOUR)) == (
        start + 4 * HOUR
    )


def test_elapsed__two_pauses_in_one_minute_are_both_exact():
    start = utc("2026-05-11 10:00")
    second = timedelta(seconds=1)
    first, later = pause(start + second, start + 6 * second), pause(start + 20 * second, start + 50 * second)
    assert due(start, TWO_HOURS, first, later) == start + 2 * HOUR + 35 * second


def test_elapsed__an_open_pause_leaves_no_due_instant():
    start = utc("2026-05-11 10:00")
    reckoning = reckon(
        History(start, pauses=(pause(start + HOUR),)), terms("elapsed", 2 * HOUR, Stage("h", share=0.25))
    )
    assert (reckoning.due_at, reckoning.soon_at) == (None, None)
    assert [s.at for s in reckoning.stages] == [start + 30 * MINUTE]


def test_elapsed__a_pause_opened_after_the_limit_was_used_changes_nothing():
    start = utc("2026-05-11 10:00")
    assert due(start, TWO_HOURS, pause(start + 2 * HOUR)) == start + 2 * HOUR
    assert due(start, TWO_HOURS, pause(start + 5 * HOUR)) == start + 2 * HOUR


def test_elapsed__stopped_while_paused_is_met_with_a_due_instant():
    start = utc("2026-05-11 10:00")
    history = History(start, start + 3 * HOUR, pauses=(pause(start + HOUR),))
    reckoning = reckon(history, TWO_HOURS)
    assert reckoning.due_at == start + 4 * HOUR
    assert state(history, reckoning.due_at, start + 9 * HOUR) is State.MET
    assert used_at(history, TWO_HOURS, start + 9 * HOUR) == HOUR


def test_elapsed__a_pause_recorded_after_the_stop_does_not_run_backwards():
    start = utc("2026-05-11 10:00")
    assert due(start, TWO_HOURS, pause(start + HOUR), stopped_at=start + 30 * MINUTE) == start + 2 * HOUR


def test_elapsed__stopped_before_it_started_is_met_and_used_nothing():
    start = utc("2026-05-11 10:00")
    history = History(start, start - HOUR)
    assert outcome(reckon(history, TWO_HOURS).due_at, start - HOUR) == Outcome.MET
    assert used_at(history, TWO_HOURS, start - HOUR) == timedelta(0)
    assert segments(history, TWO_HOURS, start - HOUR) == ()


# Opening hours


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-05-11 12:59", "2026-05-11 16:59"),
        ("2026-05-11 13:00", "2026-05-11 17:00"),
        ("2026-05-11 13:01", "2026-05-11 17:01"),
        ("2026-05-11 18:00", "2026-05-12 10:00"),
        ("2026-05-11 16:00", "2026-05-11 20:00"),
        ("2026-05-11 16:01", "2026-05-12 08:01"),
        ("2026-05-11 23:00", "2026-05-12 12:00"),
        ("2026-05-11 03:00", "2026-05-11 12:00"),
    ],
)
def test_opening_hours__counts_only_while_open(start, expected):
    assert due(uk(start), FOUR_OPEN) == uk(expected)


def test_opening_hours__several_windows_a_day():
    lunch = terms("opening_hours", 4 * HOUR, opening=calendar(week={"mon": ["09:00-12:00", "13:00-17:00"]}))
    assert due(uk("2026-05-11 10:00"), lunch) == uk("2026-05-11 15:00")
    assert due(uk("2026-05-11 12:30"), lunch) == uk("2026-05-11 17:00")
    assert due(uk("2026-05-11 16:59"), lunch) == uk("2026-05-18 13:59")


def test_opening_hours__the_night_the_clocks_go_back_is_the_page_in_the_mock_up():
    start = uk("2026-10-24 18:10")
    question = pause(uk("2026-10-25 09:15"), uk("2026-10-25 10:05"))
    history = History(start, uk("2026-10-25 10:52"), pauses=(question,))
    assert reckon(history, FOUR_OPEN).due_at == uk("2026-10-25 11:00")
    assert [(s.kind.value, s.length, s.used) for s in segments(history, FOUR_OPEN, history.stopped_at)] == [
        ("counts", 110 * MINUTE, 110 * MINUTE),
        ("closed", 13 * HOUR, 110 * MINUTE),
        ("counts", 75 * MINUTE, 185 * MINUTE),
        ("paused", 50 * MINUTE, 185 * MINUTE),
        ("counts", 47 * MINUTE, 232 * MINUTE),
    ]


def test_opening_hours__an_overnight_window_gains_the_repeated_hour_and_loses_the_skipped_one():
    night = terms("opening_hours", 12 * HOUR, opening=calendar(week={"sat": ["22:00-06:00"], "sun": ["22:00-06:00"]}))
    assert due(uk("2026-10-24 21:00"), night) == uk("2026-10-26 01:00")
    assert due(uk("2026-03-28 21:00"), night) == uk("2026-03-30 03:00")


def test_opening_hours__a_window_inside_the_skipped_hour_never_opens():
    odd = terms("opening_hours", HOUR, opening=calendar(week={"sun": ["01:15-01:45", "09:00-17:00"]}))
    assert due(uk("2026-03-28 12:00"), odd) == uk("2026-03-29 10:00")


def test_opening_hours__overlapping_windows_count_once():
    twice = terms("opening_hours", 6 * HOUR, opening=calendar(week={"mon": ["09:00-12:00", "11:00-14:00"]}))
    assert due(uk("2026-05-11 09:00"), twice) == uk("2026-05-18 10:00")


def test_opening_hours__always_open_is_the_same_as_elapsed():
    always = terms("opening_hours", 100 * HOUR, opening=calendar(week=ALWAYS))
    start = uk("2026-10-23 18:10")
    assert due(start, always) == start + 100 * HOUR


def test_opening_hours__an_exception_beats_the_bank_holiday_beats_the_weekday():
    opening = calendar(exceptions={"2026-12-28": ["12:00-13:00"]}, bank_holiday=["10:00-11:00"])
    limit = terms("opening_hours", 2 * HOUR, opening=opening)
    assert due(uk("2026-12-24 20:00"), limit) == uk("2026-12-26 11:00")
    assert due(uk("2026-12-27 19:00"), limit) == uk("2026-12-28 13:00")


def test_opening_hours__editions_follow_the_date():
    weeks = [tuple((Window(a, b),) for _ in range(7)) for a, b in ((480, 1200), (540, 1020))]
    opening = Calendar("spa", (Edition(date(2026, 5, 1), weeks[0]), Edition(date(2026, 5, 12), weeks[1])))
    limit = terms("opening_hours", 4 * HOUR, opening=opening)
    assert due(uk("2026-05-11 18:00"), limit) == uk("2026-05-12 11:00")
    assert due(uk("2026-04-01 18:00"), limit) == uk("2026-04-02 10:00")


def test_opening_hours__a_pause_opened_and_closed_outside_hours_adds_nothing():
    start = uk("2026-05-11 18:00")
    assert due(start, FOUR_OPEN, pause(uk("2026-05-11 21:00"), uk("2026-05-12 07:00"))) == due(start, FOUR_OPEN)


def test_opening_hours__an_open_pause_outside_hours_leaves_no_due_instant():
    assert due(uk("2026-05-11 18:00"), FOUR_OPEN, pause(uk("2026-05-11 21:00"))) is None


def test_opening_hours__no_opening_within_thirty_days_is_refused_not_looped_over():
    never = terms("opening_hours", HOUR, opening=calendar(week={}))
    with pytest.raises(CalendarGapError, match="30 days"):
        due(uk("2026-05-11 18:00"), never)
    with pytest.raises(CalendarGapError):
        check_opening(calendar(week={}), england_and_wales())
    check_opening(calendar(), england_and_wales())


def test_opening_hours__without_a_calendar_is_refused():
    bare = terms("elapsed", HOUR)
    limit = type(bare)(type(bare.limit)(LimitKind.OPENING_HOURS, HOUR, "spa"), bare.bank_holidays)
    with pytest.raises(CalendarGapError, match="'spa'"):
        due(uk("2026-05-11 18:00"), limit)


# Days


def test_calendar_days__start_half_past_midnight_on_a_bst_monday_is_that_monday():
    assert due(uk("2026-06-01 00:30"), FIVE_DAYS) == end_of_day(date(2026, 6, 6))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-03-27 10:00", date(2026, 4, 1)),
        ("2026-10-23 10:00", date(2026, 10, 28)),
        ("2026-12-29 23:59", date(2027, 1, 3)),
        ("2028-02-26 10:00", date(2028, 3, 2)),
        ("2027-02-26 10:00", date(2027, 3, 3)),
    ],
)
def test_calendar_days__count_local_dates_over_changes_new_year_and_leap_days(start, expected):
    assert due(uk(start), FIVE_DAYS) == end_of_day(expected)


def test_calendar_days__six_weeks_end_at_the_last_instant_of_day_42():
    at = due(uk("2026-09-20 09:00"), shipped_terms("intermediate_care"))
    assert at == datetime(2026, 11, 1, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.mark.parametrize("start", [utc("2026-10-25 00:30"), utc("2026-10-25 01:30")])
def test_calendar_days__both_folds_are_the_same_date(start):
    assert due(start, FIVE_DAYS) == end_of_day(date(2026, 10, 30))


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2026-05-11 10:00", date(2026, 5, 18)),
        ("2026-05-09 10:00", date(2026, 5, 15)),
        ("2026-04-01 10:00", date(2026, 4, 10)),
        ("2026-12-23 10:00", date(2027, 1, 4)),
        ("2026-06-01 00:30", date(2026, 6, 8)),
        ("2022-09-15 10:00", date(2022, 9, 23)),
    ],
)
def test_working_days__skip_weekends_easter_christmas_and_one_off_holidays(start, expected):
    assert due(uk(start), FIVE_WORKING) == end_of_day(expected)


def test_working_days__a_year_not_held_raises():
    with pytest.raises(CalendarGapError, match="2046"):
        due(uk("2045-12-30 10:00"), FIVE_WORKING)


def test_days__a_pause_within_one_date_adds_nothing():
    start = uk("2026-05-11 10:00")
    assert due(start, FIVE_DAYS, pause(uk("2026-05-12 09:00"), uk("2026-05-12 17:00"))) == due(start, FIVE_DAYS)


def test_days__a_pause_over_two_midnights_adds_two_days():
    at = due(uk("2026-05-11 10:00"), FIVE_DAYS, pause(uk("2026-05-12 09:00"), uk("2026-05-14 17:00")))
    assert at == end_of_day(date(2026, 5, 18))


def test_days__a_pause_spanning_bank_holidays_adds_only_the_working_days_in_it():
    at = due(uk("2026-04-01 10:00"), FIVE_WORKING, pause(uk("2026-04-02 12:00"), uk("2026-04-08 09:00")))
    assert at == end_of_day(date(2026, 4, 14))


def test_days__an_open_pause_on_the_due_date_leaves_no_due_instant():
    assert due(uk("2026-05-11 10:00"), FIVE_DAYS, pause(uk("2026-05-16 09:00"))) is None
    assert due(uk("2026-05-11 10:00"), FIVE_DAYS, pause(uk("2026-05-17 09:00"))) == end_of_day(date(2026, 5, 16))


def test_days__used_is_the_number_of_the_day():
    history = History(uk("2026-05-11 10:00"), pauses=(pause(uk("2026-05-13 09:00"), uk("2026-05-14 09:00")),))
    days = [used_at(history, FIVE_DAYS, uk(f"2026-05-{d} 12:00")).days for d in (11, 12, 13, 14)]
    assert days == [0, 1, 1, 2]


def test_days__pieces_name_the_first_day_weekends_and_pauses():
    history = History(uk("2026-05-07 10:00"), pauses=(pause(uk("2026-05-12 09:00"), uk("2026-05-13 17:00")),))
    pieces = segments(history, FIVE_WORKING, start_of_day(date(2026, 5, 15)))
    assert [(p.kind, p.counted.days, p.used.days) for p in pieces] == [
        (SegmentKind.FIRST_DAY, 0, 0),
        (SegmentKind.COUNTS, 1, 1),
        (SegmentKind.CLOSED, 0, 1),
        (SegmentKind.COUNTS, 1, 2),
        (SegmentKind.PAUSED, 0, 2),
        (SegmentKind.COUNTS, 2, 4),
    ]


# Stages


def test_stages__crisis_warns_at_half_three_quarters_and_fifteen_minutes_before():
    start = utc("2026-05-11 10:00")
    reckoning = reckon(History(start), shipped_terms("crisis_response"))
    assert [(s.code, s.at - start, s.rung) for s in reckoning.stages] == [
        ("half", HOUR, 0),
        ("three_quarters", 90 * MINUTE, 1),
        ("last_15", 105 * MINUTE, 1),
    ]
    assert reckoning.soon_at == start + 90 * MINUTE


def test_stages__of_days_fall_at_nine_in_the_morning():
    reckoning = reckon(History(uk("2026-09-20 22:00")), shipped_terms("intermediate_care"))
    assert [s.at for s in reckoning.stages] == [uk("2026-10-11 09:00"), uk("2026-10-22 09:00"), uk("2026-10-25 09:00")]
    assert reckoning.soon_at == uk("2026-10-22 09:00")


def test_stages__fewer_minutes_than_the_warning_wants_falls_at_the_start():
    start = utc("2026-05-11 10:00")
    reckoning = reckon(History(start), terms("elapsed", 10 * MINUTE, Stage("early", minutes_before=15)))
    assert reckoning.stages[0].at == start
    assert reckoning.soon_at == start


def test_stages__unknown_while_an_open_pause_comes_first():
    start = uk("2026-05-11 10:00")
    limit = terms("calendar_days", 5 * DAY, Stage("d", on_day=4), Stage("m", minutes_before=60), Stage("h", share=0.1))
    reckoning = reckon(History(start, pauses=(pause(start + 2 * DAY),)), limit)
    assert [s.code for s in reckoning.stages] == ["h"]


def test_stages__a_day_of_the_original_limit_never_falls_after_the_due_instant():
    start = uk("2026-05-11 10:00")
    agreed = ExtensionTo(start, end_of_day(date(2026, 5, 12)))
    reckoning = reckon(History(start, extensions=(agreed,)), terms("calendar_days", 5 * DAY, Stage("d", on_day=4)))
    assert reckoning.stages[0].at == reckoning.due_at == end_of_day(date(2026, 5, 12))


# Extensions


def test_extension__falls_due_at_the_last_instant_of_the_new_date():
    start = uk("2026-09-20 09:00")
    longer = ExtensionTo(start + 40 * DAY, end_of_day(date(2026, 11, 15)))
    assert due(start, shipped_terms("intermediate_care"), extensions=(longer,)) == end_of_day(date(2026, 11, 15))


def test_extension__of_a_clock_already_late_counts_from_when_it_was_agreed():
    start = uk("2026-05-11 10:00")
    late = ExtensionTo(uk("2026-05-20 10:00"), end_of_day(date(2026, 5, 25)))
    assert due(start, FIVE_DAYS, extensions=(late,)) == end_of_day(date(2026, 5, 25))


def test_extension__the_last_agreed_decides():
    start = utc("2026-05-11 10:00")
    first, second = ExtensionTo(start + HOUR, start + 5 * HOUR), ExtensionTo(start + 2 * HOUR, start + 8 * HOUR)
    assert due(start, TWO_HOURS, extensions=(second, first)) == start + 8 * HOUR


def test_extension__a_later_pause_moves_it_on():
    start = uk("2026-05-11 10:00")
    longer = ExtensionTo(uk("2026-05-13 10:00"), end_of_day(date(2026, 5, 20)))
    later = pause(uk("2026-05-13 12:00"), uk("2026-05-15 12:00"))
    assert due(start, FIVE_DAYS, later, extensions=(longer,)) == end_of_day(date(2026, 5, 22))


def test_extension__after_a_pause_is_still_the_date_that_was_agreed():
    start = utc("2026-05-11 10:00")
    earlier = pause(start + 30 * MINUTE, start + HOUR)
    longer = ExtensionTo(start + 2 * HOUR, start + 6 * HOUR)
    assert due(start, TWO_HOURS, earlier, extensions=(longer,)) == start + 6 * HOUR


# Small questions


@pytest.mark.parametrize(
    ("limit", "day", "expected"),
    [
        (FIVE_WORKING, date(2026, 5, 9), False),
        (FIVE_WORKING, date(2026, 5, 25), False),
        (FIVE_WORKING, date(2026, 5, 26), True),
        (FIVE_DAYS, date(2026, 5, 25), True),
        (FOUR_OPEN, date(2026, 5, 25), True),
        (terms("opening_hours", HOUR, opening=calendar(exceptions={"2026-05-25": []})), date(2026, 5, 25), False),
    ],
)
def test_counts_on__says_whether_a_clock_may_fall_due_that_day(limit, day, expected):
    assert counts_on(limit, day) is expected


def test_end_of_next_working_day__skips_easter():
    assert end_of_next_working_day(uk("2026-04-02 15:00"), england_and_wales()) == end_of_day(date(2026, 4, 7))
    assert end_of_next_working_day(uk("2026-05-12 15:00"), england_and_wales()) == end_of_day(date(2026, 5, 13))


def test_segments__a_pause_that_ended_before_the_start_is_not_shown():
    start = utc("2026-05-11 10:00")
    history = History(start, pauses=(pause(start - 2 * HOUR, start - HOUR),))
    assert [p.kind for p in segments(history, TWO_HOURS, start + HOUR)] == [SegmentKind.COUNTS]
    assert reckon(history, TWO_HOURS).due_at == start + 2 * HOUR


def test_extension__agreed_before_the_start_counts_from_the_start():
    start = uk("2026-05-11 10:00")
    early = ExtensionTo(start - 9 * DAY, end_of_day(date(2026, 5, 25)))
    assert due(start, FIVE_WORKING, extensions=(early,)) == end_of_day(date(2026, 5, 22))
    assert due(start, FIVE_DAYS, extensions=(early,)) == end_of_day(date(2026, 5, 25))
