"""Putting a clock right: what the correction would do is shown first, and done when it is sent again as shown."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.domain import Permission
from accounts.forms import accepted, status_of
from accounts.request import actor_of
from audit.commands import note_read, require
from audit.domain import Actor
from timelimits import commands, queries
from timelimits.forms import CorrectStartForm, RebaseForm
from timelimits.models import Clock
from timelimits.presenters import preview_words
from timelimits.queries import Rebased
from timelimits.views.clocks import about

GET_POST = ["GET", "POST"]


@require_http_methods(GET_POST)
def correct_start(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """Put right when a clock started."""
    by = actor_of(request)
    clock, form = _clock(by, clock_id), CorrectStartForm(request.POST or None)

    def act(told: dict[str, Any]) -> object:
        return commands.correct_start(by=by, clock_id=clock_id, started_at=told["started_at"], reason=told["reason"])

    return _serve(request, clock, form, act, lambda told: queries.preview_start(by, clock_id, told["started_at"]))


@require_http_methods(GET_POST)
def rebase(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """Measure a running clock by another version of its limit."""
    by = actor_of(request)
    clock = _clock(by, clock_id)
    form = RebaseForm(request.POST or None, versions=queries.other_versions(clock))

    def act(told: dict[str, Any]) -> object:
        return commands.rebase_clocks(by=by, clock_ids=[clock_id], **told)

    def preview(told: dict[str, Any]) -> Rebased | None:
        return next(iter(queries.preview_rebase(by, [clock_id], told["policy_id"])), None)

    return _serve(request, clock, form, act, preview)


def _clock(by: Actor, clock_id: UUID) -> Clock:
    require(by, Permission.CLOCK_REBASE)
    clock = queries.get(by, clock_id)
    note_read(by=by, what="clock.explain", ids=[clock.case_id])
    return clock


def _serve(request: HttpRequest, clock: Clock, form: forms.Form, act: Any, preview: Any) -> HttpResponse:
    words = ""
    seen: list[Rebased | None] = []
    if request.method == "POST" and accepted(form, lambda told: seen.append(preview(told))):
        shown = seen[0]
        words = preview_words(shown.before, shown.after) if shown else ""
        if request.POST.get("as_shown") == words and accepted(form, act):
            messages.success(request, "Corrected. What was recorded before is kept beside it.")
            return HttpResponseRedirect(reverse("timelimits:explain", args=[clock.pk]))
    context = about(clock, form=form, preview="" if form.errors else words)
    verb = request.resolver_match.url_name if request.resolver_match else ""
    return render(request, f"timelimits/{verb}.html", context, status=status_of(form))
