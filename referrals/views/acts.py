"""The referral page, and a page for each act of the table of moves that this app serves."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Code, Permission
from accounts.queries import code_lists
from accounts.request import actor_of, read_number
from audit.commands import now
from audit.domain import Actor
from referrals import commands, presenters, queries
from referrals.commands.moves import who_was_first
from referrals.domain import BY_VERB, OPEN
from referrals.forms import (
    AnswerForm,
    AskForm,
    CheckWhoForm,
    Confirm999Form,
    CrewForm,
    FillInForm,
    HospitalSupportForm,
    NewsForm,
    TakeForm,
    TellCrewForm,
    TriageForm,
)
from referrals.models import Referral
from referrals.queries.decision import may_go_back
from referrals.queries.hospital import hospital_support_asked, is_hospital_support
from referrals.queries.news import news_of
from referrals.queries.questions import questions_of
from referrals.views import filled
from referrals.views.serving import ActPage, Shown, serve
from timelimits.presenters import clock_words
from timelimits.queries import clocks_for

DECIDES = frozenset({"accept", "triage", "decline", "redirect", "ask"})
AS_IT_STANDS = ("urgency", "service", "trigger", "needs", "would_be", "planned_reason", "bed_ground")
LISTS = ("sources", "referral_reasons", "red_flags", "warnings", "decline_reasons", "signposts", "minimum_data")


def look(verb: str) -> Callable[[Actor, UUID], Shown]:
    """Return what finds a referral for the form of one act, in scope, and says whether it is too late for it."""

    def find(by: Actor, pk: UUID) -> Shown:
        referral = queries.get(by, pk)
        late = referral.status not in BY_VERB[verb].sources
        closed = who_was_first(referral) if late else ""
        missing = missing_words(referral, code_lists("minimum_data")["minimum_data"]) if not late else []
        begun = head(by, referral, now())
        context = begun | {"missing": missing if verb in DECIDES else []}
        if BY_VERB[verb].to not in {None, *OPEN} and not late:
            context |= {"still_out": presenters.still_out(begun["questions"])}
        return Shown(presenters.url_of(referral), referral.version, context, closed)

    return find


def head(by: Actor, referral: Referral, at: datetime) -> dict[str, Any]:
    """Return who it is about and how long there is, for the top of a page."""
    needs = queries.needs_of(referral.person)
    return {
        "referral": referral,
        "crew": presenters.crew_words(presenters.crew_of(referral), at),
        "acts_url": reverse("referrals:acts", args=[referral.pk]),
        "person_line": presenters.person_line(referral.person, at),
        "needs": presenters.flags(needs),
        "visit_warnings": presenters.visit_warnings(needs),
        "warnings": presenters.before_the_door(needs),
        "clocks": clocks_of(by, referral, at),
        "advice": presenters.advice_words(queries.advice_on(referral, at)) if referral.status in OPEN else None,
        "support": support_of(referral, at),
        "questions": presenters.question_rows(questions_of(referral), at),
    }


def support_of(referral: Referral, at: datetime) -> dict[str, Any] | None:
    """Return how the agreement to urgent support to a hospital stands, in words; None where none is needed."""
    if not is_hospital_support(referral):
        return None
    return presenters.support_words(hospital_support_asked(referral), at)


def missing_words(referral: Referral, minimum: Iterable[Code]) -> list[str]:
    """Return what is missing to decide, in words."""
    return [presenters.MISSING_WORDS[code] for code in queries.missing_of(referral, minimum)]


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
        **{name: getattr(found, name) for name in AS_IT_STANDS},
        "stable": known[found.medically_stable],
        "medicines": known[found.medicines_addressed],
        "called_by": found.emergency_called_by,
        "called_at": presenters.as_typed(rang_at, now()) if rang_at else "",
        "crew_reference": found.emergency_reference,
    }
    return {"initial": initial}


def questions_out(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Offer the questions that are out, to say which were answered."""
    rows = shown.context["questions"]
    words = {row["pk"]: ", ".join(filter(None, (row["asked"], row["phone"]))) for row in rows}
    out = [(row["pk"], f"{row['question']} ({words[row['pk']]})") for row in rows if row["out"]]
    return as_it_stands(request, shown, by) | {"out": out}


def _page(verb: str, form: type[Any], run: Any, done: str, **more: Any) -> ActPage:
    move = BY_VERB[verb]

    def act(by: Actor, pk: UUID, form: Any) -> Referral:
        found: Referral = run(by=by, referral_id=pk, version=form.seen, **form.values())
        return found

    def words(referral: Referral) -> str:
        return f"{referral.reference} {done}."

    return ActPage(verb, move.words, move.permission, f"referrals/{verb}.html", form, look(verb), act, words, **more)


