"""What is in the way of leaving hospital: who takes it away, and by when."""

from datetime import datetime
from uuid import UUID

from audit.commands import command
from audit.domain import Actor
from audit.refusals import RuleBroken
from pathways.commands.discharge import lock_leaving
from pathways.commands.tasks import write_task
from pathways.domain import BLOCKER
from pathways.models import Task


@command
def add_blocker(*, by: Actor, referral_id: UUID, what: str, due_at: datetime, owner_id: UUID) -> Task:
    """Write down what is in the way of leaving, who takes it away and by when.

    Raises NotPermitted, NotFound, RuleBroken (what_missing, due_in_past).
    """
    referral, _ = lock_leaving(by, referral_id, None)
    if not what.strip():
        raise RuleBroken("what_missing", "Say what is in the way.", "what")
    return write_task(by, referral.case_id, what, BLOCKER, due_at, owner_id)
