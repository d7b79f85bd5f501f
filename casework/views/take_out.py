"""A referrer takes back what they sent: it is withdrawn until it is accepted, and asked of its owner after that."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.domain import Permission
from accounts.request import actor_of
from audit.domain import SYSTEM, Actor
from casework.commands import withdraw_referral
from casework.presenters.ending import ending_kinds
from casework.queries.ending import cases_of_referral, ends_with
from referrals.commands import ask_to_withdraw
from referrals.domain import OPEN, Status
from referrals.forms import TakeBackForm
from referrals.models import Referral
from referrals.queries import get_sent
from referrals.queries.intake import sent_for
from referrals.views.sent import look_open
from referrals.views.serving import ActPage, Shown, serve


def look(by: Actor, pk: UUID) -> Shown:
    """Return the referral with what ends with it by kind alone: nothing that others wrote is theirs to read."""
    shown = look_open(by, pk)
    accepted = shown.context["row"].accepted
    ends = [] if shown.closed or accepted else ending_kinds(ends_with(SYSTEM, cases_of_referral(pk)))
    return replace(shown, context={**shown.context, "ends": ends})


def take_out(by: Actor, pk: UUID, form: Any) -> Referral:
    """Withdraw it while nobody has accepted it; else ask whoever has it."""
    words = form.values()["words"]
    if get_sent(by, pk).status in OPEN:
        return withdraw_referral(by=by, referral_id=pk, reason=words, version=form.seen)
    return ask_to_withdraw(by=by, referral_id=pk, words=words, version=form.seen)


def done(referral: Referral) -> str:
    """Say what became of it."""
    asked = "Asked. The team that has accepted it sees it now, and decides."
    return asked if referral.status == Status.ACCEPTED else f"{referral.reference} is withdrawn."


PAGE = ActPage(
    "take_out", "Withdraw", Permission.REFERRAL_FOLLOW, "casework/take_out.html", TakeBackForm, look, take_out, done,
    title="Withdraw this referral", button="Withdraw", way_out="Keep it", warning=True,
)  # fmt: skip


ASK = replace(PAGE, title="Ask to withdraw this referral", button="Ask to withdraw", warning=False)


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what ends when a referrer withdraws what they sent, or do it; once it is accepted, ask."""
    accepted = sent_for(actor_of(request)).filter(pk=pk, status=Status.ACCEPTED).exists()
    return serve(request, ASK if accepted else PAGE, pk)
