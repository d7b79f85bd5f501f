"""Pages of people who wait to leave hospital: the list by site and ward, and every act on one row."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now
from audit.domain import Actor
from pathways import commands, queries
from pathways.domain import read_behind
from pathways.forms import (
    BackForm,
    BlockerForm,
    ConfirmDischargeForm,
    DischargeForm,
    LeftForm,
    LiaisonAnswerForm,
    LiaisonForm,
)
from pathways.forms.discharges import plan_initial
from pathways.models import Discharge
from pathways.presenters import asked_words, blocker_words, case_url, gone_row, leaving_row, list_url, site_chips
from pathways.views.acts import me_or_coordinator, needs_shown
from referrals.forms.fields import VersionedForm
from referrals.presenters import person_line, wall_clock
from referrals.queries import needs_of
from referrals.views.drafts import acts_begun
from referrals.views.serving import ActPage, Shown, serve
from timelimits.domain.local_time import local_date


@require_safe
def discharge_list(request: HttpRequest) -> HttpResponse:
    """Show who waits to leave hospital, the next expected first, by hospital and ward."""
    by, at = actor_of(request), now()
    site, ward = request.GET.get("site", "")[:80], request.GET.get("ward", "")[:80]
    page = queries.discharge_list(by, site, ward, read_behind(request.GET.get("after", "")))
    may_edit = by.may(Permission.DISCHARGE_EDIT)
    rows = [leaving_row(row, at, may_edit=may_edit) for row in page.rows]
    gone = [gone_row(row, at, may_edit=may_edit) for row in queries.just_left(by, at)]
    context: dict[str, Any] = {"rows": rows, "gone": gone, "following": page.following}
    context |= {"chips": site_chips(queries.wards(by), site, ward), "site": site, "ward": ward}
    context["halves"] = _plans_begun(by)
    context["back_to"] = f"?{urlencode({'list_site': site, 'list_ward': ward})}"
    return render(request, "pathways/discharge_list.html", context | {"section": "discharge"})


def _plans_begun(by: Actor) -> list[dict[str, Any]]:
    halves = acts_begun(by, {"discharge": "pathways:discharge"})
    left = queries.have_left(half["pk"] for half in halves) if halves else set()
    return [half for half in halves if half["pk"] not in left]


def look(by: Actor, pk: UUID) -> Shown:
    """Return a row of the discharge list as the forms show it above themselves; one that has left it is closed."""
    shown = look_left(by, pk)
    ended = shown.context["leaving"].discharge
    closed = "they are not on the discharge list any more" if ended and ended.ended_at else ""
    return Shown(shown.url, shown.version, shown.context, closed)


def look_left(by: Actor, pk: UUID) -> Shown:
    """Return somebody from hospital, on the list or not."""
    leaving = queries.one_leaving(by, pk)
    context = {
        "section": "discharge",
        "leaving": leaving,
        "referral": leaving.referral,
        "person_line": person_line(leaving.referral.person, now()),
        **needs_shown(leaving.needs),
        "head_template": "pathways/act_head.html",
    }
    return Shown(reverse("pathways:discharge_list"), leaving.discharge.version if leaving.discharge else 0, context)


def look_lacking(by: Actor, pk: UUID) -> Shown:
    """Return a row of the list with what is missing before it can be confirmed, and what is in the way."""
    shown = look(by, pk)
    leaving = shown.context["leaving"]
    closed = leaving.referral.person.closed
    lacks = [each.words for each in queries.missing(leaving.discharge, leaving.referral, closed=closed)]
    words = {"lacks": lacks, "blockers": [blocker_words(task, now()) for task in leaving.blockers]}
    return Shown(shown.url, shown.version, {**shown.context, **words}, shown.closed)


def look_asked(by: Actor, pk: UUID) -> Shown:
    """Return a question to psychiatric liaison; one that is answered is closed."""
    asked, referral = queries.liaison_request(by, pk)
    context = {
        "section": "discharge",
        "asked": asked_words(asked, now(), may_edit=False),
        "person_line": person_line(referral.person, now()),
        **needs_shown(needs_of(referral.person)),
        "head_template": "pathways/act_head.html",
    }
    row = asked.request
    closed = f"{row.answered_by} has answered it, {wall_clock(row.answered_at, now())}" if row.answered_at else ""
    return Shown(case_url(referral.joined_case_id or referral.case_id), 0, context, closed)


def initial(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Fill the plan with what is written down already."""
    return {"initial": plan_initial(shown.context["leaving"])}


def owners(request: HttpRequest, shown: Shown, by: Actor) -> dict[str, Any]:
    """Return who may take a blocker away."""
    case_id = shown.context["referral"].case_id
    first = me_or_coordinator(by, case_id)
    known = {key for key, _ in first}
    others = [(str(user.pk), user.name) for user in queries.colleagues(by, case_id, now())]
    return {"owners": [*first, *(each for each in others if each[0] not in known)]}


