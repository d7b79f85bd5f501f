"""People whom staff worry about: said once, seen by every shift until somebody says that it is settled."""

from uuid import UUID

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals.models import Referral, Worry

LONGEST_WHY = 300


@command
def add_worry(*, by: Actor, case_id: UUID, why: str) -> Worry:
    """Say that somebody is worried about, in at most 300 letters. The same words again are quiet.

    Raises NotPermitted, NotFound when the case is not theirs to see, RuleBroken without words.
    """
    require(by, Permission.TASK_RECORD)
    if not scope(Referral.objects.filter(case_id=case_id), by.where_it_may(Permission.TASK_RECORD)).exists():
        raise NotFound
    words = why.strip()
    if not words or len(words) > LONGEST_WHY:
        raise RuleBroken("why_missing", f"Say why, in at most {LONGEST_WHY} letters.", "why")
    row, made = Worry.objects.get_or_create(
        case_id=case_id, why=words, ended_at=None, defaults={"by": by.label, "since": now()}
    )
    if made:
        record(case_id=case_id, event="worry.added", subject=f"worry:{row.pk}")
    return row


@command
def settle_worry(*, by: Actor, worry_id: int) -> Worry:
    """Say that it is settled: it leaves the hand-over and stays in the record. Repeating is quiet."""
    require(by, Permission.TASK_RECORD)
    rows = scope(Worry.objects.select_for_update(), by.where_it_may(Permission.TASK_RECORD))
    row = rows.filter(pk=worry_id).first()
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at, row.ended_by = now(), by.label
        row.save(update_fields=["ended_at", "ended_by"])
        record(case_id=row.case_id, event="worry.settled", subject=f"worry:{row.pk}")
    return row
