"""Pages of calls that were no referral: listed, written down, made a referral when it turns out that they were."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.domain import Permission
from accounts.queries import code_lists
from accounts.request import actor_of, read_id
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals import commands, presenters, queries
from referrals.forms import EnquiryForm
from referrals.models import Draft, Enquiry
from referrals.queries.intake import PAGE
from referrals.views.drafts import chosen, drop, half_written, keep

ENQUIRY = "enquiry"


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Show enquiries, newest first, fifty a page."""
    sources = {code.code: code.words for code in code_lists("sources")["sources"]}
    after = read_id(request.GET.get("after", ""))
    found = queries.latest_enquiries(actor_of(request), after)
    rows, following = [_row(row, sources) for row in found], found[-1].pk if len(found) == PAGE else None
    context = {"section": "enquiries", "rows": rows, "after": after, "following": following}
    return render(request, "referrals/enquiries.html", context)


def _row(row: Enquiry, sources: dict[str, str]) -> dict[str, object]:
    return {
        "enquiry": row,
        "received": presenters.wall_clock(row.received_at, now()),
        "who": row.caller_name or sources.get(row.source_kind, row.source_kind) or "Did not say who",
        "source": sources.get(row.source_kind, ""),
        "phone": presenters.spaced_phone(row.phone),
    }


@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one enquiry, and the way to make it a referral."""
    sources = {code.code: code.words for code in code_lists("sources")["sources"]}
    row = queries.get_enquiry(actor_of(request), pk)
    return render(request, "referrals/enquiry.html", {"section": "enquiries", **_row(row, sources)})


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Write down a call that was not about a referral."""
    by = actor_of(request)
    require(by, Permission.ENQUIRY_RECORD)
    if request.method == "GET":
        return _begin(request, by)
    if not {"throw", "keep"}.isdisjoint(request.POST):
        return _kept(request)
    form = EnquiryForm(request.POST, now=now())
    made = record(by, form)
    if made is None:
        return _page(request, form, keep(request, ENQUIRY), status=422)
    drop(request, ENQUIRY)
    messages.success(request, "Written down. It is under Enquiries.")
    return HttpResponseRedirect(reverse("referrals:enquiry", args=[made.pk]))


def _kept(request: HttpRequest) -> HttpResponse:
    if "throw" in request.POST:
        drop(request, ENQUIRY)
        return HttpResponseRedirect(reverse("referrals:enquiry_new"))
    return render(request, "referrals/draft_part.html", {"draft": keep(request, ENQUIRY)})


def _begin(request: HttpRequest, by: Actor) -> HttpResponse:
    halves = half_written(by, ENQUIRY, reverse("referrals:enquiry_new"))
    draft = chosen(request, halves)
    form = EnquiryForm.as_left(draft.typed, draft.started_at, now()) if draft else EnquiryForm(now=now())
    return _page(request, form, draft, halves=[half for half in halves if half["draft"] != draft])


def _page(
    request: HttpRequest, form: EnquiryForm, draft: Draft | None, *, status: int = 200, halves: Sequence[Any] = ()
) -> HttpResponse:
    back = draft is not None and request.method == "GET"
    context = {"section": "enquiries", "form": form, "draft": draft, "back": back, "halves": halves}
    return render(request, "referrals/enquiry_new.html", context, status=status)


def record(by: Actor, form: EnquiryForm) -> Enquiry | None:
    """Write the enquiry down; nothing when the form says what is wrong with it."""
    if not form.is_valid():
        return None
    try:
        return commands.record_enquiry(by=by, **form.values())
    except RuleBroken as refusal:
        if not form.refuse(refusal):
            form.add_error(None, refusal.message)
        return None
