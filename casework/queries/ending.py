"""What ends with a referral or an episode, for the page that asks before it does."""

from collections.abc import Collection, Sequence
from uuid import UUID

from audit.domain import Actor
from careplans.closing import OUTLASTS
from casework import closing
from pathways import queries
from pathways.domain import EpisodeStatus
from pathways.models import Episode
from referrals.domain import ENDED_UNACCEPTED
from referrals.models import Referral
from timelimits.domain import OpenItem

PRINCIPAL = frozenset({"referral", "listed"})
"""The act says itself what becomes of these: they are not listed beside it."""
STAYS = PRINCIPAL | OUTLASTS
"""What is not ended beside it."""


def cases_of_referral(referral_id: UUID) -> Collection[UUID]:
    """Return the cases that end with a referral: its own, and those of a live episode that it opened.

    None of one that has ended: what is open of it now came after, such as the follow-up of a decline.
    """
    referral = Referral.objects.filter(pk=referral_id).exclude(status__in=ENDED_UNACCEPTED).first()
    if referral is None:
        return []
    opened = Episode.objects.filter(opened_by=referral, status=EpisodeStatus.LIVE).first()
    return queries.case_ids(opened) if opened else [referral.case_id]


def cases_of_episode(episode_id: UUID) -> Collection[UUID]:
    """Return the cases that end with a live episode: its own, and those of referrals that joined it."""
    episode = Episode.objects.filter(pk=episode_id, status=EpisodeStatus.LIVE).first()
    return queries.case_ids(episode) if episode else []


def ends_with(by: Actor, case_ids: Collection[UUID]) -> Sequence[OpenItem]:
    """Return what would end with these cases, as far as the actor may see: the same list that the act goes by."""
    return [item for item in closing.open_work(by, case_ids) if item.kind not in STAYS]
