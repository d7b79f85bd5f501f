"""Climbing: an unanswered rung passes on after its minutes; an answer stops it."""

from datetime import datetime
from uuid import UUID

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound
from timelimits.book import Book
from timelimits.commands.sweep import _note_climbs
from timelimits.models import Alert, ClockEvent
from timelimits.telling import Telling, tell


@command
def climb_ladders(*, by: Actor, now: datetime, batch: int = 500) -> int:
    """Tell the next rung of every stage that nobody answered in time; return how many were looked at."""
    rows = ClockEvent.objects.select_for_update(skip_locked=True, of=("self",)).select_related("clock__policy")
    waiting = list(rows.filter(climb_at__lte=now).order_by("climb_at")[:batch])
    book = Book()
    running = [e for e in waiting if e.clock.stopped_at is None and e.clock.due_at == e.due_at]
    ended = [e.pk for e in waiting if e not in running]
    ClockEvent.objects.filter(pk__in=ended).update(climb_at=None)
    tellings = []
    for event in running:
        policy = book.policy(event.clock.policy)
        tellings.append(Telling(event.pk, event.case_id, event.stage, policy.label, policy.ladder, event.rung + 1))
    _note_climbs(tell(by, tellings, now))
    return len(waiting)


@command
def acknowledge(*, by: Actor, alert_id: UUID) -> ClockEvent:
    """Answer an alert: I have it.

    The ladder stops climbing; a second answer is quiet. Raises NotPermitted, NotFound.
    """
    require(by, Permission.ALERT_ACKNOWLEDGE)
    alert = Alert.objects.filter(pk=alert_id, event__in=scope(ClockEvent.objects.all(), by)).first()
    if alert is None:
        raise NotFound
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
