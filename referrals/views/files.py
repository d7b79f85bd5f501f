"""Pages of the files on a person's record: the list, one more, one of them, one taken away."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now, require
from referrals import presenters, queries
from referrals.commands import files as commands
from referrals.domain.files import KIND_WORDS, MEDIA, SCAN_WORDS, FileKind, Scan
from referrals.forms.files import AttachForm
from referrals.models import Attachment
from referrals.queries.files import attachments_of, open_attachment
from referrals.views.heads import head_of
from referrals.views.serving import sent, status_of, tried


@require_http_methods(["GET", "POST"])
def files(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the files of a person, and add one."""
    by = actor_of(request)
    require(by, Permission.PERSON_READ)
    form = AttachForm(sent(request), request.FILES or None)
    found = tried(form, lambda: commands.attach_file(by=by, person_id=pk, **form.values()))
    if found.done:
        messages.success(request, "Added. It can be opened as soon as it is checked for viruses.")
        return HttpResponseRedirect(request.path)
    if found.refusal:
        form.add_error(found.refusal.field or None, found.refusal.message)
    return render(request, "referrals/files.html", _context(request, pk, form), status=status_of(form))


def _context(request: HttpRequest, pk: UUID, form: AttachForm) -> dict[str, Any]:
    by = actor_of(request)
    person = queries.open_person(by, pk)
    return {
        "section": "find",
        **head_of(person),
        "rows": [_row(each) for each in attachments_of(person)],
        "form": form,
        "may_edit": by.may(Permission.PERSON_EDIT),
    }


def _row(each: Attachment) -> dict[str, Any]:
    return {
        "pk": each.pk,
        "about": each.about,
        "words": f"{KIND_WORDS[FileKind(each.kind)]}, {max(1, each.size // 1024)} KB",
        "name": each.name,
        "who": f"{each.added_by}, {presenters.wall_clock(each.added_at, now())}",
        "clean": each.scan == Scan.CLEAN,
        "scan": SCAN_WORDS[Scan(each.scan)],
    }


@require_safe
def file(request: HttpRequest, pk: UUID, file_id: UUID) -> HttpResponse:
    """Hand out one file: to be saved, never shown as a page of ours."""
    row, content = open_attachment(actor_of(request), pk, file_id)
    answer = HttpResponse(content, content_type=MEDIA[FileKind(row.kind)])
    answer["Content-Disposition"] = f'attachment; filename="{row.name.encode("ascii", "replace").decode()}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return answer


@require_POST
def strike_file(request: HttpRequest, pk: UUID, file_id: UUID) -> HttpResponse:
    """Take a file away that was an error."""
    reason = request.POST.get("reason", "")
    commands.strike_file(by=actor_of(request), person_id=pk, attachment_id=file_id, reason=reason)
    messages.success(request, "Taken away: the file is deleted, who added it and why it went is kept.")
    return HttpResponseRedirect(reverse("referrals:files", args=[pk]))
