"""Pages of what takes two people: the question, and the answer of the second."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.forms import accepted
from accounts.request import actor_of
from audit.commands import note_read, now
from timelimits import commands, queries
from timelimits.forms import RefuseForm
from timelimits.presenters.approvals import approval_page


@require_safe
def approval(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Show what a second person is asked, and to them the buttons that answer it."""
    return _page(request, approval_id, RefuseForm())


def _page(request: HttpRequest, approval_id: UUID, form: RefuseForm) -> HttpResponse:
    by = actor_of(request)
    row = queries.approval_for(by, approval_id)
    note_read(by=by, what="approval.read", ids=[row.case_id])
    context = {"section": "limits", "approval": row, "page": approval_page(row, by, now()), "form": form}
    return render(request, "timelimits/approval.html", context, status=422 if form.errors else 200)


@require_POST
def approve(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Agree, as the second person."""
    commands.approve(by=actor_of(request), approval_id=approval_id)
    messages.success(request, "Agreed. It counts from now.")
    return HttpResponseRedirect(reverse("timelimits:approval", args=[approval_id]))


@require_POST
def refuse(request: HttpRequest, approval_id: UUID) -> HttpResponse:
    """Say no, and why."""
    by, form = actor_of(request), RefuseForm(request.POST)
    if accepted(form, lambda data: commands.refuse(by=by, approval_id=approval_id, note=data["note"])):
        messages.success(request, "Refused. Whoever asked has been told.")
        return HttpResponseRedirect(reverse("timelimits:approval", args=[approval_id]))
    return _page(request, approval_id, form)
