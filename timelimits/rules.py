"""How time runs against a limit. Pure: (history, terms) in, instants and sums out. No database, no clock of its own.

Everything that says "overdue", in Python or in SQL, goes by `is_overdue`; what is not overdue when it stops is met.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, pairwise, takewhile
from math import ceil

from timelimits.domain import (
    MAX_CLOSED_DAYS,
    WARNING_HOUR,
    Calendar,
    History,
    Limit,
    LimitKind,
    Outcome,
    PauseSpan,
    Reckoning,
    Segment,
    SegmentKind,
    Stage,
    StageAt,
    State,
    Window,
)
from timelimits.domain.bank_holidays import BankHolidays, CalendarGapError
from timelimits.domain.local_time import DAY, TICK, at_hour, end_of_day, local_date, opening_edge, start_of_day

FAR = datetime.max.replace(tzinfo=UTC)
SATURDAY = 5
SOON_SHARE = 0.75
NOTHING = timedelta(0)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a clock is measured by: its limit and stages, the calendar of opening hours, the bank holidays."""

    limit: Limit
    bank_holidays: BankHolidays
    calendar: Calendar | None = None
    stages: tuple[Stage, ...] = ()


def is_overdue(due_at: datetime | None, at: datetime) -> bool:
    """Say whether a running clock is late at the instant: strictly after its due instant. Paused is never late."""
    return due_at is not None and at > due_at


def outcome(due_at: datetime | None, stopped_at: datetime, *, cancelled: bool = False) -> Outcome:
    """Return how a clock ended. Cancelling after the due instant leaves it breached."""
    if is_overdue(due_at, stopped_at):
        return Outcome.BREACHED
    return Outcome.CANCELLED if cancelled else Outcome.MET


def state(history: History, due_at: datetime | None, at: datetime) -> State:
    """Return what the clock is at the instant. A stopped clock is what it ended as."""
    if history.stopped_at is not None:
        return State(outcome(due_at, history.stopped_at, cancelled=history.cancelled))
    if is_overdue(due_at, at):
        return State.OVERDUE
    return State.PAUSED if due_at is None else State.RUNNING


def reckon(history: History, terms: Terms) -> Reckoning:
    """Return the due instant, the "soon" instant and every stage of a clock, in time order.

    Raises CalendarGapError when the calendar cannot answer.
    """
    history = _closed_at_stop(history)
    allowed = _allowed(history, terms)
    reach = _reach_day if terms.limit.kind.in_days else _reach_instant
    due_at = reach(history, terms, allowed)[-1]
    stages = tuple(sorted(_stages(history, terms, allowed, due_at), key=lambda stage: stage.at))
    soon_at = None if due_at is None else _soon(history, terms, allowed, stages)
    return Reckoning(allowed=allowed, due_at=due_at, soon_at=soon_at, stages=stages)


def used_at(history: History, terms: Terms, at: datetime) -> timedelta:
    """Return the time used at the instant: counted minutes, or counted days begun.

    A day at whose end the clock was paused has not counted.
    """
    at = min(at, history.stopped_at or at)
    history = _closed_at_stop(history)
    if terms.limit.kind.in_days:
        return DAY * _days_begun(history, terms, at)
    total = NOTHING
    for starts_at, ends_at in _running_intervals(history, terms):
        if starts_at >= at:
            break
        total += min(ends_at, at) - starts_at
    return total


def explained(history: History, terms: Terms, until: datetime) -> tuple[Segment, ...]:
    """Return the pieces until the instant, all that came after the due instant as one, with the running sum."""
    due_at = reckon(history, terms).due_at
    if due_at is None or not is_overdue(due_at, until):
        return segments(history, terms, until)
    used = used_at(history, terms, until)
    late = Segment(due_at, until, SegmentKind.LATE, used - used_at(history, terms, due_at), used)
    return (*segments(history, terms, due_at), late)


