"""Reads of clocks and of the rows that lists are driven by. Scope is the case's, everywhere."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum

from accounts.domain import AccessLevel, Permission
from accounts.queries import may_see, scope
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from timelimits.domain import BETWEEN_LIMITS
from timelimits.domain.bank_holidays import BankHolidays, CalendarGapError
from timelimits.domain.local_time import DAY, end_of_day, instant_words, local_date
from timelimits.models import (
    Alert,
    Approval,
    CaseCount,
    CaseDeadline,
    Clock,
    ClockEvent,
    Heartbeat,
    Override,
    Policy,
)
from timelimits.queries.book import Book, reckon_told
from timelimits.queries.explanation import Explanation
from timelimits.queries.history import history_of
from timelimits.rules import end_of_next_working_day, explained, reckon, state, used_at

LISTED = 50
# As SQL, since every call of a partner system asks it: building the query took longer than answering it
TOLD = """
SELECT id, case_id, policy_code, started_at, due_at, stopped_at, outcome, cancel_reason FROM timelimits_clock
WHERE case_id = ANY(%s) ORDER BY stopped_at DESC NULLS FIRST, due_at ASC NULLS LAST, id
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many open cases are of one sort."""

    team_id: UUID
    zone: str
    phase: str
    crisis: bool
    step_down: bool
    cases: int


@dataclass(frozen=True, slots=True)
class Rebased:
    """What measuring a clock by another version would do to its due instant."""

    clock: Clock
    before: datetime | None
    after: datetime | None


def overdue(now: datetime) -> Q:
    """Return the condition for a running clock that is late.

    The same as `rules.is_overdue`, compared row by row in a test.
    """
    return Q(stopped_at=None, due_at__lt=now)


def for_actor(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[Clock]:
    """Return the clocks of cases that the actor may see."""
    return scope(Clock.objects.all(), by, levels=levels)


def get(by: Actor, clock_id: UUID, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> Clock:
    """Return one clock with its policy. Raises NotFound if it is not there or not the actor's to see."""
    clock = for_actor(by, levels).select_related("policy").filter(pk=clock_id).first()
    if clock is None or not by.may(Permission.CLOCK_READ):
        raise NotFound
    return clock


def lock(by: Actor, clock_id: UUID) -> Clock:
    """Return one clock, locked until the end of the transaction. Raises NotFound as `get` does."""
    rows = for_actor(by).select_for_update(of=("self",)).select_related("policy")
    clock = rows.filter(pk=clock_id).first()
    if clock is None:
        raise NotFound
    return clock


def clocks_for(
    by: Actor, case_ids: Iterable[UUID], levels: Iterable[AccessLevel] = (AccessLevel.FULL,)
) -> QuerySet[Clock]:
    """Return the clocks of these cases with their policies.

    Running ones first by due instant, then those that ended.
    """
    rows = for_actor(by, levels).select_related("policy").filter(case_id__in=list(case_ids))
    return rows.order_by(F("stopped_at").desc(nulls_first=True), F("due_at").asc(nulls_last=True), "pk")


def clocks_told(case_ids: Iterable[UUID]) -> list[Clock]:
    """Return what partner systems are told of clocks of cases in scope, in the order of `clocks_for`."""
    return list(Clock.objects.raw(TOLD, [list(case_ids)]))


def running(by: Actor, case_ids: Iterable[UUID] | None = None) -> QuerySet[Clock]:
    """Return running clocks (of these cases, else all in sight), next due first, paused last."""
    rows = for_actor(by).filter(stopped_at=None).select_related("policy")
    if case_ids is not None:
        rows = rows.filter(case_id__in=list(case_ids))
    return rows.order_by(F("due_at").asc(nulls_last=True), "pk")


