"""The page that explains one clock: the answer first, then the bar, the pieces, the sum and the rule. Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.domain.rota import LONDON
from timelimits.domain import BREACH, ExtensionTo, PauseSpan, Segment, SegmentKind
from timelimits.domain.definitions import amount_words
from timelimits.domain.local_time import (
    clock_changes,
    day_words,
    instant_words,
    local_date,
    time_words,
    zone_word,
)
from timelimits.presenters.bar import KINDS, Bar, time_bar
from timelimits.presenters.words import (
    ClockWords,
    clock_path,
    days_words,
    long_words,
    reason_words,
    span_words,
    stage_words,
    subject_path,
    words_of,
)
from timelimits.queries.explanation import Explanation
from timelimits.rules import open_on

DAY = timedelta(days=1)
SAYS = {"counts": "Counts", "closed": "Does not count", "paused": "Paused", "late": "Late"}


@dataclass(frozen=True, slots=True)
class PieceRow:
    """One row of the table of pieces."""

    number: int
    what: str
    starts: str
    ends: str
    kind: str
    says: str
    length: str
    used: str


@dataclass(frozen=True, slots=True)
class SumRow:
    """One row of the sum."""

    words: str
    amount: str
    total: bool = False


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local date: when it was open, or what kind of day it was, and what of it counted."""

    day: str
    what: str
    counted: str


@dataclass(frozen=True, slots=True)
class ExplainPage:
    """All that timelimits/explain.html reads."""

    title: str
    clock: ClockWords
    answer: str
    story: str
    bar: Bar
    pieces: tuple[PieceRow, ...]
    sum: tuple[SumRow, ...]
    days_title: str
    days: tuple[DayRow, ...]
    changes: tuple[tuple[str, str], ...]
    facts: tuple[str, ...]
    rule: tuple[str, ...]
    back: str
    back_words: str


def explain_page(found: Explanation, now: datetime) -> ExplainPage:
    """Return the whole page of one clock as it stands at the instant."""
    days = found.policy.limit.kind.in_days
    return ExplainPage(
        title=found.policy.label.lower() if found.policy.label.istitle() else found.policy.label,
        clock=words_of(found.clock, found.policy.title, now),
        answer=_answer(found),
        story=_story(found),
        bar=time_bar(found.pieces, found.until, _until(found), found.reckoning.due_at, days),
        pieces=tuple(_row(found, number, piece) for number, piece in enumerate(found.pieces, start=1)),
        sum=_sum(found),
        days_title="Days counted" if days else "Opening hours counted",
        days=_days(found),
        changes=tuple(_change_note(found, at) for at in clock_changes(found.clock.started_at, found.until)),
        facts=_facts(found),
        rule=_rule(found),
        back=clock_path(found.clock.subject, found.clock.case_id),
        back_words=f"Back to the {'referral' if subject_path(found.clock.subject) else 'case'}",
    )


def _amount(found: Explanation, span: timedelta) -> str:
    return days_words(span) if found.policy.limit.kind.in_days else long_words(span)


def _until(found: Explanation) -> str:
    return "Stopped" if found.clock.stopped_at else "Now"


def _answer(found: Explanation) -> str:
    extended = " (extended)" if found.history.extensions else ""
    allowed = amount_words(found.policy.limit)
    if extended:
        allowed = _amount(found, found.reckoning.allowed)
    verb = "were" if found.clock.stopped_at else "have been"
    return f"{allowed}{extended} were allowed. {_amount(found, found.used)} {verb} used."


def _story(found: Explanation) -> str:
    clock = found.clock
    parts = [f"Started {_full(clock.started_at)}."]
    if found.reckoning.due_at is not None:
        parts.append(f"Due {_full(found.reckoning.due_at)}.")
    if clock.stopped_at is not None:
        who = f" by {clock.stopped_label}" if clock.stopped_label else ""
        parts.append(f"Stopped {_full(clock.stopped_at)}{who}.")
    if (
        clock.stop_recorded_at
        and clock.stopped_at
        and local_date(clock.stop_recorded_at) > local_date(clock.stopped_at)
    ):
        parts.append(f"Recorded {_full(clock.stop_recorded_at)}.")
    return " ".join(parts)


def _full(at: datetime) -> str:
    return f"{day_words(local_date(at))} {local_date(at).year} at {time_words(at)}"


def _row(found: Explanation, number: int, piece: Segment) -> PieceRow:
    kind = KINDS[piece.kind]
    days = found.policy.limit.kind.in_days
    return PieceRow(
        number=number,
        what=_what(found, piece),
        starts=instant_words(piece.starts_at),
        ends=instant_words(piece.ends_at),
        kind=kind,
        says=SAYS[kind],
        length=days_words(piece.counted) if days and piece.counted else long_words(piece.length),
        used=_amount(found, piece.used),
    )


def _what(found: Explanation, piece: Segment) -> str:
    words = _kind_words(found, piece)
    changes = clock_changes(piece.starts_at, piece.ends_at)
    if len(changes) == 1:
        back = zone_word(changes[0]) == "GMT"
        words += "; clocks go back at 02:00 BST" if back else "; clocks go forward at 01:00 GMT"
    return words


def _kind_words(found: Explanation, piece: Segment) -> str:
    limit = found.policy.limit
    where = limit.calendar.upper()
    if piece.kind is SegmentKind.PAUSED:
        return _pause_words(found, piece)
    if piece.kind is SegmentKind.LATE:
        return "After it was due"
    if piece.kind is SegmentKind.FIRST_DAY:
        return "The day it started, which does not count"
    if piece.kind is SegmentKind.CLOSED:
        return f"{where} closed" if where else "Weekend or bank holiday"
    if limit.kind.in_days:
        return "Days that count"
    return f"{where} open" if where else "The clock ran"


