"""Every way a referral or an episode ends, with everything that ends with it, in one act and from one list."""

from collections.abc import Collection, Iterable, Sequence
from uuid import UUID, uuid4

import pathways.commands.end as episodes
import referrals.commands.decide as front_door
import referrals.commands.take_back as front_door_again
from audit.commands import command
from audit.domain import SYSTEM, Actor
from careplans.commands import hand_back
from casework import closing
from casework.queries.ending import STAYS, cases_of_episode, cases_of_referral
from pathways.domain import CRISIS_SPELL, INTERMEDIATE_CARE, EndReason
from pathways.models import Episode
from pathways.queries import lock_to_end
from referrals.domain import SPA_TRIAGE
from referrals.models import Referral
from timelimits.domain import CancelReason, OpenItem, Why
from timelimits.models import Closed

MEETS = frozenset({SPA_TRIAGE, CRISIS_SPELL, INTERMEDIATE_CARE})
CANCELS = {EndReason(reason): CancelReason(code) for reason, code in episodes.CANCELS.items()}


@command
def decline_referral(
    *,
    by: Actor,
    referral_id: UUID,
    reason: str,
    signpost: str,
    where: str = "",
    note: str = "",
    version: int | None = None,
) -> Referral:
    """Say no, as `referrals` does, and end everything else that is open of the referral's case."""
    left = _left_of(referral_id)
    referral = front_door.decline_referral(
        by=by, referral_id=referral_id, reason=reason, signpost=signpost, where=where, note=note, version=version
    )
    _end(by, left, CancelReason.DECLINED, "referral declined")
    return referral


@command
def redirect_referral(
    *, by: Actor, referral_id: UUID, signpost: str, note: str, where: str = "", version: int | None = None
) -> Referral:
    """Send it on, as `referrals` does, and end everything else that is open of the referral's case."""
    left = _left_of(referral_id)
    referral = front_door.redirect_referral(
        by=by, referral_id=referral_id, signpost=signpost, note=note, where=where, version=version
    )
    _end(by, left, CancelReason.REDIRECTED, "referral redirected")
    return referral


@command
def record_not_wanted(*, by: Actor, referral_id: UUID, note: str, version: int | None = None) -> Referral:
    """Record the person's own no, as `referrals` does, and end everything else that is open of the case."""
    left = _left_of(referral_id)
    referral = front_door.record_not_wanted(by=by, referral_id=referral_id, note=note, version=version)
    _end(by, left, CancelReason.NOT_WANTED, "did not want it")
    return referral


@command
def withdraw_referral(*, by: Actor, referral_id: UUID, reason: str, version: int | None = None) -> Referral:
    """Take it back, as `pathways` does; with the episode it opened ends everything that is open of it."""
    left = _left_of(referral_id)
    referral = episodes.withdraw_referral(by=by, referral_id=referral_id, reason=reason, version=version)
    _end(by, left, CancelReason.WITHDRAWN, "referral withdrawn")
    return referral


@command
def end_episode(*, by: Actor, episode_id: UUID, reason: EndReason, version: int | None = None) -> Episode:
    """End the episode, as `pathways` does, and everything that is open of its cases."""
    lock_to_end(episode_id)
    live = cases_of_episode(episode_id)
    left = _left(live)
    episode = episodes.end_episode(by=by, episode_id=episode_id, reason=reason, version=version)
    _end(by, left, CANCELS[reason], "episode ended")
    if reason is EndReason.COMPLETED and live:
        hand_back(by=by, case_id=episode.case_id)
    return episode


def _left_of(referral_id: UUID) -> Sequence[OpenItem]:
    """Return what ends beside a referral, locked first: it is not accepted between this reading and the act."""
    Referral.objects.select_for_update().filter(pk=referral_id).first()
    return _left(cases_of_referral(referral_id))


def _left(case_ids: Collection[UUID]) -> Sequence[OpenItem]:
    """Return what ends beside the referral or episode itself: what the preview showed, whoever looks."""
    return [item for item in closing.open_work(SYSTEM, case_ids) if item.kind not in STAYS]


def _end(by: Actor, items: Iterable[OpenItem], reason: CancelReason, words: str) -> None:
    closing.end(by, items, Why(uuid4(), reason, words, MEETS))


@command
def take_back_decision(*, by: Actor, referral_id: UUID, reason: str, version: int | None = None) -> Referral:
    """Take a decision back, as `referrals` does, and open again all that ended with it. Repeating is quiet."""
    decision = front_door_again.take_back_decision(by=by, referral_id=referral_id, reason=reason, version=version)
    closed = Closed.objects.filter(case_id=decision.referral.case_id, closed_at=decision.recorded_at)
    for act in sorted(set(closed.values_list("act", flat=True))):
        closing.reopen(by, act)
    return Referral.objects.get(pk=referral_id)


@command
def end_open_work(*, by: Actor, case_ids: Collection[UUID], act: UUID, reason: CancelReason, words: str) -> None:
    """End everything open of these cases for one reason, such as a death; `act` names it for `reopen_work`.

    The caller checks who may: this is a part of a verb, not a verb of its own.
    """
    closing.end(by, closing.open_work(SYSTEM, case_ids), Why(act, reason, words))


@command
def reopen_work(*, by: Actor, act: UUID) -> None:
    """Open again all that one act ended; clocks run on as if they had never stopped. Repeating is quiet.

    The caller checks who may. Raises IllegalMove when the person has another live episode by now.
    """
    closing.reopen(by, act)
