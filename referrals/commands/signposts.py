"""Somebody we send elsewhere is followed up until there is a result: nobody is lost between two doors (R020)."""

from uuid import UUID

from django.db import connection

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals.domain import SIGNPOST_FOLLOW_UP, TRIES_BEFORE_GIVING_UP, Phase, SignpostResult
from referrals.models import Referral, Signposting
from timelimits.commands import cancel_clocks, close_case, hand_over, start_clock, stop_clock
from timelimits.domain.local_time import local_date

COUNT = """
INSERT INTO referrals_decisioncount (day, zone, what, kind, reason, times) VALUES (%s, %s, %s, %s, %s, 1)
ON CONFLICT (day, zone, what, kind, reason) DO UPDATE SET times = referrals_decisioncount.times + 1
"""


def count_decision(referral: Referral, what: str, kind: str = "", reason: str = "") -> None:
    """Add one to how often it was decided so today, in the transaction of the decision."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [local_date(now()), referral.zone, what, kind, reason])


def begin_signposting(by: Actor, referral: Referral, signpost: str, where: str) -> Signposting:
    """Put the referral on the list of people sent elsewhere, with its clock. Part of a decline or a redirect."""
    row = Signposting.objects.create(referral=referral, signpost=signpost, where=where, made_at=now())
    start_clock(
        by=by,
        case_id=referral.case_id,
        subject=f"signposting:{row.pk}",
        policy=SIGNPOST_FOLLOW_UP,
        started_at=now(),
    )
    hand_over(
        by=by,
        case_id=referral.case_id,
        user_id=None,
        team_id=referral.front_door_id,
        zone=referral.zone,
        phase=Phase.SIGNPOSTED,
        step_down=referral.direction == "step_down",
        reference=referral.reference,
    )
    return row


def _lock(by: Actor, signposting_id: UUID) -> Signposting:
    require(by, Permission.REFERRAL_CHASE)
    rows = Signposting.objects.select_for_update(of=("self",)).select_related("referral")
    seen = scope(rows, by.where_it_may(Permission.REFERRAL_CHASE), field="referral__case_id")
    row = seen.filter(pk=signposting_id).first()
    if row is None:
        raise NotFound
    return row


@command
def try_signposting(*, by: Actor, signposting_id: UUID, note: str = "") -> Signposting:
    """Record that we tried to find out and could not yet; its clock begins anew. Quiet once there is a result."""
    row = _lock(by, signposting_id)
    if row.ended_at is not None:
        return row
    row.tries, row.tried_at, row.note = row.tries + 1, now(), note.strip() or row.note
    row.save(update_fields=["tries", "tried_at", "note"])
    subject, case_id = f"signposting:{row.pk}", row.referral.case_id
    cancel_clocks(by=by, subject=subject, reason="not_needed", policies=(SIGNPOST_FOLLOW_UP,))
    start_clock(by=by, case_id=case_id, subject=subject, policy=SIGNPOST_FOLLOW_UP, started_at=now())
    record(case_id=case_id, event="signposting.tried", subject=subject, tries=row.tries)
    return row


@command
def finish_signposting(*, by: Actor, signposting_id: UUID, result: SignpostResult, note: str = "") -> Signposting:
    """Record what became of somebody sent elsewhere; the case leaves the last list. Repeating is quiet.

    Raises RuleBroken(tries_missing) for "could not find out" before the third try.
    """
    row = _lock(by, signposting_id)
    if row.ended_at is not None:
        return row
    if result is SignpostResult.CASE_CLOSED:
        raise RuleBroken("result_unknown", "Choose what became of them.", "result")
    if result is SignpostResult.NOT_REACHED and row.tries < TRIES_BEFORE_GIVING_UP:
        raise RuleBroken(
            "tries_missing", f"Try {TRIES_BEFORE_GIVING_UP} times before giving up: {row.tries} so far.", "result"
        )
    row.result, row.note, row.ended_at, row.ended_by = result, note.strip() or row.note, now(), by.label
    row.save(update_fields=["result", "note", "ended_at", "ended_by"])
    subject, case_id = f"signposting:{row.pk}", row.referral.case_id
    stop_clock(by=by, subject=subject, policy=SIGNPOST_FOLLOW_UP, stopped_at=now())
    close_case(by=by, case_id=case_id)
    record(case_id=case_id, event="signposting.ended", subject=subject, result=result)
    count_decision(row.referral, "signposted", "", result)
    return row
