"""An ambulance crew that is with somebody and waits: said so, and answered within minutes."""

from datetime import datetime
from uuid import UUID

from audit.bulk import add
from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals.commands.moves import begin, complete, subject
from referrals.domain import CREW_WAITING, FUTURE_TOLERANCE, Crew
from referrals.models import CrewWait, Referral
from timelimits.commands import start_clocks, stop_clock

ANSWER = ("may_leave", "ours_from", "plan", "told_at", "told_by")


def keep_crew(by: Actor, referral: Referral, crew: Crew, told_at: datetime) -> CrewWait:
    """Note that a crew waits, and let its minutes run from when we were told. Part of a command.

    A time later than that one is taken as that one.
    """
    since = min(crew.since or told_at, told_at)
    row = CrewWait(referral=referral, since=since, phone=crew.phone, reference=crew.reference)
    add(row)
    limits = ((CREW_WAITING, ""),)
    start_clocks(by=by, case_id=referral.case_id, subject=subject(referral), limits=limits, started_at=told_at)
    return row


def refuse_later(crew: Crew, field: str) -> None:
    """Raise RuleBroken for a crew that is said to be there from a time later than now."""
    if crew.since is not None and crew.since > now() + FUTURE_TOLERANCE:
        raise RuleBroken("since_in_future", "This time is later than now.", field)


def refuse_while_crew_waits(referral: Referral) -> None:
    """Raise RuleBroken while a crew waits that nobody has answered: it must be told before the referral ends."""
    if CrewWait.objects.filter(referral=referral, told_at=None).exists():
        raise RuleBroken("crew_waits", "An ambulance crew waits there. Answer the crew first.")


@command
def mark_crew(*, by: Actor, referral_id: UUID, crew: Crew, version: int | None = None) -> Referral:
    """Say of an open referral that a crew is there and waits. Said twice, the first stands, until it is answered.

    After an answer another crew is another wait: its minutes run anew, and what the first was told stays in the trail.

    Raises NotPermitted, NotFound, IllegalMove, Stale; RuleBroken for a time later than now.
    """
    begun = begin(by, "crew", referral_id, version, (crew,))
    referral = begun.referral
    if begun.again or CrewWait.objects.filter(referral=referral, told_at=None).exists():
        return referral
    refuse_later(crew, "since")
    CrewWait.objects.filter(referral=referral).delete()  # what it was told stays among the moves
    keep_crew(by, referral, crew, now())
    return complete(by, begun)


@command
def tell_crew(
    *,
    by: Actor,
    referral_id: UUID,
    may_leave: bool,
    plan: str,
    ours_from: datetime | None = None,
    version: int | None = None,
) -> Referral:
    """Tell the crew who is responsible and from when, whether it may leave, and what holds until we are there.

    It may leave only once we are responsible: from now unless told. Another answer later takes the place of this one;
    both stay among what was done. Raises RuleBroken (no_crew, plan_missing, ours_from_in_future).
    """
    begun = begin(by, "tell_crew", referral_id, version, (may_leave, plan, ours_from))
    referral = begun.referral
    if begun.again:
        return referral
    row = CrewWait.objects.select_for_update().filter(referral=referral).first()
    if row is None:
        raise RuleBroken("no_crew", "This can't be done because nobody has said that a crew is there.")
    if not plan.strip():
        raise RuleBroken("plan_missing", "Say what holds until we are there.", "plan")
    if may_leave and ours_from is not None and ours_from > now():
        raise RuleBroken(
            "ours_from_in_future", "They may leave only once we are responsible: not before then.", "ours_from"
        )
    row.may_leave, row.plan, row.told_at, row.told_by = may_leave, plan.strip(), now(), by.label
    row.ours_from = (ours_from or now()) if may_leave else ours_from
    row.save(update_fields=ANSWER)
    stop_clock(by=by, subject=subject(referral), policy=CREW_WAITING, stopped_at=now())
    return complete(by, begun, note=plan.strip(), kind="may_leave" if may_leave else "stays")
