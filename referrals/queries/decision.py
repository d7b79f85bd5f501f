"""The decision by which a referral left the board."""

from referrals.domain import ENDED_UNACCEPTED
from referrals.models import Referral, ReferralTransition


def decision_of(referral: Referral) -> ReferralTransition:
    """Return the last move that ended a referral which was not accepted."""
    return referral.transitions.filter(to_status__in=ENDED_UNACCEPTED).exclude(verb="tell_crew").latest("id")
