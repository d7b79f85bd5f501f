"""People: list, invite, change, roles, disable, second factor. For administrators."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import commands
from accounts.commands import invitation
from accounts.domain import Permission, Role
from accounts.domain.rota import LONDON
from accounts.forms import InviteForm, LastDayForm, PersonForm, ResetFactorForm, RoleForm, accepted, status_of
from accounts.presenters import event_line, people_tabs, role_words
from accounts.queries import directory
from accounts.request import actor_of, read_id
from audit.commands import now, require
from audit.refusals import NotFound


def _open(request: HttpRequest, user_id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("accounts:person", args=[user_id]))


def _form(request: HttpRequest, template: str, **context: object) -> HttpResponse:
    shown, status = {"section": "people", **context}, status_of(context.get("form"))
    return render(request, f"accounts/{template}.html", shown, status=status)


@require_safe
def people(request: HttpRequest) -> HttpResponse:
    """List accounts by name."""
    asked = request.GET
    active, team, by = asked.get("show") != "disabled", asked.get("team", ""), actor_of(request)
    found = directory.people(by, active, team, read_id(asked.get("after", "")))
    context = {
        "people": found[: directory.PAGE],
        "more": found[directory.PAGE - 1].pk if len(found) > directory.PAGE else None,
        "tabs": people_tabs(reverse("accounts:people"), active, team),
        "teams": directory.teams(),
        "team": team,
        "show": "" if active else "disabled",
    }
    return _form(request, "people", **context)


@require_safe
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Show one account: roles with dates, second factor, what was done to it."""
    by = actor_of(request)
    found = directory.person(by, user_id)
    today = now().astimezone(LONDON).date()
    context = {
        "person": found,
        "work": directory.work_links(found),
        "roles": [(one, role_words(one.role), one.ends_on and one.ends_on < today) for one in found.memberships.all()],
        "history": [(one, event_line(one.event, one.data)) for one in directory.history(by, user_id)],
    }
    return _form(request, "person", **context)


@require_http_methods(["GET", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    """Make an account with its first role, and send the link."""
    by = actor_of(request)
    require(by, Permission.ACCOUNT_MANAGE)
    form = InviteForm(request.POST or None, initial={"starts_on": now().astimezone(LONDON).date()})
    if request.method == "POST" and accepted(form, lambda typed: invitation.invite(by=by, typed=typed)):
        messages.success(request, f"{form.cleaned_data['name']} is invited. The link is good for three days.")
        return HttpResponseRedirect(reverse("accounts:people"))
    return _form(request, "invite", form=form)


@require_POST
def invite_again(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Send the link to set a password once more."""
    found = directory.person(actor_of(request), user_id)
    invitation.send(found)
    messages.success(request, f"A new link is on its way to {found.email}.")
    return _open(request, user_id)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Change a name or a telephone number."""
    by = actor_of(request)
    found = directory.person(by, user_id)
    form = PersonForm(request.POST or None, initial={"name": found.name, "phone": found.phone})
    seen = request.POST.get("seen")
    done = request.method == "POST" and accepted(
        form, lambda typed: commands.change_person(by=by, user_id=user_id, seen=seen, **typed)
    )
    shown = {"form": form, "person": found, "seen": directory.mark_of(found)}
    return _open(request, user_id) if done else _form(request, "person_change", **shown)


@require_http_methods(["GET", "POST"])
def disable(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Ask, then stop a person from signing in."""
    by = actor_of(request)
    found = directory.person(by, user_id)
    if request.method == "POST":
        commands.disable_person(by=by, user_id=user_id)
        messages.success(request, f"{found.name} can no longer sign in.")
        return _open(request, user_id)
    return _form(request, "person_disable", person=found)


@require_POST
def enable(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Let a disabled person sign in again."""
    found = commands.enable_person(by=actor_of(request), user_id=user_id)
    messages.success(request, f"{found.name} can sign in again.")
    return _open(request, user_id)


@require_http_methods(["GET", "POST"])
def give_role(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Give a role in a team."""
    by = actor_of(request)
    found = directory.person(by, user_id)
    form = RoleForm(request.POST or None, initial={"starts_on": now().astimezone(LONDON).date()})
    if request.method == "POST" and accepted(form, lambda typed: invitation.give(by, user_id, typed)):
        messages.success(request, f"{found.name} has the role {role_words(Role(form.cleaned_data['role']))}.")
        return _open(request, user_id)
    return _form(request, "role", form=form, person=found)


@require_http_methods(["GET", "POST"])
def end_role(request: HttpRequest, user_id: UUID, membership_id: int) -> HttpResponse:
    """Say the last day of a role."""
    by = actor_of(request)
    found = directory.person(by, user_id)
    held = next((one for one in found.memberships.all() if one.pk == membership_id), None)
    if held is None:
        raise NotFound
    form = LastDayForm(request.POST or None, initial={"ends_on": now().astimezone(LONDON).date()})
    done = request.method == "POST" and accepted(
        form, lambda typed: commands.end_role(by=by, membership_id=membership_id, **typed)
    )
    context = {"form": form, "person": found, "held": held, "role": role_words(held.role)}
    return _open(request, user_id) if done else _form(request, "role_end", **context)


@require_http_methods(["GET", "POST"])
def reset_factor(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """Take away somebody's second factor, with the reason."""
    by = actor_of(request)
    found = directory.person(by, user_id)
    form = ResetFactorForm(request.POST or None)
    if request.method == "POST" and accepted(form, lambda typed: invitation.reset(by=by, user_id=user_id, typed=typed)):
        messages.success(request, f"{found.name} sets up a new second factor at the next sign-in.")
        return _open(request, user_id)
    return _form(request, "factor_reset", form=form, person=found)
