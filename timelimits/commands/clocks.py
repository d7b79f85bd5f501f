"""Starting, stopping and moving clocks. Every one rewrites the case's deadline in the same transaction."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db.models import F, QuerySet

from accounts.domain import Permission
from audit.bulk import NewEvent, insert, record_many
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from timelimits import queries
from timelimits.commands.alarms import clear_alarms
from timelimits.commands.approvers import agreed_to_pause, tell_who_agreed
from timelimits.commands.derived import annotate, quieten, refresh, rewrite_deadlines, settle
from timelimits.domain import BREACH, AlarmKind, CancelReason, CorrectionReason, MissReason, Outcome
from timelimits.models import BreachReason, Clock, ClockEvent, Pause, Policy
from timelimits.queries.book import Book, policies_in_force, reckon_told
from timelimits.queries.history import history_of
from timelimits.rules import is_overdue

NEW = (
    "id",
    "case_id",
    "subject",
    "policy",
    "policy_code",
    "started_at",
    "start_recorded_at",
    "outcome",
    "cancel_reason",
    "due_at",
    "soon_at",
    "next_check_at",
    "stopped_label",
    "faults",
)


@command
def start_clock(
    *, by: Actor, case_id: UUID, subject: str, policy: str, started_at: datetime, variant: str = ""
) -> Clock:
    """Start a time limit on a subject ("referral:<uuid>") from an aware instant, which may be past.

    A clock of the same limit that already runs on the subject is returned unchanged. Raises RuleBroken (no_such_limit;
    calendar_gap for a year whose bank holidays are not held).
    """
    limits = ((policy, variant),)
    return start_clocks(by=by, case_id=case_id, subject=subject, limits=limits, started_at=started_at)[0]


@command
def start_clocks(
    *,
    by: Actor,
    case_id: UUID,
    subject: str,
    limits: Sequence[tuple[str, str]],
    started_at: datetime,
    listed: bool = True,
) -> list[Clock]:
    """Start several limits (policy, variant) on a subject at one instant, as `start_clock` does one.

    `listed` is False for a case that is on no list before it is handed to somebody, in the same transaction.
    """
    rows, book = policies_in_force(limits, started_at), Book()
    clocks = [_new(case_id, subject, row, book, started_at) for row in rows]
    values = [[getattr(clock, "policy_id" if name == "policy" else name) for name in NEW] for clock in clocks]
    new = {found[0] for found in insert(Clock, NEW, values, returning=["id"], skip_existing=True)}
    begun = [clock for clock in clocks if clock.pk in new]
    record_many([_start(clock) for clock in begun])
    if listed:
        rewrite_deadlines([case_id], now())
    if len(begun) == len(clocks):
        return clocks
    running = {clock.policy_code: clock for clock in Clock.objects.filter(subject=subject, stopped_at=None)}
    return [clock if clock.pk in new else running[clock.policy_code] for clock in clocks]


def _new(case_id: UUID, subject: str, policy: Policy, book: Book, started_at: datetime) -> Clock:
    clock = Clock(
        case_id=case_id,
        subject=subject,
        policy=policy,
        policy_code=policy.code,
        started_at=started_at,
        start_recorded_at=now(),
    )
    clock._state.adding = False
    history = history_of(clock)
    settle(clock, history, reckon_told(history, policy, book, "received_at"), ())
    return clock


def _start(clock: Clock) -> NewEvent:
    told = {"clock": clock.pk, "policy": clock.policy_code, "due_at": clock.due_at}
    told |= {"version": clock.policy.version, "variant": clock.policy.variant}
    return NewEvent(clock.case_id, "clock.started", clock.subject, clock.started_at, told)


@command
def stop_clock(*, by: Actor, subject: str, policy: str, stopped_at: datetime) -> Clock | None:
    """Stop a limit: met if `stopped_at` is not after the due instant, else breached. Late entry is honest.

    The one that runs is meant, else the latest that was not cancelled. Returns None when there is no such clock; quiet
    when it has stopped already, unless what stops it happened earlier and was only told later: the first one counts.
    Raises RuleBroken for the future.
    """
    rows = _latest_first(subject, policy)
    clock = rows.filter(stopped_at=None).first() or rows.filter(cancel_reason="").first() or rows.first()
    if clock is None or _stands(clock, stopped_at):
        return clock
    return _end(by, clock, stopped_at, "clock.stopped")


def _latest_first(subject: str, policy: str) -> QuerySet[Clock]:
    rows = Clock.objects.select_for_update(of=("self",)).select_related("policy")
    return rows.filter(subject=subject, policy_code=policy).order_by("-started_at", "-start_recorded_at")


def _stands(clock: Clock, stopped_at: datetime) -> bool:
    """Say whether how the clock ended is not touched by a stop at the instant."""
    return clock.stopped_at is not None and (clock.cancel_reason != "" or clock.stopped_at <= stopped_at)


@command
def cancel_clocks(
    *, by: Actor, subject: str, reason: str, policies: Collection[str] | None = None, at: datetime | None = None
) -> list[Clock]:
    """Cancel the running clocks of a subject (of these limits, else all), with a coded reason.

    A clock past its due instant ends as breached, not as cancelled; the reason is kept.
    Raises ValueError for an unknown reason.
    """
    code = CancelReason(reason)
    rows = Clock.objects.select_for_update(of=("self",)).select_related("policy").order_by("pk")
    rows = rows.filter(subject=subject, stopped_at=None)
    if policies is not None:
        rows = rows.filter(policy_code__in=list(policies))
    return [_end(by, clock, at or now(), "clock.cancelled", code) for clock in rows]


def _end(by: Actor, clock: Clock, at: datetime, event: str, reason: str = "") -> Clock:
    if at > now():
        raise RuleBroken("stopped_in_future", "This time is later than now.", "occurred_at")
    Pause.objects.filter(clock=clock, resumed_at=None, paused_at__lte=at).update(resumed_at=at)
    Pause.objects.filter(clock=clock, paused_at__gt=at).delete()
    clock.stopped_at, clock.stop_recorded_at, clock.cancel_reason = at, now(), reason
    clock.stopped_label = by.label
    refresh(clock, Book())
    if clock.outcome == Outcome.BREACHED and clock.due_at is not None:
        _note_breach(clock, clock.due_at)
    moved(clock, event, occurred_at=at, outcome=clock.outcome, reason=reason)
    return clock


def _note_breach(clock: Clock, due_at: datetime) -> None:
    """Record the breach of a clock that ended before the sweep had seen it: it is told once, whoever was first."""
    clear_alarms(AlarmKind.NOBODY_RESPONSIBLE, [f"case:{clock.case_id}"], now())
    codes = {"stage": BREACH, "due_at": due_at}
    seen = {"case_id": clock.case_id, "happened_at": due_at, "noticed_at": now()}
    if ClockEvent.objects.get_or_create(clock=clock, **codes, defaults=seen)[1]:
        told = {"clock": clock.pk, "policy": clock.policy_code, **codes}
        record_many([NewEvent(clock.case_id, "clock.breached", clock.subject, due_at, told)])


def moved(clock: Clock, event: str, occurred_at: datetime | None = None, **codes: Any) -> None:
    """What every change leaves behind: recorded breaches annotated, ladders quiet, one event, the case's row."""
    annotate(clock)
    quieten(clock)
    record(
        case_id=clock.case_id,
        event=event,
        subject=clock.subject,
        occurred_at=occurred_at,
        clock=clock.pk,
        policy=clock.policy_code,
        due_at=clock.due_at,
        **codes,
    )
    rewrite_deadlines([clock.case_id], now())


