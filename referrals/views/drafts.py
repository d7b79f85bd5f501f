"""What is typed and not yet sent: kept under the form it was typed in, listed, opened again, thrown away."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from accounts.request import actor_of
from audit.domain import Actor
from referrals import commands, presenters, queries
from referrals.domain import BY_VERB
from referrals.domain.typed import is_uuid, tells_a_code
from referrals.models import Draft

CODE_GOES_INTO = ("access", "summary", "who_with", "address", "other_warning")
ACTS = {
    "triage": "referrals:triage",
    "accept": "pathways:accept",
    "decline": "casework:decline",
    "redirect": "casework:redirect",
    "not_wanted": "casework:not_wanted",
    "withdraw": "casework:withdraw",
    "fill_in": "referrals:fill_in",
    "add_news": "referrals:add_news",
}
KEY_SAFE = "key_safe_code"
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "choose", "undo", "throw", "is_them", "enquiry_only", "keep", KEY_SAFE})


def typed_in(request: HttpRequest) -> dict[str, list[str]]:
    """Return every field as it was typed; of the key-safe code only that there was one (it is in no draft)."""
    typed = {name: [str(value) for value in values] for name, values in request.POST.lists() if name not in NOT_KEPT}
    return typed | ({"had_code": ["yes"]} if request.POST.get(KEY_SAFE, "").strip() else {})


def name_of_draft(request: HttpRequest, form: str) -> str:
    """Return under which name this very form is kept: two calls at a time are two drafts."""
    told = request.POST.get("form_id") or request.POST.get("sent_id") or ""
    return f"{form}:{UUID(told)}" if is_uuid(told) else form


def keep(request: HttpRequest, form: str) -> Draft:
    """Keep every field as it was typed, and whom somebody chose or let go."""
    typed = typed_in(request)
    if "undo" in request.POST:
        typed["person_id"] = [""]
    elif chosen := request.POST.get("choose") or request.POST.get("is_them"):
        typed["person_id"] = [chosen]
    return commands.keep_draft(by=actor_of(request), form=name_of_draft(request, form), typed=typed)


def drop(request: HttpRequest, form: str) -> None:
    """Throw away what was kept of this very form."""
    commands.drop_draft(by=actor_of(request), form=name_of_draft(request, form))


def half_written(by: Actor, form: str, address: str) -> list[dict[str, Any]]:
    """Return the forms of this kind that lie there half written, the newest first, as a page lists them."""
    return [
        {"draft": draft, "url": f"{address}?draft={draft.pk}", "who": presenters.half_written(draft.typed)}
        for draft in queries.drafts_of(by, form)
    ]


def acts_begun(by: Actor, addresses: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return acts on referrals that lie there half written, as a page lists them. `addresses`: act → its route."""
    return [
        {
            "draft": draft,
            "url": reverse(addresses[verb], args=[row.pk]),
            "who": presenters.act_begun(verb, row),
            "pk": row.pk,
        }
        for draft, verb, row in queries.drafts_of_acts(by, addresses)
        if verb not in BY_VERB or row.status in BY_VERB[verb].sources
    ]


def chosen(request: HttpRequest, halves: Sequence[dict[str, Any]]) -> Draft | None:
    """Return the one that the address asks for."""
    asked = request.GET.get("draft", "")
    return next((half["draft"] for half in halves if str(half["draft"].pk) == asked), None)


def tells_code(request: HttpRequest) -> bool:
    """Say whether what is being typed seems to hold a key-safe code. It is only said, never refused."""
    return tells_a_code(*(request.POST.get(name, "") for name in CODE_GOES_INTO))
