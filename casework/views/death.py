"""The page of a death: what ends with it before it is recorded, and the way back when it was an error."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.domain import Permission
from accounts.request import actor_of
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import Refusal
from casework.closing import open_work
from casework.commands.death import record_death, strike_death
from casework.forms import DeathForm, StrikeDeathForm
from casework.presenters.ending import ending_rows
from casework.queries.restricted import cases_of
from referrals.models import Death, Person
from referrals.queries import open_person
from referrals.views.heads import head_of
from referrals.views.serving import sent, status_of, tried

STRUCK, RECORDED = "Taken back: all is open again.", "Recorded. All open work has ended."


@require_http_methods(["GET", "POST"])
def death(request: HttpRequest, person_id: UUID) -> HttpResponse:
    """Show what would end with a death, or the death that is recorded; record it, or strike it out."""
    by = actor_of(request)
    require(by, Permission.DEATH_RECORD)
    person = open_person(by, person_id)
    held = Death.objects.filter(person=person, error_at=None).first()
    form = StrikeDeathForm(sent(request)) if held else DeathForm(sent(request))
    act: Any = strike_death if held else record_death
    found = tried(form, lambda: act(by=by, person_id=person.pk, **form.cleaned_data))
    if found.done:
        messages.success(request, STRUCK if held else RECORDED)
        return HttpResponseRedirect(reverse("referrals:person", args=[person.pk]))
    context = _shown(by, person, held, found.refusal) | {"form": form}
    return render(request, "casework/death.html", context, status=status_of(form, found.refusal))


def _shown(by: Actor, person: Person, held: Death | None, refusal: Refusal | None) -> dict[str, Any]:
    at = now()
    ends = [] if held else ending_rows(open_work(by, cases_of(person)), at)
    shown = {**head_of(person), "held": held, "ends": ends, "refusal": refusal}
    return {"section": "find", **shown}
