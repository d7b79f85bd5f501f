"""What was asked before deciding, in words. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from referrals.models import InformationRequest
from referrals.presenters.people import spaced_phone
from referrals.presenters.referrals import wall_clock


def question_rows(asked: Iterable[InformationRequest], now: datetime) -> list[dict[str, Any]]:
    """Return what was asked of whom, what was answered, and whether it is still out."""
    return [
        {
            "pk": str(each.pk),
            "out": each.answered_at is None and each.closed_at is None,
            "question": each.question,
            "chases": each.chases,
            "asked": f"Asked {each.asked_of}, {wall_clock(each.asked_at, now)}, {each.asked_by}"
            + (f". Chased {wall_clock(each.chased_at, now)}" if each.chased_at else ""),
            "phone": spaced_phone(each.phone),
            "answer": each.answer,
            "answered": _answered(each, now),
            "closed": f"decided without it, {wall_clock(each.closed_at, now)}" if each.closed_at else "",
        }
        for each in asked
    ]


def still_out(rows: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """Return the questions of `question_rows` that wait for an answer."""
    return [row for row in rows if not row["answer"] and not row["closed"]]


def _answered(asked: InformationRequest, now: datetime) -> str:
    """Return who wrote the answer and when, as far as they are known."""
    if asked.answered_at is None:
        return ""
    return ", ".join(filter(None, (getattr(asked, "answered_by", ""), wall_clock(asked.answered_at, now))))
