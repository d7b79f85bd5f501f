"""Pages of the deployment itself: health, home, errors."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.domain import Permission
from accounts.middleware import sent_again
from accounts.queries import place
from audit.commands import now
from audit.domain import Actor
from timelimits.queries import sweep_age

HOMES = (
    (Permission.BOARD_READ, "casework:board"),
    (Permission.CASELOAD_READ, "casework:caseload"),
    (Permission.REPORT_READ, "reporting:two_hour"),
    (Permission.ACCOUNT_MANAGE, "accounts:people"),
)
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
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    here = place()
    age = sweep_age(now())
    found = {
        "database": True,
        "place": bool(here.name),
        "not_demo_in_production": not (settings.PRODUCTION and here.demo),
    }
    late = age is None or age.total_seconds() > settings.ICRAS_SWEEP_LATE_SECONDS
    ready = all(found.values())
    return JsonResponse({"ready": ready, **found, "time_limits_late": late}, status=200 if ready else 503)


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
    return HttpResponseRedirect(home_of(request.actor))  # type: ignore[attr-defined]


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form was too old to trust, and what to do."""
    context = {"fields": sent_again(request), "action": request.get_full_path()}
    return render(request, "icras/csrf.html", context, status=403)
