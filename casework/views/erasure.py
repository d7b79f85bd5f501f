"""Pages of erasing a record: what would be gone, who asks, and the second person's answer."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.domain import Permission
from accounts.request import actor_of
from audit.domain import Actor
from casework.commands.erase import agree_erasure, ask_erasure, refuse_erasure
from casework.forms import AgreeErasureForm, EraseForm, RefuseErasureForm
from casework.queries.erasure import preview
from referrals.views.heads import head_of
from referrals.views.serving import Tried, sent, status_of, tried


@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show by kind what erasing a record would blank or delete; ask for it."""
    by = actor_of(request)
    form = EraseForm(sent(request), early=by.may(Permission.RECORD_ERASE_EARLY))
    found = tried(form, lambda: ask_erasure(by=by, person_id=person_id, **form.cleaned_data))
    if found.done:
        messages.success(request, "Asked. Nothing is erased until a second person agrees.")
        return HttpResponseRedirect(request.path)
    return _page(request, by, person_id, found, form=form)


@require_POST
def agree(request: HttpRequest, person_id: UUID, pk: UUID) -> HttpResponse:
    """Agree, as the second person: it is erased now."""
    by, form = actor_of(request), AgreeErasureForm(sent(request))
    found = tried(form, lambda: agree_erasure(by=by, erasure_id=pk, **form.cleaned_data))
    if found.done:
        messages.success(request, "Erased. What is left says when, and nothing else.")
        return HttpResponseRedirect(reverse("referrals:person", args=[person_id]))
    return _page(request, by, person_id, found, agree=form)


@require_POST
def refuse(request: HttpRequest, person_id: UUID, pk: UUID) -> HttpResponse:
    """Say no, as the second person."""
    by, form = actor_of(request), RefuseErasureForm(sent(request))
    found = tried(form, lambda: refuse_erasure(by=by, erasure_id=pk, **form.cleaned_data))
    if found.done:
        messages.success(request, "Refused. Nothing was erased.")
        return HttpResponseRedirect(reverse("casework:erase", args=[person_id]))
    return _page(request, by, person_id, found, refuse=form)


def _page(request: HttpRequest, by: Actor, person_id: UUID, found: Tried, **forms: Any) -> HttpResponse:
    shown = preview(by, person_id)
    early = by.may(Permission.RECORD_ERASE_EARLY)
    blank = {"form": EraseForm(early=early), "agree": AgreeErasureForm(), "refuse": RefuseErasureForm()}
    context = {
        "section": "retention",
        "shown": shown,
        **head_of(shown.person),
        "refusal": found.refusal,
        "second": shown.waiting is not None and shown.waiting.asked_by_id != by.id,
    }
    status = status_of(next(iter(forms.values())), found.refusal)
    return render(request, "casework/erase.html", context | blank | forms, status=status)
