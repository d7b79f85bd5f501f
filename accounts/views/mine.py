"""My account: roles, duty, second factor, keys, the end of my session."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import commands
from accounts.domain import Duty
from accounts.presenters import DUTY_WORDS, role_words, sentence
from accounts.queries import current_memberships
from accounts.queries.directory import work_links, work_providers
from accounts.request import actor_of, asked
from audit.commands import now


def _factors(request: HttpRequest) -> dict[str, object]:
    by_kind: dict[str, list[Authenticator]] = {}
    for one in Authenticator.objects.filter(user=request.user.pk).order_by("pk"):
        by_kind.setdefault(one.type, []).append(one)
    since = {provider: day for provider, _, day in work_links(request.user)}
    return {
        "app": next(iter(by_kind.get(Authenticator.Type.TOTP, [])), None),
        "passkeys": by_kind.get(Authenticator.Type.WEBAUTHN, []),
        "codes": bool(by_kind.get(Authenticator.Type.RECOVERY_CODES)),
        "work": [(provider, words, since.get(provider)) for provider, words in work_providers()],
    }


@require_safe
def me(request: HttpRequest) -> HttpResponse:
    """Show my roles, my duty, my second factor and my keys."""
    held = current_memberships(now()).filter(user=request.user.pk).select_related("team").order_by("team__name")
    context = {
        "section": "account",
        "roles": [(role_words(one.role), one.team.name, one.starts_on, one.ends_on) for one in held],
        "duties": [(sentence(DUTY_WORDS[Duty(duty)]), team) for duty, team in actor_of(request).duties],
        **_factors(request),
    }
    return render(request, "accounts/me.html", context)


@require_safe
def keys(request: HttpRequest) -> HttpResponse:
    """Show every key."""
    return render(request, "accounts/keys.html", {"section": "account"})


@require_POST
def letter_keys(request: HttpRequest) -> HttpResponse:
    """Switch single-letter keys off or on."""
    on = request.POST.get("on") == "yes"
    commands.set_letter_keys(by=actor_of(request), on=on)
    messages.success(request, "Letter keys are on." if on else "Letter keys are off.")
    return HttpResponseRedirect(reverse("accounts:me"))


@require_http_methods(["GET", "POST"])
def extend(request: HttpRequest) -> HttpResponse:
    """Keep my session (POST: any request that is no poll keeps it), or tell when it ends (GET, asked as a poll)."""
    ends = asked(request).session_ends
    if request.method == "POST" and "application/json" not in request.headers.get("Accept", ""):
        messages.success(request, "You stay signed in.")
        return HttpResponseRedirect(reverse("accounts:me"))
    return JsonResponse({"ends": ends.isoformat()})
