"""Pages of restricted records: who may see one, the door for those who are not named, and who went through it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import RESTRICT_REASONS, Permission, RestrictReason
from accounts.models import Restriction, Team
from accounts.request import actor_of
from audit.commands import now, require
from casework.commands import restrict as commands
from casework.forms import BreakGlassForm, NamedForm, RestrictForm
from casework.presenters.restricted import broken_rows, restriction_rows
from casework.presenters.words import since_words
from casework.queries import restricted as queries
from referrals.models import Person
from referrals.queries import open_person
from referrals.views.heads import head_of
from referrals.views.serving import sent, status_of

CHANGED = "Saved: who is named sees it, whoever was left out does not any more."


def _record(person_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("referrals:person", args=[person_id]))


@require_safe
def restricted(request: HttpRequest) -> HttpResponse:
    """Show the restrictions in force, naming nobody, and who opened a restricted record, the latest first."""
    by, at = actor_of(request), now()
    context = {
        "section": "restricted",
        "broken": broken_rows(queries.latest_broken(by), at),
        "standing": restriction_rows(queries.standing_restrictions(by), at),
    }
    return render(request, "casework/restricted.html", context)


@require_http_methods(["GET", "POST"])
def break_glass(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show the door, which says nothing of who is behind it, or go through; whoever is named is let in at once."""
    by, form = actor_of(request), BreakGlassForm(sent(request))
    if form.is_bound and form.is_valid():
        commands.break_glass(by=by, person_id=person_id, **form.cleaned_data)
        messages.success(request, "Open to you for eight hours. Their team and the privacy officer have been told.")
        return _record(person_id)
    if not queries.closed_or_open(by, person_id):
        return _record(person_id)
    context = {"section": "restricted", "form": form}
    return render(request, "casework/break_glass.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def restrict(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show who may see a record, and restrict it; while it is, say anew who is named."""
    by = actor_of(request)
    require(by, Permission.PERSON_RESTRICT)
    person = open_person(by, person_id)
    case_ids = queries.covered(person.pk)
    held = queries.restriction_of(case_ids)
    form = _form(request, person, case_ids, held)
    if form.is_bound and form.is_valid():
        change = commands.change_named if held else commands.restrict_person
        change(by=by, person_id=person.pk, **form.values())
        messages.success(request, CHANGED if held else "Restricted: only those who are named see it now.")
        return HttpResponseRedirect(request.path)
    context = _sight(person, case_ids, held) | head_of(person) | {"form": form}
    return render(request, "casework/restrict.html", context, status=status_of(form))


def _form(request: HttpRequest, person: Person, case_ids: list[UUID], held: Restriction | None) -> NamedForm:
    answering = queries.responsible_teams(case_ids)
    teams = [(str(team.pk), team.name) for team in Team.objects.exclude(pk__in=answering).order_by("name")]
    if held is None:
        return RestrictForm(sent(request), teams=teams)
    named = queries.named_on(person.pk)
    begun = {"teams": [str(team.pk) for team in named.teams], "people": "\n".join(user.email for user in named.users)}
    return NamedForm(sent(request), teams=teams, initial=begun)


def _sight(person: Person, case_ids: list[UUID], held: Restriction | None) -> dict[str, Any]:
    """Return who sees a person's cases now, and the restriction in force."""
    why = RESTRICT_REASONS[RestrictReason(held.reason)] if held else ""
    since = since_words(held.starts_at, now()) if held else ""
    people = queries.named_on(person.pk).users if held else ()
    sees = queries.teams_with_sight(case_ids)
    shown = {"section": "restricted", "sees": sees, "people": people}
    return shown | {"held": held, "why": why, "since": since}


@require_POST
def unrestrict(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Lift a restriction."""
    commands.unrestrict_person(by=actor_of(request), person_id=person_id)
    messages.success(request, "No longer restricted. Whoever saw it before sees it again.")
    return _record(person_id)
