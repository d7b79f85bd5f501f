"""A later date for a limit: asked for by one, agreed by another (R131). The clock moves when they have agreed."""

from datetime import date, datetime
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from timelimits import queries
from timelimits.commands.clocks import moved, refuse_ended
from timelimits.commands.derived import refresh
from timelimits.commands.second_person import ask_approval
from timelimits.domain import ApprovalKind, ExtensionReason
from timelimits.domain.bank_holidays import CalendarGapError
from timelimits.domain.local_time import end_of_day, local_date
from timelimits.models import Approval, Clock, Extension
from timelimits.queries.book import Book
from timelimits.rules import counts_on


@command
def extend_clock(*, by: Actor, clock_id: UUID, reason: str, approver_id: UUID, new_due_on: date | datetime) -> Approval:
    """Ask somebody to agree to a later last instant of a limit: of a local date, or an instant. Until then it stays.

    Raises NotPermitted, NotFound, IllegalMove (ended, paused or asked already), RuleBroken (same person, or one who
    may not extend; not later, a day that does not count).
    """
    require(by, Permission.CLOCK_EXTEND)
    clock = queries.lock(by.where_it_may(Permission.CLOCK_EXTEND), clock_id)
    new_due_at = new_due_on if isinstance(new_due_on, datetime) else end_of_day(new_due_on)
    if reason not in set(ExtensionReason):
        raise RuleBroken("not_an_extension_reason", "Choose a reason.", "reason")
    _refuse_unfit(clock, new_due_at)
    return ask_approval(
        by=by,
        kind=ApprovalKind.EXTENSION,
        case_id=clock.case_id,
        subject=f"clock:{clock.pk}",
        reason=reason,
        approver_id=approver_id,
        terms={"new_due_at": new_due_at.isoformat()},
    )


def _refuse_unfit(clock: Clock, new_due_at: datetime) -> None:
    refuse_ended(clock)
    if clock.due_at is None:
        raise IllegalMove("paused", "This can't be done because the clock is paused. Let it run on first.")
    if new_due_at <= max(clock.due_at, now()):
        raise RuleBroken(
            "not_later", "The new date must be later than now and than the present due date.", "new_due_on"
        )
    if not _counts(clock, local_date(new_due_at)):
        raise RuleBroken("day_does_not_count", "Choose a day that counts towards this limit.", "new_due_on")


def _counts(clock: Clock, day: date) -> bool:
    """Say whether the day counts towards the clock's limit; one beyond the bank holidays that are held does not."""
    try:
        return counts_on(Book().terms(clock.policy), day)
    except CalendarGapError:
        return False


def grant_extension(by: Actor, approval: Approval) -> None:
    """Move the clock as it was agreed. What no longer fits is refused: the clock has ended, the date is past."""
    clock_id = UUID(approval.subject.partition(":")[2])
    clock = Clock.objects.select_for_update(of=("self",)).select_related("policy").get(pk=clock_id)
    new_due_at = datetime.fromisoformat(approval.terms["new_due_at"])
    _refuse_unfit(clock, new_due_at)
    Extension.objects.create(
        clock=clock,
        agreed_at=now(),
        new_due_at=new_due_at,
        reason=approval.reason,
        asked_by=approval.asked_by,
        asked_label=approval.asked_label,
        approved_by=by.id,
        approved_label=by.label,
    )
    refresh(clock, Book())
    moved(clock, "clock.extended", reason=approval.reason, approved_by=by.id)
