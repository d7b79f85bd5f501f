"""Climbing: an unanswered rung passes on after its minutes; an answer stops it."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from timelimits import queries
from timelimits.commands.telling import climb
from timelimits.models import ClockEvent


@command
def climb_ladders(*, by: Actor, now: datetime, batch: int = 500) -> int:
    """Tell the next rung of every stage that nobody answered in time; return how many were looked at."""
    rows = ClockEvent.objects.select_for_update(skip_locked=True, of=("self",)).select_related("clock")
    waiting = list(rows.filter(climb_at__lte=now).order_by("climb_at")[:batch])
    running = [e.pk for e in waiting if e.clock.stopped_at is None and e.clock.due_at == e.due_at]
    ClockEvent.objects.filter(pk__in=[event.pk for event in waiting]).update(climb_at=None)
    ClockEvent.objects.filter(pk__in=running).update(rung=F("rung") + 1)
    climb(by, running, now)
    return len(waiting)


@command
def acknowledge(*, by: Actor, alert_id: UUID) -> ClockEvent:
    """Answer an alert: I have it.

    The ladder stops climbing; a second answer is quiet. Raises NotPermitted, NotFound.
    """
    require(by, Permission.ALERT_ACKNOWLEDGE)
    alert = queries.alert_for(by, alert_id)
    event = ClockEvent.objects.select_for_update().get(pk=alert.event_id)
    if event.acknowledged_at is not None:
        return event
    event.acknowledged_at, event.acknowledged_by, event.climb_at = now(), by.id, None
    event.save(update_fields=["acknowledged_at", "acknowledged_by", "climb_at"])
    record(
        case_id=event.case_id,
        event="alert.acknowledged",
        subject=event.clock.subject,
        clock=event.clock_id,
        stage=event.stage,
        rung=alert.rung,
    )
    return event