def open_on(terms: Terms, day: date) -> list[Interval]:
    """Return when a service opens and closes on a local date, as UTC instants."""
    return _opening_instants(terms, day)


def segments(history: History, terms: Terms, until: datetime) -> tuple[Segment, ...]:
    """Return every piece of time from the start until the instant, in order, with the running sum."""
    if until <= history.started_at:
        return ()
    history = _closed_at_stop(history)
    pieces = _day_pieces(history, terms, until) if terms.limit.kind.in_days else _time_pieces(history, terms, until)
    found: list[Segment] = []
    used = NOTHING
    for starts_at, ends_at, kind, counted in pieces:
        used += counted
        found.append(Segment(starts_at, ends_at, kind, counted, used))
    return tuple(found)


def counts_on(terms: Terms, day: date) -> bool:
    """Say whether any of the local date counts towards the limit, so that a clock may fall due on it."""
    match terms.limit.kind:
        case LimitKind.WORKING_DAYS:
            return is_working_day(day, terms.bank_holidays)
        case LimitKind.OPENING_HOURS:
            return bool(_windows(terms, day))
        case _:
            return True


def is_working_day(day: date, bank_holidays: BankHolidays) -> bool:
    """Say whether the date is neither a weekend nor a bank holiday. Raises CalendarGapError for a year not held."""
    return not bank_holidays.falls_on(day) and day.weekday() < SATURDAY


def end_of_next_working_day(at: datetime, bank_holidays: BankHolidays) -> datetime:
    """Return the last instant of the first working day after the local date of the instant, in UTC."""
    day = local_date(at) + DAY
    while not is_working_day(day, bank_holidays):
        day += DAY
    return end_of_day(day)


def check_opening(calendar: Calendar, bank_holidays: BankHolidays) -> None:
    """Raise CalendarGapError if any edition of the calendar has no opening within 30 days of its first day."""
    terms = Terms(Limit(LimitKind.OPENING_HOURS, DAY, calendar.code), bank_holidays, calendar)
    for edition in calendar.editions:
        next(_openings(terms, start_of_day(edition.effective_from)))


# What counts -----------------------------------------------------------------------------------------------


def _closed_at_stop(history: History) -> History:
    """End an open pause where the clock stopped: a stopped clock has a due instant."""
    if history.stopped_at is None:
        return history
    pauses = tuple(replace(p, resumed_at=p.resumed_at or max(history.stopped_at, p.paused_at)) for p in history.pauses)
    return replace(history, pauses=pauses)


def _paused_intervals(pauses: Iterable[PauseSpan]) -> list[Interval]:
    """Return the union of the pauses, oldest first; an open one never ends."""
    merged: list[Interval] = []
    for pause in sorted(pauses, key=lambda p: p.paused_at):
        starts_at, ends_at = pause.paused_at, pause.resumed_at or FAR
        if merged and starts_at <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends_at))
        else:
            merged.append((starts_at, ends_at))
    return merged


def _running_intervals(history: History, terms: Terms) -> Iterator[Interval]:
    """Yield the stretches that count, in order, for kinds that count minutes."""
    paused = _paused_intervals(history.pauses)
    for opening in _openings(terms, history.started_at):
        running_from, closes_at = opening
        for pause_start, pause_end in paused:
            if pause_end <= running_from or pause_start >= closes_at:
                continue
            if pause_start > running_from:
                yield running_from, pause_start
            running_from = pause_end
        if running_from == FAR:
            return
        if running_from < closes_at:
            yield running_from, closes_at


def _openings(terms: Terms, start: datetime) -> Iterator[Interval]:
    """Yield when the limit's calendar is open from `start` on, never overlapping; elapsed limits are always open."""
    if terms.limit.kind is LimitKind.ELAPSED:
        yield start, FAR
        return
    day = last_open = local_date(start) - DAY
    free_from = start
    while (day - last_open).days <= MAX_CLOSED_DAYS:
        for opens_at, closes_at in _opening_instants(terms, day):
            if closes_at > free_from:
                yield max(opens_at, free_from), closes_at
                free_from, last_open = closes_at, day
        day += DAY
    raise CalendarGapError(f"{terms.limit.calendar} has no opening within {MAX_CLOSED_DAYS} days of {last_open}.")


