"""The words of clocks. Pure: shape, words and tint say the same thing, and words alone are enough."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from timelimits.domain import CancelReason, Outcome, Stage
from timelimits.domain.local_time import day_words, instant_words, local_date, time_words
from timelimits.rules import is_overdue

IN_HOURS = timedelta(hours=12)
IN_DAYS = timedelta(hours=48)
MINUTE = timedelta(minutes=1)
PAGES = frozenset({"referral"})
CANCEL_WORDS: dict[str, str] = {
    CancelReason.NOT_WANTED: "did not want it",
    CancelReason.WITHDRAWN: "withdrawn",
    CancelReason.REDIRECTED: "went to another service",
    CancelReason.DECLINED: "declined by us",
    CancelReason.ADMITTED: "admitted to hospital",
    CancelReason.DIED: "died",
    CancelReason.NOT_NEEDED: "not needed",
    CancelReason.ENTERED_IN_ERROR: "entered in error",
}


@dataclass(frozen=True, slots=True)
class ClockWords:
    """One clock as shown. `state` is run, soon, late, met, missed, pause or gone; `icon` names its symbol."""

    state: str
    headline: str
    second: str
    icon: str


def clock_words(
    due_at: datetime | None,
    now: datetime,
    *,
    label: str,
    soon_at: datetime | None = None,
    stopped_at: datetime | None = None,
    outcome: str = "",
    paused_at: datetime | None = None,
    pause_reason: str = "",
    cancel_reason: str = "",
) -> ClockWords:
    """Return how a clock is shown at the instant. `label` is the limit in short: "2-hour visit"."""
    if stopped_at is not None:
        return _ended(due_at, stopped_at, outcome, label, cancel_reason)
    if is_overdue(due_at, now):
        return _of("late", f"Overdue by {span_words(now - (due_at or now))}", label)
    if due_at is None:
        since = f"since {since_words(paused_at, now)}" if paused_at else ""
        second = ", ".join(part for part in (reason_words(pause_reason), since) if part)
        return _of("pause", "Paused", second or label)
    soon = soon_at is not None and now >= soon_at
    return _of("soon" if soon else "run", left_words(due_at, now), label)


def _of(state: str, headline: str, second: str) -> ClockWords:
    return ClockWords(state, headline, second, state)


def _ended(due_at: datetime | None, stopped_at: datetime, outcome: str, label: str, reason: str) -> ClockWords:
    if outcome == Outcome.CANCELLED:
        return _of("gone", "Cancelled", f"{label}: {CANCEL_WORDS.get(reason, reason_words(reason).lower())}")
    apart = abs((due_at or stopped_at) - stopped_at)
    if outcome == Outcome.BREACHED:
        return _of("missed", f"Missed by {span_words(apart)}", label)
    return _of("met", f"Met with {span_words(apart)} to spare" if apart >= MINUTE else "Met", label)


def left_words(due_at: datetime, now: datetime) -> str:
    """Return the time left: "38 min left"; over twelve hours ahead the date, "Due by Sat 19 Sep"."""
    left = due_at - now
    if left > IN_HOURS:
        day = local_date(due_at)
        year = f" {day.year}" if day.year != local_date(now).year else ""
        return f"Due by {day_words(day)}{year}"
    return f"{span_words(left)} left" if left >= MINUTE else "Less than a minute left"


def span_words(span: timedelta) -> str:
    """Return a length of time: "12 min", "2 h 5 min", from two days on "3 days"; whole minutes, rounded down."""
    if span >= IN_DAYS:
        return f"{span.days} days"
    minutes = int(span // MINUTE)
    if minutes < 1:
        return "less than a minute"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"


def since_words(at: datetime, now: datetime) -> str:
    """Return when something began: the time today, else day and time."""
    return time_words(at).split()[0] if local_date(at) == local_date(now) else instant_words(at)


def reason_words(code: str) -> str:
    """Return a coded reason as words: "question_out" is "Question out"."""
    return code.replace("_", " ").capitalize()


def preview_words(before: datetime | None, after: datetime | None) -> str:
    """Return what a correction does to when a clock falls due."""
    was, will = (instant_words(at) if at else "standing still" for at in (before, after))
    return f"It stays as it is: {was}." if before == after else f"It was due {was}. It will be due {will}."


class Shown(Protocol):
    """A clock as stored, with its policy."""

    due_at: datetime | None
    soon_at: datetime | None
    stopped_at: datetime | None
    paused_at: datetime | None
    outcome: str
    cancel_reason: str


def words_of(clock: Shown, label: str, now: datetime) -> ClockWords:
    """Return how a stored clock is shown at the instant."""
    return clock_words(
        clock.due_at,
        now,
        label=label,
        soon_at=clock.soon_at,
        stopped_at=clock.stopped_at,
        outcome=clock.outcome,
        paused_at=clock.paused_at,
        cancel_reason=clock.cancel_reason,
    )


def subject_path(subject: str) -> str:
    """Return where a subject's page is: "referral:<id>" is at /referrals/<id>/; nothing for what has no page."""
    kind, _, key = subject.partition(":")
    return f"/{kind}s/{key}/" if kind in PAGES else ""


def clock_path(subject: str, case_id: UUID) -> str:
    """Return the page a reader of this clock goes on to: of its subject, or of the case where that has none."""
    return subject_path(subject) or f"/cases/{case_id}/"


def long_words(span: timedelta) -> str:
    """Return an exact length: "1 h 50 min", "47 min 12 s"; nothing is rounded away, so that a sum adds up on paper."""
    seconds = int(span.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    parts = [f"{hours} h"] if hours else []
    if hours or minutes or not seconds:
        parts.append(f"{minutes} min")
    if seconds:
        parts.append(f"{seconds} s")
    return " ".join(parts)


def stage_words(stage: Stage) -> str:
    """Return when a stage falls: "at 50%", "15 min before", "on day 21"."""
    if stage.minutes_before is not None:
        return f"{stage.minutes_before} min before"
    return f"on day {stage.on_day}" if stage.on_day is not None else f"at {round((stage.share or 0) * 100)}%"


def days_words(span: timedelta) -> str:
    """Return whole days: "1 day", "5 days"."""
    return f"{span.days} day{'' if span.days == 1 else 's'}"
