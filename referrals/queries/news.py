"""What came in about a referral after it was sent, and who has looked at it."""

from collections.abc import Iterable

from referrals.domain import NEWS
from referrals.models import Referral, ReferralTransition


def news_of(referral: Referral) -> Iterable[ReferralTransition]:
    """Return the news of a referral that its reader was let see, the latest first."""
    return referral.transitions.filter(verb__in=NEWS).select_related("news_seen").order_by("-id")


def told_by(referral: Referral, actor_id: str) -> Iterable[ReferralTransition]:
    """Return the news that one actor added, the latest first: what they wrote themselves is theirs to read."""
    return news_of(referral).filter(actor_id=actor_id) if actor_id else ()  # type: ignore[attr-defined]
