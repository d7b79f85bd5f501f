"""Polled by beat; nothing is lost when a message of the broker is."""

from celery import shared_task

from audit.commands import now
from notifications.delivery import deliver as deliver_waiting


@shared_task(name="notifications.deliver")
def deliver() -> int:
    """Send what waits in the outbox."""
    return deliver_waiting(now=now())
