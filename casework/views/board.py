"""The board: its list, one row beside it, the whole list on paper for when the system fails, and as a file."""

import csv
from collections.abc import Sequence
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
from audit.commands import now, require
from audit.domain import Actor
from casework.domain import Looked, Show, read_case_cursor, read_instant, read_looked, read_view
from casework.presenters import board as words
from casework.presenters.lists import COLUMNS, file_rows, print_words
from casework.presenters.panel import panel_words
from casework.queries import board as rows
from casework.queries.counts import counts as count
from casework.queries.panel import panel as read_panel
from casework.views.around import around_of
from casework.views.saved_views import first_view
from referrals.views.call import CALL
from referrals.views.drafts import half_written
from timelimits.domain.local_time import instant_words

LOOKED = "icras_board_looked"
LIVE = "board-live"


def looked_at(request: HttpRequest, at: datetime) -> Looked:
    """Return what this person has looked at, as their session holds it."""
    return read_looked(request.session.get(LOOKED), at)


def _looked(request: HttpRequest, at: datetime) -> Looked:
    """Return what this person has looked at; from their first look on, what comes in is new."""
    looked = looked_at(request, at)
    if LOOKED not in request.session:
        request.session[LOOKED] = looked.as_json()
    return looked


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """Show the board; when the page asks for its list again, only what may have changed."""
    if first := first_view(request):
        return HttpResponseRedirect(reverse("casework:board") + first)
    at = now()
    reader = _reader(request, at)
    live = request.headers.get("HX-Target") == LIVE
    context: dict[str, Any] = {"section": "board"}
    if reader.chosen and not live:
        context |= _panel(request, reader.chosen, at)
    if not live and around_of(request).calls:
        context["halves"] = half_written(reader.by, CALL, reverse("referrals:register"))
    context["board"] = _rows(request, reader, live=live)
    return render(request, "casework/board_fresh.html" if live else "casework/board.html", context)


def _reader(request: HttpRequest, at: datetime) -> words.Reader:
    chosen, picked = read_id(request.GET.get("chosen", "")), frozenset(request.GET.getlist("row"))
    return words.Reader(actor_of(request), at, _looked(request, at), chosen, picked)


def _rows(request: HttpRequest, reader: words.Reader, *, live: bool) -> words.Board:
    """Return one page of the board as it was asked for, its reading logged: four statements, whatever its length."""
    asked = request.GET
    view, after = read_view(asked), read_case_cursor(asked.get("after", ""))
    since = read_instant(asked.get("since", "")) if live else None
    around, counts = around_of(request), count(reader.by, view, reader.looked, reader.now, since)
    page = rows.page(reader.by, view, reader.looked, reader.now, after)
    shown = rows.log_list(reader.by, page.people, asked.get("shown", "") if live else "")
    found = words.board(reader, view, counts, page, around.words, around.age(reader.now), after)
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
    shown = panel_words(held, words.Reader(by, at, looked), around_of(request).words)
    return {"panel": shown, "announce": f"{shown['name']} is shown beside the list."}


@require_POST
def looked(request: HttpRequest) -> HttpResponse:
    """Note that everything on the board has been seen by this person."""
    request.session[LOOKED] = Looked(now()).as_json()
    view = read_view(request.POST).with_(show=Show.EVERYONE)
    return HttpResponseRedirect(reverse("casework:board") + view.query())


@require_safe
def printed(request: HttpRequest) -> HttpResponse:
    """Show the whole open list of a view to be printed, for when the system fails; its reading is logged."""
    by, at, view = actor_of(request), now(), read_view(request.GET)
    found = rows.whole(by, view, looked_at(request, at))
    rows.log_whole(by, found, "board.print")
    words = print_words(found, view, around_of(request).words, at)
    context = {"section": "board", "printed": f"{instant_words(at)}, by {by.label}", **words}
    return render(request, "casework/board_print.html", context)


@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Return the whole open list of a view as a CSV file; its reading is logged. Raises NotPermitted."""
    by, at, view = actor_of(request), now(), read_view(request.POST)
    require(by, Permission.BOARD_EXPORT)
    return listed_file(by, rows.whole(by, view, looked_at(request, at)), at)


def listed_file(by: Actor, found: rows.Whole, at: datetime) -> HttpResponse:
    """Return rows of the board as a CSV file, their reading logged."""
    rows.log_whole(by, found, "board.export")
    return _file(f"board-{at:%Y%m%d-%H%M}.csv", [COLUMNS, *file_rows(found, at)])


def _file(name: str, lines: Sequence[Sequence[str]]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    csv.writer(answer).writerows(lines)
    return answer
