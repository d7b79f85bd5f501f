"""Who is acting, who is on duty, and which rows an actor may see."""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Model, Q, QuerySet

from accounts import rota
from accounts.domain import ROLES, SCOPES, AccessLevel, Code, Duty, Role, Scope, code_of, is_place_wide, permissions_of
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


def codes(name: str) -> list[Code]:
    """Return one coded list of the place, in the bundle's order, retired codes left out; empty before it is loaded."""
    return current_codes(name)[name]


def current_codes(*names: str) -> dict[str, list[Code]]:
    """Return several coded lists of the place in one read, retired codes left out."""
    lists = code_lists(*names)
    return {name: [entry for entry in entries if not entry.extra.get("retired")] for name, entries in lists.items()}


def code_lists(*names: str) -> dict[str, list[Code]]:
    """Return several coded lists of the place in one read, retired codes kept: old records still need their words."""
    held = Place.objects.values_list(*(f"words__{name}" for name in names)).first() or [None] * len(names)
    return {name: [code_of(entry) for entry in entries or []] for name, entries in zip(names, held, strict=True)}


def code_words(name: str, code: str) -> str:
    """Return the words of a code, retired ones too; the code itself when the list does not know it."""
    return next((entry.words for entry in code_lists(name)[name] if entry.code == code), code)


def current_memberships(at: datetime) -> QuerySet[Membership]:
    """Return memberships in force on the local day of the instant."""
    today = at.astimezone(rota.LONDON).date()
    return Membership.objects.filter(starts_on__lte=today).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))


def actor_for(principal: User | PartnerClient) -> Actor:
    """Make the Actor of a signed-in user or a partner system. The only way to make one."""
    if isinstance(principal, PartnerClient):
        return _client_actor(principal)
    held = current_memberships(now()).filter(user=principal, user__is_active=True)
    memberships = list(held.select_related("team").order_by("pk"))
    roles = frozenset(m.role for m in memberships)
    answered_for = _answered_for(principal, now()) if memberships else []
    shifts = _shifts(answered_for, now()) if memberships else []
    return Actor(
        id=f"user:{principal.pk}",
        label=principal.name,
        role=", ".join(dict.fromkeys(ROLES[Role(m.role)].label for m in memberships)),
        organisation=memberships[0].team.organisation_id if memberships else None,
        teams=frozenset(m.team_id for m in memberships)
        | {team.pk for _, team in shifts}
        | _teams_of([person for person in answered_for if person != principal]),
        duties=tuple(_in_order(shifts)),
        roles=roles,
        permissions=permissions_of(roles),
        place_wide=is_place_wide(roles),
        place_permissions=permissions_of(frozenset(role for role in roles if ROLES[Role(role)].place_wide)),
    )


def _teams_of(people: list[User]) -> frozenset[UUID]:
    """Return the teams of those whom somebody covers: what they are told of, they can open."""
    if not people:
        return frozenset()
    return frozenset(current_memberships(now()).filter(user__in=people).values_list("team_id", flat=True))


def _client_actor(client: PartnerClient) -> Actor:
    if not client.is_active:
        return Actor(id=f"client:{client.pk}", label=client.name, role=ROLES[Role.PARTNER_SYSTEM].label)
    granted = [SCOPES[Scope(scope)][1] for scope in client.scopes]
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
    """Return the grants in force for the actor's teams, and for the organisations of those teams."""
    instant = now()
    mine = Q(team_id__in=by.teams) | Q(organisation_id__in=Team.objects.filter(pk__in=by.teams).values("organisation"))
    if by.organisation is not None:  # a filter on None would match every grant made to a team
        mine |= Q(organisation_id=by.organisation)
    return CaseAccess.objects.filter(
        mine,
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
    """Return (duty, team name) of every shift this user answers for at the instant, cover included, highest first."""
    return _in_order(_shifts(_answered_for(user, at), at))


def _answered_for(user: User, at: datetime) -> list[User]:
    """Return the user and everybody whose cover they are at the instant."""
    away = User.objects.filter(covered__starts_at__lte=at, covered__ends_at__gt=at).distinct()
    return [person for person in dict.fromkeys((user, *away)) if cover_for(person, at) == user]


def _shifts(people: list[User], at: datetime) -> list[tuple[str, Team]]:
    patterns = ShiftPattern.objects.filter(user__in=people).select_related("team")
    found = [(pattern.duty, pattern.team) for pattern in patterns if rota.is_on(pattern, at)]
    single = Shift.objects.filter(user__in=people, starts_at__lte=at, ends_at__gt=at).select_related("team")
    return found + [(shift.duty, shift.team) for shift in single]


def _in_order(shifts: list[tuple[str, Team]]) -> list[tuple[str, str]]:
    order = [Duty.ON_CALL, Duty.LEAD, Duty.CO_ORDINATOR, Duty.DESK]
    named = {(duty, team.name) for duty, team in shifts}
    return sorted(named, key=lambda pair: (order.index(Duty(pair[0])), pair[1]))


def cover_for(user: User, at: datetime) -> User:
    """Return who answers for the user at the instant: their cover while away (or the cover's own), else themselves.

    Two who are away and cover each other: the user themselves, so that somebody is told.
    """
    standing, passed = user, {user.pk}
    while cover := _cover_of(standing, at):
        if cover.covered_by_id in passed:
            return user
        standing = cover.covered_by
        passed.add(standing.pk)
    return standing


def _cover_of(user: User, at: datetime) -> Cover | None:
    rows = Cover.objects.filter(user=user, starts_at__lte=at, ends_at__gt=at)
    return rows.select_related("covered_by").order_by("pk").first()


def is_open(team_id: UUID, at: datetime) -> bool:
    """Say whether the team is within its opening hours."""
    return rota.is_open(list(TeamHours.objects.filter(team_id=team_id)), at)


def people_with_role(role: Role, team_id: UUID, at: datetime) -> QuerySet[User]:
    """Return active users who hold the role in the team now, by name."""
    held = current_memberships(at).filter(role=role, team_id=team_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("name")


def teams_for_zone(zone: str, kind: str) -> QuerySet[Team]:
    """Return teams of a kind, those that serve the zone first, then by name."""
    return (
        Team.objects.filter(kind=kind)
        .annotate(serves=Count("pk", filter=Q(zones__contains=[zone])))
        .order_by("-serves", "name")
    )


def may_see(by: Actor, case_id: UUID) -> bool:
    """Say whether the actor has full sight of the case."""
    return by.place_wide or by.is_system or open_grants(by).filter(case_id=case_id).exists()
