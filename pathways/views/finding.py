"""Find people: by what is known of them, and whom a call that is being taken could be about."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.domain.rota import LONDON
from accounts.request import actor_of
from audit.commands import now, require
from audit.domain import Actor
from pathways import presenters, queries
from referrals import queries as people
from referrals.domain import Told
from referrals.domain.typed import read_somebody
from referrals.forms import CallForm
from referrals.views.call import CALL, call_page
from referrals.views.drafts import keep
from referrals.views.serving import is_part

MOST_TYPED = 100


@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find people by what is known of them. The words are posted: they enter no address, log or history."""
    by = actor_of(request)
    require(by, Permission.PERSON_FIND)
    words = request.POST.get("words", "")[:MOST_TYPED].strip()
    found = queries.find_people(by, words) if words else people.Found()
    context = {
        "words": words,
        "rows": [row | {"rang": found.rang.get(row["person"].pk)} for row in _rows(by, found.people)],
        "found": found,
        "section": "find",
        "anew": _anew(by, words),
    }
    return render(request, "pathways/find.html", context | _may(by))


def _may(by: Actor) -> dict[str, bool]:
    return {"may_merge": by.may(Permission.PERSON_MERGE), "may_read": by.may(Permission.PERSON_READ)}


def _anew(by: Actor, words: str) -> dict[str, str]:
    """Return what a call about somebody new begins with: the words that found nobody. They are posted on."""
    if not (by.may(Permission.REFERRAL_REGISTER) and by.may(Permission.REFERRAL_CHASE)):
        return {}
    told = read_somebody(words, now().astimezone(LONDON).date())
    return {"form_id": str(uuid4())} | told if any(told.values()) else {}


@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Show whom a call that is being taken could be about: beside the form, or in the page without a script."""
    by = actor_of(request)
    form = CallForm(request.POST, now=now())
    matches = _matches(by, form)
    if is_part(request):
        return render(request, "pathways/matches.html", {"matches": matches})
    draft = keep(request, CALL)
    return call_page(request, CallForm.as_left(draft.typed, draft.started_at, now()), draft=draft, matches=matches)


def _matches(by: Actor, form: CallForm) -> dict[str, Any]:
    told = form.told_of_person()
    rows = _rows(by, people.match_people(by, told))
    for row in rows:
        row["best"] = people.looks_same(row["person"], told)
    return {"rows": rows, "told": told != Told()}


def _rows(by: Actor, found: Sequence[Any]) -> list[dict[str, Any]]:
    ids = [person.pk for person in found]
    episodes, referrals = queries.episodes_of(by, ids), people.open_referrals(by, ids)
    return presenters.person_rows(found, episodes, referrals, now())
