"""The duty rota of a team: hours, repeating shifts, single shifts, cover."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import commands
from accounts.domain.rota import LONDON
from accounts.forms import CoverForm, HoursForm, LastDayForm, PatternForm, ShiftForm, accepted, status_of
from accounts.presenters import hours_by_day, pattern_lines, week_of_hours
from accounts.queries import directory
from accounts.request import actor_of
from audit.commands import now


def _open(team_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("accounts:team_rota", args=[team_id]))


def _add(
    request: HttpRequest, team_id: UUID, form: forms.Form, title: str, act: Callable[[dict[str, Any]], object]
) -> HttpResponse:
    """Show a form of the rota, or run its command and go back to the team."""
    team = directory.team_rota(actor_of(request), team_id, now()).team
    if request.method == "POST" and accepted(form, act):
        messages.success(request, "The rota is changed.")
        return _open(team_id)
    context = {"section": "rota", "form": form, "team": team, "title": title}
    return render(request, "accounts/rota_form.html", context, status=status_of(form))


@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """List the teams whose rota I keep, with who is on duty now and where nobody is."""
    at = now()
    found = [(team, directory.on_now(team.pk, at)) for team in directory.rota_teams(actor_of(request))]
    return render(request, "accounts/rota.html", {"section": "rota", "teams": found, "at": at})


@require_safe
def team_rota(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Show one team's rota."""
    found = directory.team_rota(actor_of(request), team_id, now())
    context = {
        "section": "rota",
        "rota": found,
        "week": week_of_hours(found.hours),
        "patterns": pattern_lines(found.patterns),
    }
    return render(request, "accounts/team_rota.html", context)


@require_http_methods(["GET", "POST"])
def hours(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Change a team's opening hours."""
    by = actor_of(request)
    form = HoursForm(request.POST or None, initial=hours_by_day(directory.team_rota(by, team_id, now()).hours))
    return _add(
        request,
        team_id,
        form,
        "Opening hours",
        lambda typed: commands.set_team_hours(by=by, team_id=team_id, periods=typed["periods"]),
    )


@require_http_methods(["GET", "POST"])
def add_pattern(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Add a repeating shift."""
    by = actor_of(request)
    form = PatternForm(request.POST or None, initial={"valid_from": now().astimezone(LONDON).date()})

    def act(typed: dict[str, Any]) -> object:
        rest = {name: value for name, value in typed.items() if name != "user"}
        return commands.add_shift_pattern(by=by, team_id=team_id, user_id=typed["user"].pk, **rest)

    return _add(request, team_id, form, "Add a repeating shift", act)


@require_http_methods(["GET", "POST"])
def end_pattern(request: HttpRequest, team_id: UUID, pattern_id: int) -> HttpResponse:
    """Say the last day of a repeating shift."""
    by = actor_of(request)
    form = LastDayForm(request.POST or None, initial={"ends_on": now().astimezone(LONDON).date()})
    return _add(
        request,
        team_id,
        form,
        "End a repeating shift",
        lambda typed: commands.end_shift_pattern(by=by, pattern_id=pattern_id, valid_until=typed["ends_on"]),
    )


@require_http_methods(["GET", "POST"])
def add_shift(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Add a single shift."""
    by = actor_of(request)

    def act(typed: dict[str, Any]) -> object:
        span = {name: typed[name] for name in ("starts_at", "ends_at", "duty")}
        return commands.add_shift(by=by, team_id=team_id, user_id=typed["user"].pk, **span)

    return _add(request, team_id, ShiftForm(request.POST or None), "Add a shift", act)


@require_POST
def remove_shift(request: HttpRequest, team_id: UUID, shift_id: int) -> HttpResponse:
    """Take a single shift off the rota."""
    by = actor_of(request)
    directory.team_rota(by, team_id, now())  # of a team that is not theirs, nothing is told
    commands.remove_shift(by=by, shift_id=shift_id)
    return _open(team_id)


@require_http_methods(["GET", "POST"])
def add_cover(request: HttpRequest, team_id: UUID) -> HttpResponse:
    """Say who covers for somebody who is away."""
    by = actor_of(request)

    def act(typed: dict[str, Any]) -> object:
        span = {name: typed[name] for name in ("starts_at", "ends_at")}
        return commands.add_cover(by=by, user_id=typed["user"].pk, covered_by_id=typed["covered_by"].pk, **span)

    return _add(request, team_id, CoverForm(request.POST or None), "Add cover", act)


@require_POST
def remove_cover(request: HttpRequest, team_id: UUID, cover_id: int) -> HttpResponse:
    """Take a cover away."""
    by = actor_of(request)
    directory.team_rota(by, team_id, now())  # of a team that is not theirs, nothing is told
    commands.remove_cover(by=by, cover_id=cover_id)
    return _open(team_id)
