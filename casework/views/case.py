"""One case whole, and the open cases of one person."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.domain import Permission
from accounts.request import actor_of, read_id
from audit.commands import now
from casework.domain import read_case_cursor, read_cursor, read_filter
from casework.presenters.case import case_words, timeline_words
from casework.presenters.caseload import alert_words, caseload_words
from casework.queries import caseload as loads
from casework.queries.case import case as read_case
from casework.queries.case import events as read_events
from casework.views.around import around_of


@require_safe
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case whole: a referral's before acceptance, an episode's with all its referrals after it."""
    by, at = actor_of(request), now()
    shown = read_filter(request.GET.get("show", ""))
    held, place = read_case(by, case_id), around_of(request).words
    events = read_events(held, shown, read_cursor(request.GET.get("before", "")))
    section = "caseload" if by.may(Permission.CASELOAD_READ) else "board"
    context = {"section": section, "case": case_words(held, place, by, at), "held": held}
    return render(request, "casework/case.html", context | {"timeline": timeline_words(held, place, events, shown, at)})


@require_safe
def caseload(request: HttpRequest) -> HttpResponse:
    """Show the open cases of one person, next deadline first, and the alerts that wait for an answer."""
    by, at, after = actor_of(request), now(), read_case_cursor(request.GET.get("after", ""))
    others = loads.colleagues(by, at)
    shown = loads.whose(by, read_id(request.GET.get("who", "")), others)
    load = loads.caseload(by, shown, after)
    context = {
        "section": "caseload",
        "load": caseload_words(load, by, shown, others, around_of(request).words, after, at),
        "alerts": alert_words(loads.unanswered(by), at) if shown == by.user_id and not after else [],
    }
    return render(request, "casework/caseload.html", context)