def ask_support(by: Actor, pk: UUID, form: Any) -> Any:
    """Flag urgent support to a hospital and ask a second person."""
    return commands.ask_hospital_support(by=by, referral_id=pk, version=form.seen, **form.values())


HOSPITAL_SUPPORT = ActPage(
    "hospital_support",
    "Ask for urgent support to a hospital",
    Permission.REFERRAL_TRIAGE,
    "referrals/hospital_support.html",
    HospitalSupportForm,
    look("accept"),
    ask_support,
    lambda asked: "Asked. It can be accepted once they have agreed.",
)
PAGES = {
    page.verb: page
    for page in (
        _page("take", TakeForm, commands.take_referral, "is yours"),
        _page(
            "triage", TriageForm, commands.triage_referral, "urgency and service set", options=as_it_stands, keeps=True
        ),
        _page("ask", AskForm, commands.ask_information, "is waiting for an answer"),
        _page("answer", AnswerForm, commands.answer_information, "answer recorded", options=questions_out),
        HOSPITAL_SUPPORT,
        ActPage(
            "fill_in",
            BY_VERB["fill_in"].words,
            BY_VERB["fill_in"].permission,
            "referrals/fill_in.html",
            FillInForm,
            look("fill_in"),
            filled.fill_in,
            filled.added,
            options=filled.as_told,
            context=filled.suggested,
            button="Add this",
            way_out="Add nothing",
            keeps=True,
        ),
        _page(
            "add_news", NewsForm, commands.add_news, "new information added", title="Add new information", keeps=True
        ),
        _page("confirm_999", Confirm999Form, commands.confirm_999, "999 call recorded", options=as_it_stands),
        _page("crew", CrewForm, commands.mark_crew, "the crew is answered within 15 minutes"),
        _page("tell_crew", TellCrewForm, commands.tell_crew, "the crew has its answer"),
        _page("check_who", CheckWhoForm, commands.check_who, "it is known who this is"),
    )
}


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one act on a referral, or do it."""
    return serve(request, PAGES[verb], pk)


@require_POST
def see_news(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that the news of a referral was looked at."""
    referral = commands.see_news(by=actor_of(request), referral_id=pk, last=read_number(request, "last"))
    return HttpResponseRedirect(presenters.url_of(referral))


@require_safe
def acts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Return what may be done with a referral, as a part of the page beside it."""
    by = actor_of(request)
    referral = queries.get(by, pk)
    context = {"acts": presenters.acts_for(by, referral, back=may_go_back(referral, now())), "referral": referral}
    return render(request, "referrals/acts_part.html", context)


@require_safe
def referral(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show all that was told, what was done since, and what can be done now."""
    by, at = actor_of(request), now()
    found = queries.get(by, pk)
    return render(request, "referrals/referral.html", whole(by, found, at))


def whole(by: Actor, referral: Referral, at: datetime) -> dict[str, Any]:
    """Return everything that the referral page shows."""
    known, begun = code_lists(*LISTS), head(by, referral, at)
    return {
        "section": "board",
        **begun,
        "acts": presenters.acts_for(by, referral, back=may_go_back(referral, at)),
        "stage": presenters.stage_of(referral),
        "still_open": OPEN,
        "coordinator": "" if referral.status in OPEN else queries.coordinator_name(referral),
        "warnings": [*presenters.warnings_of(referral, known["warnings"]), *begun["visit_warnings"]],
        "told": presenters.told_rows(queries.told_with(referral), referral.person, at),
        "may_register": by.may(Permission.REFERRAL_REGISTER),
        "may_edit": by.may(Permission.PERSON_EDIT),
        "facts": presenters.facts(referral, known),
        "flags": presenters.flag_rows(referral, known["red_flags"]),
        "emergency": presenters.emergency_words(referral, at),
        "missing": presenters.missing_rows(by, referral, queries.missing_of(referral, known["minimum_data"])),
        "news": presenters.news_rows(news_of(referral), at),
        "may_see": by.may(Permission.TASK_RECORD),
        "done": presenters.done_rows(referral.transitions.order_by("-id"), known, at),
        "others": [(other, presenters.stage_of(other)) for other in queries.other_referrals(by, referral)],
        "received": presenters.wall_clock(referral.received_at, at),
        "ring_back": presenters.spaced_phone(referral.ring_back),
    }
