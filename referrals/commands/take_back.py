"""A decision made in error is taken back: the referral is open again as it was, its clocks as if they had run on."""

from dataclasses import replace
from uuid import UUID

from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from referrals.commands.deaths import refuse_if_dead
from referrals.commands.moves import Begun, begin, complete, subject
from referrals.commands.register import put_on_board
from referrals.commands.reviews import settle_reviews
from referrals.commands.signposts import count_decision, drop_signposting
from referrals.domain import BY_VERB, OPEN, Status
from referrals.models import Referral, ReferralTransition
from referrals.queries import refuse_erased
from referrals.queries.decision import decision_of, is_recent
from timelimits.commands import reopen_clock
from timelimits.models import Clock


@command
def take_back_decision(*, by: Actor, referral_id: UUID, reason: str, version: int | None = None) -> ReferralTransition:
    """Take back a decline, a redirect, a withdrawal or a "did not want it", with the reason in words; return it.

    Its clocks go on as if they had never stopped, so what is late by now is late; the follow-up that it opened is
    cancelled. Raises NotPermitted, NotFound, Stale, IllegalMove (open, too_late, was_accepted, new_referral, erased),
    RuleBroken (reason_missing, person_died).
    """
    begun = begin(by, "take_back", referral_id, version, (reason,))
    referral = begun.referral
    if begun.again:
        return decision_of(referral)
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why, in a few words.", field="reason")
    decision = decision_of(referral)
    _refuse_unless_it_may(referral, decision)
    referral.done_at = None
    back = replace(begun, move=replace(begun.move, to=Status(decision.from_status)))
    complete(by, back, note=reason, kind=decision.verb)
    drop_signposting(by, referral)
    put_on_board(by, referral)
    _run_on(by, back, decision)
    count_decision(referral, "taken_back", "", decision.verb)
    settle_reviews(by=by, person_id=referral.person_id)
    return decision


def _refuse_unless_it_may(referral: Referral, decision: ReferralTransition) -> None:
    if not is_recent(decision.recorded_at, now()):
        raise IllegalMove("too_late", "This can't be done because it was decided too long ago. Make a new referral.")
    if decision.from_status not in OPEN:
        raise IllegalMove("was_accepted", "This can't be done because it had been accepted. Make a new referral.")
    refuse_erased(referral.person)
    refuse_if_dead(referral.person_id)
    since = Referral.objects.filter(person_id=referral.person_id, recorded_at__gte=decision.recorded_at)
    newer = since.exclude(pk=referral.pk).order_by("recorded_at").first()
    if newer is not None:
        words = f"This can't be done because {newer.reference} came in since. Decide on that one."
        raise IllegalMove("new_referral", words)


def _run_on(by: Actor, begun: Begun, decision: ReferralTransition) -> None:
    """Open the clocks again that the decision stopped or cancelled, and none that had ended before it."""
    move, clock_of = BY_VERB[decision.verb], subject(begun.referral)
    ended = Clock.objects.filter(
        subject=clock_of, policy_code__in=[*move.stops, *move.cancels], stop_recorded_at=decision.recorded_at
    )
    for clock in ended.select_related("policy").order_by("pk"):
        reopen_clock(
            by=by,
            subject=clock_of,
            policy=clock.policy_code,
            variant=clock.policy.variant,
            started_at=clock.started_at,
            reason="decision_taken_back",
        )
