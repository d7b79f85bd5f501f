"""How every move of a referral is made: looked up in the table, written with its transition row and its event."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain import AccessLevel
from audit.commands import now, record, require
from audit.domain import Actor, sending
from audit.refusals import IllegalMove, Stale
from referrals import queries
from referrals.commands.reviews import settle_reviews
from referrals.domain import BY_VERB, ENDED_UNACCEPTED, OPEN, STATUS_WORDS, Changes, Move, Status
from referrals.models import Referral, ReferralTransition
from referrals.presenters import wall_clock
from timelimits.commands import cancel_clocks, close_case, stop_clock


def subject(referral: Referral) -> str:
    """Return the label under which clocks and events name the referral."""
    return f"referral:{referral.pk}"


@dataclass(frozen=True, slots=True)
class Begun:
    """A move of a referral whose row is locked. `again`: it was made before, so the command returns quietly."""

    move: Move
    referral: Referral
    source: Status
    sent_id: UUID | None
    again: bool


def begin(
    by: Actor,
    verb: str,
    referral_id: UUID,
    version: int | None,
    told: Iterable[object] = (),
    levels: Iterable[AccessLevel] = (AccessLevel.FULL,),
) -> Begun:
    """Check permission, lock the row in scope, check the version and the state.

    The very same sending once more (a double click, an answer that was lost) is quiet: the same actor telling the same
    (`told`) from the same version. Raises NotPermitted, NotFound, Stale (with who changed it and when) or IllegalMove
    (with who was first and when).
    """
    move = BY_VERB[verb]
    require(by, move.permission)
    referral = queries.lock(by.where_it_may(move.permission), referral_id, levels)
    sent_id = None if version is None else sending(by.id, verb, referral_id, version, *told)
    if sent_id is not None and sent_id == _last(referral).sent_id:
        return Begun(move, referral, Status(referral.status), sent_id, again=True)
    current = version is None or version == referral.version
    again = current and move.to not in OPEN and referral.status == move.to
    if referral.status not in move.sources and not again:
        raise IllegalMove(f"already_{referral.status}", f"This can't be done because {who_was_first(referral)}.")
    refuse_changed(referral, version)
    return Begun(move, referral, Status(referral.status), sent_id, again)


def refuse_changed(referral: Referral, version: int | None) -> None:
    """Raise Stale with who changed the referral and when, unless this is the version that was looked at."""
    if version is not None and version != referral.version:
        last = _last(referral)
        at = wall_clock(last.recorded_at, now())
        raise Stale(f"{last.actor_label} changed this referral at {at}, after you opened it.")


def _last(referral: Referral) -> ReferralTransition:
    return referral.transitions.latest("id")


def who_was_first(referral: Referral) -> str:
    """Return who brought the referral to where it stands, and when: "it was set to “declined” by X at 10:42"."""
    last, words = _last(referral), STATUS_WORDS[Status(referral.status)].lower()
    return f"it was set to “{words}” by {last.actor_label} at {wall_clock(last.recorded_at, now())}"


def complete(
    by: Actor,
    begun: Begun,
    *,
    reason: str = "",
    signpost: str = "",
    note: str = "",
    kind: str = "",
    changes: Changes | None = None,
    occurred_at: datetime | None = None,
    **codes: object,
) -> Referral:
    """Write the row, its transition row and one event.

    `changes` holds what was told otherwise, as {column: (first, now)}: words, so they stand in that row alone.
    """
    instant, move, referral = now(), begun.move, begun.referral
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
        kind=kind,
        note=note,
        changes=changes or {},
        actor_id=by.id,
        actor_label=by.label,
        occurred_at=occurred_at or instant,
        recorded_at=instant,
        sent_id=begun.sent_id,
    )
    known: dict[str, object] = {"reason": reason, "signpost": signpost, "kind": kind, **codes}
    told = {name: value for name, value in known.items() if value}
    record(case_id=referral.case_id, event=move.event, subject=subject(referral), occurred_at=occurred_at, **told)
    return referral


def end_clocks(by: Actor, begun: Begun, at: datetime, reason: str) -> None:
    """Stop and cancel what the table says, and take an ended referral's case off every list.

    What stops while a referral is open stopped when it was accepted; a command that waited for that has an earlier now.
    """
    move, referral = begun.move, begun.referral
    for policy in move.stops if begun.source in OPEN else ():
        stop_clock(by=by, subject=subject(referral), policy=policy, stopped_at=at)
    if move.cancels:
        cancel_clocks(by=by, subject=subject(referral), reason=reason, policies=move.cancels)
    if referral.status in ENDED_UNACCEPTED:
        close_case(by=by, case_id=referral.case_id)
        settle_reviews(by=by, person_id=referral.person_id)
