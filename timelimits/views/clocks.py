"""Pages of clocks.

Explain one, say why limits were missed, answer an alert, pause, extend, override, health, limits.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.domain import Permission
from accounts.forms import accepted, status_of
from accounts.request import actor_of
from audit.commands import note_read, now, require
from audit.domain import Actor
from timelimits import commands, queries
from timelimits.domain import ApprovalKind
from timelimits.forms import ExtendForm, MissedForm, OverrideForm, PauseForm
from timelimits.models import Approval, Clock
from timelimits.presenters import clock_path, explain_page, words_of
from timelimits.presenters.lists import alert_page, limit_rows, missed_rows, override_page
from timelimits.queries.book import Book
from timelimits.queries.health import health as read_health

GET_POST = ["GET", "POST"]


def _to_explanation(clock_id: UUID) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("timelimits:explain", args=[clock_id]))


def about(clock: Clock, **more: Any) -> dict[str, Any]:
    """Return what every page of a form about one clock shows."""
    at = now()
    words = words_of(clock, clock.policy.title, at)
    return {
        "reference": queries.references([(clock, at)]).get(clock.case_id, ""),
        "section": "limits",
        "clock": clock,
        "words": words,
        "back": clock_path(clock.subject, clock.case_id),
        **more,
    }


@require_safe
def explain(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """Show what a clock counted and why it falls due when it does."""
    by, at = actor_of(request), now()
    found = queries.explain(by, clock_id, at)
    note_read(by=by, what="clock.explain", ids=[found.clock.case_id])
    asked = queries.open_approval(ApprovalKind.EXTENSION, f"clock:{clock_id}")
    context: dict[str, Any] = {
        "section": "limits",
        "clock": found.clock,
        "page": explain_page(found, at),
        "asked": asked,
        "reference": queries.references([(found.clock, at)]).get(found.clock.case_id, ""),
    }
    context["by"] = acts(by, found.clock, asked)
    return render(request, "timelimits/explain.html", context)


def acts(by: Actor, clock: Clock, asked: Approval | None = None) -> dict[str, bool]:
    """Return which acts on a clock to offer."""
    running = clock.stopped_at is None
    pausable = bool(Book().policy(clock.policy).pause_reasons)
    return {
        "pause": running and clock.paused_at is None and pausable and by.may(Permission.CLOCK_PAUSE),
        "resume": running and clock.paused_at is not None and by.may(Permission.CLOCK_PAUSE),
        "correct": by.may(Permission.CLOCK_REBASE),
        "rebase": running and by.may(Permission.CLOCK_REBASE) and bool(queries.other_versions(clock)),
        "extend": running and clock.paused_at is None and asked is None and by.may(Permission.CLOCK_EXTEND),
    }


@require_http_methods(GET_POST)
def missed(request: HttpRequest) -> HttpResponse:
    """Show missed limits without a reason; take one reason for those that are ticked."""
    by, at = actor_of(request), now()
    require(by, Permission.CLOCK_REASON)
    found = queries.unexplained_breaches(by, at)
    given = request.POST if request.method == "POST" else None
    rows, ticked = missed_rows(found, queries.references(found), at), request.GET.getlist("clock")
    form = MissedForm(given, rows=rows, initial={"clocks": ticked})
    if given is not None and accepted(form, lambda data: _explain_missed(by, data)):
        messages.success(request, "Thank you. The reason is kept with each of them.")
        return HttpResponseRedirect(reverse("timelimits:missed"))
    note_read(by=by, what="clock.missed", ids=[clock.case_id for clock, _ in found])
    context = {"section": "missed", "form": form, "rows": found}
    return render(request, "timelimits/missed.html", context, status=status_of(form))


def _explain_missed(by: Actor, data: dict[str, Any]) -> None:
    ids = [clock.pk for clock in data["clocks"]]
    commands.give_breach_reason(by=by, clock_ids=ids, reason=data["reason"], note=data["note"])


@require_safe
def alert(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Show what an alert is about, who else was told, and the button that answers it."""
    by = actor_of(request)
    found = queries.alert_for(by, alert_id)
    note_read(by=by, what="alert.read", ids=[found.event.case_id])
    page = alert_page(found, queries.told_of(found.event), now())
    return render(request, "timelimits/alert.html", {"section": "limits", "alert": found, "page": page})


