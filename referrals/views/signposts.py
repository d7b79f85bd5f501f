"""Pages of people we sent elsewhere: the list, and what became of each; and a question asked once more."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.queries import code_lists
from accounts.request import actor_of, read_id, read_number
from audit.commands import now
from audit.domain import Actor
from referrals import commands, presenters
from referrals.forms.signposts import ResultForm
from referrals.models import Signposting
from referrals.queries import needs_of
from referrals.queries.signposts import PAGE, get_signposting, signposted
from referrals.views.serving import ActPage, Shown, serve
from timelimits.presenters import words_of


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """Show who was sent elsewhere and has no result yet."""
    at, words, after = now(), _signpost_words(), read_id(request.GET.get("after", ""))
    rows = [_row(row, clock, words, at) for row, clock in signposted(actor_of(request), after)]
    following = rows[-1]["pk"] if len(rows) == PAGE else None
    context = {"section": "signposted", "rows": rows, "after": after, "following": following}
    return render(request, "referrals/signposted.html", context)


def _signpost_words() -> dict[str, str]:
    return {code.code: code.words for code in code_lists("signposts")["signposts"]}


def _row(row: Signposting, clock: Any, words: dict[str, str], at: Any) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "name": presenters.name_of(row.referral.person),
        "reference": row.referral.reference,
        "clock": words_of(clock, clock.policy.label, at) if clock else None,
        "where": row.where or words.get(row.signpost, row.signpost),
        "since": presenters.wall_clock(row.made_at, at),
        "tries": row.tries,
        "note": row.note,
    }


def look(by: Actor, pk: UUID) -> Shown:
    """Return somebody sent elsewhere as the form shows them."""
    row = get_signposting(by, pk)
    closed = "there is a result already" if row.ended_at else ""
    referral, at = row.referral, now()
    ended = referral.transitions.filter(signpost=row.signpost).order_by("-id").first()
    context = {
        "referral": referral,
        "person_line": presenters.person_line(referral.person, at),
        "needs": presenters.flags(needs_of(referral.person)),
        "signposting": row,
        "where": row.where or _signpost_words().get(row.signpost, row.signpost),
        "since": presenters.wall_clock(row.made_at, at),
        "why_there": ended.note.removeprefix(row.where).strip(". ") if ended else "",
        "phones": presenters.phones_to_ring(referral),
    }
    return Shown(reverse("referrals:signposted"), row.tries, context, closed)


def follow(by: Actor, pk: UUID, form: Any) -> Signposting:
    """Record a result, or another try."""
    told, seen = form.values(), {"by": by, "signposting_id": pk, "version": form.seen}
    if told["result"] is None:
        return commands.try_signposting(**seen, note=told["note"])
    return commands.finish_signposting(**seen, **told)


FOLLOW = ActPage(
    "follow", "What became of them", Permission.REFERRAL_CHASE, "referrals/follow.html", ResultForm, look, follow,
    lambda row: "Recorded." if row.ended_at else f"Tried {row.tries} times. It stays on the list.",
    button="Save",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def follow_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what became of somebody sent elsewhere, or record it."""
    return serve(request, FOLLOW, pk)


@require_POST
def chase(request: HttpRequest, pk: int) -> HttpResponse:
    """Note that a question was asked once more."""
    asked = commands.chase_information(by=actor_of(request), request_id=pk, chases=read_number(request, "chases"))
    messages.success(request, "Noted: asked once more.")
    return HttpResponseRedirect(reverse("referrals:referral", args=[asked.referral_id]))
