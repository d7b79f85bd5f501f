"""Who is acting, who is on duty, and which rows an actor may see."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Count, Model, Q, QuerySet
from django.db.models.expressions import RawSQL

from accounts.domain import (
    ROLES,
    SCOPES,
    AccessLevel,
    Code,
    CodeListName,
    DayKind,
    Duty,
    Permission,
    Role,
    Scope,
    code_of,
    is_place_wide,
    permissions_of,
    rota,
)
from accounts.models import (
    CaseAccess,
    Cover,
    Membership,
    PartnerClient,
    Place,
    RestrictedCase,
    Shift,
    ShiftPattern,
    Team,
    TeamHours,
    User,
)
from accounts.queries.standing import OnShift, standing
from audit.acting import now
from audit.domain import Actor

M = TypeVar("M", bound=Model)
SHIPPED_PERIODS = {"sight_hours": 24, "retention_years": 8, "take_back_hours": 72}
TIMES = ("day_kind", "begins", "ends", "valid_from", "valid_until")


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
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.name, p.words -> l.name FROM accounts_place p, unnest(%s::text[]) AS l (name)", [[*names]]
        )
        held = {name: json.loads(entries) for name, entries in cursor.fetchall() if entries}
    return {name: [code_of(entry) for entry in held.get(name) or ()] for name in names}


def period(code: str) -> int:
    """Return how long something lasts in this place; its name says the unit. As the bundle says, else as shipped."""
    held = {entry.code: entry.extra.get("number") for entry in code_lists(CodeListName.PERIODS)[CodeListName.PERIODS]}
    number = held.get(code)
    return SHIPPED_PERIODS[code] if number is None else int(number)


def current_memberships(at: datetime) -> QuerySet[Membership]:
    """Return memberships in force on the local day of the instant."""
    today = at.astimezone(rota.LONDON).date()
    return Membership.objects.filter(starts_on__lte=today).filter(Q(ends_on__isnull=True) | Q(ends_on__gte=today))


def actor_for(principal: User | PartnerClient) -> Actor:
    """Make the Actor of a signed-in user or a partner system. The only way to make one."""
    if isinstance(principal, PartnerClient):
        teams = Team.objects.filter(organisation_id=principal.organisation_id).values_list("pk", flat=True)
        return client_actor(principal, teams)
    found = standing(principal.pk, now())
    if not found.roles:
        return Actor(id=f"user:{principal.pk}", label=principal.name)
    roles = frozenset(held.role for held in found.roles)
    return Actor(
        id=f"user:{principal.pk}",
        label=principal.name,
        role=", ".join(dict.fromkeys(ROLES[Role(held.role)].label for held in found.roles)),
        organisation=found.roles[0].organisation,
        teams=found.teams,
        organisations=found.organisations,
        duties=tuple(in_order(found.shifts)),
        roles=roles,
        permissions=permissions_of(roles),
        place_wide=is_place_wide(roles),
        place_permissions=permissions_of(frozenset(role for role in roles if ROLES[Role(role)].place_wide)),
    )


def client_actor(client: PartnerClient, teams: Iterable[UUID]) -> Actor:
    """Make the Actor of a partner system from its client and the teams of its organisation."""
    if not client.is_active:
        return Actor(id=f"client:{client.pk}", label=client.name, role=ROLES[Role.PARTNER_SYSTEM].label)
    granted = [SCOPES[Scope(scope)][1] for scope in client.scopes]
    return Actor(
        id=f"client:{client.pk}",
        label=client.name,
        role=ROLES[Role.PARTNER_SYSTEM].label,
        organisation=client.organisation_id,
        teams=frozenset(teams),
        organisations=frozenset({client.organisation_id}),
        roles=frozenset({Role.PARTNER_SYSTEM}),
        permissions=frozenset(str(p) for permissions in granted for p in permissions),
    )


# A grant `a` in force for the actor: made to their teams, to an organisation of those, or to them by name. It counts
# from when it is written: the clock of the server that wrote it may be ahead of ours. Plain SQL: every list asks it,
# and building it out of objects took longer than asking.
GRANT = """
(a.ends_at IS NULL OR a.ends_at > %s) AND a.level = ANY(%s)
AND (a.team_id = ANY(%s::uuid[]) OR a.organisation_id = ANY(%s::uuid[]) OR a.user_id = %s)
"""
GRANTED = f"SELECT a.case_id FROM accounts_caseaccess a WHERE {GRANT}"  # noqa: S608  (words of our own)
GRANTS = f"SELECT a.id FROM accounts_caseaccess a WHERE {GRANT}"  # noqa: S608
# Few are restricted: each is looked up by its id
HIDDEN = f"""
SELECT r.case_id FROM accounts_restrictedcase r
WHERE NOT EXISTS (SELECT FROM accounts_caseaccess a WHERE a.case_id = r.case_id AND {GRANT})
"""  # noqa: S608


def _asked(sql: str, by: Actor, levels: Iterable[AccessLevel]) -> RawSQL:
    held = [str(level) for level in levels]
    return RawSQL(sql, [now(), held, _array(by.teams), _array(by.organisations), by.user_id])  # noqa: S611


def _array(keys: Iterable[UUID]) -> str:
    """Return keys as PostgreSQL reads an array: those of a hundred teams are soon written."""
    return f"{{{','.join(key.hex for key in keys)}}}"


def open_grants(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[CaseAccess]:
    """Return the grants in force for the actor's teams, for the organisations of those teams, and to them by name."""
    return CaseAccess.objects.filter(pk__in=_asked(GRANTS, by, levels))


