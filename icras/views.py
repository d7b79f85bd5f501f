"""Pages of the deployment itself: health, home, errors."""

import sys

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.domain import Permission
from accounts.middleware import needs_sign_in, sent_again, signed_out
from accounts.models import User
from accounts.queries import place
from accounts.request import actor_of
from audit.commands import now
from audit.domain import Actor
from timelimits.queries import sweep_age
from timelimits.queries.health import clock_differs

HOMES = (
    (Permission.BOARD_READ, "casework:board"),
    (Permission.CASELOAD_READ, "casework:caseload"),
    (Permission.REFERRAL_FOLLOW, "referrals:sent"),
    (Permission.ACCOUNT_MANAGE, "accounts:people"),
    (Permission.PERSON_DISCLOSE, "casework:accesses"),
    (Permission.REPORT_READ, "reporting:two_hour"),
)
LOST = (OperationalError, InterfaceError)
RETRY_SECONDS = 10
TOKEN = "X-ICRAS-Token"  # noqa: S105  (the name of a header)
FAULTS = {
    503: ("try_again", "The database could not be reached. Send it again, with the same Idempotency-Key."),
    500: ("server_error", "Something went wrong on our side. It is recorded and will be looked at."),
}
CO_ORDINATES = frozenset({"case_coordinator", "practitioner", "care_worker"})


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers. Touches nothing else."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Say whether the site can be used: database there, place loaded, no demo data in production; 503 if not."""
    wrong_clock = clock_differs(now())
    here = place()
    age = sweep_age(now())
    found = {
        "database": True,
        "place": bool(here.name),
        "not_demo_in_production": not (settings.PRODUCTION and here.demo),
    }
    late = age is None or age.total_seconds() > settings.ICRAS_SWEEP_LATE_SECONDS
    ready = all(found.values())
    told = {"time_limits_late": late, "clock_differs": wrong_clock}
    return JsonResponse({"ready": ready, **found, **told}, status=200 if ready else 503)


def home_of(by: Actor) -> str:
    """Return the address of the first page of this actor's day."""
    if by.roles & CO_ORDINATES and by.may(Permission.CASELOAD_READ):
        return reverse("casework:caseload")
    for permission, name in HOMES:
        if by.may(permission):
            return reverse(name)
    return reverse("accounts:me")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everyone to the page their day starts on."""
    return HttpResponseRedirect(home_of(actor_of(request)))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old to trust, and what to do. A part of a page gets a token to send again with."""
    fields, match = sent_again(request), request.resolver_match
    if fields and not isinstance(request.user, User) and match is not None and needs_sign_in(match.func):
        return signed_out(request, fields)
    context = {"fields": fields, "action": request.get_full_path()}
    response = render(request, "icras/csrf.html", context, status=403)
    if fields and "HX-Request" in request.headers:
        response[TOKEN] = get_token(request)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what nobody caught: 503 with what was typed while the database is away, else 500. Asks no database."""
    status = 503 if isinstance(sys.exc_info()[1], LOST) else 500
    if request.path.startswith("/api/"):
        return _problem(status)
    context = {"fields": sent_again(request), "action": request.get_full_path(), "csrf_token": get_token(request)}
    return HttpResponse(render_to_string(f"{status}.html", context), status=status, headers=_headers(status))


def _problem(status: int) -> JsonResponse:
    code, words = FAULTS[status]
    body = {"type": "about:blank", "title": code.replace("_", " "), "status": status, "code": code, "detail": words}
    kind = "application/problem+json"
    return JsonResponse({**body, "errors": []}, status=status, content_type=kind, headers=_headers(status))


def _headers(status: int) -> dict[str, str]:
    return {"Cache-Control": "no-store"} | ({"Retry-After": str(RETRY_SECONDS)} if status == 503 else {})
