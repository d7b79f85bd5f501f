"""The screen on which a call is taken: what was typed, what stands beside it, the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.queries import code_lists
from accounts.request import actor_of
from audit.domain import Actor
from audit.refusals import NotFound
from referrals import commands, presenters, queries
from referrals.domain import Urgency
from referrals.forms import CallForm
from referrals.models import Draft
from timelimits.presenters import ClockWords, clock_words

CALL = "call"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "choose", "undo", "throw"})


def keep(request: HttpRequest) -> Draft:
    """Keep every field as it was typed, and whom somebody chose or let go."""
    typed = {name: [str(value) for value in values] for name, values in request.POST.lists() if name not in NOT_KEPT}
    if "undo" in request.POST:
        typed["person_id"] = [""]
    elif "choose" in request.POST:
        typed["person_id"] = [request.POST["choose"]]
    return commands.keep_draft(by=actor_of(request), form=CALL, typed=typed)


@dataclass(frozen=True)
class Side:
    """The clock, what to say, whether 999 comes first."""

    clocks: tuple[ClockWords, ...]
    received: str
    ring_back_by: str
    planned: bool
    undecided: bool
    danger: bool


def side(form: CallForm) -> Side:
    """Return what stands beside the form while it is typed. Until it is said how soon, the two hours are shown."""
    at, received = form.now, form.received_so_far()
    urgency = Urgency.PLANNED if form["urgency"].value() == Urgency.PLANNED else Urgency.CRISIS
    limits = queries.limits_ahead(urgency, received)
    words = [
        clock_words(
            limit.due_at, at, label=f"{limit.label}{presenters.by_time(limit.due_at, at)}", soon_at=limit.soon_at
        )
        for limit in limits
    ]
    return Side(
        clocks=tuple(words),
        received=presenters.wall_clock(received, at),
        ring_back_by=presenters.ring_back_by(limits[0].due_at, at),
        planned=urgency == Urgency.PLANNED,
        undecided=not form["urgency"].value(),
        danger=form.flag_raised(),
    )


def call_page(
    request: HttpRequest,
    form: CallForm,
    *,
    draft: Draft | None = None,
    matches: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """Show the screen with what was typed, what is beside it, and the matches when they were asked for."""
    by, lists = actor_of(request), code_lists("gp_practices", "hospitals", "warnings")
    context = {
        "section": "board",
        "form": form,
        "draft": draft,
        "back": draft is not None and request.method == "GET" and "carry" not in request.GET,
        "side": side(form),
        "chosen": _chosen(by, form.chosen_person, form.now, lists["warnings"]),
        "gp_practices": lists["gp_practices"],
        "hospitals": lists["hospitals"],
        "matches": matches,
    }
    return render(request, "referrals/register.html", context, status=status)


def _chosen(by: Actor, person_id: UUID | None, at: datetime, known: Any) -> dict[str, Any] | None:
    if person_id is None:
        return None
    try:
        person = queries.open_person(by, person_id)
    except NotFound:
        return None
    return {
        "line": presenters.person_line(person, at),
        "nhs_number": person.nhs_number,
        "home": presenters.home_of(person),
        "warnings": presenters.person_warnings(person, known),
    }
