"""What was confirmed, or recorded as having left, by mistake is taken back with its reason."""

from uuid import UUID

from audit.commands import command, now, record
from audit.domain import Actor
from audit.refusals import IllegalMove
from pathways.commands.discharge import lock_leaving, unconfirm
from pathways.domain import BLOCKER, ON_LIST, BackReason, DischargeStatus
from pathways.models import Discharge, Task
from pathways.queries import is_ours
from referrals.commands.deaths import refuse_if_dead


@command
def unconfirm_discharge(*, by: Actor, referral_id: UUID, reason: BackReason, version: int | None = None) -> Discharge:
    """Take a confirmation back: they are being planned for again. The same again is quiet.

    Raises NotPermitted, NotFound, Stale, IllegalMove (not on the list any more, taken back for another reason).
    """
    referral, row = lock_leaving(by, referral_id, version, DischargeStatus.PLANNED)
    if row.status not in ON_LIST:
        raise IllegalMove("discharge_ended", "This can't be done because they are not on the list any more.")
    if row.status == DischargeStatus.PLANNED:
        if row.unconfirmed_why in ("", reason):
            return row
        raise IllegalMove("unconfirmed_already", "This can't be done because it has been taken back already.")
    unconfirm(by, referral, row, reason)
    row.version += 1
    row.save()
    return row


@command
def record_not_left(*, by: Actor, referral_id: UUID, reason: BackReason, version: int | None = None) -> Discharge:
    """Take back that they have left: they stand on the list as before, with what was in the way then.

    Repeating is quiet. No clock was stopped by leaving, so none is started. Raises NotPermitted, NotFound, Stale,
    IllegalMove (stays in hospital, or the referral or its episode has ended), RuleBroken (person_died).
    """
    referral, row = lock_leaving(by, referral_id, version, DischargeStatus.PLANNED)
    if row.status in ON_LIST:
        return row
    refuse_if_dead(referral.person_id)
    if row.status != DischargeStatus.LEFT or not is_ours(referral):
        raise IllegalMove("discharge_ended", "This can't be done because the referral or its episode has ended.")
    again = Task.objects.select_for_update().filter(case_id=referral.case_id, kind=BLOCKER, done_at=row.ended_at)
    for task in again:
        task.done_at, task.done_by = None, ""
        task.save(update_fields=["done_at", "done_by"])
    row.status = DischargeStatus.CONFIRMED if row.confirmed_at else DischargeStatus.PLANNED
    row.ended_at = row.left_on = None
    row.changed_at, row.changed_label = now(), by.label
    row.version += 1
    row.save()
    record(case_id=referral.case_id, event="discharge.not_left", subject=f"discharge:{row.pk}", reason=reason)
    return row
