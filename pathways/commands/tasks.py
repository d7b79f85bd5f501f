"""Things promised."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q

from accounts.domain import Permission
from accounts.domain.far import too_far
from accounts.models import RestrictedCase
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from pathways.domain import EpisodeStatus
from pathways.models import Episode, Task
from referrals.domain.national import FORMATS, NONE
from referrals.queries import needs_of

NEED = "information_need"
NEEDS_MET_WITHIN = timedelta(days=1)
LOOKS_BACK = timedelta(days=31)
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


@command
def see_to_needs(*, by: Actor) -> int:
    """Give co-ordinators a task for each need that was told after acceptance (R063); return how many episodes had one.

    What was ever asked for on the episode is not asked for again. Needs are written on the record, below episodes: this
    looks for those of the last 31 days, so that an outage loses none.
    """
    require(by, Permission.TASK_RECORD)
    told = Q(person__communication__interpreter="yes") | Q(person__communication__formats__len__gt=0)
    since = Q(person__communication__changed_at__gt=F("accepted_at"))
    recent = Q(person__communication__changed_at__gt=now() - LOOKS_BACK)
    asked = Task.objects.filter(
        case_id=OuterRef("case_id"), kind=NEED, created_at__gte=OuterRef("person__communication__changed_at")
    )
    live = Episode.objects.filter(told & since & recent, ~Exists(asked), status=EpisodeStatus.LIVE)
    rows = live.select_for_update(of=("self",), skip_locked=True).select_related("person").order_by("pk")
    return sum(promise_what_they_need(episode, once=True) > 0 for episode in rows)


def promise_what_they_need(episode: Episode, *, once: bool = False) -> int:
    """Give the co-ordinator a task for each need to be met: an interpreter, information in another format (R063).

    A part of accepting, also of a referral that joins a live episode: what is owed there already is not asked for
    twice; `once`: nor what was owed and is done. What people are sent goes out as usual until somebody has seen to it.
    A case is seen by more people than a restricted record, so there the task says where to read it, not what is needed.
    Returns how many tasks were made.
    """
    needs = needs_of(episode.person)
    formats = {entry.code: entry.words for entry in FORMATS if entry.code != NONE}
    language = needs.language or "language not known"
    wanted = [f"Book an interpreter: {language}"] if needs.interpreter else []
    wanted += [f"Give information in this format: {formats[code]}" for code in needs.formats if code in formats]
    if wanted and RestrictedCase.objects.filter(pk=episode.person_id).exists():
        wanted = [ON_RESTRICTED_RECORD]
    owed = Task.objects.filter(case_id=episode.case_id, kind=NEED)
    owed = owed if once else owed.filter(done_at=None)
    known = set(owed.values_list("what", flat=True)) if wanted else set()
    new = [each for each in wanted if each not in known]
    for what in new:
        task = Task.objects.create(
            case_id=episode.case_id,
            what=what,
            kind=NEED,
            owner_id=episode.coordinator_id,
            due_at=now() + NEEDS_MET_WITHIN,
            created_at=now(),
        )
        record(case_id=episode.case_id, event="task.promised", subject=f"task:{task.pk}", kind=task.kind)
    return len(new)