def hidden_cases(by: Actor) -> QuerySet[RestrictedCase]:
    """Return the restricted cases to which nothing leads the actor: the place-wide route does not."""
    if by.is_system:
        return RestrictedCase.objects.none()
    return RestrictedCase.objects.filter(pk__in=_asked(HIDDEN, by, [AccessLevel.FULL]))


def in_force(by: Actor) -> list[Any]:
    """Return the parameters of `GRANT`, for plain SQL that asks whether a grant `a` leads the actor to a case."""
    return [*_asked(GRANT, by, [AccessLevel.FULL]).params]


def closed_sql(by: Actor) -> tuple[str, list[Any]]:
    """Return SQL of the case ids that the place-wide route does not lead the actor to, and its parameters.

    For a list in plain SQL that shows such a case without saying whose it is. None where the actor has no such route.
    """
    if by.is_system or not by.place_wide:
        return "SELECT NULL::uuid", []
    asked = _asked(HIDDEN, by, [AccessLevel.FULL])
    return asked.sql, [*asked.params]


def scope(
    rows: QuerySet[M],
    by: Actor,
    field: str = "case_id",
    levels: Iterable[AccessLevel] = (AccessLevel.FULL,),
) -> QuerySet[M]:
    """Keep the rows whose case the actor may see: lists and single objects use the same filter."""
    if by.is_system:
        return rows
    if by.place_wide:
        return rows.exclude(**{f"{field}__in": _asked(HIDDEN, by, [AccessLevel.FULL])})
    return rows.filter(**{f"{field}__in": _asked(GRANTED, by, levels)})


def on_duty(team_id: UUID, duty: str, at: datetime) -> list[User]:
    """Return who is on this duty for the team at the instant, each replaced by their cover, by name."""
    return on_duty_of([team_id], at).get((team_id, str(duty)), [])


def on_duty_of(team_ids: Collection[UUID], at: datetime) -> dict[tuple[UUID, str], list[User]]:
    """Return who is on each duty of each team, as `on_duty` does one: as many statements for a hundred teams."""
    shifts = Shift.objects.filter(team_id__in=team_ids, starts_at__lte=at, ends_at__gt=at)
    on = [*_running(team_ids, at), *shifts.values_list("team_id", "duty", "user_id")]
    standing_for = answering(User.objects.in_bulk({user_id for _, _, user_id in on}), at) if on else {}
    found: dict[tuple[UUID, str], dict[UUID, User]] = {}
    for team_id, duty, user_id in on:
        if person := standing_for.get(user_id):
            found.setdefault((team_id, duty), {})[person.pk] = person
    return {key: sorted(people.values(), key=lambda user: user.name) for key, people in found.items()}


