"""What must hold for every clock of 2020 to 2035, whatever the hour it starts in."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from accounts.domain.rota import LONDON
from tests.factories.timelimits import calendar, terms, utc
from timelimits.domain import History, LimitKind, PauseSpan, SegmentKind, Stage
from timelimits.domain.bank_holidays import england_and_wales
from timelimits.domain.local_time import end_of_day, local_date
from timelimits.rules import is_overdue, is_working_day, reckon, segments, used_at

TICK = timedelta(microseconds=1)
DAY = timedelta(days=1)
STAGES = (Stage("half", share=0.5), Stage("most", share=0.75), Stage("last", minutes_before=15))
OPENINGS = [
    calendar(),
    calendar(week={"mon": ["09:00-12:30", "13:30-17:00"], "sat": ["22:00-06:00"], "sun": ["00:30-02:30"]}),
    calendar(bank_holiday=[], exceptions={"2026-10-25": ["01:15-03:00"]}),
]

EDGES = [  # both folds, both sides of each change, leap days, Christmas, Easter, a proclaimed day, New Year
    utc("2026-10-25 00:30"),
    utc("2026-10-25 01:30"),
    utc("2026-03-29 00:59"),
    utc("2026-03-29 01:00"),
    utc("2028-02-28 23:59"),
    utc("2028-02-29 12:00"),
    utc("2026-12-24 20:30"),
    utc("2026-04-02 22:59"),
    utc("2022-09-18 10:00"),
    utc("2030-12-31 23:59"),
]
instants = st.one_of(
    st.sampled_from(EDGES),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31), timezones=st.just(UTC)),
)


@st.composite
def limits(draw):
    kind = draw(st.sampled_from(list(LimitKind)))
    if kind.in_days:
        return terms(kind, DAY * draw(st.integers(1, 60)), *STAGES)
    amount = timedelta(minutes=draw(st.integers(1, 3000)))
    return terms(kind, amount, *STAGES, opening=draw(st.sampled_from(OPENINGS)) if kind == "opening_hours" else None)


@st.composite
def pauses(draw, start):
    edges = sorted(draw(st.lists(st.integers(0, 20_000), max_size=6)))
    at = [start + timedelta(minutes=m) for m in edges]
    return tuple(PauseSpan(a, b) for a, b in zip(at[::2], at[1::2], strict=False))


@st.composite
def clocks(draw):
    start = draw(instants)
    return History(start, pauses=draw(pauses(start))), draw(limits())


@given(instants, st.integers(1, 10_000))
@example(utc("2026-10-25 00:30"), 120)
@example(utc("2026-03-29 00:30"), 120)
def test_elapsed__is_plain_addition(start, minutes):
    amount = timedelta(minutes=minutes)
    assert reckon(History(start), terms("elapsed", amount)).due_at == start + amount


@given(instants, st.integers(1, 120))
def test_calendar_days__fall_due_at_the_last_instant_of_the_nth_local_date(start, days):
    at = reckon(History(start), terms("calendar_days", DAY * days)).due_at.astimezone(LONDON)
    assert at.date() == local_date(start) + DAY * days
    assert (at.hour, at.minute, at.second, at.microsecond) == (23, 59, 59, 999999)


@given(instants, st.integers(1, 30))
def test_working_days__fall_due_on_a_working_day_with_that_many_after_the_start(start, days):
    at = reckon(History(start), terms("working_days", DAY * days)).due_at
    first, last = local_date(start) + DAY, local_date(at)
    span = [first + DAY * n for n in range((last - first).days + 1)]
    assert is_working_day(last, england_and_wales())
    assert sum(is_working_day(day, england_and_wales()) for day in span) == days


@given(clocks())
@settings(max_examples=300)
def test_due__is_when_the_limit_is_used_and_a_tick_later_is_late(clock):
    history, limit = clock
    at = reckon(history, limit).due_at
    assert used_at(history, limit, at) == limit.limit.amount
    assert not is_overdue(at, at)
    assert is_overdue(at, at + TICK)
    if limit.limit.kind.in_days:
        assert at == end_of_day(local_date(at))
    else:
        assert used_at(history, limit, at - TICK) < limit.limit.amount


@given(clocks(), st.integers(0, 30_000))
@settings(max_examples=300)
def test_segments__cover_the_time_without_gap_and_add_up(clock, minutes):
    history, limit = clock
    until = history.started_at + timedelta(minutes=minutes)
    pieces = segments(history, limit, until)
    edges = [history.started_at, *(p.ends_at for p in pieces)]
    assert [p.starts_at for p in pieces] == edges[:-1]
    assert edges[-1] == until
    assert all(p.counted == timedelta(0) for p in pieces if p.kind is not SegmentKind.COUNTS)
    if pieces and not limit.limit.kind.in_days:
        assert pieces[-1].used == used_at(history, limit, until)


@given(clocks(), st.integers(1, 5_000))
@settings(max_examples=200)
def test_pause__never_makes_a_clock_fall_due_sooner(clock, minutes):
    history, limit = clock
    extra = PauseSpan(history.started_at + timedelta(minutes=30), history.started_at + timedelta(minutes=30 + minutes))
    longer = History(history.started_at, pauses=(*history.pauses, extra))
    before, after = reckon(history, limit).due_at, reckon(longer, limit).due_at
    assert before <= after
    if limit.limit.kind is LimitKind.ELAPSED and not history.pauses:
        assert after - before in (timedelta(0), timedelta(minutes=minutes))


@given(clocks())
@settings(max_examples=300)
def test_stages__lie_between_start_and_due_in_order(clock):
    history, limit = clock
    reckoning = reckon(history, limit)
    at = [s.at for s in reckoning.stages]
    assert at == sorted(at)
    assert all(history.started_at <= a <= reckoning.due_at for a in at)
    assert history.started_at <= reckoning.soon_at <= reckoning.due_at
    assert len(at) == len(STAGES)


@given(clocks(), st.integers(0, 20_000))
@settings(max_examples=200)
def test_open_pause__gives_a_due_instant_only_if_the_limit_was_used_before(clock, minutes):
    history, limit = clock
    opened = history.started_at + timedelta(minutes=minutes)
    assume(all(p.resumed_at <= opened for p in history.pauses))
    without = reckon(history, limit).due_at
    at = reckon(History(history.started_at, pauses=(*history.pauses, PauseSpan(opened))), limit).due_at
    assert at in (None, without)
    assert (at is None) == (without > opened)


@given(instants, st.dates(date(2020, 1, 1), date(2035, 12, 31)), st.integers(1, 20))
def test_extra_bank_holiday__moves_a_working_day_limit_only_if_it_falls_inside(start, day, days):
    limit = terms("working_days", DAY * days)
    proclaimed = type(limit)(limit.limit, england_and_wales().with_extra(frozenset({day})), None, ())
    before, after = reckon(History(start), limit).due_at, reckon(History(start), proclaimed).due_at
    inside = local_date(start) < day <= local_date(before) and is_working_day(day, england_and_wales())
    assert (after > before) == inside
