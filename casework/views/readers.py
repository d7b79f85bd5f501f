"""Pages of who opened whose record, for privacy officers and auditors. Every reading of them is logged too."""

import csv
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from accounts.request import actor_of
from audit.commands import now
from casework.domain import read_flag, read_period
from casework.presenters.readers import file_of, readings_words
from casework.queries.readers import readings
from referrals.queries import get_person
from referrals.views.heads import head_of


@require_safe
def readers(request: HttpRequest) -> HttpResponse:
    """Show who opened records that somebody should look at."""
    period, flag = read_period(request.GET.get("days", "")), read_flag(request.GET.get("flag", ""))
    found = readings(actor_of(request), period, flag=flag)
    return render(request, "casework/readers.html", {"section": "readers", **readings_words(found, period, flag)})


@require_safe
def readers_of(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show everybody who opened one record."""
    by, period = actor_of(request), read_period(request.GET.get("days", "30"))
    flag = read_flag(request.GET.get("flag", ""))
    found = readings(by, period, person_id=person_id, flag=flag)
    person = get_person(by, person_id)
    context: dict[str, Any] = {"section": "readers", **head_of(person)}
    return render(request, "casework/readers.html", context | readings_words(found, period, flag))


@require_POST
def readers_file(request: HttpRequest) -> HttpResponse:
    """Return the report as a CSV file."""
    found = readings(
        actor_of(request), read_period(request.POST.get("days", "")), flag=read_flag(request.POST.get("flag", ""))
    )
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="readers-{now():%Y%m%d-%H%M}.csv"'
    csv.writer(answer).writerows(file_of(found))
    return answer
