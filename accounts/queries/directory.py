"""Reads for those who keep accounts, the rota and partner systems."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from accounts.domain import Duty, Permission, TeamKind, rota
from accounts.middleware import FACTORS
from accounts.models import Cover, Membership, Organisation, PartnerClient, Shift, ShiftPattern, Team, TeamHours, User
from accounts.queries import keeps_rota, on_duty
from audit.commands import require
from audit.domain import Actor, sending
from audit.models import CaseEvent
from audit.queries import timeline
from audit.refusals import NotFound

PAGE = 50
AHEAD = timedelta(days=28)


def _with_factor(users: QuerySet[User]) -> QuerySet[User]:
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    held = Membership.objects.select_related("team").order_by("team__name", "role")
    return users.annotate(has_factor=Exists(factor)).prefetch_related(Prefetch("memberships", queryset=held))


def people(by: Actor, active: bool, team: str = "", after: UUID | None = None) -> list[User]:
    """Return up to 51 accounts by name, from the user after `after` on; the 51st says there are more."""
    require(by, Permission.ACCOUNT_MANAGE)
    rows = _with_factor(User.objects.filter(is_active=active)).annotate(sort=Lower("name"))
    if team:
        rows = rows.filter(Exists(Membership.objects.filter(user=OuterRef("pk"), team__code=team)))
    last = User.objects.annotate(sort=Lower("name")).filter(pk=after).first() if after else None
    if last is not None:
        sort = last.sort
        rows = rows.filter(Q(sort__gt=sort) | Q(sort=sort, pk__gt=last.pk))
    return list(rows.order_by("sort", "pk")[: PAGE + 1])


def person(by: Actor, user_id: UUID) -> User:
    """Return one account with its roles. Raises NotPermitted, NotFound."""
    require(by, Permission.ACCOUNT_MANAGE)
    found = _with_factor(User.objects.filter(pk=user_id)).first()
    if found is None:
        raise NotFound
    return found


def mark_of(user: User) -> str:
    """Return a mark of somebody's name and telephone number: another as soon as one of them is changed."""
    return sending(user.pk, user.name, user.phone).hex


def history(by: Actor, subject_id: UUID) -> Sequence[CaseEvent]:
    """Return the latest 30 things done to an account, a team's rota or a partner system."""
    require(by, Permission.ACCOUNT_MANAGE)
    return list(timeline([subject_id])[:30])


def teams() -> QuerySet[Team]:
    """Return every team by name."""
    return Team.objects.select_related("organisation").order_by("name")


def organisations() -> QuerySet[Organisation]:
    """Return every organisation by name."""
    return Organisation.objects.order_by("name")


def rota_teams(by: Actor) -> list[Team]:
    """Return the teams whose rota the actor keeps, by name. Raises NotPermitted."""
    require(by, Permission.ROTA_MANAGE)
    return [team for team in teams() if keeps_rota(by, team.pk)]


@dataclass(frozen=True, slots=True)
class TeamRota:
    """All that a team's rota page shows."""

    team: Team
    now: list[tuple[Duty, list[User]]]
    hours: list[TeamHours]
    patterns: list[ShiftPattern]
    shifts: list[Shift]
    covers: list[Cover]


def on_now(team_id: UUID, at: datetime) -> list[tuple[Duty, list[User]]]:
    """Return who is on each duty at the instant, the duty desk first."""
    order = (Duty.DESK, Duty.CO_ORDINATOR, Duty.LEAD, Duty.ON_CALL)
    return [(duty, on_duty(team_id, duty, at)) for duty in order]


def team_rota(by: Actor, team_id: UUID, at: datetime) -> TeamRota:
    """Return a team's rota: hours, repeating shifts in force or to come, single shifts cover of 28 days."""
    require(by, Permission.ROTA_MANAGE)
    team = Team.objects.filter(pk=team_id).first()
    if team is None or not keeps_rota(by, team_id):
        raise NotFound
    today, until = at.astimezone(rota.LONDON).date(), at + AHEAD
    in_force = Q(valid_until=None) | Q(valid_until__gte=today)
    patterns = ShiftPattern.objects.filter(in_force, team=team).select_related("user").order_by("duty", "begins", "pk")
    shifts = Shift.objects.filter(team=team, ends_at__gt=at, starts_at__lt=until).select_related("user")
    covers = Cover.objects.filter(ends_at__gt=at, user__memberships__team=team).select_related("user", "covered_by")
    return TeamRota(
        team=team,
        now=on_now(team.pk, at),
        hours=list(TeamHours.objects.filter(team=team)),
        patterns=list(patterns),
        shifts=list(shifts.order_by("starts_at", "pk")),
        covers=list(covers.distinct().order_by("starts_at", "pk")),
    )


def partners(by: Actor) -> list[PartnerClient]:
    """Return every partner system by name. Raises NotPermitted."""
    require(by, Permission.ACCOUNT_MANAGE)
    return list(PartnerClient.objects.select_related("organisation", "application").order_by("name"))


def partner(by: Actor, client_id: UUID) -> PartnerClient:
    """Return one partner system. Raises NotPermitted, NotFound."""
    require(by, Permission.ACCOUNT_MANAGE)
    found = PartnerClient.objects.select_related("organisation", "application").filter(pk=client_id).first()
    if found is None:
        raise NotFound
    return found


def front_door_phone() -> str:
    """Return the number of the single point of access, as people read it; nothing before the place is loaded."""
    team = Team.objects.filter(kind=TeamKind.SPA).order_by("code").first()
    return team.duty_phone if team else ""


def work_providers() -> list[tuple[str, str]]:
    """Return (id, name) of every work sign-in of this deployment, in the order of the settings."""
    apps: list[dict[str, Any]] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]  # type: ignore[assignment]
    return [(app["provider_id"], app["name"]) for app in apps]


def work_links(user: AbstractBaseUser | AnonymousUser) -> list[tuple[str, str, datetime]]:
    """Return (id, name, since when) of the work sign-ins that a person is linked to."""
    names = dict(work_providers())
    held = SocialAccount.objects.filter(user=user.pk).order_by("provider")
    return [(one.provider, names.get(one.provider, one.provider), one.date_joined) for one in held]
