"""Pages that take over a list of people: send the file, see what is wrong by line and column, take it over."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.request import actor_of
from referrals.commands import imports as commands
from referrals.domain.imports import LABELS, MOST_ROWS, MOST_SHOWN
from referrals.forms.files import SheetForm
from referrals.queries.imports import latest_imports, open_import
from referrals.views.serving import sent, status_of, tried


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest) -> HttpResponse:
    """Show which lists were taken over, and take one more to look through."""
    by = actor_of(request)
    done, form = latest_imports(by), SheetForm(sent(request), request.FILES or None)
    found = tried(form, lambda: commands.send_people(by=by, content=form.content()))
    if found.done:
        return HttpResponseRedirect(reverse("referrals:import", args=[found.result.pk]))
    if found.refusal:
        form.add_error("file", found.refusal.message)
    context = {"section": "import", "form": form, "done": done, "labels": LABELS.values(), "most": MOST_ROWS}
    return render(request, "referrals/import_people.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show what is in a list and what is wrong with it; take it over."""
    by = actor_of(request)
    row, sheet = open_import(by, pk)
    form = SheetForm(sent(request), files=None, takes_over=True)
    found = tried(form, lambda: commands.import_people(by=by, import_id=pk))
    if found.done:
        words = f"{found.result.made} people added. {found.result.known} were known already."
        messages.success(request, words)
        return HttpResponseRedirect(reverse("referrals:import_people"))
    context = {"section": "import", "row": row, "sheet": sheet, "refusal": found.refusal, "most": MOST_SHOWN}
    return render(request, "referrals/import.html", context, status=status_of(form, found.refusal))
