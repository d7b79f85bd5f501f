"""Take a call: the screen, the draft kept as it is typed, the clock beside it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.queries import code_lists
from accounts.request import actor_of
from accounts.rota import LONDON
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals import commands, presenters, queries
from referrals.domain import Urgency
from referrals.forms import CallForm
from referrals.models import Draft, Referral
from timelimits.presenters import ClockWords, clock_words

CALL = "call"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "choose", "undo", "throw"})


@require_http_methods(["GET", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Take a referral by telephone on one screen (R032), or send it to triage."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_REGISTER)
    if request.method == "GET":
        draft = queries.draft_of(by, CALL)
        return call_page(request, _as_left(draft) if draft else CallForm(now=now()), draft=draft)
    form = CallForm(request.POST, now=now())
    referral = _sent(by, form)
    if referral is None:
        return call_page(
            request, form, draft=commands.keep_draft(by=by, form=CALL, typed=typed_in(request)), status=422
        )
    commands.drop_draft(by=by, form=CALL)
    messages.success(request, _say(referral))
    return HttpResponseRedirect(reverse("casework:board" if by.may(Permission.BOARD_READ) else "home"))


def _as_left(draft: Draft) -> CallForm:
    return CallForm.from_draft(draft.typed, draft.started_at, now())


def _sent(by: Actor, form: CallForm) -> Referral | None:
    if not form.is_valid():
        return None
    told, chosen = form.cleaned_data, form.chosen_person
    try:
        return commands.register_referral(
            by=by,
            details=form.details(),
            person=None if chosen else form.person(),
            person_id=chosen,
            form_id=told["form_id"],
        )
    except RuleBroken as refusal:
        if not form.refuse(refusal):
            form.add_error(None, refusal.message)
        return None


def _say(referral: Referral) -> str:
    limits = queries.limits_ahead(referral.urgency, referral.received_at)
    return presenters.sent_words(referral, presenters.ring_back_by(limits[0].due_at, now()))


def typed_in(request: HttpRequest) -> dict[str, list[str]]:
    """Return every field as it was typed, for the draft."""
    return {name: [str(value) for value in values] for name, values in request.POST.lists() if name not in NOT_KEPT}


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is typed; choose a person or undo that; or throw all of it away."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_REGISTER)
    if "throw" in request.POST:
        commands.drop_draft(by=by, form=CALL)
        return HttpResponseRedirect(reverse("referrals:register"))
    kept = commands.keep_draft(by=by, form=CALL, typed=typed_in(request) | _choice(request))
    if "choose" in request.POST or "undo" in request.POST:
        return HttpResponseRedirect(f"{reverse('referrals:register')}?carry=on#step-2")
    form = CallForm(request.POST, now=now())
    return render(request, "referrals/draft_part.html", {"draft": kept, "side": side(form), "swap": True})


def _choice(request: HttpRequest) -> dict[str, list[str]]:
    if "undo" in request.POST:
        return {"person_id": [""]}
    return {"person_id": [request.POST["choose"]]} if "choose" in request.POST else {}


@require_POST
def clock(request: HttpRequest) -> HttpResponse:
    """Return the clock beside the form anew; keeps nothing."""
    require(actor_of(request), Permission.REFERRAL_REGISTER)
    return render(request, "referrals/call_side.html", {"side": side(CallForm(request.POST, now=now()))})


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
        "today": form.now.astimezone(LONDON),
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
