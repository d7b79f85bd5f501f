"""Words of the lists and small pages: missed limits, an alert, an override, the table of limits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain import Permission
from audit.domain import Actor
from timelimits.domain import BREACH
from timelimits.domain.definitions import amount_words, read_policy
from timelimits.domain.local_time import day_words, instant_words, local_date
from timelimits.models import Alert, Clock, Override, Policy
from timelimits.presenters.words import ClockWords, clock_path, reason_words, stage_words, words_of

DUTY_WORDS = {
    "co_ordinator": "co-ordinator",
    "desk": "duty desk",
    "lead": "lead on shift",
    "on_call": "manager on call",
}


@dataclass(frozen=True, slots=True)
class AlertPage:
    """What an alert is about, and who was told."""

    title: str
    clock: ClockWords
    told: tuple[str, ...]
    next: str
    answered: str
    back: str


@dataclass(frozen=True, slots=True)
class OverridePage:
    """What an override allows, until when, and whether this reader may confirm it."""

    what: str
    until: str
    confirmed: str
    may_confirm: bool


@dataclass(frozen=True, slots=True)
class LimitRow:
    """One version of one limit, as one row of the table of limits."""

    title: str
    code: str
    version: str
    amount: str
    starts: str
    stops: str
    warned: str
    told: str
    in_force: str
    current: bool
    source: str


def missed_rows(
    found: Iterable[tuple[Clock, datetime]], references: Mapping[UUID, str], now: datetime
) -> list[tuple[Clock, str]]:
    """Return each missed clock with its words, its reference where the case is open, and when its reason is due."""
    return [(clock, _missed_words(clock, references.get(clock.case_id, ""), due, now)) for clock, due in found]


def _missed_words(clock: Clock, reference: str, due: datetime, now: datetime) -> str:
    what = words_of(clock, clock.policy.label, now).headline
    started = f"started {instant_words(clock.started_at)}"
    return f"{reference or 'Closed case,'} {clock.policy.label}, {started}: {what}. Reason due by {instant_words(due)}"


def alert_page(alert: Alert, told: Sequence[Alert], now: datetime) -> AlertPage:
    """Return the words of an alert."""
    event = alert.event
    clock = event.clock
    late = event.stage == BREACH
    return AlertPage(
        title=f"{clock.policy.label} {'is overdue' if late and clock.stopped_at is None else 'needs a look'}",
        clock=words_of(clock, clock.policy.title, now),
        told=tuple(f"{a.recipient.name}, {DUTY_WORDS.get(a.duty, a.duty)}, {instant_words(a.sent_at)}" for a in told),
        next=f"If nobody answers, the next person is told {instant_words(event.climb_at)}." if event.climb_at else "",
        answered=f"Answered {instant_words(event.acknowledged_at)}" if event.acknowledged_at else "",
        back=clock_path(clock.subject, clock.case_id),
    )


def override_page(row: Override, by: Actor, now: datetime) -> OverridePage:
    """Return the words of an override."""
    waiting = f"Waits for a second person, by {instant_words(row.confirm_by)}."
    others = row.asked_by != by.id and by.may(Permission.CLOCK_CONFIRM_OVERRIDE)
    return OverridePage(
        what=reason_words(row.permission.replace(".", " ")),
        until=instant_words(row.ends_at) + (" (over)" if row.ends_at <= now else ""),
        confirmed=f"Confirmed {instant_words(row.confirmed_at)}." if row.confirmed_at else waiting,
        may_confirm=row.confirmed_at is None and others,
    )


def limit_rows(policies: Iterable[Policy], now: datetime) -> list[LimitRow]:
    """Return every version of every limit, by code and version."""
    return [_limit_row(policy, now) for policy in policies]


def _limit_row(row: Policy, now: datetime) -> LimitRow:
    terms, today = read_policy(row.definition), local_date(now)
    until = f" to {day_words(row.effective_until)} {row.effective_until.year}" if row.effective_until else ""
    return LimitRow(
        title=terms.title,
        code=f"{terms.code} {terms.variant}".strip(),
        version=str(terms.version),
        amount=amount_words(terms.limit),
        starts=terms.starts,
        stops=terms.stops,
        warned=", ".join(stage_words(stage) for stage in terms.stages),
        told=", ".join(f"{DUTY_WORDS[r.duty]} ({r.minutes} min)" for r in terms.ladder),
        in_force=f"{day_words(row.effective_from)} {row.effective_from.year}{until}",
        current=row.effective_from <= today and (row.effective_until is None or row.effective_until >= today),
        source=terms.source,
    )
