"""Everything that decides one referral, for the panel beside the board."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain import Permission
from accounts.models import Team
from audit.domain import Actor
from pathways.domain import Candidate
from pathways.models import Episode
from pathways.queries import candidates, for_actor, teams_for
from referrals.domain import OPEN
from referrals.models import InformationRequest, Referral
from referrals.queries import get, other_referrals
from timelimits.models import Clock
from timelimits.queries import clocks_for

MOST_EPISODES = 3


@dataclass(frozen=True, slots=True)
class Panel:
    """One referral with its clocks, what else is known of the person, and who could co-ordinate."""

    referral: Referral
    clocks: tuple[Clock, ...]
    others: tuple[Referral, ...]
    episodes: tuple[Episode, ...]
    questions: tuple[InformationRequest, ...]
    team: Team | None = None
    suggested: Candidate | None = None


def panel(by: Actor, referral_id: UUID, now: datetime) -> Panel:
    """Return what the panel shows and log the reading. Raises NotFound when there is none or it is not yours."""
    referral = get(by, referral_id)
    episodes = for_actor(by).filter(person_id=referral.person_id).order_by("-accepted_at")[:MOST_EPISODES]
    team = _team_for(by, referral)
    offered = candidates(team.pk, now) if team else []
    return Panel(
        referral=referral,
        clocks=tuple(c for c in clocks_for(by, [referral.case_id]) if c.subject.startswith("referral:")),
        others=tuple(other_referrals(by, referral)),
        episodes=tuple(episodes),
        questions=tuple(referral.information_requests.filter(answered_at=None).order_by("asked_at")),
        team=team,
        suggested=offered[0] if offered else None,
    )


def _team_for(by: Actor, referral: Referral) -> Team | None:
    """Return the team that would take it, for whoever may accept."""
    if referral.status not in OPEN or not by.may(Permission.REFERRAL_ACCEPT):
        return None
    return next(iter(teams_for(referral)), None)
