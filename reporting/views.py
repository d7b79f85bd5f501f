"""Pages of figures. No personal data here."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain import sees_people
from accounts.request import actor_of
from audit.commands import now
from capacity.queries import zones
from reporting import queries
from reporting.presenters import two_hour_rows, whole_row


@require_safe
def two_hour(request: HttpRequest) -> HttpResponse:
    """Two-hour response of the last 28 days, whole and by zone."""
    by, at = actor_of(request), now()
    found, exact = queries.two_hour(by, at), sees_people(by.roles)
    context = {
        "section": "reports",
        "since": queries.since(at),
        "now": at,
        "whole": whole_row(found, exact) if found else None,
        "rows": two_hour_rows(found, {z.code: z.name for z in zones()}, exact),
        "exact": exact,
    }
    return render(request, "reporting/two_hour.html", context)