def _opening_instants(terms: Terms, day: date) -> list[Interval]:
    edges = (
        (opening_edge(day, w.opens, closes=False), opening_edge(day, w.closes, closes=True))
        for w in _windows(terms, day)
    )
    return sorted(edge for edge in edges if edge[0] < edge[1])


def _windows(terms: Terms, day: date) -> tuple[Window, ...]:
    """Return the opening periods of a local date: its exception, else the bank holiday's, else the weekday's."""
    if terms.calendar is None:
        raise CalendarGapError(f"There is no calendar of opening hours {terms.limit.calendar!r}.")
    edition = terms.calendar.edition_on(day)
    for exception, windows in edition.exceptions:
        if exception == day:
            return windows
    if edition.bank_holiday is not None and terms.bank_holidays.falls_on(day):
        return edition.bank_holiday
    return edition.week[day.weekday()]


def _day_kind(terms: Terms, paused: list[Interval], day: date) -> SegmentKind:
    """Say what a local date after the first is worth: it counts if it ends with the clock running on a counted day."""
    last = end_of_day(day)
    if any(starts_at <= last < ends_at for starts_at, ends_at in paused):
        return SegmentKind.PAUSED
    return SegmentKind.COUNTS if counts_on(terms, day) else SegmentKind.CLOSED


def _counted_days(history: History, terms: Terms) -> Iterator[date]:
    """Yield the local dates that count, in order. The date of the start is day 0; an open pause ends the list."""
    paused = _paused_intervals(history.pauses)
    never_after = paused[-1][0] if paused and paused[-1][1] == FAR else FAR
    day = local_date(history.started_at) + DAY
    while end_of_day(day) < never_after:
        if _day_kind(terms, paused, day) is SegmentKind.COUNTS:
            yield day
        day += DAY


def _days_begun(history: History, terms: Terms, at: datetime) -> int:
    return sum(1 for _ in takewhile(lambda day: start_of_day(day) <= at, _counted_days(history, terms)))


# Instants ---------------------------------------------------------------------------------------------------


def _allowed(history: History, terms: Terms) -> timedelta:
    """Return the time allowed.

    An extension allows what had been used when it was agreed, and what counts from then to the new date.
    """
    allowed = terms.limit.amount
    for extension in sorted(history.extensions, key=lambda e: e.agreed_at):
        agreed_at = max(extension.agreed_at, history.started_at)
        known = tuple(p for p in history.pauses if p.paused_at <= agreed_at)
        used = used_at(replace(history, pauses=known), terms, agreed_at)
        allowed = used + used_at(History(started_at=agreed_at), terms, extension.new_due_at)
    return allowed


def _reach_instant(history: History, terms: Terms, *amounts: timedelta) -> list[datetime | None]:
    """Return when each amount of counted time is used up, in the order asked; None if an open pause comes first."""
    found: dict[timedelta, datetime] = {}
    waiting = sorted(set(amounts))
    total = NOTHING
    for starts_at, ends_at in _running_intervals(history, terms):
        length = ends_at - starts_at
        while waiting and waiting[0] - total <= length:
            amount = waiting.pop(0)
            found[amount] = starts_at + (amount - total)
        if not waiting:
            break
        total += length
    return [found.get(amount) for amount in amounts]


def _reach_day(history: History, terms: Terms, *amounts: timedelta) -> list[datetime | None]:
    """Return the last instant of the day on which each number of counted days is used up."""
    return [None if day is None else end_of_day(day) for day in _nth_days(history, terms, [a.days for a in amounts])]


def _nth_days(history: History, terms: Terms, numbers: list[int]) -> list[date | None]:
    found: dict[int, date] = {}
    for number, day in enumerate(_counted_days(history, terms), start=1):
        found[number] = day
        if number >= max(numbers):
            break
    return [found.get(number) for number in numbers]


