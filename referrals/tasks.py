"""What beat asks of the single point of access."""

from celery import shared_task

from audit.domain import SYSTEM
from referrals import commands


@shared_task(name="referrals.forget_old_keys")
def forget_old_keys() -> None:
    """Delete partners' keys that are older than 30 days."""
    commands.forget_old_keys(by=SYSTEM)
