"""The referral page, and a page for each act of the table of moves that this app serves."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.queries import code_lists
from accounts.request import actor_of
from audit.commands import now
from audit.domain import Actor
from referrals import commands, presenters, queries
from referrals.act_pages import ActPage, Shown, serve
from referrals.domain import BY_VERB, missing_to_decide
from referrals.forms import (
    AnswerForm,
    AskForm,
    Confirm999Form,
    DeclineForm,
    NotWantedForm,
    RedirectForm,
    TakeForm,
    TriageForm,
)
from referrals.models import Referral
from timelimits.presenters import clock_words
from timelimits.queries import clocks_for

LISTS = ("sources", "referral_reasons", "red_flags", "warnings", "decline_reasons", "signposts")


def look(verb: str) -> Callable[[Actor, UUID], Shown]:
    """Return what finds a referral for the form of one act, in scope, and says whether it is too late for it."""

    def find(by: Actor, pk: UUID) -> Shown:
        referral = queries.get(by, pk)
        late = referral.status not in BY_VERB[verb].sources
        closed = f"it is “{presenters.stage_of(referral).lower()}” already" if late else ""
        return Shown(presenters.url_of(referral), referral.version, head(by, referral, now()), closed)

    return find


def head(by: Actor, referral: Referral, at: datetime) -> dict[str, Any]:
    """Return who it is about and how long there is, for the top of a page."""
    return {
        "referral": referral,
        "acts_url": reverse("referrals:acts", args=[referral.pk]),
        "person_line": presenters.person_line(referral.person, at),
        "clocks": clocks_of(by, referral, at),
        "questions": presenters.question_rows(referral.information_requests.order_by("asked_at"), at),
    }


def clocks_of(by: Actor, referral: Referral, at: datetime) -> list[Any]:
    """Return the words of the referral's clocks, running ones first."""
    mine = [clock for clock in clocks_for(by, [referral.case_id]) if clock.subject == f"referral:{referral.pk}"]
    return [
        clock_words(
            clock.due_at,
            at,
            label=clock.policy.label,
            stopped_at=clock.stopped_at,
            outcome=clock.outcome,
            paused_at=clock.paused_at,
            soon_at=clock.soon_at,
            cancel_reason=clock.cancel_reason,
        )
        for clock in mine
    ]


def as_it_stands(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Fill a form with what the referral says already."""
    found: Referral = shown.context["referral"]
    known = {True: "yes", False: "no", None: "not_known"}
    rang_at = found.emergency_called_at
    initial = {
        "urgency": found.urgency,
        "service": found.service,
        "stable": known[found.medically_stable],
        "medicines": known[found.medicines_addressed],
        "called_by": found.emergency_called_by,
        "called_at": presenters.as_typed(rang_at, now()) if rang_at else "",
        "crew_reference": found.emergency_reference,
    }
    return {"initial": initial}


def _page(verb: str, form: type[Any], run: Any, done: str, **more: Any) -> ActPage:
    move = BY_VERB[verb]

    def act(by: Actor, pk: UUID, form: Any) -> Referral:
        found: Referral = run(by=by, referral_id=pk, version=form.seen, **form.values())
        return found

    def words(referral: Referral) -> str:
        return f"{referral.reference} {done}."

    return ActPage(verb, move.words, move.permission, f"referrals/{verb}.html", form, look(verb), act, words, **more)


PAGES = {
    page.verb: page
    for page in (
        _page("take", TakeForm, commands.take_referral, "is yours"),
        _page("triage", TriageForm, commands.triage_referral, "urgency and service set", options=as_it_stands),
        _page("ask", AskForm, commands.ask_information, "is waiting for an answer"),
        _page("answer", AnswerForm, commands.answer_information, "answer recorded", options=as_it_stands),
        _page("confirm_999", Confirm999Form, commands.confirm_999, "999 call recorded", options=as_it_stands),
        _page("decline", DeclineForm, commands.decline_referral, "declined", warning=True),
        _page("not_wanted", NotWantedForm, commands.record_not_wanted, "recorded: did not want it"),
        _page("redirect", RedirectForm, commands.redirect_referral, "redirected"),
    )
}


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one act on a referral, or do it."""
    return serve(request, PAGES[verb], pk)


@require_safe
def acts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return what may be done with a referral, as a part of the page beside it."""
    by = actor_of(request)
    referral = queries.get(by, pk)
    context = {"acts": presenters.acts_for(by, referral), "referral": referral}
    return render(request, "referrals/acts_part.html", context)


@require_safe
def referral(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show all that was told, what was done since, and what can be done now."""
    by, at = actor_of(request), now()
    found = queries.get(by, pk)
    return render(request, "referrals/referral.html", whole(by, found, at))


def whole(by: Actor, referral: Referral, at: datetime) -> dict[str, Any]:
    """Return everything that the referral page shows."""
    known = code_lists(*LISTS)
    return {
        "section": "board",
        **head(by, referral, at),
        "acts": presenters.acts_for(by, referral),
        "stage": presenters.stage_of(referral),
        "warnings": presenters.warnings_of(referral, known["warnings"]),
        "facts": presenters.facts(referral, known),
        "flags": presenters.flag_rows(referral, known["red_flags"]),
        "emergency": presenters.emergency_words(referral, at),
        "missing": [presenters.MISSING_WORDS[code] for code in missing_to_decide(queries.decidable(referral))],
        "done": presenters.done_rows(referral.transitions.order_by("-id"), known, at),
        "others": [(other, presenters.stage_of(other)) for other in queries.other_referrals(by, referral)],
        "received": presenters.wall_clock(referral.received_at, at),
        "ring_back": presenters.spaced_phone(referral.ring_back),
    }
