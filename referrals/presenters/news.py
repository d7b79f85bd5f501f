"""News of a referral in words. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from referrals.domain import WAY_WORDS, Way
from referrals.models import ReferralTransition
from referrals.presenters.referrals import wall_clock


def own_news_rows(news: Iterable[ReferralTransition], now: datetime) -> list[dict[str, Any]]:
    """Return what a referrer told, in words for the referrer: who of them wrote it and when, who has looked at it."""
    return [_row(each, now) | {"came": f"{each.actor_label}, {wall_clock(each.occurred_at, now)}"} for each in news]


def news_rows(news: Iterable[ReferralTransition], now: datetime) -> list[dict[str, Any]]:
    """Return each piece of news: the words, how and when it came, who wrote it down, who has looked at it."""
    return [_row(each, now) for each in news]


def _row(each: ReferralTransition, now: datetime) -> dict[str, Any]:
    seen = getattr(each, "news_seen", None)
    came = f"{WAY_WORDS[Way(each.kind)]}, {wall_clock(each.occurred_at, now)}. Written by {each.actor_label}"
    return {
        "id": each.pk,
        "words": each.note,
        "came": f"{came[0].upper()}{came[1:]}",
        "asks": "Asks to withdraw it" if each.verb == "ask_withdraw" else "",
        "seen": f"Looked at by {seen.seen_by}, {wall_clock(seen.seen_at, now)}" if seen else "",
    }
