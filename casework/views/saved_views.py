"""Pages of the lists of the board that somebody keeps under a name."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.request import actor_of
from audit.domain import Actor
from audit.refusals import NotFound, NotPermitted, Refusal
from casework.commands.saved_views import forget_view, open_with_view, save_view
from casework.domain import BoardView, read_view
from casework.forms import SaveViewForm
from casework.presenters.lists import view_words
from casework.queries.saved_views import saved_views
from casework.views.around import around_of
from referrals.views.serving import UNFIT

FIRST = "icras_board_first"


def first_view(request: HttpRequest) -> str:
    """Return the address of the view that the board opens with when nothing is asked; nothing where none is kept."""
    if request.GET or request.headers.get("HX-Request"):
        return ""
    if FIRST not in request.session:
        first = (saved.view.query() for saved in saved_views(actor_of(request)) if saved.first)
        request.session[FIRST] = next(first, "")
    return str(request.session[FIRST])


@require_http_methods(["GET", "POST"])
def saved(request: HttpRequest) -> HttpResponse:
    """Show the views that this person keeps, and keep another."""
    by, form = actor_of(request), SaveViewForm(request.POST if request.method == "POST" else None)
    view = read_view(request.POST if form.is_bound else request.GET)
    refusal = _kept(by, form, view) if form.is_bound and form.is_valid() else None
    if form.is_bound and form.is_valid() and refusal is None:
        request.session.pop(FIRST, None)
        messages.success(request, "Kept. It stands above the board with your views.")
        return HttpResponseRedirect(reverse("casework:board") + view.query())
    return _page(request, form, view, refusal)


def _kept(by: Actor, form: SaveViewForm, view: BoardView) -> Refusal | None:
    try:
        save_view(by=by, view=view, **form.cleaned_data)
    except (NotFound, NotPermitted):
        raise
    except Refusal as refusal:
        return refusal
    return None


def _page(request: HttpRequest, form: SaveViewForm, view: BoardView, refusal: Refusal | None) -> HttpResponse:
    place = around_of(request).words
    context: dict[str, Any] = {
        "section": "board",
        "form": form,
        "view": view,
        "words": view_words(view, place),
        "refusal": refusal,
        "rows": [(each, view_words(each.view, place)) for each in saved_views(actor_of(request))],
    }
    status = refusal.status if refusal else UNFIT if form.errors else 200
    return render(request, "casework/saved_views.html", context, status=status)


@require_POST
def first(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the board open with this view, or no longer."""
    on = request.POST.get("first") == "yes"
    row = open_with_view(by=actor_of(request), view_id=pk, first=on)
    request.session.pop(FIRST, None)
    messages.success(request, f"The board opens with {row.name if on else 'all that is open'}.")
    return HttpResponseRedirect(reverse("casework:saved_views"))


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a view."""
    forget_view(by=actor_of(request), view_id=pk)
    request.session.pop(FIRST, None)
    messages.success(request, "Forgotten.")
    return HttpResponseRedirect(reverse("casework:saved_views"))
