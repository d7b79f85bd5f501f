"""Pages of the board, a caseload and one case."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.domain import Permission
from accounts.request import actor_of, read_id
from audit.commands import now
from casework.domain import (
    Looked,
    Show,
    read_case_cursor,
    read_cursor,
    read_filter,
    read_instant,
    read_looked,
    read_view,
)
from casework.presenters import board as words
from casework.presenters.case import case_words, timeline_words
from casework.presenters.caseload import alert_words, caseload_words
from casework.presenters.panel import panel_words
from casework.queries import board as rows
from casework.queries import caseload as loads
from casework.queries.case import case as read_case
from casework.queries.case import events as read_events
from casework.queries.panel import panel as read_panel
from casework.queries.place import place_words
from timelimits.queries import sweep_age

LOOKED = "icras_board_looked"
LIVE = "board-live"


def _looked(request: HttpRequest, at: datetime) -> Looked:
    """Return what this person has looked at; from their first look on, what comes in is new."""
    looked = read_looked(request.session.get(LOOKED), at)
    if LOOKED not in request.session:
        request.session[LOOKED] = looked.as_json()
    return looked


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board; when the page asks for its list again, only what may have changed."""
    at, asked = now(), request.GET
    reader = words.Reader(actor_of(request), at, _looked(request, at), read_id(asked.get("chosen", "")))
    live = request.headers.get("HX-Target") == LIVE
    context: dict[str, Any] = {"section": "board"}
    if reader.chosen and not live:
        context |= _panel(request, reader.chosen, at)
    context["board"] = _rows(reader, asked, live=live)
    return render(request, "casework/board_fresh.html" if live else "casework/board.html", context)


def _rows(reader: words.Reader, asked: Mapping[str, str], *, live: bool) -> words.Board:
    """Return one page of the board as it was asked for, its reading logged. Eight statements, whatever its length."""
    view, after = read_view(asked), read_case_cursor(asked.get("after", ""))
    since = read_instant(asked.get("since", "")) if live else None
    counts = rows.counts(reader.by, view, reader.looked, reader.now, since)
    page = rows.page(reader.by, view, reader.looked, reader.now, after)
    shown = rows.log_list(reader.by, page.people, asked.get("shown", "") if live else "")
    found = words.board(reader, view, counts, page, place_words(), sweep_age(reader.now), after)
    return replace(found, shown=shown)


@require_safe
def panel(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Show one referral beside the list; as a page of its own it is the board with that row chosen."""
    if not request.headers.get("HX-Request"):
        return HttpResponseRedirect(f"{reverse('casework:board')}?chosen={referral_id}")
    return render(request, "casework/panel.html", _panel(request, referral_id, now()))


def _panel(request: HttpRequest, referral_id: UUID, at: datetime) -> dict[str, Any]:
    by, looked = actor_of(request), _looked(request, at)
    held = read_panel(by, referral_id, at)
    request.session[LOOKED] = looked.opening(held.referral.case_id).as_json()
    shown = panel_words(held, words.Reader(by, at, looked), place_words())
    return {"panel": shown, "announce": f"{shown['name']} is shown beside the list."}


@require_POST
def looked(request: HttpRequest) -> HttpResponse:
    """Note that everything on the board has been seen by this person."""
    request.session[LOOKED] = Looked(now()).as_json()
    view = read_view(request.POST).with_(show=Show.EVERYONE)
    return HttpResponseRedirect(reverse("casework:board") + view.query())


@require_safe
def caseload(request: HttpRequest) -> HttpResponse:
    """Show the open cases of one person, next deadline first, and the alerts that wait for an answer."""
    by, at, after = actor_of(request), now(), read_case_cursor(request.GET.get("after", ""))
    others = loads.colleagues(by, at)
    shown = loads.whose(by, read_id(request.GET.get("who", "")), others)
    load = loads.caseload(by, shown, after)
    context = {
        "section": "caseload",
        "load": caseload_words(load, by, shown, others, place_words(), after, at),
        "alerts": alert_words(loads.unanswered(by), at) if shown == by.user_id and not after else [],
    }
    return render(request, "casework/caseload.html", context)


@require_safe
def case(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show one case whole: a referral's before acceptance, an episode's with all its referrals after it."""
    by, at = actor_of(request), now()
    shown = read_filter(request.GET.get("show", ""))
    held = read_case(by, case_id)
    events = read_events(held, shown, read_cursor(request.GET.get("before", "")))
    section = "caseload" if by.may(Permission.CASELOAD_READ) else "board"
    context = {"section": section, "case": case_words(held, by, at), "held": held}
    return render(request, "casework/case.html", context | {"timeline": timeline_words(held, events, shown, at)})
