"""How every move of a referral is made: looked up in the table, written with its transition row and its event."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from accounts.domain import AccessLevel
from audit.commands import now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, Stale
from referrals import queries
from referrals.domain import BY_VERB, ENDED_UNACCEPTED, STATUS_WORDS, Move, Status
from referrals.models import Referral, ReferralTransition
from referrals.presenters import wall_clock
from timelimits.commands import cancel_clocks, close_case, stop_clock


def subject(referral: Referral) -> str:
    """Return the label under which clocks and events name the referral."""
    return f"referral:{referral.pk}"


def begin(
    by: Actor,
    verb: str,
    referral_id: UUID,
    version: int | None,
    levels: Iterable[AccessLevel] = (AccessLevel.FULL,),
) -> tuple[Move, Referral]:
    """Check permission, lock the row in scope, check the version and the state.

    Raises NotPermitted, NotFound, Stale (with who changed it and when) or IllegalMove (with who was first and when).
    """
    move = BY_VERB[verb]
    require(by, move.permission)
    referral = queries.lock(by.where_it_may(move.permission), referral_id, levels)
    already_there = move.to is not None and referral.status == move.to
    if referral.status not in move.sources and not already_there:
        raise IllegalMove(f"already_{referral.status}", f"This can't be done because {_who_was_first(referral)}.")
    if version is not None and version != referral.version:
        raise Stale(f"{_who_was_first(referral, 'changed this referral')}, after you opened it.")
    return move, referral


def done_already(move: Move, referral: Referral) -> bool:
    """Say whether this very move has happened before: repeating it is quiet."""
    return move.to is not None and referral.status == move.to and move.to not in move.sources


def _who_was_first(referral: Referral, did: str = "") -> str:
    last = referral.transitions.order_by("-id").first()
    words = did or f"it was set to “{STATUS_WORDS[Status(referral.status)].lower()}” by"
    if last is None:
        return words
    at = wall_clock(last.recorded_at, now())
    return f"{last.actor_label} {did} at {at}" if did else f"{words} {last.actor_label} at {at}"


def complete(
    by: Actor,
    move: Move,
    referral: Referral,
    *,
    reason: str = "",
    signpost: str = "",
    note: str = "",
    occurred_at: datetime | None = None,
    **codes: object,
) -> Referral:
    """Write the row, its transition row and one event; stop and cancel the clocks that the table names."""
    instant = now()
    before, after = referral.status, move.to or Status(referral.status)
    referral.status = after
    referral.version += 1
    if after in ENDED_UNACCEPTED:
        referral.done_at = referral.done_at or instant
    referral.save()
    ReferralTransition.objects.create(
        referral=referral,
        verb=move.verb,
        from_status=before,
        to_status=after,
        reason=reason,
        signpost=signpost,
        note=note,
        actor_id=by.id,
        actor_label=by.label,
        occurred_at=occurred_at or instant,
        recorded_at=instant,
    )
    told = {name: value for name, value in {"reason": reason, "signpost": signpost, **codes}.items() if value}
    record(case_id=referral.case_id, event=move.event, subject=subject(referral), occurred_at=occurred_at, **told)
    return referral


def end_clocks(by: Actor, move: Move, referral: Referral, at: datetime, reason: str) -> None:
    """Stop and cancel what the table says, and take an ended referral's case off every list."""
    for policy in move.stops:
        stop_clock(by=by, subject=subject(referral), policy=policy, stopped_at=at)
    if move.cancels:
        cancel_clocks(by=by, subject=subject(referral), reason=reason, policies=move.cancels)
    if referral.status in ENDED_UNACCEPTED:
        close_case(by=by, case_id=referral.case_id)
