"""Pages of the shift: what one leaves to the next, handed over and accepted; people worried about."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.models import Team
from accounts.request import actor_of, read_id
from audit.commands import now
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound
from casework.commands.shifts import accept_shift, hand_over_shift
from casework.forms import HandOverForm, WorryForm
from casework.presenters.shifts import hand_over_words
from casework.presenters.words import hour
from casework.queries import shifts as rows
from pathways.views.acts import look_at_case
from referrals.commands.shifts import add_worry, settle_worry
from referrals.models import Worry
from referrals.views.serving import ActPage, Tried, sent, serve, status_of, tried


def _add(by: Actor, pk: UUID, form: Any) -> Worry:
    return add_worry(by=by, case_id=pk, **form.values())


WORRY = ActPage(
    "worry", "Worried about this person", Permission.TASK_RECORD, "casework/worry.html", WorryForm, look_at_case, _add,
    lambda made: "Written down. It stands on every hand-over until somebody says that it is settled.",
    button="Save",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def worry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that somebody is worried about."""
    return serve(request, WORRY, pk)


@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a worry is settled."""
    row = settle_worry(by=actor_of(request), worry_id=pk)
    messages.success(request, "Settled: it leaves the hand-over and stays in what happened.")
    if request.POST.get("back") == "handover":
        return HttpResponseRedirect(reverse("casework:hand_over"))
    return HttpResponseRedirect(reverse("casework:case", args=[row.case_id]))


@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest) -> HttpResponse:
    """Show what a shift leaves to the next, or hand it over."""
    by, form = actor_of(request), HandOverForm(sent(request))
    teams = rows.teams_of(by)
    team = _chosen(request, teams)
    found = _handed(by, team, form)
    if team is not None and found.done:
        messages.success(request, f"Handed over at {hour(now())}. It waits for a colleague to accept it.")
        return HttpResponseRedirect(f"{reverse('casework:hand_over')}?team={team.pk}")
    context = _page(by, teams, team) | {"form": form, "refusal": found.refusal}
    return render(request, "casework/handover.html", context, status=status_of(form, found.refusal))


def _chosen(request: HttpRequest, teams: list[Team]) -> Team | None:
    asked = request.POST.get("team") or request.GET.get("team") or ""
    if not asked:
        return teams[0] if teams else None
    found = next((team for team in teams if team.pk == read_id(asked)), None)
    if found is None:
        raise NotFound
    return found


def _handed(by: Actor, team: Team | None, form: HandOverForm) -> Tried:
    if team is not None:
        return tried(form, lambda: hand_over_shift(by=by, team_id=team.pk, note=form.cleaned_data["note"]))
    no_team = IllegalMove("no_team", "This can't be done because you are in no team.")
    return Tried(refusal=no_team if form.is_bound else None)


def _page(by: Actor, teams: list[Team], team: Team | None) -> dict[str, Any]:
    at = now()
    found = rows.open_items(by, team, at) if team else rows.OpenItems()
    rows.log_shift(by, found)
    chips = [{"url": f"?team={each.pk}", "words": each.name, "current": each == team} for each in teams]
    return {
        "section": "handover",
        "team": team,
        "chips": chips if len(chips) > 1 else [],
        "printed": f"{hour(at)}, {by.label}",
        **hand_over_words(found, rows.latest_hand_over(team) if team else None, by, at),
    }


@require_POST
def accept(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take on what was handed over."""
    row = accept_shift(by=actor_of(request), hand_over_id=pk)
    messages.success(request, f"Accepted. {row.by.name} handed over to you.")
    mine = row.team_id in actor_of(request).teams
    return HttpResponseRedirect(reverse("casework:hand_over") + (f"?team={row.team_id}" if mine else ""))
