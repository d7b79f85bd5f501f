"""Pages of a plan: everything on it, a form for each part, and requests to other services that wait for an answer."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now
from audit.domain import Actor
from audit.refusals import NotFound
from careplans import commands, forms, queries
from careplans.models import OnwardRequest, Risk
from careplans.presenters import asked_row, plan_words
from pathways.views.acts import needs_shown
from referrals.forms.fields import VersionedForm
from referrals.presenters import person_line
from referrals.queries import needs_of
from referrals.views.serving import ActPage, Shown, serve
from timelimits.domain.local_time import local_date


@require_safe
def plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what belongs to somebody's care beside the services. Messages on it count as read."""
    by, at = actor_of(request), now()
    held = queries.plan(by, pk)
    commands.mark_read(by=by, case_id=held.case_id)
    words = plan_words(held, at, local_date(at), may_edit=by.may(Permission.PLAN_EDIT))
    context = {"section": "caseload", "plan": words, "line": person_line(held.person, at)}
    return render(request, "careplans/plan.html", context | needs_shown(needs_of(held.person)))


@require_safe
def onward(request: HttpRequest) -> HttpResponse:
    """Show requests to other services that wait for an answer, the first to be chased first."""
    by, at, service = actor_of(request), now(), request.GET.get("service", "")[:40]
    page, services = queries.open_onward(by, service, _id(request)), queries.onward_services()
    chips = [{"url": "?", "words": "All", "current": not service}]
    chips += [
        {"url": f"?service={code}", "words": words, "current": code == service} for code, words in services.items()
    ]
    context = {"section": "onward", "chips": chips, "rows": [asked_row(each, services, at) for each in page.rows]}
    return render(request, "careplans/onward.html", context | {"following": page.following, "service": service})


def _id(request: HttpRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("after", ""))
    except ValueError:
        return None


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one act on a plan, or do it."""
    return serve(request, PAGES[verb], pk)


def _look(by: Actor, case_id: UUID) -> Shown:
    person = queries.person_of(by, case_id)
    context = {
        "section": "caseload",
        "person_line": person_line(person, now()),
        **needs_shown(needs_of(person)),
        "head_template": "pathways/act_head.html",
    }
    return Shown(reverse("careplans:plan", args=[case_id]), 0, context)


def _look_at(model: Any) -> Any:
    def look(by: Actor, pk: UUID) -> Shown:
        row = model.objects.filter(pk=pk).first()
        if row is None:
            raise NotFound
        shown = _look(by, row.case_id)
        return Shown(shown.url, getattr(row, "version", 0), {**shown.context, "row": row})

    return look


def _page(verb: str, title: str, form: type[VersionedForm], command: Any, done: str) -> ActPage:
    def run(by: Actor, pk: UUID, form: Any) -> Any:
        return command(by=by, case_id=pk, **form.values())

    template = f"careplans/{verb}.html"
    return ActPage(verb, title, Permission.PLAN_EDIT, template, form, _look, run, lambda _: done, makes=True)


def _answer(by: Actor, pk: UUID, form: Any) -> Any:
    return commands.answer_onward(by=by, request_id=pk, **form.values())


def _review(by: Actor, pk: UUID, form: Any) -> Any:
    return commands.review_risk(by=by, risk_id=pk, version=form.seen, **form.values())


OF_CASE = {
    page.verb: page
    for page in (
        _page("ask_onward", "Ask another service", forms.OnwardForm, commands.ask_onward, "Asked."),
        _page("write_risk", "Write down a risk taken", forms.RiskForm, commands.write_risk, "Written down."),
        _page("rate_confidence", "How sure they are", forms.ConfidenceForm, commands.rate_confidence, "Written down."),
        _page(
            "record_experience", "What they told us", forms.ExperienceForm, commands.record_experience, "Written down."
        ),
        _page("record_agreement", "What they agree to", forms.AgreementForm, commands.record_agreement, "Recorded."),
        _page("link_record", "Link a record elsewhere", forms.LinkForm, commands.link_record, "Linked."),
        _page("send_message", "Send the message", forms.MessageForm, commands.send_message, "Sent."),
    )
}
ANSWER = ActPage(
    "answer_onward", "What became of it", Permission.PLAN_EDIT, "careplans/answer_onward.html",
    forms.OnwardAnswerForm, _look_at(OnwardRequest), _answer, lambda _: "Recorded.",
)  # fmt: skip
REVIEW = ActPage(
    "review_risk", "How the risk goes", Permission.PLAN_EDIT, "careplans/review_risk.html",
    forms.RiskReviewForm, _look_at(Risk), _review, lambda _: "Recorded.",
)  # fmt: skip
PAGES = {**OF_CASE, ANSWER.verb: ANSWER, REVIEW.verb: REVIEW}
