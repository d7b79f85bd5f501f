"""Who is acting, who is on duty, and which rows an actor may see."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from accounts import rota
from accounts.domain import ROLES, SCOPES, AccessLevel, Duty, Role, Scope, is_place_wide, permissions_of
from accounts.models import (
    CaseAccess,
    Cover,
    Membership,
    PartnerClient,
    Place,
    Shift,
    ShiftPattern,
    Team,
    TeamHours,
    User,
)
from audit.acting import now
from audit.domain import Actor

M = TypeVar("M", bound=Model)


def place() -> Place:
    """Return this deployment's place; an unnamed one before the bundle is loaded."""
    return Place.objects.first() or Place(code="place", name="")


def current_memberships(at: datetime) -> QuerySet[Membership]:
    """Return memberships in force on the local day of the instant."""
    today = at.astimezone(rota.LONDON).date()
    return Membership.objects.filter(starts_on__lte=today).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))


def actor_for(principal: User | PartnerClient) -> Actor:
    """Make the Actor of a signed-in user or a partner system. The only way to make one."""
    if isinstance(principal, PartnerClient):
        return _client_actor(principal)
    memberships = list(current_memberships(now()).filter(user=principal).select_related("team").order_by("pk"))
    roles = frozenset(m.role for m in memberships)
    return Actor(
        id=f"user:{principal.pk}",
        label=principal.name,
        role=", ".join(dict.fromkeys(ROLES[Role(m.role)].label for m in memberships)),
        organisation=memberships[0].team.organisation_id if memberships else None,
        teams=frozenset(m.team_id for m in memberships),
        roles=roles,
        permissions=permissions_of(roles) if principal.is_active else frozenset(),
        place_wide=is_place_wide(roles),
    )


def _client_actor(client: PartnerClient) -> Actor:
    granted = [SCOPES[Scope(scope)][1] for scope in client.scopes] if client.is_active else []
    return Actor(
        id=f"client:{client.pk}",
        label=client.name,
        role=ROLES[Role.PARTNER_SYSTEM].label,
        organisation=client.organisation_id,
        teams=frozenset(Team.objects.filter(organisation_id=client.organisation_id).values_list("pk", flat=True)),
        roles=frozenset({Role.PARTNER_SYSTEM}),
        permissions=frozenset(str(p) for permissions in granted for p in permissions),
    )


def open_grants(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[CaseAccess]:
    """Return the grants in force for the actor's teams and organisation."""
    instant = now()
    return CaseAccess.objects.filter(
        Q(team_id__in=by.teams) | Q(organisation_id=by.organisation),
        Q(ends_at__isnull=True) | Q(ends_at__gt=instant),
        level__in=list(levels),
        starts_at__lte=instant,
    )


def scope(
    rows: QuerySet[M],
    by: Actor,
    field: str = "case_id",
    levels: Iterable[AccessLevel] = (AccessLevel.FULL,),
) -> QuerySet[M]:
    """Keep the rows whose case the actor may see: lists and single objects use the same filter."""
    if by.place_wide:
        return rows
    return rows.filter(**{f"{field}__in": open_grants(by, levels).values("case_id")})


def on_duty(team_id: UUID, duty: str, at: datetime) -> list[User]:
    """Return who is on this duty for the team at the instant, each replaced by their cover, by name."""
    patterns = ShiftPattern.objects.filter(team_id=team_id, duty=duty).select_related("user")
    people = [p.user for p in patterns if rota.is_on(p, at)]
    shifts = Shift.objects.filter(team_id=team_id, duty=duty, starts_at__lte=at, ends_at__gt=at).select_related("user")
    people += [shift.user for shift in shifts]
    standing = {user.pk: user for user in (cover_for(person, at) for person in people) if user.is_active}
    return sorted(standing.values(), key=lambda user: user.name)


def duties_of(user: User, at: datetime) -> list[tuple[str, str]]:
    """Return (duty, team name) of every shift this user has at the instant, highest duty first."""
    order = [Duty.ON_CALL, Duty.LEAD, Duty.CO_ORDINATOR, Duty.DESK]
    patterns = ShiftPattern.objects.filter(user=user).select_related("team")
    found = [(p.duty, p.team.name) for p in patterns if rota.is_on(p, at)]
    shifts = Shift.objects.filter(user=user, starts_at__lte=at, ends_at__gt=at).select_related("team")
    found += [(shift.duty, shift.team.name) for shift in shifts]
    return sorted(set(found), key=lambda pair: (order.index(Duty(pair[0])), pair[1]))


def cover_for(user: User, at: datetime) -> User:
    """Return who answers for the user at the instant: their cover while away, else themselves."""
    cover = Cover.objects.filter(user=user, starts_at__lte=at, ends_at__gt=at).select_related("covered_by").first()
    return cover.covered_by if cover else user


def is_open(team_id: UUID, at: datetime) -> bool:
    """Say whether the team is within its opening hours."""
    return rota.is_open(list(TeamHours.objects.filter(team_id=team_id)), at)


def people_with_role(role: Role, team_id: UUID, at: datetime) -> QuerySet[User]:
    """Return active users who hold the role in the team now, by name."""
    held = current_memberships(at).filter(role=role, team_id=team_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("name")


def teams_for_zone(zone: str, kind: str) -> QuerySet[Team]:
    """Return teams of a kind, those that serve the zone first, those that serve fewer zones before others."""
    return (
        Team.objects.filter(kind=kind)
        .annotate(serves=Count("pk", filter=Q(zones__contains=[zone])))
        .order_by("-serves", "name")
    )


def may_see(by: Actor, case_id: UUID) -> bool:
    """Say whether the actor has full sight of the case."""
    return by.place_wide or by.is_system or open_grants(by).filter(case_id=case_id).exists()