@require_POST
def acknowledge(request: HttpRequest, alert_id: UUID) -> HttpResponse:
    """Take an alert: nobody further up is told."""
    commands.acknowledge(by=actor_of(request), alert_id=alert_id)
    messages.success(request, "You have it. Nobody else will be told.")
    return HttpResponseRedirect(reverse("timelimits:alert", args=[alert_id]))


@require_http_methods(GET_POST)
def pause(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """Stop a clock for a while, with a reason and a second name."""
    by = actor_of(request)
    require(by, Permission.CLOCK_PAUSE)
    clock = queries.get(by, clock_id)
    form = PauseForm(request.POST or None, reasons=Book().policy(clock.policy).pause_reasons)
    if request.method == "POST" and accepted(form, lambda data: _pause(by, clock_id, data)):
        return _to_explanation(clock_id)
    return render(request, "timelimits/pause.html", about(clock, form=form), status=status_of(form))


def _pause(by: Actor, clock_id: UUID, data: dict[str, Any]) -> None:
    approver = data["approver"].pk if data["approver"] else None
    commands.pause_clock(by=by, clock_id=clock_id, reason=data["reason"], approver=approver)


@require_POST
def resume(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """Let a paused clock run on."""
    commands.resume_clock(by=actor_of(request), clock_id=clock_id)
    return _to_explanation(clock_id)


@require_http_methods(GET_POST)
def extend(request: HttpRequest, clock_id: UUID) -> HttpResponse:
    """Move a limit to a later date, with a reason and somebody else's agreement."""
    by = actor_of(request)
    require(by, Permission.CLOCK_EXTEND)
    clock = queries.get(by, clock_id)
    form = ExtendForm(request.POST or None)
    if request.method == "POST" and accepted(form, lambda data: _extend(by, clock_id, data)):
        messages.success(request, "Asked. The limit stays as it is until they have agreed.")
        return _to_explanation(clock_id)
    return render(request, "timelimits/extend.html", about(clock, form=form), status=status_of(form))


def _extend(by: Actor, clock_id: UUID, data: dict[str, Any]) -> None:
    agreed = {"reason": data["reason"], "approver_id": data["approver"].pk, "new_due_on": data["new_due_on"]}
    commands.extend_clock(by=by, clock_id=clock_id, **agreed)


@require_http_methods(GET_POST)
def override(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Lift what late limits of a case block, because safe care needs it."""
    by, at = actor_of(request), now()
    require(by, Permission.CLOCK_OVERRIDE)
    form = OverrideForm(request.POST or None, permissions=queries.blocked(by, case_id, at))
    made: list[UUID] = []
    if request.method == "POST" and accepted(form, lambda data: made.append(_override(by, case_id, data))):
        messages.success(request, "Done. The manager on call has been told.")
        return HttpResponseRedirect(reverse("timelimits:override", args=made))
    return render(
        request, "timelimits/override_block.html", {"section": "limits", "form": form}, status=status_of(form)
    )


def _override(by: Actor, case_id: UUID, data: dict[str, Any]) -> UUID:
    return commands.override_block(by=by, case_id=case_id, **data).pk


@require_safe
def overridden(request: HttpRequest, override_id: UUID) -> HttpResponse:
    """Show an override, and to a second person the button that confirms it."""
    by = actor_of(request)
    row = queries.override_for(by, override_id)
    note_read(by=by, what="override.read", ids=[row.case_id])
    context = {"section": "limits", "override": row, "page": override_page(row, by, now())}
    return render(request, "timelimits/override.html", context)


@require_POST
def confirm(request: HttpRequest, override_id: UUID) -> HttpResponse:
    """Confirm somebody else's override."""
    commands.confirm_override(by=actor_of(request), override_id=override_id)
    messages.success(request, "Confirmed.")
    return HttpResponseRedirect(reverse("timelimits:override", args=[override_id]))


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Show how well the engine is."""
    require(actor_of(request), Permission.HEALTH_READ)
    return render(request, "timelimits/health.html", {"section": "health", "health": read_health(now())})


@require_safe
def limits(request: HttpRequest) -> HttpResponse:
    """Show every version of every limit."""
    rows = limit_rows(queries.policies(), now())
    return render(request, "timelimits/limits.html", {"section": "limits", "rows": rows})