def explain(
    by: Actor, clock_id: UUID, now: datetime, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)
) -> Explanation:
    """Return everything behind a clock as it stands at the instant. Raises NotFound."""
    clock, book = get(by, clock_id, levels), Book()
    terms = book.terms(clock.policy)
    history = history_of(clock, clock.pauses.order_by("paused_at"), clock.extensions.order_by("agreed_at"))
    reckoning = reckon(history, terms)
    until = clock.stopped_at or now
    return Explanation(
        clock=clock,
        policy=book.policy(clock.policy),
        terms=terms,
        history=history,
        reckoning=reckoning,
        state=state(history, reckoning.due_at, now),
        until=until,
        pieces=explained(history, terms, until),
        used=used_at(history, terms, until),
        events=tuple(clock.events.order_by("happened_at", "id")),
        reasons=tuple(clock.breach_reasons.order_by("given_at")),
    )


def preview_start(by: Actor, clock_id: UUID, started_at: datetime) -> Rebased:
    """Return what another start would do to a clock. Raises NotFound, RuleBroken (calendar_gap)."""
    clock = get(by, clock_id)
    before, clock.started_at = clock.due_at, started_at
    history = history_of(clock, clock.pauses.all(), clock.extensions.all())
    return Rebased(clock, before, reckon_told(history, clock.policy, Book(), "at").due_at)


def preview_rebase(by: Actor, clock_ids: Collection[UUID], policy_id: int) -> list[Rebased]:
    """Return what another version of their limit would do to these running clocks."""
    terms = Book().terms(Policy.objects.get(pk=policy_id))
    rows = for_actor(by).filter(pk__in=list(clock_ids), stopped_at=None).select_related("policy")
    rows = rows.prefetch_related("pauses", "extensions")
    return [Rebased(c, c.due_at, reckon(history_of(c, c.pauses.all(), c.extensions.all()), terms).due_at) for c in rows]


def other_versions(clock: Clock) -> list[Policy]:
    """Return the versions of a clock's limit that it is not measured by, the newest first."""
    rows = Policy.objects.filter(code=clock.policy.code, variant=clock.policy.variant).exclude(pk=clock.policy_id)
    return list(rows.order_by("-version"))


def refuse_if_blocked(*, case_id: UUID, permission: str, now: datetime) -> None:
    """Raise RuleBroken(blocked_by_time_limit) if an overdue limit of the case blocks this act and nobody overrode it.

    Worked out when asked, so it does not depend on the sweep. Never asked of facts, only of bookings to come.
    """
    late = Clock.objects.filter(overdue(now), case_id=case_id, policy__blocks__contains=[str(permission)])
    clock = late.select_related("policy").order_by("due_at").first()
    if clock is None or clock.due_at is None:
        return
    current = Override.objects.filter(case_id=case_id, permission=permission, starts_at__lte=now, ends_at__gt=now)
    if not current.exists():
        words = f"{clock.policy.label} was due {instant_words(clock.due_at)}"
        raise RuleBroken(
            "blocked_by_time_limit",
            f"This can't be done because {words} and has not been extended or ended. Care in place carries on. "
            "If safe care needs this now, a clinician or lead can override it.",
        )


def counts(by: Actor, team_ids: Collection[UUID] | None = None) -> list[Count]:
    """Return how many open cases there are of each sort, from the roll-up.

    Of the actor's teams, or of the whole place.
    """
    rows = CaseCount.objects.all()
    if not by.place_wide:
        rows = rows.filter(team_id__in=by.teams)
    if team_ids is not None:
        rows = rows.filter(team_id__in=list(team_ids))
    sums = rows.values("team_id", "zone", "phase", "crisis", "step_down").annotate(sum=Sum("cases")).exclude(sum=0)
    return [Count(r["team_id"], r["zone"], r["phase"], r["crisis"], r["step_down"], r["sum"]) for r in sums.order_by()]


def limbo() -> QuerySet[CaseDeadline]:
    """Return open cases with no running limit and no reason why: there should be none."""
    return CaseDeadline.objects.filter(next_due_at=None, no_clock_reason=BETWEEN_LIMITS)


