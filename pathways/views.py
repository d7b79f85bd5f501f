"""Pages of episodes: accept and withdraw a referral, co-ordinator, contact, task, ending; and finding people."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now, require
from audit.domain import Actor
from pathways import act_pages, commands, presenters, queries
from referrals import queries as people
from referrals.act_pages import is_part, serve
from referrals.call_pages import call_page, keep
from referrals.domain import Told
from referrals.forms import CallForm


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, pk: UUID, verb: str) -> HttpResponse:
    """Show one act on a referral, an episode or a case, or do it."""
    return serve(request, act_pages.PAGES[verb], pk)


@require_POST
def finish_task(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark a task done."""
    task = commands.finish_task(by=actor_of(request), task_id=pk)
    messages.success(request, f"Done: {task.what}")
    return HttpResponseRedirect(presenters.case_url(queries.root_case(task.case_id)))


@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Find people by what is known of them. The words are posted: they enter no address, log or history."""
    by = actor_of(request)
    require(by, Permission.PERSON_FIND)
    words = request.POST.get("words", "")[:100].strip()
    found = people.find_people(by, words) if words else []
    context = {"words": words, "rows": _rows(by, found), "most": people.MOST_MATCHES, "section": "find"}
    return render(request, "pathways/find.html", context)


@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """Show whom a call that is being taken could be about: beside the form, or in the page without a script."""
    by = actor_of(request)
    form = CallForm(request.POST, now=now())
    matches = _matches(by, form)
    if is_part(request):
        return render(request, "pathways/matches.html", {"matches": matches})
    draft = keep(request)
    return call_page(request, CallForm.from_draft(draft.typed, draft.started_at, now()), draft=draft, matches=matches)


def _matches(by: Actor, form: CallForm) -> dict[str, Any]:
    said = form.told_so_far()
    birth = said.get("birth")
    told = Told(
        family_name=(said.get("family_name") or "").strip(),
        given_name=(said.get("given_name") or "").strip(),
        nhs_number=said.get("nhs_number") or "",
        born_on=birth.born_on if birth else None,
    )
    found = people.match_people(by, told)
    rows = _rows(by, found)
    for row in rows:
        row["best"] = people.looks_same(row["person"], told)
    return {"rows": rows, "told": told != Told()}


def _rows(by: Actor, found: list[Any]) -> list[dict[str, Any]]:
    ids = [person.pk for person in found]
    episodes, referrals = queries.episodes_of(by, ids), people.open_referrals(by, ids)
    return presenters.person_rows(found, episodes, referrals, now())
