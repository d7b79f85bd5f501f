"""Alarms: what the engine could not do by itself. Raised once, counted while it lasts, cleared when it is well."""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.db import connection

from timelimits.domain import AlarmKind
from timelimits.models import Alarm

log = structlog.get_logger("timelimits.alarm")
RAISE = """
INSERT INTO timelimits_alarm AS a (kind, subject, detail, raised_at, last_at, times)
SELECT %s, subject, %s, %s, %s, 1 FROM unnest(%s::text[]) AS given (subject) ORDER BY subject
ON CONFLICT (kind, subject) WHERE cleared_at IS NULL
DO UPDATE SET last_at = excluded.last_at, detail = excluded.detail, times = a.times + 1
"""


def raise_alarm(kind: AlarmKind, subject: str, at: datetime, detail: str = "") -> None:
    """Raise an alarm, or count an open one once more. `subject` and `detail` are codes, ids and names of errors."""
    raise_alarms(kind, [subject], at, detail)


def raise_alarms(kind: AlarmKind, subjects: Collection[str], at: datetime, detail: str = "") -> None:
    """Raise an alarm for each of these subjects, in one statement."""
    for subject in subjects:
        log.error("alarm", kind=kind.value, subject=subject, detail=detail)
    if subjects:
        with connection.cursor() as cursor:
            cursor.execute(RAISE, [kind.value, detail[:200], at, at, sorted(subjects)])


def clear_alarms(kind: AlarmKind, subjects: Collection[str], at: datetime) -> None:
    """Clear the open alarms of these subjects."""
    if subjects:
        Alarm.objects.filter(kind=kind, subject__in=subjects, cleared_at=None).update(cleared_at=at)
