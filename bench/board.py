"""The SPA board as an officer asks for it, beside a bare Django view that reads as many rows."""

from datetime import timedelta

from django.core.handlers.base import BaseHandler
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from accounts.models import User
from audit.commands import now
from audit.domain import SYSTEM
from bench.rounds import medians, show
from referrals.commands import register_referral
from referrals.domain import Direction, PersonDetails, ReferralDetails, Urgency

REFERRALS = 300
WARM = 5
ROUNDS = 60
FLOOR = "bare Django view"


def _fill() -> None:
    for number in range(REFERRALS):
        details = ReferralDetails(
            direction=Direction.STEP_UP,
            urgency=Urgency.CRISIS,
            summary="Made for a measure.",
            received_at=now() - timedelta(minutes=number % 110),
        )
        person = PersonDetails(family_name=f"Measure-Test {number}", given_name="Made-up")
        register_referral(by=SYSTEM, details=details, person=person)


def _bare_handler() -> BaseHandler:
    with override_settings(MIDDLEWARE=[]):
        handler = BaseHandler()
        handler.load_middleware()
    return handler


def run() -> None:
    """Ask for both by turns, in this process: no server and no network between."""
    _fill()
    client, handler, address = Client(), _bare_handler(), reverse("casework:board")
    client.force_login(User.objects.get(email="spa@icras.example"))

    def board() -> None:
        _require_ok(client.get(address))

    def bare() -> None:
        request = RequestFactory().get("/fifty/")
        request.urlconf = "bench.bare"  # type: ignore[attr-defined]
        _require_ok(handler.get_response(request))

    medians({"SPA board": board, FLOOR: bare}, WARM)
    seconds = medians({"SPA board": board, FLOOR: bare}, ROUNDS)
    show(f"SPA board with {REFERRALS} open referrals", seconds, FLOOR, 1, "page")


def _require_ok(response: HttpResponseBase) -> None:
    if response.status_code != 200:
        raise AssertionError(f"answered {response.status_code}")
