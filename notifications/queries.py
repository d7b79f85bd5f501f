"""Reads of messages: everybody sees their own."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from audit.domain import Actor
from notifications.models import Message, Outbox

PAGE = 50


def mine(by: Actor) -> QuerySet[Message]:
    """Return the actor's messages, newest first; none for a partner system."""
    if by.user_id is None:
        return Message.objects.none()
    return Message.objects.filter(user_id=by.user_id).order_by("-created_at", "-id")


def page(by: Actor, before: datetime | None = None) -> list[Message]:
    """Return up to 50 of the actor's messages, those made before the instant where one is given."""
    rows = mine(by)
    return list((rows.filter(created_at__lt=before) if before else rows)[:PAGE])


def unread_count(by: Actor) -> int:
    """Return how many of the actor's messages are not read (counted up to 100 by an index)."""
    return len(mine(by).order_by().filter(read_at=None).values_list("pk", flat=True)[:100])


def waiting_longer_than(wait: timedelta, now: datetime) -> int:
    """Return how many outbox rows have waited longer than this, and those given up: a fault of the mail service."""
    return Outbox.objects.filter(sent_at=None, created_at__lt=now - wait)[:1000].count()
