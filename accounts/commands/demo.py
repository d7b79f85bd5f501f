"""People and a partner system made up for the demonstration place. Refused anywhere else."""

from collections.abc import Iterable
from datetime import date

from oauth2_provider.models import Application

from accounts.commands.placing import put_row
from accounts.domain import Change, Permission, Role, Scope
from accounts.models import Membership, Organisation, PartnerClient, Place, Team, User
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import RuleBroken


def _refuse_outside_demo(by: Actor) -> None:
    require(by, Permission.ACCOUNT_MANAGE)
    if not Place.objects.filter(demo=True).exists():
        raise RuleBroken("not_a_demo", "Made-up people are for the demonstration place only.")


@command
def put_demo_user(*, by: Actor, email: str, name: str, phone: str, password_hash: str) -> Change | None:
    """Add a made-up user; somebody's own new password is left alone."""
    _refuse_outside_demo(by)
    if User.objects.filter(email=email).exists():
        return put_row(User, f"user {email}", {"email": email}, {"name": name, "phone": phone})
    wanted = {"name": name, "phone": phone, "password": password_hash}
    return put_row(User, f"user {email}", {"email": email}, wanted)


@command
def put_demo_membership(
    *, by: Actor, email: str, team: str, role: Role, profession: str = "", starts_on: date
) -> Change | None:
    """Give a made-up user a role in a team (R021)."""
    _refuse_outside_demo(by)
    key = {"user": User.objects.get(email=email), "team": Team.objects.get(code=team), "role": role, "ends_on": None}
    wanted = {"profession": profession, "starts_on": starts_on}
    return put_row(Membership, f"membership {email} {role} {team}", key, wanted)


@command
def put_demo_client(
    *, by: Actor, client_id: str, secret: str, name: str, organisation: str, scopes: Iterable[Scope]
) -> Change | None:
    """Add a made-up partner system with a known secret, bound to an organisation."""
    _refuse_outside_demo(by)
    application, _ = Application.objects.get_or_create(
        client_id=client_id,
        defaults={
            "name": name,
            "client_secret": secret,
            "client_type": Application.CLIENT_CONFIDENTIAL,
            "authorization_grant_type": Application.GRANT_CLIENT_CREDENTIALS,
        },
    )
    wanted = {
        "organisation_id": Organisation.objects.get(code=organisation).pk,
        "name": name,
        "scopes": sorted(str(scope) for scope in scopes),
    }
    held = PartnerClient.objects.filter(application=application)
    first = {} if held.exists() else {"created_at": now(), "secret_changed_at": now()}
    return put_row(PartnerClient, f"partner client {client_id}", {"application": application}, wanted | first)
