"""The end of a session, and the second factor of those who see people."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.mfa.internal.flows.trust import create_config_fingerprint, decode_trust_cookie
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.domain import needs_second_factor
from accounts.models import User
from accounts.request import actor_of, asked
from accounts.sign_in.device import idle_minutes, is_shared
from accounts.sign_in.stages import is_vouched_for
from audit.commands import now

GetResponse = Callable[[HttpRequest], HttpResponse]
POLL = "X-ICRAS-Poll"
ENDS = "X-ICRAS-Session-Ends"
SEEN, LIMIT = "icras_seen_at", "icras_limit_at"
# The session row is rewritten no more often than this; the end that pages tell follows what is stored.
REWRITE = timedelta(seconds=20)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Without a second factor these pages still open: to set one up, to sign out, to keep the session.
OPEN_WITHOUT = frozenset(
    {
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "account_reauthenticate",
        "account_logout",
        "accounts:extend",
        "accounts:switch",
    }
)


def instant(stored: int) -> datetime:
    """Return a stored whole second as an instant."""
    return datetime.fromtimestamp(stored, tz=UTC)


class SessionEndMiddleware:
    """End a session that was idle too long, or has lasted too long. Polls of a page left open do not keep it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not isinstance(request.user, User):
            return _told(request, self.get_response(request))
        at, idle = now(), timedelta(minutes=idle_minutes(request))
        seen, limit = _stored(request, request.user, at)
        if at >= min(seen + idle, limit):
            return self._late(request)
        if POLL not in request.headers and at - seen >= REWRITE:
            seen = at
            request.session[SEEN] = int(at.timestamp())
        ends = asked(request).session_ends = min(seen + idle, limit)
        asked(request).session_limit = limit
        response = self.get_response(request)
        response[ENDS] = ends.isoformat()
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Hand back what was sent from a page of ours whose session is gone: its row or its cookie is no longer there.

        The words go back into the tab they came from and are kept nowhere. CSRF was checked before this.
        """
        if isinstance(request.user, User) or not needs_sign_in(view):
            return None
        fields = sent_again(request)
        return signed_out(request, fields) if fields else None

    def _late(self, request: HttpRequest) -> HttpResponse:
        """Switching the user needs no session; everything else is told that it is over."""
        if request.path != reverse("accounts:switch"):
            return _ended(request)
        logout(request)
        return self.get_response(request)


def _stored(request: HttpRequest, user: User, at: datetime) -> tuple[datetime, datetime]:
    """Return when the session was last used and when it ends at the latest; a new one starts now."""
    session = request.session
    if SEEN not in session or LIMIT not in session:
        session[SEEN] = int(at.timestamp())
        session[LIMIT] = int(_limit(request, user, at).timestamp())
    return instant(session[SEEN]), instant(session[LIMIT])


def _limit(request: HttpRequest, user: User, at: datetime) -> datetime:
    """Return the latest end: so long after signing in, and no longer than a second factor counts."""
    latest = at + timedelta(seconds=settings.SESSION_COOKIE_AGE)
    counted = [
        record["at"] for record in request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, []) if _is_second(record)
    ]
    if not counted and (trusts := decode_trust_cookie(request)):
        fingerprint = create_config_fingerprint(user)
        counted = [trust.at for trust in trusts if trust.fingerprint == fingerprint]
    if not counted:
        return latest
    return min(latest, instant(int(max(counted))) + settings.MFA_TRUST_COOKIE_AGE)


def _is_second(record: dict[str, Any]) -> bool:
    return record.get("method") == "mfa"


def _live(request: HttpRequest) -> bool:
    """Say whether a part of a page asks, not a person who opens one."""
    return POLL in request.headers or "HX-Request" in request.headers


def _told(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A live part whose session is gone is told so: it must not be filled with the sign-in page."""
    away = response.headers.get("Location", "").startswith(reverse("account_login"))
    return JsonResponse({"signed_out": True}, status=401) if away and _live(request) else response


def _ended(request: HttpRequest) -> HttpResponse:
    """Sign out, and hand back what was being sent."""
    fields = sent_again(request)
    logout(request)
    return signed_out(request, fields)


def needs_sign_in(view: Any) -> bool:
    """Say whether a view is for whoever is signed in."""
    return bool(getattr(view, "login_required", True))


def signed_out(request: HttpRequest, fields: list[tuple[str, str]]) -> HttpResponse:
    """Ask a page to sign in; tell a live part; hand back what was being sent, to be sent again after signing in."""
    if _live(request):
        return JsonResponse({"signed_out": True}, status=401)
    if is_shared(request):  # whoever stands there next sees neither what was typed nor where the last user was
        return HttpResponseRedirect(reverse("account_login"))
    if request.method == "POST":
        context = {"fields": fields, "action": request.get_full_path()}
        return render(request, "icras/signed_out.html", context, status=401)
    return redirect_to_login(request.get_full_path(), reverse("account_login"))


def sent_again(request: HttpRequest) -> list[tuple[str, str]]:
    """Return what a form of our own pages sent, to be offered once more; nothing when it came from elsewhere."""
    ours = request.headers.get("Origin") == f"{request.scheme}://{request.get_host()}"
    if request.method != "POST" or not ours:
        return []
    return [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken" and "password" not in name and isinstance(value, str)
    ]


class SecondFactorMiddleware:
    """Send whoever sees people or lets others in, and has no second factor, to set one up (ICRAS_REQUIRE_MFA)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        if not settings.ICRAS_REQUIRE_MFA or not isinstance(request.user, User):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if name in OPEN_WITHOUT or not needs_second_factor(actor_of(request).roles):
            return None
        if is_vouched_for(get_authentication_records(request, request.user)):
            return None
        if Authenticator.objects.filter(user=request.user, type__in=FACTORS).exists():
            return None
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