def plan(by: Actor, pk: UUID, form: Any) -> Any:
    """Write the plan down."""
    return commands.plan_discharge(by=by, referral_id=pk, version=form.seen, **form.values())


def confirm(by: Actor, pk: UUID, form: Any) -> Any:
    """Confirm the discharge."""
    return commands.confirm_discharge(by=by, referral_id=pk, version=form.seen, **form.values())


def left(by: Actor, pk: UUID, form: Any) -> Any:
    """Record that they have left."""
    return commands.record_left(by=by, referral_id=pk, version=form.seen, **form.values())


def blocker(by: Actor, pk: UUID, form: Any) -> Any:
    """Write down what is in the way."""
    return commands.add_blocker(by=by, referral_id=pk, **form.values())


def liaison(by: Actor, pk: UUID, form: Any) -> Any:
    """Ask psychiatric liaison."""
    leaving = queries.one_leaving(by, pk)
    return commands.ask_liaison(by=by, case_id=leaving.referral.case_id, **form.values())


def answer(by: Actor, pk: UUID, form: Any) -> Any:
    """Record what psychiatric liaison found."""
    return commands.answer_liaison(by=by, request_id=pk, **form.values())


def unconfirm(by: Actor, pk: UUID, form: Any) -> Any:
    """Take the confirmation back."""
    return commands.unconfirm_discharge(by=by, referral_id=pk, version=form.seen, **form.values())


def not_left(by: Actor, pk: UUID, form: Any) -> Any:
    """Take back that they have left."""
    return commands.record_not_left(by=by, referral_id=pk, version=form.seen, **form.values())


def planned_words(row: Discharge) -> str:
    """Return what became of the plan; whoever changed what was confirmed is told that it must be confirmed anew."""
    return "Saved. It is not confirmed any more: confirm it again." if row.unconfirmed_at else "Saved."


def left_words(row: Discharge) -> str:
    """Return that it is recorded, and that the day is before the referral where it is: a fact is kept all the same."""
    early = row.left_on is not None and row.left_on < local_date(row.referral.received_at)
    return "Recorded: has left hospital." + (
        " That day is before the referral: check that it is right." if early else ""
    )


def _page(verb: str, words: str, form: type[VersionedForm], run: Any, done: Any, **more: Any) -> ActPage:
    template, say = f"pathways/{verb}.html", done if callable(done) else lambda _: done
    seen = more.pop("look", look)
    return ActPage(verb, words, Permission.DISCHARGE_EDIT, template, form, seen, run, say, **more)


PLAN = _page(
    "discharge", "Plan the discharge", DischargeForm, plan, planned_words, options=initial, button="Save", keeps=True
)
CONFIRM = _page(
    "discharge_confirm", "Confirm the discharge", ConfirmDischargeForm, confirm, "Confirmed.", look=look_lacking
)
PAGES = {
    page.verb: page
    for page in (
        PLAN,
        CONFIRM,
        _page(
            "discharge_blocker",
            "What is in the way",
            BlockerForm,
            blocker,
            "Written down.",
            options=owners,
            button="Save",
            makes=True,
        ),
        _page("discharge_left", "Has left hospital", LeftForm, left, left_words),
        _page("discharge_unconfirm", "Take the confirmation back", BackForm, unconfirm, "Taken back: not confirmed."),
        _page(
            "discharge_not_left", "Has not left", BackForm, not_left, "Taken back: on the list again.", look=look_left
        ),
        _page(
            "liaison",
            "Ask psychiatric liaison",
            LiaisonForm,
            liaison,
            "Asked. Their time to answer runs.",
            makes=True,
        ),
    )
}
ANSWER = _page(
    "liaison_answer",
    "What psychiatric liaison found",
    LiaisonAnswerForm,
    answer,
    "Recorded.",
    look=look_asked,
    button="Save",
)


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one act on a discharge, or do it: a page, or in its place in the list."""
    return serve(request, _from_list(request, PAGES[verb]), pk)


@require_http_methods(["GET", "POST"])
def liaison_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what psychiatric liaison was asked, or record what they found."""
    return serve(request, _from_list(request, ANSWER), pk)


def _from_list(request: HttpRequest, page: ActPage) -> ActPage:
    """Lead back to the list as it was filtered, where the act was opened from there: the form carries the filter."""
    told = request.POST if request.method == "POST" else request.GET
    if "list_site" not in told:
        return page
    site, ward = told["list_site"][:80], told.get("list_ward", "")[:80]
    back = {"list_site": site, "list_ward": ward, "from_list": True}
    url = list_url(site, ward)

    def seen(by: Actor, pk: UUID) -> Shown:
        shown = page.look(by, pk)
        return Shown(url, shown.version, {**shown.context, **back}, shown.closed)

    return replace(page, look=seen)
