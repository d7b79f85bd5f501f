"""Letting somebody in: the account, its first role, and the e-mail with the link to set a password."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from accounts.commands.people import invite_person, reset_second_factor
from accounts.commands.roles import give_role
from accounts.domain import Role
from accounts.models import Membership, User
from audit.commands import command
from audit.domain import Actor


@command
def invite(*, by: Actor, typed: dict[str, Any]) -> User:
    """Make the account, give its role and send the link, or none of it."""
    user = invite_person(by=by, email=typed["email"], name=typed["name"], phone=typed["phone"])
    give(by, user.pk, typed)
    send(user)
    return user


def give(by: Actor, user_id: UUID, typed: dict[str, Any]) -> Membership:
    """Give the role that a form holds."""
    return give_role(
        by=by,
        user_id=user_id,
        team_id=typed["team"].pk,
        role=Role(typed["role"]),
        starts_on=typed["starts_on"],
        ends_on=typed["ends_on"],
        profession=typed["profession"],
    )


@command
def reset(*, by: Actor, user_id: UUID, typed: dict[str, Any]) -> int:
    """Take away the second factor for the reason that a form holds, and tell its owner. Repeating is quiet."""
    removed = reset_second_factor(by=by, user_id=user_id, reason=typed["reason"])
    if removed:
        get_adapter().tell_factor_reset(User.objects.get(pk=user_id))
    return removed


def send(user: User) -> None:
    """E-mail the link to set a password. It waits in the outbox: no mail server can fail what is done here."""
    get_adapter().send_invitation(user)


def password_path(user: User) -> str:
    """Return the path where somebody sets a password: good once, and for PASSWORD_RESET_TIMEOUT.

    It is put after ICRAS_SITE_URL, never after the host that a request names: whoever asks could name their own.
    """
    return reverse(
        "account_reset_password_from_key", args=[user_pk_to_url_str(user), default_token_generator.make_token(user)]
    )
