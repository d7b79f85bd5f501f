"""Reads of messages: everybody sees their own."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from audit.domain import Actor
from notifications.models import Message, Outbox

PAGE = 50


def mine(by: Actor) -> QuerySet[Message]:
    """Return the actor's messages, newest first; none for a partner system."""
    if by.user_id is None:
        return Message.objects.none()
    return Message.objects.filter(user_id=by.user_id).order_by("-created_at", "-id")


def page(by: Actor, before: tuple[datetime, UUID] | None = None) -> list[Message]:
    """Return up to 50 of the actor's messages, those behind the instant and id of the last one shown where given.

    Many are made at one instant: a sweep after an outage.
    """
    rows = mine(by)
    if before is not None:
        at, key = before
        rows = rows.filter(created_at__lte=at).exclude(created_at=at, id__gte=key)
    return list(rows[:PAGE])


def unread_count(by: Actor) -> int:
    """Return how many of the actor's messages are not read (counted up to 100 by an index)."""
    return len(mine(by).order_by().filter(read_at=None).values_list("pk", flat=True)[:100])


def waiting_longer_than(wait: timedelta, now: datetime) -> int:
    """Return how many outbox rows have waited longer than this, and those given up: a fault of the mail service."""
    return Outbox.objects.filter(sent_at=None, created_at__lt=now - wait)[:1000].count()
