"""A new mental health concern at discharge is put to psychiatric liaison first, with its own response time."""

from uuid import UUID

from accounts.domain import Permission
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from pathways import queries
from pathways.domain import PSYCHIATRIC_LIAISON, LiaisonOutcome
from pathways.models import LiaisonRequest
from referrals.commands.deaths import refuse_case_if_dead
from timelimits.commands import start_clock, stop_clock


@command
def ask_liaison(*, by: Actor, case_id: UUID, concern: str, asked_of: str, phone: str = "") -> LiaisonRequest:
    """Ask psychiatric liaison to see somebody (R101); their time to answer runs from now (R178).

    Raises NotPermitted, NotFound, IllegalMove (case_ended), RuleBroken (concern_missing, asked_of_missing,
    person_died).
    """
    require(by, Permission.DISCHARGE_EDIT)
    if not may_see(by.where_it_may(Permission.DISCHARGE_EDIT), case_id):
        raise NotFound
    for name, words in (("concern", concern), ("asked_of", asked_of)):
        if not words.strip():
            raise RuleBroken(f"{name}_missing", "Say whom you asked, and what worries you.", name)
    refuse_case_if_dead(case_id)
    followed = queries.lock_followed(case_id)
    row = LiaisonRequest.objects.create(
        case_id=case_id,
        concern=concern.strip(),
        asked_of=asked_of.strip(),
        phone=phone,
        asked_at=now(),
        asked_by=by.label,
    )
    subject = f"liaison:{row.pk}"
    start_clock(by=by, case_id=followed, subject=subject, policy=PSYCHIATRIC_LIAISON, started_at=now())
    record(case_id=case_id, event="liaison.asked", subject=subject)
    return row


@command
def answer_liaison(*, by: Actor, request_id: UUID, outcome: LiaisonOutcome, note: str = "") -> LiaisonRequest:
    """Record what psychiatric liaison found; its clock stops. The same again is quiet.

    Raises NotPermitted, NotFound, IllegalMove (answered otherwise already: the first answer stands).
    """
    require(by, Permission.DISCHARGE_EDIT)
    row = LiaisonRequest.objects.select_for_update().filter(pk=request_id).first()
    if row is None or not may_see(by.where_it_may(Permission.DISCHARGE_EDIT), row.case_id):
        raise NotFound
    if row.answered_at is not None:
        if (row.outcome, row.note) == (outcome, note.strip()):
            return row
        raise IllegalMove("answered_already", f"This can't be done because {row.answered_by} has answered it already.")
    row.outcome, row.note, row.answered_at, row.answered_by = outcome, note.strip(), now(), by.label
    row.save(update_fields=["outcome", "note", "answered_at", "answered_by"])
    subject = f"liaison:{row.pk}"
    stop_clock(by=by, subject=subject, policy=PSYCHIATRIC_LIAISON, stopped_at=now())
    record(case_id=row.case_id, event="liaison.answered", subject=subject, outcome=outcome)
    return row
