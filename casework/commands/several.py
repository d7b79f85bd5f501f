"""Taking over rows of the board, one after another."""

from uuid import UUID

from audit.commands import command
from audit.domain import Actor
from referrals.commands import take_referral
from referrals.models import Referral


@command
def take_over(*, by: Actor, referral_id: UUID) -> str:
    """Say "I have this" of one referral; return the name of the colleague who had it until then, or nothing.

    Raises what `take_referral` raises.
    """
    row = Referral.objects.select_for_update(of=("self",)).select_related("held_by").filter(pk=referral_id).first()
    before = row.held_by if row is not None else None
    take_referral(by=by, referral_id=referral_id)
    return before.name if before is not None and before.pk != by.user_id else ""
