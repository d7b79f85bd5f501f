"""Things promised."""

from datetime import datetime, timedelta
from uuid import UUID

from accounts.domain import Permission
from accounts.domain.far import too_far
from accounts.models import RestrictedCase
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from pathways.models import Episode, Task
from referrals.domain.national import FORMATS, NONE
from referrals.queries import needs_of

NEEDS_MET_WITHIN = timedelta(days=1)
ON_RESTRICTED_RECORD = "See to the communication needs that are on the record"


@command
def promise_task(*, by: Actor, case_id: UUID, what: str, due_at: datetime, owner_id: UUID | None = None) -> Task:
    """Write down something to do by a time; without an owner it is mine. A past or far time is refused (RuleBroken)."""
    require(by, Permission.TASK_RECORD)
    owner_id = owner_id or by.user_id
    if not may_see(by.where_it_may(Permission.TASK_RECORD), case_id) or owner_id is None:
        raise NotFound
    if not what.strip():
        raise RuleBroken("what_missing", "Say what is to be done.", field="what")
    return write_task(by, case_id, what, "task", due_at, owner_id)


def write_task(by: Actor, case_id: UUID, what: str, kind: str, due_at: datetime, owner_id: UUID) -> Task:
    """Write down something to do. A past or far time is refused. Call inside a command."""
    if due_at < now():
        raise RuleBroken("due_in_past", "This time is past already.", field="due_at")
    if words := too_far(due_at, now()):
        raise RuleBroken("due_too_far", f"{words}.", field="due_at")
    task = Task.objects.create(
        case_id=case_id, what=what.strip(), kind=kind, owner_id=owner_id, due_at=due_at, created_at=now()
    )
    record(case_id=case_id, event="task.promised", subject=f"task:{task.pk}", kind=kind)
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


def promise_what_they_need(episode: Episode) -> None:
    """Give the co-ordinator a task for each need to be met: an interpreter, information in another format (R063).

    A part of accepting, also of a referral that joins a live episode: what is owed there already is not asked for
    twice. What people are sent goes out as usual until somebody has seen to it. A case is seen by more people than a
    restricted record, so there the task says where to read it, not what is needed.
    """
    needs = needs_of(episode.person)
    formats = {entry.code: entry.words for entry in FORMATS if entry.code != NONE}
    language = needs.language or "language not known"
    wanted = [f"Book an interpreter: {language}"] if needs.interpreter else []
    wanted += [f"Give information in this format: {formats[code]}" for code in needs.formats if code in formats]
    if wanted and RestrictedCase.objects.filter(pk=episode.person_id).exists():
        wanted = [ON_RESTRICTED_RECORD]
    owed = Task.objects.filter(case_id=episode.case_id, kind="information_need", done_at=None)
    known = set(owed.values_list("what", flat=True)) if wanted else set()
    for what in (each for each in wanted if each not in known):
        task = Task.objects.create(
            case_id=episode.case_id,
            what=what,
            kind="information_need",
            owner_id=episode.coordinator_id,
            due_at=now() + NEEDS_MET_WITHIN,
            created_at=now(),
        )
        record(case_id=episode.case_id, event="task.promised", subject=f"task:{task.pk}", kind=task.kind)
