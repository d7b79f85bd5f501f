"""Row locks and checks that several families of commands share."""

from uuid import UUID

from accounts.domain import Permission, Role
from accounts.models import Membership, PartnerClient, Team, User
from accounts.queries import keeps_rota
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken


def locked_user(user_id: UUID) -> User:
    """Return the user, locked until the command ends. Raises NotFound."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound
    return user


def locked_team(by: Actor, team_id: UUID) -> Team:
    """Return a team whose rota the actor keeps: their own, or any for a place-wide role or an administrator."""
    team = Team.objects.select_for_update().filter(pk=team_id).first()
    if team is None or not keeps_rota(by, team_id):
        raise NotFound
    return team


def locked_colleague(by: Actor, user_id: UUID) -> User:
    """Return a person whose cover the actor arranges: a colleague, or anybody where they keep every rota."""
    anywhere = by.place_wide or by.is_system or by.may(Permission.ACCOUNT_MANAGE)
    if not anywhere and not Membership.objects.filter(user_id=user_id, team_id__in=by.teams).exists():
        raise NotFound
    return locked_user(user_id)


def locked_partner(client_id: UUID) -> PartnerClient:
    """Return the partner client, locked until the command ends. Raises NotFound."""
    client = PartnerClient.objects.select_for_update().filter(pk=client_id).first()
    if client is None:
        raise NotFound
    return client


def lock_administrators() -> None:
    """Lock every administrator's role, in order: those who take such roles away do it one after the other."""
    list(Membership.objects.filter(role=Role.ADMINISTRATOR).select_for_update().order_by("pk"))


def keep_an_administrator() -> None:
    """Raise RuleBroken last_administrator when nobody with an open-ended administrator's role could sign in any more.

    Call it after the change, with lock_administrators() before it.
    """
    if not Membership.objects.filter(role=Role.ADMINISTRATOR, ends_on=None, user__is_active=True).exists():
        raise RuleBroken("last_administrator", "This is the last administrator. Make somebody else one first.")
