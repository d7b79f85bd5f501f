"""Several rows of the board at once: each goes through the command of one, and a page says what happened to each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.domain import Permission
from accounts.request import actor_of, read_id
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import NotFound, Refusal
from casework.commands.several import take_over
from casework.domain import Several
from casework.queries.several import several as read_several
from casework.queries.several import several_whole
from casework.views.board import LOOKED, listed_file, looked_at
from referrals.models import Referral
from referrals.presenters import name_of

MOST = 100


@require_POST
def several(request: HttpRequest) -> HttpResponse:
    """Do one thing with every row that was ticked. Raises NotPermitted, NotFound for an act that is none."""
    by = actor_of(request)
    require(by, Permission.BOARD_READ)
    ids = [found for text in request.POST.getlist("row")[:MOST] if (found := read_id(text)) is not None]
    act = request.POST.get("do", "")
    if act not in set(Several):
        raise NotFound
    if act == Several.FILE:
        return _file(request, by, ids)
    rows = read_several(by, ids)
    told = _seen(request, rows) if act == Several.SEEN else [_taken(by, row) for row in rows]
    context = {"section": "board", "rows": told, "missing": len(set(ids)) - len(rows), "back": _back(request)}
    return render(request, "casework/several.html", context | {"none": not ids})


def _file(request: HttpRequest, by: Actor, ids: Sequence[UUID]) -> HttpResponse:
    require(by, Permission.BOARD_EXPORT)
    if not ids:
        return HttpResponseRedirect(_back(request))
    return listed_file(by, several_whole(by, ids), now())


def _seen(request: HttpRequest, rows: Sequence[Referral]) -> list[dict[str, Any]]:
    """Mark each as looked at by this person."""
    looked = looked_at(request, now())
    for row in rows:
        looked = looked.opening(row.case_id)
    request.session[LOOKED] = looked.as_json()
    return [_told(row, "Marked as seen by you.", done=True) for row in rows]


def _taken(by: Actor, row: Referral) -> dict[str, Any]:
    try:
        before = take_over(by=by, referral_id=row.pk)
    except Refusal as refusal:
        return _told(row, str(refusal.message), done=False)
    return _told(row, f"You have it now; {before} had it before." if before else "You have it now.", done=True)


def _told(row: Referral, words: str, *, done: bool) -> dict[str, Any]:
    url = f"{reverse('casework:board')}?chosen={row.pk}#panel"
    return {"name": name_of(row.person), "reference": row.reference, "url": url, "words": words, "done": done}


def _back(request: HttpRequest) -> str:
    """Return the list they came from: a query of the board and nothing else."""
    asked = request.POST.get("back", "")
    safe = asked.startswith("?") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return reverse("casework:board") + (asked if safe else "")
