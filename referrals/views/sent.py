"""Pages of a referrer: send a referral, see how each stands, answer what is asked."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.models import Organisation
from accounts.queries import code_lists
from accounts.request import actor_of, read_id
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals import commands, presenters, queries
from referrals.domain import BY_VERB
from referrals.forms import GiveForm, TellForm
from referrals.forms.refer import ReferForm
from referrals.models import CrewWait, Draft, Referral
from referrals.queries.intake import PAGE
from referrals.queries.news import told_by
from referrals.views.drafts import chosen, drop, half_written, keep, tells_code
from referrals.views.serving import ActPage, Shown, serve

REFER = "refer"
SOURCE_OF = {
    "primary_care": "gp",
    "ambulance": "ambulance",
    "care_home": "care_home",
    "acute_trust": "ward",
    "housing": "housing",
    "voluntary": "voluntary",
    "provider": "home_care",
    "council": "social_care",
    "nhs_trust": "integrated_care_team",
}
"""What an organisation of each kind is as a source, offered first."""


@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Show how every referral that was sent from here stands."""
    by, at = actor_of(request), now()
    after = read_id(request.GET.get("after", ""))
    rows = queries.sent_referrals(by, after)
    around = _around(by, rows)
    shown = [presenters.progress(row, around, at) for row in rows]
    following = rows[-1].pk if len(rows) == PAGE else None
    context = {"section": "sent", "rows": shown, "after": after, "following": following}
    return render(request, "referrals/sent.html", context)


def _around(by: Actor, rows: list[Referral]) -> presenters.Around:
    crews = CrewWait.objects.filter(referral__in=rows)
    return presenters.Around(
        moves=queries.last_moves(rows),
        teams=queries.teams_of(rows),
        questions=queries.asked_of_referrer(by, rows),
        crews={crew.referral_id: crew for crew in crews},
        words=code_lists("decline_reasons", "signposts"),
    )


@require_safe
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show how one referral stands."""
    by = actor_of(request)
    row = queries.get_sent(by, pk)
    shown = presenters.progress(row, _around(by, [row]), now())
    form = GiveForm(now=now()) if shown.asks else None
    context = {"section": "sent", "row": shown, "form": form, "version": row.version, "summary": row.summary}
    context["told"] = presenters.own_news_rows(told_by(row, by.id), now())
    return render(request, "referrals/sent_one.html", context)


def look(by: Actor, pk: UUID) -> Shown:
    """Return a referral of the referrer's own as the form of an answer shows it."""
    row = queries.get_sent(by, pk)
    shown = presenters.progress(row, _around(by, [row]), now())
    context = {"section": "sent", "row": shown, "head_template": "referrals/sent_head.html"}
    closed = "" if shown.asks else "nothing is asked of you now"
    return Shown(reverse("referrals:sent_one", args=[pk]), row.version, context, closed)


def give_answer(by: Actor, pk: UUID, form: Any) -> Referral:
    """Send the answer."""
    return commands.give_information(by=by, referral_id=pk, version=form.seen, **form.values())


GIVE = ActPage(
    "give", "Send the answer", Permission.REFERRAL_FOLLOW, "referrals/give.html", GiveForm, look, give_answer,
    lambda row: "Sent. Whoever decides sees your answer now.", title="We need to know more", way_out="Not now",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what is asked of the referrer, or take the answer."""
    return serve(request, GIVE, pk)


def look_open(by: Actor, pk: UUID) -> Shown:
    """Return a referral of the referrer's own for a form about one that goes on."""
    shown = look(by, pk)
    goes_on = shown.context["row"].goes_on
    return replace(shown, closed="" if goes_on else "nothing more is done on it")


def tell_news(by: Actor, pk: UUID, form: Any) -> Referral:
    """Add what is new."""
    return commands.tell_news(by=by, referral_id=pk, version=form.seen, **form.values())


TELL = ActPage(
    "tell", BY_VERB["tell"].words, Permission.REFERRAL_FOLLOW, "referrals/tell.html", TellForm, look_open, tell_news,
    lambda row: "Added. Whoever has it sees it now.", button="Send this", way_out="Not now", keeps=True,
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the form for what is new about a referral that was sent, or take it."""
    return serve(request, TELL, pk)


@require_http_methods(["GET", "POST"])
def refer(request: HttpRequest) -> HttpResponse:
    """Send a referral by the full form (R032)."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_FOLLOW)
    if request.method == "GET":
        return _begin(request, by)
    organisation = _organisation(by)
    form = ReferForm(request.POST, now=now(), organisation=organisation.name if organisation else "")
    referral = _sent(by, form)
    if referral is None:
        return _page(request, form, keep(request, REFER), status=422)
    drop(request, REFER)
    messages.success(request, f"{referral.reference} is sent. Here you see how it stands.")
    return HttpResponseRedirect(reverse("referrals:sent_one", args=[referral.pk]))


def _organisation(by: Actor) -> Organisation | None:
    return Organisation.objects.filter(pk=by.organisation).first() if by.organisation else None


def _begin(request: HttpRequest, by: Actor) -> HttpResponse:
    halves = half_written(by, REFER, reverse("referrals:refer"))
    draft = chosen(request, halves)
    others = [half for half in halves if half["draft"] != draft]
    if draft is not None:
        return _page(request, ReferForm.as_left(draft.typed, draft.started_at, now()), draft, halves=others)
    return _page(request, ReferForm(now=now(), initial=_known(by, _organisation(by))), None, halves=others)


def _known(by: Actor, organisation: Organisation | None) -> dict[str, str]:
    return {"caller_name": by.label, "source": SOURCE_OF.get(organisation.kind if organisation else "", "")}


def _page(
    request: HttpRequest, form: ReferForm, draft: Draft | None, *, status: int = 200, halves: Sequence[Any] = ()
) -> HttpResponse:
    back = draft is not None and request.method == "GET"
    context = {"section": "sent", "form": form, "draft": draft, "back": back, "halves": halves}
    context |= code_lists("gp_practices", "hospitals")
    return render(request, "referrals/refer.html", context, status=status)


def _sent(by: Actor, form: ReferForm) -> Referral | None:
    if not form.is_valid():
        return None
    told = form.cleaned_data
    try:
        made = commands.register_referral(
            by=by,
            details=form.details(),
            person=form.person(),
            form_id=told["form_id"],
            key_safe_code=told["key_safe_code"],
        )
    except RuleBroken as refusal:
        if not form.refuse(refusal):
            form.add_error(None, refusal.message)
        return None
    return made


@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what is typed, or throw it away."""
    by = actor_of(request)
    require(by, Permission.REFERRAL_FOLLOW)
    if "throw" in request.POST:
        drop(request, REFER)
        return HttpResponseRedirect(reverse("referrals:refer"))
    return render(
        request, "referrals/draft_part.html", {"draft": keep(request, REFER), "tells_code": tells_code(request)}
    )
