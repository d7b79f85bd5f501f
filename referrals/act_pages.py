"""How every act is shown, tried and answered: a page of its own, or a part of the panel when htmx asks.

A refusal never loses what was typed: it goes to its field, or above the form with what to do next.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRedirect

from accounts.request import actor_of
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, NotPermitted, Refusal, Stale
from referrals.forms.fields import VersionedForm

UNFIT = 422


@dataclass(frozen=True)
class Shown:
    """What an act is done on: where its own page is, its version now, and the words above the form.

    `closed` says why it can not be done any more: "it is declined already". Empty while it can.
    """

    url: str
    version: int
    context: Mapping[str, Any] = field(default_factory=dict)
    closed: str = ""


def no_options(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Give the form nothing more than the time and the actor."""
    return {}


def no_context(form: Any) -> dict[str, Any]:
    """Show nothing more than what it is done on."""
    return {}


@dataclass(frozen=True)
class ActPage:
    """One act as a page. `look` finds what it is done on, in scope; `run` calls the command; `done` says what happened.

    `template` holds the fields only: the same in a page and in a part of a page.
    """

    verb: str
    words: str
    permission: str
    template: str
    form: type[VersionedForm]
    look: Callable[[Actor, UUID], Shown]
    run: Callable[[Actor, UUID, Any], object]
    done: Callable[[Any], str]
    options: Callable[[HttpRequest, Shown, Actor], dict[str, Any]] = no_options
    context: Callable[[Any], dict[str, Any]] = no_context
    warning: bool = False


def serve(request: HttpRequest, page: ActPage, pk: UUID) -> HttpResponse:
    """Show the act, or do it. Raises NotPermitted and NotFound; other refusals are shown with what was typed."""
    by = actor_of(request)
    require(by, page.permission)
    shown = page.look(by, pk)
    sent = request.POST if request.method == "POST" else None
    form = page.form(sent, now=now(), by=by, **page.options(request, shown, by))
    refusal: Refusal | None = None
    if form.is_bound and form.is_valid():
        refusal, result = _tried(page, by, pk, form)
        if refusal is None:
            return _finished(request, shown.url, page.done(result))
        shown = page.look(by, pk)
    elif shown.closed:
        refusal = IllegalMove("closed", f"This can’t be done because {shown.closed}.")
    return _answer(request, page, shown, form, refusal)


def _tried(page: ActPage, by: Actor, pk: UUID, form: VersionedForm) -> tuple[Refusal | None, object]:
    try:
        return None, page.run(by, pk, form)
    except (NotPermitted, NotFound):
        raise
    except Refusal as refusal:
        form.refuse(refusal)
        return refusal, None


def _answer(
    request: HttpRequest, page: ActPage, shown: Shown, form: VersionedForm, refusal: Refusal | None
) -> HttpResponse:
    part = is_part(request)
    above = refusal if shown.closed or not form.errors else None
    context = {
        "section": "board",
        **shown.context,
        **page.context(form),
        "page": page,
        "part": part,
        "form": form,
        "refusal": above,
        "stale": isinstance(above, Stale),
        "final": isinstance(above, IllegalMove),
        "version": shown.version,
        "subject_url": shown.url,
    }
    status = refusal.status if refusal else UNFIT if form.is_bound else 200
    return render(request, "referrals/act_part.html" if part else "referrals/act_page.html", context, status=status)


def is_part(request: HttpRequest) -> bool:
    """Say whether htmx asks for a part of the page that is open, not for a page."""
    return bool(getattr(request, "htmx", False)) and not request.htmx.boosted  # type: ignore[attr-defined]


def _finished(request: HttpRequest, url: str, words: str) -> HttpResponse:
    messages.success(request, words)
    if is_part(request):
        return HttpResponseClientRedirect(here(request) or url)
    return HttpResponseRedirect(url)


def here(request: HttpRequest) -> str:
    """Return the address of the page that htmx acts in, path and query only; nothing when it is not one of ours."""
    path: str | None = request.htmx.current_url_abs_path  # type: ignore[attr-defined]
    found = urlsplit(path or "")
    return f"{found.path}?{found.query}" if found.query else found.path
