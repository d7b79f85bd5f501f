"""Risks taken on purpose, and whether they were looked at again (R067)."""

from datetime import datetime

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from accounts.domain import Permission
from audit.commands import require
from audit.domain import Actor
from careplans.models import Risk
from reporting.domain import Table, months, table
from reporting.queries.triage import YEAR, counts_of, day_of, month_of

COLUMNS = {
    "goes_well": "Reviewed: goes well",
    "changed": "Reviewed: changed",
    "stopped": "Reviewed: stopped",
    "due": "Review is due",
    "coming": "Review to come",
}


def risks(by: Actor, now: datetime) -> list[Table]:
    """Return the risks written down in 365 days by month, and how many of them were reviewed, with what was found."""
    require(by, Permission.REPORT_READ)
    how = Case(
        *(When(finding=code, then=Value(code)) for code in ("goes_well", "changed", "stopped")),
        When(Q(review_on__lt=day_of(now)), then=Value("due")),
        default=Value("coming"),
        output_field=CharField(),
    )
    rows: QuerySet[Risk] = Risk.objects.filter(written_at__gt=now - YEAR).annotate(how=how)
    counted = counts_of(month_of(rows, "written_at").values_list("month", "how"))
    names = months(day_of(now - YEAR), day_of(now))
    return [Table("By month written", "Month", tuple(COLUMNS.values()), table(counted, names, COLUMNS))]
