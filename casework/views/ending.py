"""Every way a referral or an episode ends, as a page that first shows everything that ends with it."""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from audit.commands import now
from audit.domain import Actor
from casework import commands
from casework.presenters.ending import ending_rows
from casework.queries.ending import cases_of_episode, cases_of_referral, ends_with
from pathways.domain import BY_VERB as EPISODE_MOVES
from pathways.forms import EndForm, WithdrawForm
from pathways.views.acts import look_at_episode
from referrals.domain import BY_VERB as REFERRAL_MOVES
from referrals.forms import DeclineForm, NotWantedForm, RedirectForm
from referrals.views.acts import look as look_at_referral
from referrals.views.serving import ActPage, Shown, serve

Look = Callable[[Actor, UUID], Shown]


def with_everything(look: Look, cases: Callable[[UUID], Collection[UUID]], fields: str) -> Look:
    """Return what finds the row, and beside it everything that would end with it."""

    def find(by: Actor, pk: UUID) -> Shown:
        shown = look(by, pk)
        rows = [] if shown.closed else ending_rows(ends_with(by, cases(pk)), now())
        return replace(shown, context={**shown.context, "ends": rows, "fields_template": fields})

    return find


def _of_referral(verb: str, form: type[Any], run: Any, done: str, fields: str, **more: Any) -> ActPage:
    move = REFERRAL_MOVES[verb]

    def act(by: Actor, pk: UUID, form: Any) -> Any:
        return run(by=by, referral_id=pk, version=form.seen, **form.values())

    look = with_everything(look_at_referral(verb), cases_of_referral, fields)
    words = lambda referral: f"{referral.reference} {done}."  # noqa: E731
    return ActPage(
        verb, move.words, move.permission, "casework/ending.html", form, look, act, words, keeps=True, **more
    )


def _end(by: Actor, pk: UUID, form: Any) -> Any:
    return commands.end_episode(by=by, episode_id=pk, version=form.seen, **form.values())


END = ActPage(
    "end", EPISODE_MOVES["end"].words, EPISODE_MOVES["end"].permission, "casework/ending.html", EndForm,
    with_everything(look_at_episode, cases_of_episode, "pathways/end.html"), _end,
    lambda episode: f"{episode.reference} ended.", warning=True,
)  # fmt: skip
OF_REFERRAL = {
    page.verb: page
    for page in (
        _of_referral(
            "decline", DeclineForm, commands.decline_referral, "declined", "referrals/decline.html", warning=True
        ),
        _of_referral(
            "not_wanted", NotWantedForm, commands.record_not_wanted, "recorded: did not want it",
            "referrals/not_wanted.html",
        ),
        _of_referral(
            "redirect", RedirectForm, commands.redirect_referral, "redirected", "referrals/redirect.html"
        ),
        _of_referral(
            "withdraw", WithdrawForm, commands.withdraw_referral, "withdrawn", "pathways/withdraw.html", warning=True
        ),
    )
}  # fmt: skip
PAGES = {**OF_REFERRAL, END.verb: END}


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one way a referral or an episode ends, with everything that ends with it, or do it."""
    return serve(request, PAGES[verb], pk)
