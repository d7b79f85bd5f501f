"""Pages of retention: records that are due for review, and legal holds."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.queries import period
from accounts.request import actor_of
from audit.commands import now, require
from casework.commands.hold import lift_hold, set_hold
from casework.forms import HoldForm, LiftHoldForm
from casework.queries import retention as queries
from casework.queries.erasure import waiting_erasures
from referrals.models import Person
from referrals.presenters import name_of
from referrals.queries import open_person
from referrals.views.heads import head_of
from referrals.views.serving import sent, status_of, tried
from timelimits.domain.local_time import local_date


@require_safe
def retention(request: HttpRequest) -> HttpResponse:
    """Show the legal holds that stand, and records whose time has passed: nothing goes by itself."""
    by, after = actor_of(request), _read(request.GET.get("after", ""))
    due, following = queries.due_for_review(by, after)
    holds = [] if after else [{"row": row, "name": name_of(row.person)} for row in queries.standing_holds(by)]
    rows = [{"row": row, "name": name_of(row.person)} for row in due]
    asked = [] if after else [{"row": row, "name": name_of(row.person)} for row in waiting_erasures(by)]
    upon = f"{following[0].isoformat()}_{following[1]}" if following else ""
    context = {"section": "retention", "rows": rows, "holds": holds, "asked": asked, "next": upon}
    more = {"years": period(queries.YEARS), "first": not after, "today": local_date(now())}
    return render(request, "casework/retention.html", context | more)


def _read(text: str) -> queries.Key | None:
    """Return where a page goes on; None for what is no such place: then the list begins."""
    at, _, key = text.partition("_")
    try:
        since = datetime.fromisoformat(at)
        return (since.astimezone(UTC), UUID(key)) if since.tzinfo else None
    except (ValueError, OverflowError):
        return None


@require_http_methods(["GET", "POST"])
def hold(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show until when a record is kept and its legal holds; put it under one."""
    by = actor_of(request)
    require(by, Permission.RECORD_RETAIN)
    person, form = open_person(by, person_id), HoldForm(sent(request))
    found = tried(form, lambda: set_hold(by=by, person_id=person.pk, **form.cleaned_data))
    if found.done:
        messages.success(request, "Under a legal hold: it is kept until the hold is lifted.")
        return _again(person)
    context = _shown(person) | {"form": form, "refusal": found.refusal}
    return render(request, "casework/hold.html", context, status=status_of(form, found.refusal))


@require_POST
def lift(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Lift the legal hold of a record."""
    by = actor_of(request)
    require(by, Permission.RECORD_RETAIN)
    person, form = open_person(by, person_id), LiftHoldForm(sent(request))
    found = tried(form, lambda: lift_hold(by=by, person_id=person.pk, **form.cleaned_data))
    if found.done:
        messages.success(request, "Lifted. The record is kept as long as any other.")
        return _again(person)
    context = _shown(person) | {"lift": form, "refusal": found.refusal}
    return render(request, "casework/hold.html", context, status=status_of(form, found.refusal))


def _again(person: Person) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("casework:hold", args=[person.pk]))


def _shown(person: Person) -> dict[str, Any]:
    holds = queries.holds_of(person)
    standing = next((row for row in holds if row.lifted_at is None), None)
    shown = {**head_of(person), "until": queries.kept_until(person)}
    forms = {"form": HoldForm(), "lift": LiftHoldForm()}
    past = [row for row in holds if row is not standing]
    return {"section": "retention", **shown, **forms, "standing": standing, "past": past, "today": local_date(now())}
