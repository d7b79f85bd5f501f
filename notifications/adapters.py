"""What allauth and `accounts` send by e-mail, sent by way of the outbox: no page waits for a mail server or fails with
it, nor tells by its time whether there is such an account."""

from typing import Any
from uuid import uuid4

from django.contrib.auth import update_session_auth_hash
from django.urls import reverse

from accounts import commands
from accounts.models import User
from accounts.sign_in import adapters
from audit.domain import SYSTEM
from notifications.commands import post
from notifications.domain import ALL_CHANNELS, Channel, Template

FACTOR = "mfa/"


class AccountAdapter(adapters.AccountAdapter):
    """Accounts as in `accounts`; their e-mails are ours. What changes a second factor ends the other sessions."""

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Tell who asks for a new password where to set it. The link itself is made when the e-mail is sent."""
        _tell(user, Template.PASSWORD_RESET, (Channel.EMAIL,))

    def send_invitation(self, user: User) -> None:
        """Tell who has a new account where to set its password."""
        _tell(user, Template.INVITED, (Channel.EMAIL,))

    def tell_factor_reset(self, user: User) -> None:
        """Tell somebody that an administrator took away their second factor."""
        _tell(user, Template.FACTOR_RESET, ALL_CHANNELS)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell somebody that their password or second factor was changed, and end their other sessions.

        A changed password ends them by itself: every session carries a mark of it.
        """
        changed = Template.FACTOR_CHANGED if template_prefix.startswith(FACTOR) else Template.PASSWORD_CHANGED
        if changed is Template.FACTOR_CHANGED:
            user.factor_changes = commands.end_sessions(by=SYSTEM, user_id=user.pk)
            if self.request.user == user:
                update_session_auth_hash(self.request, user)
        _tell(user, changed, ALL_CHANNELS)


def _tell(user: User, template: Template, channels: tuple[str, ...]) -> None:
    key = f"{template}:{user.pk}:{uuid4()}"
    post(by=SYSTEM, key=key, user_id=user.pk, template=template, link=reverse("accounts:me"), channels=channels)
