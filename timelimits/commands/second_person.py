"""Ask a second person: who is told, and by when they should have answered."""

from typing import Any
from uuid import UUID

from accounts.domain import Duty
from audit.commands import command, now, record
from audit.domain import Actor
from audit.refusals import IllegalMove
from notifications.commands import post_many
from notifications.domain import Note, Template
from timelimits.commands.approvers import second_person
from timelimits.commands.clocks import cancel_clocks, start_clocks
from timelimits.domain import SECOND_PERSON, TWO_PEOPLE, ApprovalKind, CancelReason, Verdict
from timelimits.models import Approval, CaseDeadline
from timelimits.queries.ladder import Rota

ASKED_RUNGS = (Duty.LEAD, Duty.ON_CALL)


@command
def ask_approval(
    *,
    by: Actor,
    kind: ApprovalKind,
    case_id: UUID,
    subject: str,
    reason: str,
    note: str = "",
    approver_id: UUID | None = None,
    terms: dict[str, Any] | None = None,
) -> Approval:
    """Ask for a second person's agreement; they are told by a message, and its clock runs until they have decided.

    Without an approver the lead on duty is told, else the manager on call. `reason` is a code, `terms` what is agreed
    to. Raises IllegalMove (asked already), RuleBroken (oneself, or somebody who may not).
    """
    if Approval.objects.filter(kind=kind, subject=subject, decided_at=None).exists():
        raise IllegalMove("asked_already", "This can't be done because it was asked already and is not decided yet.")
    approver = second_person(by, TWO_PEOPLE[kind].permission, approver_id) if approver_id else None
    row = Approval.objects.create(
        case_id=case_id,
        kind=kind,
        subject=subject,
        reason=reason,
        note=note.strip(),
        terms=terms or {},
        asked_by=by.id,
        asked_label=by.label,
        asked_at=now(),
        approver=approver,
    )
    limits = ((SECOND_PERSON, TWO_PEOPLE[kind].variant),)
    start_clocks(by=by, case_id=case_id, subject=f"approval:{row.pk}", limits=limits, started_at=now())
    record(case_id=case_id, event="approval.asked", subject=f"approval:{row.pk}", kind=kind, reason=reason)
    _tell(by, row)
    return row


@command
def lapse_approval(*, by: Actor, kind: ApprovalKind, subject: str) -> Approval | None:
    """End a question to a second person because what it was about is so no more. None when nobody was asked."""
    row = Approval.objects.select_for_update(of=("self",)).filter(kind=kind, subject=subject, decided_at=None).first()
    if row is None:
        return None
    row.verdict, row.decided_at, row.decided_by, row.decided_label = Verdict.LAPSED, now(), by.id, by.label
    row.save(update_fields=["verdict", "decided_at", "decided_by", "decided_label"])
    cancel_clocks(by=by, subject=f"approval:{row.pk}", reason=CancelReason.NOT_NEEDED)
    record(case_id=row.case_id, event="approval.lapsed", subject=f"approval:{row.pk}", kind=row.kind)
    return row


def _tell(by: Actor, row: Approval) -> None:
    case = CaseDeadline.objects.filter(case_id=row.case_id).first()
    people: tuple[UUID, ...] = (row.approver_id,) if row.approver_id else ()
    if case is not None and not people:
        found = (Rota(now()).standing(duty, case) for duty in ASKED_RUNGS)
        people = next((standing for standing in found if standing), ())
    words = {"label": TWO_PEOPLE[ApprovalKind(row.kind)].words}
    reference = case.reference if case else ""
    link = f"/approvals/{row.pk}/"
    post_many(
        by=by,
        notes=[
            Note(f"approval:{row.pk}:{each}", each, Template.APPROVAL_ASKED, link, reference, words) for each in people
        ],
    )
