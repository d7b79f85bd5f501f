"""What people told us of their care, by theme: for those who plan the service (R072)."""

from datetime import datetime

from accounts.domain import Permission
from audit.commands import require
from audit.domain import Actor
from careplans.domain import FELT_WORDS, TELLER_WORDS, THEME_WORDS
from careplans.models import Experience
from reporting.domain import Table, months, table
from reporting.queries.triage import YEAR, counts_of, day_of, month_of


def experience(by: Actor, now: datetime) -> list[Table]:
    """Return what was told in 365 days and how it was, by theme, by who told it and by month. Never their words."""
    require(by, Permission.REPORT_READ)
    told = Experience.objects.filter(written_at__gt=now - YEAR)
    columns = {str(code): words for code, words in FELT_WORDS.items()}
    themes = {str(code): words for code, words in THEME_WORDS.items()}
    tellers = {str(code): words for code, words in TELLER_WORDS.items()}
    by_month = month_of(told, "written_at").values_list("month", "felt")
    split = (
        ("By theme", "Theme", told.values_list("theme", "felt"), themes),
        ("By who told us", "Who", told.values_list("told_by", "felt"), tellers),
        ("By month", "Month", by_month, months(day_of(now - YEAR), day_of(now))),
    )
    return [
        Table(title, heading, tuple(columns.values()), table(counts_of(rows), names, columns))
        for title, heading, rows, names in split
    ]
