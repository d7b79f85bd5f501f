"""The page on which anybody asks for help, without signing in. It says the same whoever is known."""

from math import ceil

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.api.rate import wait_for
from accounts.queries.directory import front_door_phone
from audit.commands import now
from audit.domain import PUBLIC
from audit.refusals import RuleBroken
from referrals import commands
from referrals.domain import Urgency
from referrals.forms.ask_for_help import AskHelpForm


@login_not_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for help for oneself or somebody else (R032, R194). What was typed is never lost."""
    if request.method == "GET":
        return _page(request, AskHelpForm(now=now()))
    form = AskHelpForm(request.POST, now=now())
    if not form.is_valid():
        return _page(request, form, status=422)
    wait = wait_for(request, "ask", settings.ICRAS_ASK_RATE)
    if wait:
        return _page(request, form, wait=ceil(wait / 60), status=429)
    if not _sent(form):
        return _page(request, form, status=422)
    how = "999" if form.flag_raised() else form.cleaned_data["soon"]
    return HttpResponseRedirect(f"{reverse('referrals:help_asked')}?how={how}")


def _sent(form: AskHelpForm) -> bool:
    told = form.cleaned_data
    try:
        commands.ask_for_help(by=PUBLIC, details=form.details(), person=form.person(), form_id=told["form_id"])
    except RuleBroken as refusal:
        form.add_error(None, refusal.message)
        return False
    return True


def _page(request: HttpRequest, form: AskHelpForm, wait: int = 0, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "wait": wait,
        "phone": front_door_phone(),
        "first_time": form.first_time if form.is_bound else "",
    }
    return render(request, "referrals/ask_for_help.html", context, status=status)


@login_not_required
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say that it came in and what happens next: by what was asked for alone."""
    how = request.GET.get("how", "")
    context = {"phone": front_door_phone(), "danger": how == "999", "soon": how in ("999", Urgency.CRISIS)}
    return render(request, "referrals/help_asked.html", context)
