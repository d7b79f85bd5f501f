"""Somebody of the public asks for help."""

from uuid import UUID

from audit.commands import command
from audit.domain import Actor
from referrals.commands.register import register_referral
from referrals.domain import PersonDetails, ReferralDetails
from referrals.models import Referral
from referrals.queries.intake import known_as_told


@command
def ask_for_help(
    *, by: Actor, details: ReferralDetails, person: PersonDetails, form_id: UUID | None = None
) -> Referral:
    """Register what the public sends in, with the mark "check who this is" (R032, R194).

    Told exactly as we hold it, it is put on their record and after their last referral; else a new record is made, and
    whoever is like it is offered to us. Who asks learns nothing of either. Sent again, it is the same referral.
    """
    known = known_as_told(person)
    return register_referral(
        by=by, details=details, person=person, person_id=known.pk if known else None, form_id=form_id
    )
