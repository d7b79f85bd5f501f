"""A decision made in error is taken back, after what opens again with it was shown."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from accounts.queries import period
from audit.commands import now
from audit.domain import Actor
from casework.commands import take_back_decision
from casework.forms import TakeBackDecisionForm
from referrals.domain import BY_VERB, ENDED_UNACCEPTED
from referrals.models import Referral
from referrals.presenters import DONE_WORDS, wall_clock
from referrals.queries.decision import TAKE_BACK_HOURS, decision_of
from referrals.views.acts import look as look_at_referral
from referrals.views.serving import ActPage, Shown, serve

VERB = "take_back"


def look(by: Actor, pk: UUID) -> Shown:
    """Return the referral, with the decision that would be taken back."""
    shown = look_at_referral(VERB)(by, pk)
    referral: Referral = shown.context["referral"]
    if referral.status not in ENDED_UNACCEPTED:
        return shown
    decision = decision_of(referral)
    told = {
        "decided": f"{DONE_WORDS[decision.verb]} by {decision.actor_label}, {wall_clock(decision.recorded_at, now())}",
        "hours": period(TAKE_BACK_HOURS),
    }
    return replace(shown, context={**shown.context, **told})


def take_back(by: Actor, pk: UUID, form: Any) -> Referral:
    """Take the decision back."""
    return take_back_decision(by=by, referral_id=pk, version=form.seen, **form.values())


PAGE = ActPage(
    VERB, BY_VERB[VERB].words, BY_VERB[VERB].permission, "casework/take_back.html", TakeBackDecisionForm, look,
    take_back, lambda referral: f"{referral.reference} is open again, with its time limits as they were.",
    button="Take it back", way_out="Leave it as it is",
)  # fmt: skip


@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what opens again when a decision is taken back, or take it back."""
    return serve(request, PAGE, pk)
