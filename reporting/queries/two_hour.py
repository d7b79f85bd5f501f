"""Figures for commissioners and leads: no person, no id."""

from datetime import datetime

from django.db.models import Case, CharField, Count, Exists, OuterRef, QuerySet, Subquery, Value, When

from accounts.domain import Permission
from audit.commands import require
from audit.domain import Actor
from referrals.models import Referral
from reporting.domain import PERIOD, Tally
from timelimits.domain import CRISIS_RESPONSE, Outcome
from timelimits.models import Clock
from timelimits.queries import overdue

MET, MISSED, RUNNING, CANCELLED = "met", "missed", "running", "cancelled"


def two_hour(by: Actor, now: datetime) -> list[Tally]:
    """Return the two-hour responses of the last 28 days for each zone that had any, "" where none fits: one statement.

    Counted by when the limit began (R126), once for each referral, however often its urgency was changed. One that is
    past its due instant is missed, also while it still runs.
    """
    require(by, Permission.REPORT_READ)
    how = Case(
        When(outcome=Outcome.MET, then=Value(MET)),
        When(outcome=Outcome.CANCELLED, then=Value(CANCELLED)),
        When(outcome=Outcome.BREACHED, then=Value(MISSED)),
        When(overdue(now), then=Value(MISSED)),
        default=Value(RUNNING),
        output_field=CharField(),
    )
    zone = Subquery(Referral.objects.filter(case_id=OuterRef("case_id")).values("zone")[:1])
    begun = Clock.objects.filter(policy_code=CRISIS_RESPONSE, started_at__gt=now - PERIOD, started_at__lte=now)
    begun = begun.exclude(Exists(_begun_again()))
    rows = begun.annotate(how=how, zone=zone).order_by().values_list("zone", "how").annotate(n=Count("pk"))
    found: dict[str, dict[str, int]] = {}
    for code, outcome, n in rows:
        found.setdefault(code or "", {})[outcome] = n
    return [Tally(code, **figures) for code, figures in sorted(found.items())]


def _begun_again() -> QuerySet[Clock]:
    return Clock.objects.filter(
        subject=OuterRef("subject"),
        policy_code=CRISIS_RESPONSE,
        start_recorded_at__gt=OuterRef("start_recorded_at"),
    )
