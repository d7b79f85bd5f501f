"""The second person decides, by their own sign-in. Nobody agrees to what they asked themselves."""

from uuid import UUID

from accounts.models import User
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from notifications.commands import post
from notifications.domain import Template
from timelimits.commands.clocks import stop_clock
from timelimits.commands.extensions import grant_extension
from timelimits.domain import SECOND_PERSON, TWO_PEOPLE, ApprovalKind, Verdict
from timelimits.models import Approval

EFFECTS = {ApprovalKind.EXTENSION: grant_extension}

DECIDED = {Verdict.APPROVED: "approval.approved", Verdict.REFUSED: "approval.refused"}


@command
def approve(*, by: Actor, approval_id: UUID) -> Approval:
    """Agree, as the second person; what was asked for takes effect now. Repeating is quiet.

    Raises NotPermitted, NotFound, IllegalMove (one's own, or refused already) and what the effect refuses.
    """
    row = _lock(by, approval_id, Verdict.APPROVED)
    if row.verdict:
        return row
    effect = EFFECTS.get(ApprovalKind(row.kind))
    if effect is not None:
        effect(by, row)
    return _decide(by, row, Verdict.APPROVED, "")


@command
def refuse(*, by: Actor, approval_id: UUID, note: str) -> Approval:
    """Say no, and why; nothing changes. Repeating is quiet. Raises as `approve` does, RuleBroken without words."""
    row = _lock(by, approval_id, Verdict.REFUSED)
    if row.verdict:
        return row
    if not note.strip():
        raise RuleBroken("note_missing", "Say why, in a few words.", "note")
    return _decide(by, row, Verdict.REFUSED, note.strip())


def _lock(by: Actor, approval_id: UUID, verdict: Verdict) -> Approval:
    row = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
    asked = row is not None and row.approver_id is not None and row.approver_id == by.user_id
    if row is None or not (asked or may_see(by, row.case_id)):  # before the permission: a guessed id tells nothing
        raise NotFound
    permission = TWO_PEOPLE[ApprovalKind(row.kind)].permission
    require(by, permission)
    if not asked and not may_see(by.where_it_may(permission), row.case_id):
        raise NotFound
    if row.asked_by == by.id:
        raise IllegalMove("own_request", "This can't be done because you asked for it. Somebody else must decide.")
    if row.verdict not in ("", verdict):
        raise IllegalMove(f"already_{row.verdict}", f"This can't be done because it was {row.verdict} already.")
    return row


def _decide(by: Actor, row: Approval, verdict: Verdict, note: str) -> Approval:
    row.verdict, row.decided_at, row.decided_note = verdict, now(), note
    row.decided_by, row.decided_label = by.id, by.label
    row.save(update_fields=["verdict", "decided_at", "decided_by", "decided_label", "decided_note"])
    stop_clock(by=by, subject=f"approval:{row.pk}", policy=SECOND_PERSON, stopped_at=now())
    record(case_id=row.case_id, event=DECIDED[verdict], subject=f"approval:{row.pk}", kind=row.kind)
    kind, _, key = row.asked_by.partition(":")
    if kind == "user" and User.objects.filter(pk=key).exists():
        post(
            by=by,
            key=f"approval:{row.pk}:{verdict}",
            user_id=UUID(key),
            template=Template.APPROVAL_DECIDED,
            link=f"/approvals/{row.pk}/",
            params={"label": TWO_PEOPLE[ApprovalKind(row.kind)].words},
        )
    return row
