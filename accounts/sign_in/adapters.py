"""What allauth asks of us: words of its faults, no self-registration, who enters by a work sign-in."""

import time
from typing import Any
from urllib.parse import urlencode

import structlog
from allauth.account import app_settings as account_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base import AuthError
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from qrcode.image.svg import SvgPathImage
from qrcode.main import make
from requests import RequestException

from accounts import commands
from accounts.middleware import instant
from accounts.request import actor_of
from accounts.sign_in.device import is_shared
from accounts.sign_in.stages import END_SESSION
from audit.commands import note_denial
from audit.domain import ANONYMOUS, SYSTEM

log = structlog.get_logger("accounts.sign_in")
STAGES = {
    "allauth.mfa.stages.AuthenticateStage": "accounts.sign_in.stages.SecondFactorStage",
    "allauth.mfa.stages.TrustStage": "accounts.sign_in.stages.OwnDeviceStage",
}


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
        """Ask once more, unless they proved who they are within the last minutes: by second factor if they have one.

        A factor set up in these minutes was proved by setting it up. app: the allauth app that asks, all alike.
        """
        user = self.request.user
        since = time.time() - account_settings.REAUTHENTICATION_TIMEOUT
        had = Authenticator.objects.filter(user_id=user.pk, created_at__lt=instant(int(since)))
        proofs = {"mfa"} if had.exists() else {"mfa", "password", "socialaccount"}
        records = get_authentication_records(self.request, user)
        return not any(record["method"] in proofs and record["at"] > since for record in records)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Answer for a disabled account as for one that does not exist."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody registers themselves."""
        return False

    def get_login_stages(self) -> list[str]:
        """Return the steps of signing in, ours in place of allauth's."""
        return [STAGES.get(stage, stage) for stage in super().get_login_stages()]

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Answer a disabled account that proved itself (by passkey) as any that may not enter."""
        return refused(request, "closed", 403)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Return where signing out leads: on a shared device by way of the provider, so that it forgets them too."""
        after: str = super().get_logout_redirect_url(request)
        return self.provider_sign_out(request, after) if is_shared(request) else after

    def provider_sign_out(self, request: HttpRequest, after: str) -> str:
        """Return the provider's own sign-out, which leads back to `after`; `after` for a session without a provider.

        Without an id_token_hint (it would put names in an address); the client's id says who asks.
        """
        provider = request.session.get(END_SESSION)
        if not provider:
            return after
        back = {"client_id": provider["client"], "post_logout_redirect_uri": request.build_absolute_uri(after)}
        return f"{provider['url']}?{urlencode(back)}"


def refused(request: HttpRequest, why: str, status: int) -> HttpResponse:
    """Return the page that says why somebody is not signed in, and whom to ask."""
    context = {"why": why, "help": settings.ICRAS_ACCOUNTS_HELP}
    return render(request, "account/work_refused.html", context, status=status)


class WorkSignInAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Who enters by a work sign-in: the command decides, allauth carries on with it."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Find who it is and bring their roles up to date, or stop here."""
        identity, state = sociallogin.identity, sociallogin.state
        if state["process"] == "connect":
            raise ImmediateHttpResponse(connected(request, sociallogin))
        user = commands.sign_in_with_claims(by=SYSTEM, identity=identity)
        if user is None:
            note_denial(by=ANONYMOUS, what="work_sign_in", ids=[identity.provider])
            raise ImmediateHttpResponse(refused(request, "unknown", 403))
        sociallogin.user = sociallogin.account.user = user
        state["second_factor"] = sociallogin.second_factor
        state["end_session"] = sociallogin.end_session
        state["client_id"] = sociallogin.provider.app.client_id

    def on_authentication_error(
        self, request: HttpRequest, provider: Any, error: Any = None, exception: Any = None, extra_context: Any = None
    ) -> None:
        """Say in words what went wrong between the provider and us."""
        down = isinstance(exception, RequestException)
        why = "down" if down else "cancelled" if error == AuthError.CANCELLED else "not_believed"
        log.warning("work sign-in failed", provider=provider.sub_id, why=why, fault=type(exception).__name__)
        raise ImmediateHttpResponse(refused(request, why, 503 if down else 403))

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Nobody registers themselves."""
        return False


def connected(request: HttpRequest, sociallogin: SocialLogin) -> HttpResponse:
    """Link an identity to whoever is signed in, and show their account."""
    by = actor_of(request)
    if by.user_id is None or is_reauthentication_required(request, app="allauth.socialaccount"):
        return refused(request, "not_believed", 403)
    commands.link_identity(by=by, identity=sociallogin.identity)
    messages.success(request, f"You can sign in with {sociallogin.provider.name} from now on.")
    return HttpResponseRedirect(reverse("accounts:me"))


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The picture to scan is drawn into the page: the security policy lets no data: address in."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That code is not right. Codes change every 30 seconds: try the next one",
    }

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002  (allauth's name)
        """Return what a passkey is called until its owner says otherwise."""
        return f"Passkey {Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1}"

    def build_totp_svg(self, url: str) -> str:
        """Return the picture as plain SVG without an XML declaration."""
        image: Any = make(url, image_factory=SvgPathImage)
        return str(image.to_string(encoding="unicode"))
