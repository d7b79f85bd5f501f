"""Pages of records that may be of one person: the list, the preview, the act, and taking it back."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.queries import code_lists
from accounts.request import actor_of, read_id
from audit.commands import note_read, now, require
from audit.domain import Actor
from audit.refusals import Refusal, Stale
from casework.commands.merge import merge_people, unmerge_people
from casework.forms import MergeForm, UnmergeForm
from casework.presenters import merge as words
from casework.presenters.joining import questions
from casework.queries.joining import between, part_lists, preview
from casework.queries.merge import best_first, both, get_merge, latest_merges, standing
from referrals.commands import keep_apart as keep_people_apart
from referrals.commands import offer_again as offer_people_again
from referrals.models import Merge, PossibleDuplicate
from referrals.queries.duplicates import kept_apart, open_duplicates
from referrals.views.serving import left_over, sent, status_of, tried

PAGE = 25


@require_safe
def duplicates(request: HttpRequest) -> HttpResponse:
    """Show pairs that wait for a decision, the latest found first, and what was decided lately."""
    by, at, after = actor_of(request), now(), _read_after(request.GET.get("after", ""))
    pairs = open_duplicates(by, PAGE + 1, after)
    shown = pairs[:PAGE]
    merges, apart = ([], []) if after is not None else (latest_merges(by), kept_apart(by))
    _log_shown(by, [*shown, *apart], merges)
    context = {
        "section": "duplicates",
        "pairs": words.pair_rows(shown, at),
        "next": shown[-1].pk if len(pairs) > PAGE else None,
        "merges": words.merge_rows(merges, at),
        "apart": words.apart_rows(apart, at),
    }
    return render(request, "casework/duplicates.html", context)


def _read_after(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


def _log_shown(by: Actor, pairs: list[PossibleDuplicate], merges: list[Merge]) -> None:
    people = [key for pair in pairs for key in (pair.one_id, pair.other_id)] + [merge.winner_id for merge in merges]
    if people:
        note_read(by=by, what="person.duplicates", ids=[*dict.fromkeys(people)])


@require_POST
def compare(request: HttpRequest) -> HttpResponse:
    """Go on to the preview of the two records that were ticked."""
    require(actor_of(request), Permission.PERSON_MERGE)
    ticked = [found for text in request.POST.getlist("person") if (found := read_id(text)) is not None]
    if len(ticked) != 2:
        messages.error(request, "Tick two people to compare.")
        return HttpResponseRedirect(reverse("pathways:find"))
    return HttpResponseRedirect(reverse("casework:merge", args=ticked))


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, one_id: UUID, other_id: UUID) -> HttpResponse:
    """Show what making two records one would do, or do it. The record to keep comes first, or is proposed."""
    by = actor_of(request)
    if request.method == "GET" and "keep" not in request.GET:
        one_id, other_id = (person.pk for person in best_first(*both(by, one_id, other_id)))
    form = MergeForm(sent(request), asked=questions(between(by, one_id, other_id), part_lists()))
    found = tried(form, lambda: merge_people(by=by, winner_id=one_id, loser_id=other_id, **form.values()))
    if found.done:
        messages.success(request, "The two records are one. Nothing was lost: it can be taken back here.")
        return HttpResponseRedirect(reverse("casework:unmerge", args=[found.result.pk]))
    context = _previewed(by, one_id, other_id, found.refusal) | {"form": form}
    context["left_over"] = left_over(form, form.data, bool(context["shown"]["refused"]))
    return render(request, "casework/merge.html", context, status=status_of(form, found.refusal))


def _previewed(by: Actor, one_id: UUID, other_id: UUID, refusal: Refusal | None) -> dict[str, Any]:
    shown = preview(by, one_id, other_id)
    return {
        "section": "duplicates",
        "shown": words.preview_words(shown, code_lists("warnings")["warnings"], part_lists(), now()),
        "mark": shown.mark,
        "refusal": refusal,
        "stale": isinstance(refusal, Stale),
        "action": reverse("casework:merge", args=[shown.winner.pk, shown.loser.pk]),
    }


@require_POST
def keep_apart(request: HttpRequest, one_id: UUID, other_id: UUID) -> HttpResponse:
    """Say that two records are of two people."""
    keep_people_apart(by=actor_of(request), one_id=one_id, other_id=other_id)
    messages.success(request, "They are two people: they are not offered again.")
    return HttpResponseRedirect(reverse("casework:duplicates"))


@require_POST
def offer_again(request: HttpRequest, one_id: UUID, other_id: UUID) -> HttpResponse:
    """Take back that two records are of two people."""
    offer_people_again(by=actor_of(request), one_id=one_id, other_id=other_id)
    messages.success(request, "They are on the list again.")
    return HttpResponseRedirect(reverse("casework:duplicates"))


@require_http_methods(["GET", "POST"])
def unmerge(request: HttpRequest, merge_id: UUID) -> HttpResponse:
    """Show what a merge moved and what became of it since, or take it back."""
    by, form = actor_of(request), UnmergeForm(sent(request))
    row = get_merge(by, merge_id)
    shown = words.standing_words(row, standing(row), now())
    found = tried(form, lambda: unmerge_people(by=by, merge_id=merge_id, **form.cleaned_data))
    if found.done:
        messages.success(request, words.unmerged_words(found.result.standing, found.result.kept))
        return HttpResponseRedirect(reverse("casework:unmerge", args=[merge_id]))
    note_read(by=by, what="person.merge", ids=[row.winner_id, row.loser_id])
    context = {"section": "duplicates", "shown": shown, "form": form, "refusal": found.refusal}
    return render(request, "casework/unmerge.html", context, status=status_of(form, found.refusal))