def sweep_age(now: datetime) -> timedelta | None:
    """Return how long ago the sweep last ran to its end; None if it never did."""
    last = Heartbeat.objects.filter(name="sweep").first()
    return None if last is None else now - last.beat_at


def sweep_lag(now: datetime) -> timedelta:
    """Return how late the most overdue check is; nothing when all are done."""
    oldest = (
        Clock.objects.filter(next_check_at__lt=now).order_by("next_check_at").values_list("next_check_at", flat=True)
    )
    return max((now - at for at in oldest[:1] if at), default=timedelta(0))


def unexplained_breaches(by: Actor, now: datetime) -> list[tuple[Clock, datetime]]:
    """Return missed clocks without a reason, and when the lead's reason is due: the end of the next working day."""
    holidays = Book().bank_holidays
    rows = for_actor(by).filter(overdue(now) | Q(outcome="breached"), breach_reasons=None).select_related("policy")
    late = rows.order_by("due_at")[:LISTED]
    return [(clock, _reason_due(clock.due_at, holidays)) for clock in late if clock.due_at]


def _reason_due(missed_at: datetime, holidays: BankHolidays) -> datetime:
    """Return the end of the next working day; of a year that no calendar holds, mistyped as a rule, of the next day."""
    try:
        return end_of_next_working_day(missed_at, holidays)
    except CalendarGapError:
        return end_of_day(local_date(missed_at) + DAY)


def references(found: Iterable[tuple[Clock, datetime]]) -> dict[UUID, str]:
    """Return the references of the clocks' cases, those that are open."""
    rows = CaseDeadline.objects.filter(case_id__in=[clock.case_id for clock, _ in found])
    return dict(rows.values_list("case_id", "reference"))


def alert_for(by: Actor, alert_id: UUID) -> Alert:
    """Return one alert of a case in sight, or sent to the actor, with its clock. Raises NotFound.

    Whoever covers for somebody of another team is told in their place, and must be able to answer.
    """
    seen = Q(event__in=scope(ClockEvent.objects.all(), by))
    if by.user_id is not None:
        seen |= Q(recipient_id=by.user_id)
    alert = Alert.objects.filter(seen, pk=alert_id).select_related("event__clock__policy", "recipient").first()
    if alert is None:
        raise NotFound
    return alert


def override_for(by: Actor, override_id: UUID) -> Override:
    """Return one override of a case in sight. Raises NotFound."""
    row = scope(Override.objects.all(), by).filter(pk=override_id).first()
    if row is None:
        raise NotFound
    return row


def told_of(event: ClockEvent) -> list[Alert]:
    """Return who was told of a stage, rung by rung."""
    return list(event.alerts.select_related("recipient").order_by("rung", "recipient__name"))


def blocked(by: Actor, case_id: UUID, now: datetime) -> list[str]:
    """Return the permissions that late limits of a case block. Raises NotFound for a case out of sight."""
    if not may_see(by, case_id):
        raise NotFound
    late = Clock.objects.filter(overdue(now), case_id=case_id).values_list("policy__blocks", flat=True)
    return sorted({permission for blocks in late for permission in blocks})


def policies() -> QuerySet[Policy]:
    """Return every version of every limit, by code, variant and version."""
    return Policy.objects.order_by("code", "variant", "version")


def approval_for(by: Actor, approval_id: UUID) -> Approval:
    """Return one question to a second person: of a case in sight, or asked of the actor. Raises NotFound."""
    seen = Q(pk__in=scope(Approval.objects.filter(pk=approval_id), by).values("pk"))
    if by.user_id is not None:
        seen |= Q(approver_id=by.user_id) | Q(asked_by=by.id)
    row = Approval.objects.filter(seen, pk=approval_id).select_related("approver").first()
    if row is None:
        raise NotFound
    return row


def open_approval(kind: str, subject: str) -> Approval | None:
    """Return what a second person has not decided yet of this kind, on this subject."""
    rows = Approval.objects.filter(kind=kind, subject=subject, decided_at=None)
    return rows.select_related("approver").first()
