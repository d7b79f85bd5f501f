"""Pages of subject access: who asked, what was gathered, what tells of others, what is handed out."""

import json
from tempfile import TemporaryFile
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now, require
from casework.commands import disclose as commands
from casework.forms import AccessForm
from casework.queries import disclose as queries
from referrals.domain.disclosures import Decision, answer_by
from referrals.models import SubjectAccess
from referrals.presenters import name_of
from referrals.queries import open_person
from referrals.views.heads import head_of
from referrals.views.serving import sent, status_of, tried
from timelimits.domain.local_time import local_date


def _row(row: SubjectAccess) -> dict[str, Any]:
    state = "Released" if row.released_at else f"{row.progress} % gathered" if row.progress < 100 else "To look through"
    due = answer_by(local_date(row.opened_at))
    return {"row": row, "state": "Deleted" if row.emptied_at else state, "due": due, "late": due < local_date(now())}


@require_safe
def accesses(request: HttpRequest) -> HttpResponse:
    """Show the requests of everybody that are not done."""
    rows = [{**_row(row), "name": name_of(row.person)} for row in queries.open_accesses(actor_of(request))]
    return render(request, "casework/accesses.html", {"section": "access", "rows": rows})


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show the requests of one person, and open one."""
    by = actor_of(request)
    require(by, Permission.PERSON_DISCLOSE)
    person, form = open_person(by, person_id), AccessForm(sent(request))
    found = tried(form, lambda: commands.ask_access(by=by, person_id=person_id, **form.cleaned_data))
    if found.done:
        messages.success(request, "Opened. It is gathered now; a second person looks through it before it is released.")
        return HttpResponseRedirect(reverse("casework:access", args=[found.result.pk]))
    rows = [_row(row) for row in queries.accesses_of(person)]
    context = {"section": "access", **head_of(person), "rows": rows, "form": form}
    return render(request, "casework/access_ask.html", context, status=status_of(form))


@require_http_methods(["GET", "POST"])
def access(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show one request: how far it is, and rows that may tell of somebody else; take what is said of them."""
    by, decided = actor_of(request), request.method == "POST"
    if decided:
        decisions = _decisions(request)
        whole = {key: said for key, said in decisions.items() if said[0] != Decision.WITHHOLD or said[1].strip()}
        found = commands.decide_items(by=by, access_id=pk, decisions=whole)
        messages.success(request, f"{found} looked at.")
        if left := len(decisions) - len(whole):
            messages.warning(request, f"{left} not kept: say why, where something is withheld.")
        return HttpResponseRedirect(request.path)
    row = queries.open_access(by, pk)
    context = {"section": "access", **_row(row), **head_of(row.person), **_items(request, row)}
    more = {"second": by.id != row.opened_by_id, "by": by, "fault": queries.fault_of(row)}
    return render(request, "casework/access.html", context | more)


def _items(request: HttpRequest, row: SubjectAccess) -> dict[str, Any]:
    """Return the rows that may tell of somebody else: those nobody looked at, and what was said of the others."""
    after = request.GET.get("after", "")
    left, items = queries.left_to_decide(row)
    looked, following = queries.looked_at(row, int(after) if after.isdecimal() and len(after) < 19 else 0)
    return {"left": left, "items": items, "looked": looked, "following": following}


def _decisions(request: HttpRequest) -> dict[int, tuple[str, str]]:
    """Return what was chosen of each row; what is no choice is left out."""
    chosen = {}
    for name, code in request.POST.items():
        key = name.removeprefix("decision-")
        if name.startswith("decision-") and key.isdecimal() and len(key) < 19 and code in set(Decision):
            chosen[int(key)] = (str(code), request.POST.get(f"reason-{key}", ""))
    return chosen


@require_POST
def release(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Release what was gathered."""
    commands.release_access(by=actor_of(request), access_id=pk)
    messages.success(request, "Released. It can be fetched for thirty days; every fetching is logged.")
    return HttpResponseRedirect(reverse("casework:access", args=[pk]))


@require_safe
def access_file(request: HttpRequest, pk: UUID) -> FileResponse:
    """Hand out what was released: a page to read, the same as data, and the files."""
    row, given, files = queries.released(actor_of(request), pk)
    held = TemporaryFile()  # noqa: SIM115  (the answer closes it)
    with ZipFile(held, "w", ZIP_DEFLATED) as made:
        made.writestr("record.html", render_to_string("casework/access_record.html", {"row": row, "parts": given}))
        made.writestr("record.json", json.dumps(given, ensure_ascii=False, indent=1))
        for name, content in files:
            made.writestr(name, content)
    held.seek(0)
    return FileResponse(held, as_attachment=True, filename=f"record-{row.pk}.zip", content_type="application/zip")