@command
def pause_clock(
    *, by: Actor, clock_id: UUID, reason: str, approver: UUID | None = None, at: datetime | None = None
) -> Clock:
    """Stop counting, for one of the policy's pause reasons; `approver` is somebody else who may pause it, and is told.

    Raises NotPermitted, NotFound, IllegalMove (ended or paused already), RuleBroken (never pauses, not a reason,
    same person, one who may not).
    """
    require(by, Permission.CLOCK_PAUSE)
    clock, when = queries.lock(by.where_it_may(Permission.CLOCK_PAUSE), clock_id), at or now()
    refuse_ended(clock)
    reasons = Book().policy(clock.policy).pause_reasons
    if reason not in reasons:
        words = "This limit is never paused." if not reasons else "Choose one of the reasons for a pause."
        raise RuleBroken("not_a_pause_reason", words, "reason")
    if clock.paused_at is not None:
        raise IllegalMove("already_paused", "This can't be done because the clock is paused already.")
    if when < clock.started_at or when > now():
        raise RuleBroken("pause_out_of_range", "A pause begins after the start and not later than now.", "at")
    agreed = agreed_to_pause(by, clock, approver) if approver else None
    pause = Pause.objects.create(
        clock=clock,
        paused_at=when,
        reason=reason,
        asked_by=by.id,
        asked_label=by.label,
        approved_by=f"user:{agreed.pk}" if agreed else "",
        approved_label=agreed.name if agreed else "",
    )
    if agreed:
        tell_who_agreed(by, pause, agreed)
    refresh(clock, Book())
    moved(clock, "clock.paused", occurred_at=when, reason=reason)
    return clock


