"""A device that several colleagues use: it remembers that it is shared, and forgets who was trusted."""

from allauth.mfa import app_settings as mfa_settings
from django.conf import settings
from django.http import HttpRequest, HttpResponse

COOKIE = "icras_shared"
REMEMBERED = 90 * 24 * 3600  # seconds


def is_shared(request: HttpRequest) -> bool:
    """Say whether somebody marked this browser as shared. Marking adds care only: without it the usual rules stand."""
    return request.COOKIES.get(COOKIE) == "1"


def idle_minutes(request: HttpRequest) -> float:
    """Return how long a session may be idle on this device."""
    usual: float = settings.ICRAS_IDLE_MINUTES
    return min(usual, settings.ICRAS_SHARED_IDLE_MINUTES) if is_shared(request) else usual


def share(response: HttpResponse) -> None:
    """Mark the browser as shared, and forget that it was anybody's own: the second factor is asked every time."""
    response.set_cookie(
        COOKIE,
        "1",
        max_age=REMEMBERED,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    response.delete_cookie(
        mfa_settings.TRUST_COOKIE_NAME,
        path=mfa_settings.TRUST_COOKIE_PATH,
        domain=mfa_settings.TRUST_COOKIE_DOMAIN,
        samesite="Lax",
    )


def keep_to_oneself(response: HttpResponse) -> None:
    """Take the mark away: one person's own device."""
    response.delete_cookie(COOKIE, samesite="Lax")
