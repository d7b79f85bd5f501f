"""Page of the two-hour report."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain import sees_people
from accounts.request import actor_of
from audit.commands import now
from capacity.queries import zones
from reporting import queries
from reporting.presenters import two_hour_words
from reporting.views.tables import report_chips


@require_safe
def two_hour(request: HttpRequest) -> HttpResponse:
    """Show how many two-hour referrals were seen in time in the last 28 days, by zone. No personal data."""
    by, at = actor_of(request), now()
    tallies = queries.two_hour(by, at)
    named = {zone.code: zone.name for zone in zones()}
    report = two_hour_words(tallies, named, at, suppress=not sees_people(by.roles))
    return render(
        request, "reporting/two_hour.html", {"section": "reports", "report": report, "chips": report_chips("two_hour")}
    )
