"""What of a case is open here: clocks, questions to a second person, its place on the lists. Ended and reopened."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

from accounts.queries import scope
from audit.commands import now, record
from audit.domain import Actor
from timelimits.commands.clocks import cancel_clocks, run_on, stop_clock
from timelimits.commands.deadlines import close_case, hand_over
from timelimits.domain import TWO_PEOPLE, ApprovalKind, OpenItem, Verdict, Why
from timelimits.models import Approval, CaseDeadline, Clock, Closed

CLOCK, APPROVAL, LISTED = "clock", "approval", "listed"
KINDS: Mapping[str, type[Model]] = {CLOCK: Clock, APPROVAL: Approval, LISTED: CaseDeadline}
LISTED_FIELDS = ("responsible_user_id", "responsible_team_id", "zone", "phase", "step_down", "reference")


def open_work(actor: Actor, case_ids: Collection[UUID]) -> list[OpenItem]:
    """Return what is open of these cases that the actor may see, next due first; their place on the lists last."""
    clocks = scope(Clock.objects.filter(case_id__in=case_ids, stopped_at=None), actor).select_related("policy")
    asked = scope(Approval.objects.filter(case_id__in=case_ids, decided_at=None), actor).select_related("approver")
    listed = scope(CaseDeadline.objects.filter(case_id__in=case_ids), actor).select_related("responsible_team")
    return [
        *(OpenItem(CLOCK, str(c.pk), c.case_id, c.policy.label, "", c.due_at) for c in clocks.order_by("due_at", "pk")),
        *(_asked(row) for row in asked.order_by("asked_at")),
        *(
            OpenItem(LISTED, str(d.pk), d.pk, f"On the list of {d.responsible_team.name}")
            for d in listed.order_by("pk")
        ),
    ]


def _asked(row: Approval) -> OpenItem:
    who = row.approver.name if row.approver else "whoever leads"
    return OpenItem(APPROVAL, str(row.pk), row.case_id, TWO_PEOPLE[ApprovalKind(row.kind)].words, who)


def keep(by: Actor, item: OpenItem, why: Why, before: dict[str, Any]) -> None:
    """Note that the act ended this, and what it was before, for its undo."""
    Closed.objects.get_or_create(
        act=why.act,
        kind=item.kind,
        key=item.key,
        defaults={"case_id": item.case_id, "before": before, "closed_at": now(), "closed_by": by.id},
    )


def _end_clock(by: Actor, item: OpenItem, why: Why) -> None:
    clock = Clock.objects.filter(pk=item.key, stopped_at=None).first()
    if clock is None:
        return
    pause = clock.pauses.filter(resumed_at=None).values_list("pk", flat=True).first()
    if clock.policy_code in why.meets:
        stop_clock(by=by, subject=clock.subject, policy=clock.policy_code, stopped_at=now())
    else:
        cancel_clocks(by=by, subject=clock.subject, reason=why.reason, policies=(clock.policy_code,))
    keep(by, item, why, {"pause": pause})


def _end_approval(by: Actor, item: OpenItem, why: Why) -> None:
    row = Approval.objects.select_for_update().filter(pk=item.key, decided_at=None).first()
    if row is None:
        return
    row.verdict, row.decided_at, row.decided_by, row.decided_label = Verdict.LAPSED, now(), by.id, by.label
    row.save(update_fields=["verdict", "decided_at", "decided_by", "decided_label"])
    record(case_id=row.case_id, event="approval.lapsed", subject=f"approval:{row.pk}", kind=row.kind)
    keep(by, item, why, {})


def _end_listed(by: Actor, item: OpenItem, why: Why) -> None:
    row = CaseDeadline.objects.select_for_update().filter(pk=item.key).first()
    if row is None:
        return
    before: dict[str, Any] = {name: _plain(getattr(row, name)) for name in LISTED_FIELDS}
    reason = row.no_clock_reason
    keep(by, item, why, before | {"opened_at": row.opened_at.isoformat(), "no_clock_reason": reason})
    close_case(by=by, case_id=row.pk)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


ENDS: Mapping[str, Callable[[Actor, OpenItem, Why], None]] = {
    CLOCK: _end_clock,
    APPROVAL: _end_approval,
    LISTED: _end_listed,
}


def closed_by(act: UUID, kinds: Collection[str]) -> Sequence[Closed]:
    """Return what the act ended of these kinds and nobody opened again since, locked."""
    rows = Closed.objects.select_for_update().filter(act=act, kind__in=list(kinds), reopened_at=None)
    return list(rows.order_by("pk"))


def reopened(by: Actor, row: Closed) -> None:
    """Note that this is open again."""
    row.reopened_at, row.reopened_by = now(), by.id
    row.save(update_fields=["reopened_at", "reopened_by"])


def _relist(by: Actor, row: Closed) -> None:
    before = row.before
    hand_over(
        by=by,
        case_id=UUID(row.key),
        user_id=before["responsible_user_id"] and UUID(before["responsible_user_id"]),
        team_id=UUID(before["responsible_team_id"]),
        zone=before["zone"],
        phase=before["phase"],
        step_down=before["step_down"],
        reference=before["reference"],
        no_clock_reason=before["no_clock_reason"],
        opened_at=datetime.fromisoformat(before["opened_at"]),
    )


def _rerun(by: Actor, row: Closed) -> None:
    clock = Clock.objects.select_for_update(of=("self",)).select_related("policy").get(pk=row.key)
    again = Clock.objects.filter(subject=clock.subject, policy_code=clock.policy_code, stopped_at=None)
    if clock.stopped_at is not None and not again.exists():
        clock.pauses.filter(pk=row.before["pause"]).update(resumed_at=None)
        run_on(clock, "undone")


def _ask_again(by: Actor, row: Closed) -> None:
    asked = Approval.objects.select_for_update().get(pk=row.key)
    if asked.verdict == Verdict.LAPSED:
        asked.verdict, asked.decided_at, asked.decided_by, asked.decided_label = "", None, "", ""
        asked.save(update_fields=["verdict", "decided_at", "decided_by", "decided_label"])


# The lists first, then clocks, as if they had run on
REOPENS: Mapping[str, Callable[[Actor, Closed], None]] = {LISTED: _relist, CLOCK: _rerun, APPROVAL: _ask_again}
