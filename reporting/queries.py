"""Figures, without people."""

from datetime import datetime, time, timedelta

from django.db import connection

from accounts.domain import Permission
from accounts.rota import LONDON
from audit.commands import require
from audit.domain import Actor
from reporting.domain import TwoHour

DAYS = 28
TWO_HOUR = """
SELECT r.zone,
       count(*) FILTER (WHERE k.outcome = 'met'),
       count(*) FILTER (WHERE k.outcome = 'breached'),
       count(*) FILTER (WHERE k.outcome = '' AND k.due_at < %(now)s),
       count(*) FILTER (WHERE k.outcome = '' AND k.due_at >= %(now)s),
       count(*) FILTER (WHERE k.outcome = 'cancelled')
FROM timelimits_clock k JOIN referrals_referral r ON r.case_id = k.case_id
WHERE k.policy_code = 'crisis_response' AND k.started_at >= %(since)s
GROUP BY r.zone
"""


def since(now: datetime) -> datetime:
    """Return the start of the local day 28 days ago."""
    first = now.astimezone(LONDON).date() - timedelta(days=DAYS)
    return datetime.combine(first, time(), tzinfo=LONDON)


def two_hour(by: Actor, now: datetime) -> dict[str, TwoHour]:
    """Return the two-hour response of the last 28 days by zone code, in one statement. "" is outside every zone."""
    require(by, Permission.REPORT_READ)
    with connection.cursor() as cursor:
        cursor.execute(TWO_HOUR, {"now": now, "since": since(now)})
        return {zone: TwoHour(*numbers) for zone, *numbers in cursor.fetchall()}
