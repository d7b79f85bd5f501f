"""Partner systems: list, add, new secret (shown once), stop."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import commands
from accounts.domain import SCOPES, Permission, Scope
from accounts.forms import PartnerForm, accepted, status_of
from accounts.presenters import event_line
from accounts.queries import directory
from accounts.request import actor_of
from audit.commands import require


def _page(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    shown, status = {"section": "partners", **context}, status_of(context.get("form"))
    return render(request, f"accounts/{template}.html", shown, status=status)


def _open(client_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("accounts:partner", args=[client_id]))


@require_safe
def partners(request: HttpRequest) -> HttpResponse:
    """List partner systems."""
    return _page(request, "partners", partners=directory.partners(actor_of(request)))


@require_safe
def partner(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Show one partner system."""
    by = actor_of(request)
    found = directory.partner(by, client_id)
    done = [(one, event_line(one.event, one.data)) for one in directory.history(by, client_id)]
    may = [SCOPES[Scope(scope)][0] for scope in found.scopes]
    return _page(request, "partner", partner=found, history=done, may=may)


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    """Add a partner system and show its secret, once."""
    by = actor_of(request)
    require(by, Permission.ACCOUNT_MANAGE)
    form = PartnerForm(request.POST or None)
    made: list[Any] = []

    def act(typed: dict[str, Any]) -> None:
        asked = {"name": typed["name"], "scopes": typed["scopes"], "organisation_id": typed["organisation"].pk}
        made.extend(commands.add_partner(by=by, **asked))

    if request.method == "POST" and accepted(form, act):
        return _page(request, "secret", partner=made[0], secret=made[1], new=True)
    return _page(request, "partner_add", form=form)


@require_http_methods(["GET", "POST"])
def rotate(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Ask, then make a new secret and show it, once."""
    by = actor_of(request)
    found = directory.partner(by, client_id)
    if request.method == "POST":
        return _page(request, "secret", partner=found, secret=commands.rotate_secret(by=by, client_id=client_id))
    return _page(request, "partner_rotate", partner=found)


@require_POST
def disable(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Stop a partner system."""
    found = commands.disable_partner(by=actor_of(request), client_id=client_id)
    messages.success(request, f"{found.name} is stopped.")
    return _open(client_id)


@require_POST
def enable(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Let a stopped partner system in again."""
    found = commands.enable_partner(by=actor_of(request), client_id=client_id)
    messages.success(request, f"{found.name} can ask for tokens again.")
    return _open(client_id)