def _stages(history: History, terms: Terms, allowed: timedelta, due_at: datetime | None) -> Iterator[StageAt]:
    """Yield the stages whose instants are known; none falls before the start or after the due instant."""
    for stage in terms.stages:
        if stage.minutes_before is not None:
            at = None if due_at is None else due_at - timedelta(minutes=stage.minutes_before)
        elif stage.on_day is not None:
            at = _morning_of(history, terms, stage.on_day)
        else:
            at = _share(history, terms, allowed, stage.share or 0.0)
        if at is not None:
            at = max(at, history.started_at)
            yield StageAt(stage.code, at if due_at is None else min(at, due_at), stage.rung)


def _share(history: History, terms: Terms, allowed: timedelta, share: float) -> datetime | None:
    if terms.limit.kind.in_days:
        return _morning_of(history, terms, max(1, ceil(allowed.days * share)))
    return _reach_instant(history, terms, allowed * share)[0]


def _morning_of(history: History, terms: Terms, number: int) -> datetime | None:
    """Return 09:00 on the counted day, so that a warning about days does not wake the night desk."""
    day = _nth_days(history, terms, [number])[0]
    return None if day is None else at_hour(day, WARNING_HOUR)


def _soon(history: History, terms: Terms, allowed: timedelta, stages: tuple[StageAt, ...]) -> datetime | None:
    """Return when the clock starts to show as due soon: three quarters used, or its last stage if that is earlier."""
    three_quarters = _share(history, terms, allowed, SOON_SHARE)
    if three_quarters is None or not stages:
        return three_quarters
    return min(three_quarters, stages[-1].at)


# Pieces -----------------------------------------------------------------------------------------------------

Piece = tuple[datetime, datetime, SegmentKind, timedelta]


def _time_pieces(history: History, terms: Terms, until: datetime) -> Iterator[Piece]:
    """Yield counted, closed and paused stretches; a pause outside opening hours shows as a pause."""
    paused = _clip(_paused_intervals(history.pauses), history.started_at, until)
    opened = _clip(_openings(terms, history.started_at), history.started_at, until)
    edges = sorted({history.started_at, until, *(e for span in (*paused, *opened) for e in span)})
    for starts_at, ends_at in pairwise(edges):
        if any(a <= starts_at < b for a, b in paused):
            yield starts_at, ends_at, SegmentKind.PAUSED, NOTHING
        elif any(a <= starts_at < b for a, b in opened):
            yield starts_at, ends_at, SegmentKind.COUNTS, ends_at - starts_at
        else:
            yield starts_at, ends_at, SegmentKind.CLOSED, NOTHING


def _clip(intervals: Iterable[Interval], start: datetime, until: datetime) -> list[Interval]:
    kept = []
    for starts_at, ends_at in intervals:
        if starts_at >= until:
            break
        if ends_at > start:
            kept.append((max(starts_at, start), min(ends_at, until)))
    return kept


def _day_pieces(history: History, terms: Terms, until: datetime) -> Iterator[Piece]:
    """Yield runs of local dates of one kind: the day of the start, counted, weekend or bank holiday, paused."""
    for kind, days in groupby(_days_with_kind(history, terms, until), key=lambda found: found[1]):
        run = [day for day, _ in days]
        starts_at = max(start_of_day(run[0]), history.started_at)
        ends_at = min(end_of_day(run[-1]) + TICK, until)
        yield starts_at, ends_at, kind, DAY * len(run) if kind is SegmentKind.COUNTS else NOTHING


def _days_with_kind(history: History, terms: Terms, until: datetime) -> Iterator[tuple[date, SegmentKind]]:
    paused = _paused_intervals(history.pauses)
    day = local_date(history.started_at)
    yield day, SegmentKind.FIRST_DAY
    while start_of_day(day := day + DAY) < until:
        yield day, _day_kind(terms, paused, day)
