"""Somebody we send elsewhere is followed up until there is a result: nobody is lost between two doors (R020)."""

from uuid import UUID

from django.db import connection

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import command, now, record, require
from audit.domain import Actor, sending
from audit.refusals import IllegalMove, NotFound, RuleBroken, Stale
from referrals.commands.reviews import settle_reviews
from referrals.domain import SIGNPOST_FOLLOW_UP, TRIES_BEFORE_GIVING_UP, Phase, SignpostResult
from referrals.models import Referral, Signposting
from referrals.presenters import wall_clock
from timelimits.commands import cancel_clocks, close_case, hand_over, start_clock, stop_clock
from timelimits.domain.local_time import local_date

COUNT = """
INSERT INTO referrals_decisioncount (day, zone, what, kind, reason, times) VALUES (%s, %s, %s, %s, %s, 1)
ON CONFLICT (day, zone, what, kind, reason) DO UPDATE SET times = referrals_decisioncount.times + 1
"""


NOT_FOLLOWED = {
    "tries": 0,
    "tried_at": None,
    "result": "",
    "note": "",
    "ended_at": None,
    "ended_by": "",
    "sent_id": None,
}
"""How a follow-up begins; also the second one, when the first decision was taken back."""


def count_decision(referral: Referral, what: str, kind: str = "", reason: str = "") -> None:
    """Add one to how often it was decided so today, in the transaction of the decision."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [local_date(now()), referral.zone, what, kind, reason])


def begin_signposting(by: Actor, referral: Referral, signpost: str, where: str) -> Signposting:
    """Put the referral on the list of people sent elsewhere, with its clock. Part of a decline or a redirect."""
    row, _ = Signposting.objects.update_or_create(
        referral=referral, defaults={**NOT_FOLLOWED, "signpost": signpost, "where": where, "made_at": now()}
    )
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


def _sent_already(by: Actor, row: Signposting, version: int | None, *told: object) -> bool:
    """Say whether this very sending is written already. `version` is the number of tries that was looked at.

    Raises IllegalMove when somebody recorded a result meanwhile, Stale when somebody tried meanwhile.
    """
    if version is None:
        return row.ended_at is not None
    sent_id = sending(by.id, row.pk, version, *told)
    if sent_id == row.sent_id:
        return True
    if row.ended_at is not None:
        at = wall_clock(row.ended_at, now())
        raise IllegalMove("already_ended", f"This can't be done because {row.ended_by} recorded a result at {at}.")
    if version != row.tries:
        at = wall_clock(row.tried_at or now(), now())
        raise Stale(f"Somebody tried at {at}, after you opened this.")
    row.sent_id = sent_id
    return False


def drop_signposting(by: Actor, referral: Referral) -> None:
    """Cancel the follow-up of a decision that is taken back. None, or one with a result already: quiet."""
    row = Signposting.objects.select_for_update().filter(referral=referral, ended_at=None).first()
    if row is None:
        return
    row.result, row.ended_at, row.ended_by = SignpostResult.CASE_CLOSED, now(), by.label
    row.save(update_fields=["result", "ended_at", "ended_by"])
    cancel_clocks(by=by, subject=f"signposting:{row.pk}", reason="not_needed", policies=(SIGNPOST_FOLLOW_UP,))


def _lock(by: Actor, signposting_id: UUID) -> Signposting:
    require(by, Permission.REFERRAL_CHASE)
    rows = Signposting.objects.select_for_update(of=("self",)).select_related("referral")
    seen = scope(rows, by.where_it_may(Permission.REFERRAL_CHASE), field="referral__case_id")
    row = seen.filter(pk=signposting_id).first()
    if row is None:
        raise NotFound
    return row


@command
def try_signposting(*, by: Actor, signposting_id: UUID, note: str = "", version: int | None = None) -> Signposting:
    """Record that we tried to find out and could not yet; its clock begins anew (R020). Sent twice is one try.

    Quiet once there is a result, and `version` was not said. Raises IllegalMove, Stale.
    """
    row = _lock(by, signposting_id)
    if _sent_already(by, row, version, "tried", note):
        return row
    row.tries, row.tried_at, row.note = row.tries + 1, now(), note.strip() or row.note
    row.save(update_fields=["tries", "tried_at", "note", "sent_id"])
    subject, case_id = f"signposting:{row.pk}", row.referral.case_id
    cancel_clocks(by=by, subject=subject, reason="not_needed", policies=(SIGNPOST_FOLLOW_UP,))
    start_clock(by=by, case_id=case_id, subject=subject, policy=SIGNPOST_FOLLOW_UP, started_at=now())
    record(case_id=case_id, event="signposting.tried", subject=subject, tries=row.tries)
    return row


@command
def finish_signposting(
    *, by: Actor, signposting_id: UUID, result: SignpostResult, note: str = "", version: int | None = None
) -> Signposting:
    """Record what became of somebody sent elsewhere; the case leaves the last list (R020). Repeating is quiet.

    Raises RuleBroken(tries_missing) for "could not find out" before the third try, IllegalMove, Stale.
    """
    row = _lock(by, signposting_id)
    if _sent_already(by, row, version, result, note):
        return row
    if result is SignpostResult.CASE_CLOSED:
        raise RuleBroken("result_unknown", "Choose what became of them.", "result")
    if result is SignpostResult.NOT_REACHED and row.tries < TRIES_BEFORE_GIVING_UP:
        raise RuleBroken(
            "tries_missing", f"Try {TRIES_BEFORE_GIVING_UP} times before giving up: {row.tries} so far.", "result"
        )
    row.result, row.note, row.ended_at, row.ended_by = result, note.strip() or row.note, now(), by.label
    row.save(update_fields=["result", "note", "ended_at", "ended_by", "sent_id"])
    subject, case_id = f"signposting:{row.pk}", row.referral.case_id
    stop_clock(by=by, subject=subject, policy=SIGNPOST_FOLLOW_UP, stopped_at=now())
    close_case(by=by, case_id=case_id)
    settle_reviews(by=by, person_id=row.referral.person_id)
    record(case_id=case_id, event="signposting.ended", subject=subject, result=result)
    count_decision(row.referral, "signposted", "", result)
    return row
