"""The SPA board as an officer asks for it, beside a bare Django view that reads as many rows."""

from datetime import timedelta

from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import User
from audit.commands import now
from audit.domain import SYSTEM
from bench.rounds import medians, show
from referrals.commands import register_referral
from referrals.domain import Direction, PersonDetails, ReferralDetails, Urgency

REFERRALS = 300
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


def run() -> None:
    """Ask for both by turns, in this process: no server and no network between."""
    _fill()
    client = Client()
    client.force_login(User.objects.get(email="spa@icras.example"))
    address = reverse("casework:board")

    def board() -> None:
        if (status := client.get(address).status_code) != 200:
            raise AssertionError(f"the board answered {status}")

    def bare() -> None:
        with override_settings(ROOT_URLCONF="bench.bare", MIDDLEWARE=[]):
            if (status := Client().get("/fifty/").status_code) != 200:
                raise AssertionError(f"the bare view answered {status}")

    bare(), board()
    show(
        f"SPA board with {REFERRALS} open referrals",
        medians({"SPA board": board, FLOOR: bare}, ROUNDS),
        FLOOR,
        1,
        "page",
    )