@command
def resume_clock(*, by: Actor, clock_id: UUID, at: datetime | None = None) -> Clock:
    """Count on from now, or from an earlier instant of the pause. Quiet when the clock is not paused."""
    require(by, Permission.CLOCK_PAUSE)
    clock, when = queries.lock(by.where_it_may(Permission.CLOCK_PAUSE), clock_id), at or now()
    pause = clock.pauses.filter(resumed_at=None).first()
    if pause is None:
        return clock
    if when < pause.paused_at or when > now():
        raise RuleBroken("resume_out_of_range", "A pause ends after it began and not later than now.", "at")
    pause.resumed_at = when
    pause.save(update_fields=["resumed_at"])
    refresh(clock, Book())
    moved(clock, "clock.resumed", occurred_at=when)
    return clock


def refuse_ended(clock: Clock) -> None:
    """Raise IllegalMove for a clock that has ended."""
    if clock.stopped_at is not None:
        raise IllegalMove("clock_ended", "This can't be done because the clock has ended.")


@command
def correct_start(*, by: Actor, clock_id: UUID, started_at: datetime, reason: str) -> Clock:
    """Put right when a clock started, with a coded reason (H-mis-started-clock).

    What was recorded under the old start is annotated, never deleted. Raises NotPermitted, NotFound, RuleBroken
    (not_a_correction_reason, started_in_future, started_after_stop, calendar_gap).
    """
    require(by, Permission.CLOCK_REBASE)
    refuse_other_reasons(reason)
    clock = queries.lock(by.where_it_may(Permission.CLOCK_REBASE), clock_id)
    if started_at > now():
        raise RuleBroken("started_in_future", "This time is later than now.", "at")
    if clock.stopped_at is not None and started_at > clock.stopped_at:
        raise RuleBroken("started_after_stop", "This time is later than when the clock stopped.", "at")
    before, clock.started_at, book = clock.started_at, started_at, Book()
    reckon_told(history_of(clock, clock.pauses.all(), clock.extensions.all()), clock.policy, book, "at")
    refresh(clock, book)
    moved(clock, "clock.start_corrected", before=before, after=started_at, reason=reason)
    return clock


def refuse_other_reasons(reason: str) -> None:
    """Raise RuleBroken unless it is a reason for a correction."""
    if reason not in set(CorrectionReason):
        raise RuleBroken("not_a_correction_reason", "Choose a reason.", "reason")


@command
def reopen_clock(
    *,
    by: Actor,
    subject: str,
    policy: str,
    reason: str,
    variant: str | None = None,
    started_at: datetime | None = None,
) -> Clock | None:
    """Undo the stop of a subject's latest clock of a limit: what stopped it was an error, or is so no more.

    `variant` and `started_at`, where told, must be the clock's own. Quiet when it runs; None when there is none.
    """
    rows = _latest_first(subject, policy)
    if variant is not None:
        rows = rows.filter(policy__variant=variant)
    if started_at is not None:
        rows = rows.filter(started_at=started_at)
    clock = rows.first()
    if clock is None or clock.stopped_at is None:
        return clock
    return run_on(clock, reason)


def run_on(clock: Clock, reason: str) -> Clock:
    """Let a clock that ended run on as if it had never stopped. Late again: its ladder goes on, or begins."""
    clock.stopped_at = clock.stop_recorded_at = None
    clock.cancel_reason = clock.stopped_label = ""
    refresh(clock, Book())
    moved(clock, "clock.reopened", reason=reason)
    missed = ClockEvent.objects.filter(clock=clock, stage=BREACH, acknowledged_at=None, due_at=F("clock__due_at"))
    missed.update(climb_at=now())
    return clock


@command
def give_breach_reason(*, by: Actor, clock_ids: Sequence[UUID], reason: str, note: str = "") -> list[BreachReason]:
    """Say why these limits were missed: one reason for many. "Something else" needs words.

    Raises NotPermitted, NotFound if any is out of sight, RuleBroken for a clock that was not missed.
    """
    require(by, Permission.CLOCK_REASON)
    if reason not in set(MissReason):
        raise RuleBroken("not_a_miss_reason", "Choose a reason.", "reason")
    if reason == MissReason.OTHER and not note.strip():
        raise RuleBroken("note_missing", "Say what happened.", "note")
    batch, given = uuid4(), []
    for clock in [
        queries.lock(by.where_it_may(Permission.CLOCK_REASON), clock_id) for clock_id in sorted(set(clock_ids))
    ]:
        if not is_overdue(clock.due_at, clock.stopped_at or now()):
            raise RuleBroken("not_missed", "One of these limits was not missed.")
        who = {"given_at": now(), "given_by": by.id, "given_label": by.label}
        given.append(BreachReason.objects.create(clock=clock, batch=batch, reason=reason, note=note.strip(), **who))
        record(case_id=clock.case_id, event="clock.explained", subject=clock.subject, clock=clock.pk, reason=reason)
    return given
