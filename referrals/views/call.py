"""Take a call: the screen, the draft kept as it is typed, the clock beside it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals import commands, presenters, queries
from referrals.call_pages import CALL, call_page, keep, side
from referrals.forms import CallForm
from referrals.models import Draft, Referral


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
        return call_page(request, form, draft=keep(request), status=422)
    messages.success(request, _say(referral))
    return HttpResponseRedirect(reverse("casework:board" if by.may(Permission.BOARD_READ) else "home"))


def _as_left(draft: Draft) -> CallForm:
    return CallForm.from_draft(draft.typed, draft.started_at, now())


def _sent(by: Actor, form: CallForm) -> Referral | None:
    if not form.is_valid():
        return None
    told, chosen = form.cleaned_data, form.chosen_person
    try:
        referral = commands.register_referral(
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
    commands.drop_draft(by=by, form=CALL)
    return referral


def _say(referral: Referral) -> str:
    limits = queries.limits_ahead(referral.urgency, referral.received_at)
    return presenters.sent_words(referral, presenters.ring_back_by(limits[0].due_at, now()))


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is typed; choose a person or undo that; or throw all of it away."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_REGISTER)
    if "throw" in request.POST:
        commands.drop_draft(by=by, form=CALL)
        return HttpResponseRedirect(reverse("referrals:register"))
    kept = keep(request)
    if "choose" in request.POST or "undo" in request.POST:
        return HttpResponseRedirect(f"{reverse('referrals:register')}?carry=on#step-2")
    context = {"draft": kept, "side": side(CallForm(request.POST, now=now())), "swap": True}
    return render(request, "referrals/draft_part.html", context)


@require_POST
def clock(request: HttpRequest) -> HttpResponse:
    """Return the clock beside the form anew; keeps nothing."""
    require(actor_of(request), Permission.REFERRAL_REGISTER)
    return render(request, "referrals/call_side.html", {"side": side(CallForm(request.POST, now=now()))})
