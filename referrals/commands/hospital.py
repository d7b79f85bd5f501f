"""Urgent support to a hospital: exceptional, flagged with its reason, agreed by a second person, counted (R047)."""

from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from referrals import queries
from referrals.commands.moves import refuse_changed, who_was_first
from referrals.commands.signposts import count_decision
from referrals.domain import OPEN, HospitalReason
from referrals.queries.hospital import is_hospital_support
from timelimits.commands import ask_approval
from timelimits.domain import ApprovalKind
from timelimits.models import Approval


@command
def ask_hospital_support(
    *,
    by: Actor,
    referral_id: UUID,
    reason: HospitalReason,
    note: str = "",
    approver_id: UUID | None = None,
    version: int | None = None,
) -> Approval:
    """Flag urgent support to a hospital, with its reason, and ask a second person to agree.

    Raises NotPermitted, NotFound, Stale, IllegalMove (asked or decided already); RuleBroken (no such support, one's own
    name).
    """
    require(by, Permission.REFERRAL_TRIAGE)
    referral = queries.lock(by.where_it_may(Permission.REFERRAL_TRIAGE), referral_id)
    if referral.status not in OPEN:
        raise IllegalMove(f"already_{referral.status}", f"This can't be done because {who_was_first(referral)}.")
    refuse_changed(referral, version)
    if not is_hospital_support(referral):
        raise RuleBroken("not_hospital_support", "This is not urgent support to a hospital: nothing has to be agreed.")
    asked = ask_approval(
        by=by,
        kind=ApprovalKind.HOSPITAL_SUPPORT,
        case_id=referral.case_id,
        subject=f"referral:{referral.pk}",
        reason=reason,
        note=note,
        approver_id=approver_id,
    )
    count_decision(referral, "hospital_support", "", reason)
    return asked
