"""What beat asks of what reaches across apps."""

from celery import shared_task

from audit.domain import SYSTEM
from casework.commands.days import tell_days
from casework.commands.disclose import empty_accesses, gather_waiting

MOST_STEPS = 200


@shared_task(name="casework.gather")
def gather() -> int:
    """Gather what people asked to see, step by step; return how many steps were done."""
    return gather_waiting(by=SYSTEM, most=MOST_STEPS)


@shared_task(name="casework.empty_accesses")
def empty() -> None:
    """Delete what was gathered and has expired."""
    empty_accesses(by=SYSTEM)


@shared_task(name="casework.tell_days")
def days() -> None:
    """Say that a day has come of which nobody may be thinking."""
    tell_days(by=SYSTEM)
