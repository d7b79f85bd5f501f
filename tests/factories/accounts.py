"""Organisations, teams and people for tests, and the cast: alice, bob, charlie and sam."""

from dataclasses import dataclass, field
from datetime import date, time
from itertools import count
from typing import Any

from oauth2_provider.models import Application

from accounts.domain import DayKind, Duty, Role, Scope, TeamKind
from accounts.models import Membership, Organisation, PartnerClient, Place, ShiftPattern, Team, User
from accounts.queries import actor_for
from audit.acting import now
from audit.domain import SYSTEM, Actor

LONG_AGO = date(2020, 1, 1)
PASSWORD = "a long test password"  # the same for everybody
_numbers = count(1)


def make_place(**fields: Any) -> Place:
    """Make the one place, demo unless said otherwise."""
    return Place.objects.create(**({"code": "testshire", "name": "Testshire", "demo": True} | fields))


def make_organisation(code: str = "", **fields: Any) -> Organisation:
    """Make an organisation with a code of its own."""
    code = code or f"organisation-{next(_numbers)}"
    return Organisation.objects.create(code=code, **({"name": code.title(), "kind": "council"} | fields))


def make_team(code: str = "", organisation: Organisation | None = None, **fields: Any) -> Team:
    """Make a crisis team, unless another kind is said, with a duty telephone from the drama range."""
    code = code or f"team-{next(_numbers)}"
    defaults: dict[str, Any] = {"name": code.title(), "kind": TeamKind.CRISIS, "duty_phone": "0151 496 0100"}
    return Team.objects.create(code=code, organisation=organisation or make_organisation(), **(defaults | fields))


def make_user(name: str = "", **fields: Any) -> User:
    """Make a user called "Name Test" with PASSWORD."""
    name = name or f"Someone{next(_numbers)}"
    email = fields.pop("email", f"{name.lower().replace(' ', '.')}@icras.example")
    return User.objects.create_user(email=email, password=PASSWORD, **({"name": f"{name} Test"} | fields))


def join(user: User, team: Team, role: Role, **fields: Any) -> Membership:
    """Give the user a role in the team, since long ago unless dates are said."""
    return Membership.objects.create(user=user, team=team, role=role, **({"starts_on": LONG_AGO} | fields))


def make_member(role: Role, team: Team | None = None, name: str = "", **fields: Any) -> User:
    """Make a user with one role in a team."""
    user = make_user(name, **fields)
    join(user, team or make_team(), role)
    return user


def make_actor(role: Role, team: Team | None = None, name: str = "") -> Actor:
    """Make a user with one role in a team, as the Actor that commands take."""
    return actor_for(make_member(role, team, name))


def put_on_duty(user: User, team: Team, duty: Duty, **fields: Any) -> ShiftPattern:
    """Put the user on this duty round the clock, every day, unless said otherwise."""
    always: dict[str, Any] = {"day_kind": DayKind.EVERY_DAY, "begins": time(0), "ends": time(0), "valid_from": LONG_AGO}
    return ShiftPattern.objects.create(team=team, duty=duty, user=user, **(always | fields))


def make_partner(
    organisation: Organisation | None = None, scopes: tuple[Scope, ...] = tuple(Scope), secret: str = "s", **fields: Any
) -> PartnerClient:
    """Make a partner system with every scope. Its OAuth2 client_id is "partner-<number>"."""
    application = Application.objects.create(
        client_id=f"partner-{next(_numbers)}",
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        name="Partner Test",
    )
    defaults: dict[str, Any] = {"name": "Partner Test", "created_at": now(), "secret_changed_at": now()}
    return PartnerClient.objects.create(
        application=application,
        organisation=organisation or make_organisation(),
        scopes=[str(scope) for scope in scopes],
        **(defaults | fields),
    )


@dataclass(frozen=True)
class Cast:
    """alice: `team`; bob: `other_team` of the same organisation; charlie: `far_team` of another; sam: the system."""

    team: Team
    other_team: Team
    far_team: Team
    alice: Actor
    bob: Actor
    charlie: Actor
    sam: Actor = field(default=SYSTEM)


def make_cast(role: Role = Role.CASE_COORDINATOR) -> Cast:
    """Make the cast, all three in the same role."""
    home = make_organisation()
    team, other_team, far_team = make_team(organisation=home), make_team(organisation=home), make_team()
    return Cast(
        team=team,
        other_team=other_team,
        far_team=far_team,
        alice=make_actor(role, team, "Alice"),
        bob=make_actor(role, other_team, "Bob"),
        charlie=make_actor(role, far_team, "Charlie"),
    )
