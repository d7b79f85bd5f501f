"""What beat asks of episodes."""

from celery import shared_task

from audit.domain import SYSTEM
from pathways.commands.tasks import see_to_needs


@shared_task(name="pathways.see_to_needs")
def needs() -> None:
    """Give co-ordinators a task for needs that were told after acceptance."""
    see_to_needs(by=SYSTEM)
