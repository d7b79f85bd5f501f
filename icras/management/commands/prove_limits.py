"""manage.py prove_limits: make a referral whose limit is already past, and wait until the worker has noticed.

Nothing is swept here: what is printed was recorded by the worker that runs beside this command.
"""

from argparse import ArgumentParser
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.domain import Duty
from audit.commands import now
from audit.domain import SYSTEM
from referrals.commands import register_referral
from referrals.domain import CRISIS_RESPONSE, Caller, Direction, PersonDetails, ReferralDetails, Urgency
from timelimits.domain import BREACH
from timelimits.domain.local_time import instant_words
from timelimits.models import Alert, ClockEvent

LATE = timedelta(hours=3)
DUTY_WORDS = {duty: duty.replace("_", "-") for duty in Duty}


class Command(BaseCommand):
    help = "Prove that the worker notices a limit that has passed, and tells somebody."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seconds", type=int, default=90, help="how long to wait for the worker (90)")

    def handle(self, *args: Any, seconds: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("This makes a made-up referral, so it is not for production.")
        began = monotonic()
        referral = register_referral(by=SYSTEM, details=_details(now() - LATE), person=_person())
        self.stdout.write(f"{referral.reference}: a 2-hour referral, received 3 hours ago. Waiting for the worker…")
        breach, alerts = _wait(referral.case_id, began + seconds)
        lag = monotonic() - began
        self.stdout.write(f"  limit passed {instant_words(breach.due_at)}, noticed {instant_words(breach.noticed_at)}")
        self.stdout.write(f"  the worker needed {lag:.0f} s (it looks every {settings.ICRAS_SWEEP_SECONDS} s)")
        for alert in alerts:
            self.stdout.write(f"  told: {alert.recipient.name} ({DUTY_WORDS[Duty(alert.duty)]} on duty)")


def _person() -> PersonDetails:
    return PersonDetails(family_name="Check-Test", given_name="Made-up", age_about=80)


def _details(received_at: datetime) -> ReferralDetails:
    return ReferralDetails(
        direction=Direction.STEP_UP,
        urgency=Urgency.CRISIS,
        summary="Made by script/run --check: not a real person.",
        received_at=received_at,
        caller=Caller(kind="other", name="script/run --check"),
    )


def _wait(case_id: UUID, deadline: float) -> tuple[ClockEvent, list[Alert]]:
    """Return the breach of the two-hour limit and whom it was told to. Raises CommandError when time is up."""
    wanted = ClockEvent.objects.filter(case_id=case_id, stage=BREACH, clock__policy__code=CRISIS_RESPONSE)
    while monotonic() < deadline:
        breach = wanted.first()
        alerts = list(Alert.objects.filter(event=breach).select_related("recipient")) if breach else []
        if breach and alerts:
            return breach, alerts
        sleep(0.5)
    raise CommandError("The worker has not recorded the breach and told somebody in time.")
