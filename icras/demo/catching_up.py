"""Notice what the made-up past should have noticed: warnings, breaches, whom they were told to, each at its time."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from audit.acting import acting
from audit.domain import SYSTEM
from timelimits.commands import climb_ladders, sweep
from timelimits.models import Clock, ClockEvent

LOT = 500
STEP = timedelta(seconds=15)


def catch_up(now: datetime) -> int:
    """Sweep and climb at every instant up to `now` at which there is something to do; return how often."""
    times = 0
    while (at := _next_instant()) is not None and at <= now:
        at = min(at + STEP, now)  # as a worker that looks every 20 seconds would
        with transaction.atomic(), acting(SYSTEM, at=at):
            sweep(by=SYSTEM, now=at, batch=LOT)
            climb_ladders(by=SYSTEM, now=at, batch=LOT)
        times += 1
    return times


def _next_instant() -> datetime | None:
    waiting = (
        Clock.objects.aggregate(at=Min("next_check_at"))["at"],
        ClockEvent.objects.aggregate(at=Min("climb_at"))["at"],
    )
    return min((at for at in waiting if at is not None), default=None)
