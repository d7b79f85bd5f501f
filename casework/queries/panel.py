"""Everything that decides one referral, for the panel beside the board."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Min

from accounts.domain import Permission
from accounts.models import Team
from audit.domain import Actor
from audit.models import AccessLog
from pathways.domain import Candidate
from pathways.models import Episode
from pathways.queries import candidates, for_actor, teams_for
from referrals.domain import OPEN
from referrals.models import InformationRequest, Referral, ReferralTransition, ToldDifference
from referrals.queries import Needs, get, needs_of, other_referrals, told_with
from referrals.queries.advice import Advised, advice_on
from referrals.queries.decision import may_go_back
from referrals.queries.news import news_of
from referrals.queries.questions import questions_of
from timelimits.models import Clock
from timelimits.queries import clocks_for

MOST_EPISODES = 3
MOST_READERS = 4


@dataclass(frozen=True, slots=True)
class Panel:
    """One referral with its clocks, what else is known of the person, and who could co-ordinate.

    `back`: it may be taken back.
    """

    referral: Referral
    clocks: tuple[Clock, ...]
    others: tuple[Referral, ...]
    episodes: tuple[Episode, ...]
    questions: tuple[InformationRequest, ...]
    needs: Needs = field(default_factory=Needs)
    told: tuple[ToldDifference, ...] = ()
    news: tuple[ReferralTransition, ...] = ()
    advice: Advised | None = None
    team: Team | None = None
    suggested: Candidate | None = None
    opened: tuple[tuple[str, datetime], ...] = ()
    back: bool = False


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
        questions=tuple(questions_of(referral)),
        needs=needs_of(referral.person),
        told=tuple(told_with(referral)),
        news=tuple(news_of(referral)),
        advice=advice_on(referral, now) if referral.status in OPEN else None,
        team=team,
        suggested=offered[0] if offered else None,
        opened=opened_by(referral, now),
        back=may_go_back(referral, now),
    )


def opened_by(referral: Referral, now: datetime) -> tuple[tuple[str, datetime], ...]:
    """Return who opened it since it was received and before now, the first first, each with when: up to 4 of them."""
    rows = AccessLog.objects.filter(
        what__in=["case", "referral"],
        ids__0=str(referral.person_id),
        at__gte=referral.received_at,
        at__lt=now,
        denied=False,
        actor_id__startswith="user:",
    )
    found = rows.values("actor_label").annotate(first=Min("at")).order_by("first", "actor_label")[:MOST_READERS]
    return tuple((row["actor_label"], row["first"]) for row in found)


def _team_for(by: Actor, referral: Referral) -> Team | None:
    """Return the team that would take it, for whoever may accept."""
    if referral.status not in OPEN or not by.may(Permission.REFERRAL_ACCEPT):
        return None
    return next(iter(teams_for(referral)), None)
