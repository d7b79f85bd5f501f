"""Restrictions in force and those that were broken, in words. Pure: no row names the person."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.domain import BREAK_REASONS, RESTRICT_REASONS, BreakReason, RestrictReason
from casework.presenters.words import since_words


def broken_rows(rows: Iterable[Any], at: datetime) -> list[dict[str, Any]]:
    """Return who opened a restricted record, since when, until when, and why."""
    return [
        {
            "who": row.user.name,
            "at": since_words(row.at, at),
            "until": since_words(row.until, at),
            "why": BREAK_REASONS[BreakReason(row.reason)],
            "words": row.words,
        }
        for row in rows
    ]


def restriction_rows(rows: Iterable[Any], at: datetime) -> list[dict[str, Any]]:
    """Return why each restriction stands, by whom and since when."""
    return [
        {
            "why": RESTRICT_REASONS[RestrictReason(row.reason)],
            "by": row.started_by,
            "at": since_words(row.starts_at, at),
            "url": reverse("casework:break_glass", args=[row.record]) if row.record else "",
        }
        for row in rows
    ]
