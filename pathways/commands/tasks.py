"""Things promised."""

from datetime import datetime
from uuid import UUID

from accounts.domain import Permission
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from pathways.models import Task


@command
def promise_task(*, by: Actor, case_id: UUID, what: str, due_at: datetime, owner_id: UUID | None = None) -> Task:
    """Write down something to do by a time; without an owner it is mine. A past time is refused (RuleBroken)."""
    require(by, Permission.TASK_RECORD)
    owner_id = owner_id or by.user_id
    if not may_see(by.where_it_may(Permission.TASK_RECORD), case_id) or owner_id is None:
        raise NotFound
    if not what.strip():
        raise RuleBroken("what_missing", "Say what is to be done.", field="what")
    if due_at < now():
        raise RuleBroken("due_in_past", "This time is past already.", field="due_at")
    task = Task.objects.create(
        case_id=case_id, what=what.strip(), kind="task", owner_id=owner_id, due_at=due_at, created_at=now()
    )
    record(case_id=case_id, event="task.promised", subject=f"task:{task.pk}", kind="task")
    return task


@command
def finish_task(*, by: Actor, task_id: UUID) -> Task:
    """Mark it done; done twice is quiet."""
    require(by, Permission.TASK_RECORD)
    task = Task.objects.select_for_update().filter(pk=task_id).first()
    if task is None or not may_see(by.where_it_may(Permission.TASK_RECORD), task.case_id):
        raise NotFound
    if task.done_at is None:
        task.done_at, task.done_by = now(), by.label
        task.save(update_fields=["done_at", "done_by"])
        record(case_id=task.case_id, event="task.done", subject=f"task:{task.pk}", kind=task.kind)
    return task
