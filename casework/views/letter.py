"""The letter that tells somebody who looks after them and whom to ring."""

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.request import actor_of
from audit.commands import now
from casework.presenters.letter import letter_words
from casework.queries.letter import letter as read_letter


@require_safe
def letter(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """Show the letter to the person of a live episode, to be printed; its reading is logged."""
    by, at = actor_of(request), now()
    found = read_letter(by, case_id)
    page = f"{settings.ICRAS_SITE_URL.rstrip('/')}{reverse('referrals:ask_for_help')}"
    return render(request, "casework/letter.html", {"section": "caseload", "letter": letter_words(found, page, at)})
