"""The decision by which a referral left the board, and for how long it can be taken back."""

from datetime import datetime, timedelta

from accounts.queries import period
from referrals.domain import ENDED_UNACCEPTED
from referrals.models import Referral, ReferralTransition

TAKE_BACK_HOURS = "take_back_hours"


def decision_of(referral: Referral) -> ReferralTransition:
    """Return the last move that ended a referral which was not accepted."""
    return referral.transitions.filter(to_status__in=ENDED_UNACCEPTED).exclude(verb="tell_crew").latest("id")


def is_recent(decided_at: datetime, at: datetime) -> bool:
    """Say whether a decision of then may still be taken back: for as long as the place says."""
    return at - decided_at <= timedelta(hours=period(TAKE_BACK_HOURS))


def may_go_back(referral: Referral, at: datetime) -> bool:
    """Say whether the referral ended without being accepted, and so lately that it is offered to be taken back."""
    ended = referral.done_at if referral.status in ENDED_UNACCEPTED else None
    return ended is not None and is_recent(ended, at)
