"""What allauth asks of us: words of its faults, no self-registration, the second factor's picture."""

import time
from typing import Any

from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest
from qrcode.image.svg import SvgPathImage
from qrcode.main import make

from accounts.middleware import instant


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by an administrator's invitation only."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": "The e-mail address or the password is not right",
        "incorrect_password": "That is not your password",
        "enter_current_password": "That is not your password",
        "too_many_login_attempts": "Too many wrong tries. Wait five minutes, or set a new password",
        "invalid_password_reset": "This link has been used or is too old",
        "rate_limited": "Too many tries. Wait a few minutes",
    }

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Ask once more, unless they proved who they are within the last minutes: by code if they have one.

        A factor set up in these minutes was proved by setting it up. app: the allauth app that asks, all alike.
        """
        user = self.request.user
        since = time.time() - account_settings.REAUTHENTICATION_TIMEOUT
        had = Authenticator.objects.filter(user_id=user.pk, created_at__lt=instant(int(since)))
        proof = "mfa" if had.exists() else "password"
        records = get_authentication_records(self.request, user)
        return not any(record["method"] == proof and record["at"] > since for record in records)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Answer for a disabled account as for one that does not exist."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers themselves."""
        return False


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The picture to scan is drawn into the page: the security policy lets no data: address in."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right. Codes change every 30 seconds: try the next one",
    }

    def build_totp_svg(self, url: str) -> str:
        """Return the picture as plain SVG without an XML declaration."""
        image: Any = make(url, image_factory=SvgPathImage)
        return str(image.to_string(encoding="unicode"))
