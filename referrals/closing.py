"""What of a case is open here: a referral, questions, people sent elsewhere or worried about. Ended and reopened."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from django.db.models import Model

from accounts.queries import scope
from audit.commands import now, record
from audit.domain import Actor
from referrals.commands.moves import Begun, complete
from referrals.domain import BY_VERB, OPEN, SignpostResult, Status
from referrals.models import InformationRequest, Referral, ReferralTransition, Signposting, Worry
from timelimits.closing import keep
from timelimits.domain import OpenItem, Why
from timelimits.models import Closed

REFERRAL, QUESTION, SIGNPOSTING, WORRY = "referral", "question", "signposting", "worry"
KINDS: Mapping[str, type[Model]] = {
    REFERRAL: Referral,
    QUESTION: InformationRequest,
    SIGNPOSTING: Signposting,
    WORRY: Worry,
}


def open_work(actor: Actor, case_ids: Collection[UUID]) -> list[OpenItem]:
    """Return what is open of these cases that the actor may see."""
    found = scope(Referral.objects.filter(case_id__in=case_ids), actor).select_related("held_by", "signposting")
    rows = list(found.order_by("received_at"))
    asked = InformationRequest.objects.filter(referral__in=rows, answered_at=None, closed_at=None)
    worries = scope(Worry.objects.filter(case_id__in=case_ids, ended_at=None), actor)
    return [
        *(_referral(row) for row in rows if row.status in OPEN),
        *(_question(each) for each in asked.select_related("referral").order_by("asked_at")),
        *(_signposting(row) for row in rows if hasattr(row, "signposting") and row.signposting.ended_at is None),
        *(OpenItem(WORRY, str(row.pk), row.case_id, f"Worried about: {row.why}", row.by) for row in worries),
    ]


def _referral(row: Referral) -> OpenItem:
    who = row.held_by.name if row.held_by else ""
    return OpenItem(REFERRAL, str(row.pk), row.case_id, f"Referral {row.reference}, not decided yet", who)


def _question(row: InformationRequest) -> OpenItem:
    return OpenItem(QUESTION, str(row.pk), row.referral.case_id, f"Question out: {row.question}", row.asked_of)


def _signposting(row: Referral) -> OpenItem:
    return OpenItem(SIGNPOSTING, str(row.signposting.pk), row.case_id, "Follow-up of where we sent them")


def _end_referral(by: Actor, item: OpenItem, why: Why) -> None:
    row = Referral.objects.select_for_update().filter(pk=item.key, status__in=OPEN).first()
    if row is None:
        return
    keep(by, item, why, {"status": row.status})
    begun = Begun(BY_VERB["withdraw"], row, Status(row.status), None, again=False)
    complete(by, begun, reason=why.reason, note=why.words)


def _end_question(by: Actor, item: OpenItem, why: Why) -> None:
    row = InformationRequest.objects.select_for_update().filter(pk=item.key, answered_at=None, closed_at=None).first()
    if row is None:
        return
    row.closed_at = now()
    row.save(update_fields=["closed_at"])
    keep(by, item, why, {})


def _end_signposting(by: Actor, item: OpenItem, why: Why) -> None:
    row = Signposting.objects.select_for_update().filter(pk=item.key, ended_at=None).first()
    if row is None:
        return
    row.ended_at, row.ended_by, row.result = now(), by.label, SignpostResult.CASE_CLOSED
    row.save(update_fields=["ended_at", "ended_by", "result"])
    keep(by, item, why, {})


def _end_worry(by: Actor, item: OpenItem, why: Why) -> None:
    row = Worry.objects.select_for_update().filter(pk=item.key, ended_at=None).first()
    if row is None:
        return
    row.ended_at, row.ended_by = now(), by.label
    row.save(update_fields=["ended_at", "ended_by"])
    keep(by, item, why, {})


ENDS: Mapping[str, Callable[[Actor, OpenItem, Why], None]] = {
    REFERRAL: _end_referral,
    QUESTION: _end_question,
    SIGNPOSTING: _end_signposting,
    WORRY: _end_worry,
}


def _reopen_referral(by: Actor, row: Closed) -> None:
    referral = Referral.objects.select_for_update().get(pk=row.key)
    if referral.status != Status.WITHDRAWN:
        return
    before = referral.status
    referral.status, referral.done_at = row.before["status"], None
    referral.version += 1
    referral.save()
    ReferralTransition.objects.create(
        referral=referral,
        verb="reopen",
        from_status=before,
        to_status=referral.status,
        actor_id=by.id,
        actor_label=by.label,
        occurred_at=now(),
        recorded_at=now(),
    )
    record(case_id=referral.case_id, event="referral.reopened", subject=f"referral:{referral.pk}")


def _reopen_question(by: Actor, row: Closed) -> None:
    question = InformationRequest.objects.select_for_update().get(pk=row.key)
    question.closed_at = None
    question.save(update_fields=["closed_at"])


def _reopen_signposting(by: Actor, row: Closed) -> None:
    signposting = Signposting.objects.select_for_update().get(pk=row.key)
    signposting.ended_at, signposting.ended_by, signposting.result = None, "", ""
    signposting.save(update_fields=["ended_at", "ended_by", "result"])


def _reopen_worry(by: Actor, row: Closed) -> None:
    worry = Worry.objects.select_for_update().get(pk=row.key)
    again = Worry.objects.filter(case_id=worry.case_id, why=worry.why, ended_at=None)
    if again.exists():
        return
    worry.ended_at, worry.ended_by = None, ""
    worry.save(update_fields=["ended_at", "ended_by"])


REOPENS: Mapping[str, Callable[[Actor, Closed], None]] = {
    REFERRAL: _reopen_referral,
    QUESTION: _reopen_question,
    SIGNPOSTING: _reopen_signposting,
    WORRY: _reopen_worry,
}