def _running(team_ids: Collection[UUID], at: datetime) -> Iterator[tuple[UUID, str, UUID]]:
    """Yield team, duty and user of the repeating shifts that are running; the same times are worked out once."""
    today = at.astimezone(rota.LONDON).date()
    yesterday = today - timedelta(days=1)  # a shift may run past midnight
    kinds = [DayKind.EVERY_DAY, rota.day_kind(today), rota.day_kind(yesterday)]
    rows = ShiftPattern.objects.filter(team_id__in=team_ids, day_kind__in=kinds, valid_from__lte=today)
    runs: dict[rota.ShiftTimes, bool] = {}
    for team_id, duty, user_id, *rest in rows.exclude(valid_until__lt=yesterday).values_list(
        "team_id", "duty", "user_id", *TIMES
    ):
        times = rota.ShiftTimes(*rest)
        if times not in runs:
            runs[times] = rota.is_on(times, at)
        if runs[times]:
            yield team_id, duty, user_id


def answering(people: Mapping[UUID, User], at: datetime) -> dict[UUID, User]:
    """Return who answers for each of these people: they or their cover; left out where that one is inactive."""
    if not people:
        return {}
    rows = Cover.objects.filter(starts_at__lte=at, ends_at__gt=at).select_related("covered_by").order_by("-pk")
    away = {row.user_id: row.covered_by for row in rows}
    links = {user_id: cover.pk for user_id, cover in away.items()}
    known = {**{cover.pk: cover for cover in away.values()}, **people}
    standing_for = {user_id: known[rota.stands_in(user_id, links)] for user_id in people}
    return {user_id: user for user_id, user in standing_for.items() if user.is_active}


def in_order(shifts: Iterable[OnShift]) -> list[tuple[str, str]]:
    """Return (duty, team name) of shifts, each once, highest duty first."""
    order = [Duty.ON_CALL, Duty.LEAD, Duty.CO_ORDINATOR, Duty.DESK]
    named = {(shift.duty, shift.team_name) for shift in shifts}
    return sorted(named, key=lambda pair: (order.index(Duty(pair[0])), pair[1]))


def is_open(team_id: UUID, at: datetime) -> bool:
    """Say whether the team is within its opening hours."""
    return rota.is_open(list(TeamHours.objects.filter(team_id=team_id)), at)


def people_with_role(role: Role, team_id: UUID, at: datetime) -> QuerySet[User]:
    """Return active users who hold the role in the team now, by name."""
    held = current_memberships(at).filter(role=role, team_id=team_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("name")


def told_of_restricted(team_ids: Collection[UUID], at: datetime) -> tuple[set[UUID], set[UUID]]:
    """Return whom to tell of a restricted record: who leads these teams, on duty or not, and the privacy officers."""
    held = current_memberships(at).filter(user__is_active=True)
    leads = set(held.filter(role=Role.TEAM_LEAD, team_id__in=team_ids).values_list("user_id", flat=True))
    leads |= {user.pk for team_id in team_ids for user in on_duty(team_id, Duty.LEAD, at)}
    return leads, set(held.filter(role=Role.PRIVACY_OFFICER).values_list("user_id", flat=True))


def teams_for_zone(zone: str, kind: str) -> QuerySet[Team]:
    """Return teams of a kind, those that serve the zone first, then by name."""
    return (
        Team.objects.filter(kind=kind)
        .annotate(serves=Count("pk", filter=Q(zones__contains=[zone])))
        .order_by("-serves", "name")
    )


def may_see(by: Actor, case_id: UUID) -> bool:
    """Say whether the actor has full sight of the case."""
    if by.is_system:
        return True
    if by.place_wide:
        return not hidden_cases(by).filter(case_id=case_id).exists()
    return open_grants(by).filter(case_id=case_id).exists()


def keeps_rota(by: Actor, team_id: UUID) -> bool:
    """Say whether the actor keeps this team's rota."""
    anywhere = by.place_wide or by.is_system or by.may(Permission.ACCOUNT_MANAGE)
    return by.may(Permission.ROTA_MANAGE) and (anywhere or team_id in by.teams)