def _pause_words(found: Explanation, piece: Segment) -> str:
    last = piece.ends_at - timedelta(microseconds=1)
    pauses = [p for p in found.history.pauses if p.paused_at <= last and (p.resumed_at is None or p.resumed_at > last)]
    return "; ".join(_pause(pause) for pause in pauses) or "Paused"


def _pause(pause: PauseSpan) -> str:
    agreed = f", agreed by {pause.approved_by}" if pause.approved_by else ""
    return f"Paused: {reason_words(pause.reason).lower()}. By {pause.asked_by}{agreed}"


def _sum(found: Explanation) -> tuple[SumRow, ...]:
    rows, before = [], timedelta(0)
    for number, piece in enumerate(found.pieces, start=1):
        if piece.counted:
            after = before + piece.counted
            words = "After it was due" if piece.kind is SegmentKind.LATE else f"Piece {number}"
            rows.append(SumRow(words, _amount(found, _whole(after) - _whole(before))))
            before = after
    used = _whole(found.used)
    rows.append(SumRow("Used", _amount(found, used), total=True))
    rows += [SumRow(_extended(e), "") for e in found.history.extensions]
    rows.append(SumRow("Allowed", _amount(found, found.reckoning.allowed)))
    rest = found.reckoning.allowed - used
    words = ("To spare" if found.clock.stopped_at else "Left") if rest >= timedelta(0) else "Over"
    rows.append(SumRow(words, _amount(found, abs(rest)), total=True))
    return tuple(rows)


def _whole(span: timedelta) -> timedelta:
    """Return whole seconds, so that what is added up on the page adds up to what it says."""
    return timedelta(seconds=int(span.total_seconds()))


def _extended(extension: ExtensionTo) -> str:
    return f"Extended to {instant_words(extension.new_due_at)}: {reason_words(extension.reason).lower()}"


def _days(found: Explanation) -> tuple[DayRow, ...]:
    """Return the dates on which something counted; nothing for limits that run round the clock."""
    counted = [piece for piece in found.pieces if piece.kind is SegmentKind.COUNTS]
    if found.policy.limit.kind.in_days:
        return tuple(row for piece in counted for row in _counted_dates(piece, piece.used.days))
    if not found.policy.limit.calendar:
        return ()
    by_day: dict[date, timedelta] = {}
    for piece in counted:
        day = local_date(piece.starts_at)
        by_day[day] = by_day.get(day, timedelta(0)) + piece.counted
    return tuple(DayRow(day_words(day), _open_words(found, day), long_words(span)) for day, span in by_day.items())


def _open_words(found: Explanation, day: date) -> str:
    opened = open_on(found.terms, day)
    return ", ".join(f"{opens.astimezone(LONDON):%H:%M} to {time_words(closes)}" for opens, closes in opened)


def _counted_dates(piece: Segment, last_number: int) -> list[DayRow]:
    first, count = local_date(piece.starts_at), piece.counted.days
    return [DayRow(day_words(first + DAY * n), "Counts", f"day {last_number - count + 1 + n}") for n in range(count)]


def _change_note(found: Explanation, at: datetime) -> tuple[str, str]:
    """Return what the change of clocks did to the piece it fell in."""
    back = zone_word(at) == "GMT"
    lead = "The clocks went back." if back else "The clocks went forward."
    piece = next(p for p in found.pieces if p.starts_at < at <= p.ends_at)
    if found.policy.limit.kind.in_days:
        return lead, "Whole dates are counted, so the due date is the same."
    real = piece.length
    wall = real - timedelta(hours=1) if back else real + timedelta(hours=1)
    ends = time_words(piece.ends_at).split()[0]
    starts = f"{piece.starts_at.astimezone(LONDON):%H:%M}"
    looks = f"{starts} to {ends} looks like {span_words(wall)} but was {span_words(real)}."
    counts = piece.kind is SegmentKind.COUNTS
    return lead, f"{looks} " + ("Real time counts." if counts else "None of it counts, so the due time is the same.")


def _facts(found: Explanation) -> tuple[str, ...]:
    """Return what was recorded: each breach with when it was noticed, notes on it, and the reasons given."""
    facts = []
    for event in found.events:
        if event.stage == BREACH:
            note = f" {ANNOTATIONS[event.annotation]}" if event.annotation else ""
            facts.append(f"Missed {_full(event.happened_at)}, noticed {_full(event.noticed_at)}.{note}")
        else:
            facts.append(f"Warned {_full(event.happened_at)}.")
    facts += [
        f"{reason_words(reason.reason)}: said {reason.given_label}, {_full(reason.given_at)}."
        for reason in found.reasons
    ]
    return tuple(facts)


ANNOTATIONS = {
    "stopped_in_time": "It was done in time and recorded late, so it does not stand.",
    "due_moved": "The due time was put right afterwards, so it does not stand.",
}


def _rule(found: Explanation) -> tuple[str, ...]:
    policy = found.policy
    stages = [stage_words(stage) for stage in policy.stages]
    pausing = "May pause, with a reason." if policy.pause_reasons else "Never pauses."
    return (
        f"{policy.title}, version {policy.version}, from {day_words(policy.effective_from)} "
        f"{policy.effective_from.year}: {amount_words(policy.limit)}. {pausing}",
        f"From {policy.starts}, until {policy.stops}." if policy.starts else f"Requirement {policy.source}.",
        f"Warned {' and '.join(stages)}." if stages else "No warning before it is due.",
    )
