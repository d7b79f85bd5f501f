"""Pages of reports that are tables of counts: one page, one file each. No personal data."""

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.domain import sees_people
from accounts.request import actor_of
from audit.commands import now
from audit.domain import Actor
from reporting.domain import Table
from reporting.presenters.tables import file_lines, period_words, table_words
from reporting.queries import equality, experience, risks, triage
from reporting.queries.triage import YEAR


@dataclass(frozen=True, slots=True)
class Report:
    """One report: its address, its words, what it reads."""

    code: str
    title: str
    about: str
    read: Callable[[Actor, datetime], list[Table]]


REPORTS: Mapping[str, Report] = {
    report.code: report
    for report in (
        Report("sources", "Who refers to us", "Every source of the place, and what became of its referrals.",
               triage.sources),
        Report("declines", "Declined, and no room",
               "What we do not do and what we had no room for are two things: they stand apart.", triage.declines),
        Report("overrides", "Otherwise than recommended",
               "The rules of triage recommend and a person decides: how often otherwise, and why.", triage.overrides),
        Report("equality", "Fair decisions",
               "No rule of triage reads any of this. The report shows whether decisions differ all the same.",
               equality.equality),
        Report("hospital-support", "Urgent support to a hospital",
               "Only in exceptional circumstances: flagged, with a reason, and agreed to by a second person.",
               triage.hospital_support),
        Report("signposts", "Sent elsewhere", "Followed up until we know what became of them.", triage.signposts),
        Report("experience", "What people told us",
               "Themes of what people and their carers said about their care, for those who plan the service.",
               experience.experience),
        Report("risks", "Risks taken on purpose", "Written down with the person, and looked at again.", risks.risks),
    )
}  # fmt: skip


@require_safe
def table(request: HttpRequest, code: str) -> HttpResponse:
    """Show the counts of one report, or return them as a CSV file; small ones hidden from who sees no people."""
    by, at, report = actor_of(request), now(), REPORTS[code]
    tables, suppress = report.read(by, at), not sees_people(by.roles)
    if request.GET.get("as") == "csv":
        return _file(report, tables, at, suppress=suppress)
    shown = [table_words(each, suppress=suppress) for each in tables]
    context = {"section": "reports", "report": report, "tables": shown, "chips": report_chips(code)}
    context["period"] = period_words(at, YEAR)
    return render(request, "reporting/table.html", context)


def report_chips(current: str) -> list[dict[str, object]]:
    """Return the links to every report."""
    names = {"two_hour": "2-hour visits in time", **{report.code: report.title for report in REPORTS.values()}}
    return [
        {"url": reverse(f"reporting:{code}"), "words": words, "current": code == current}
        for code, words in names.items()
    ]


def _file(report: Report, tables: list[Table], at: datetime, *, suppress: bool) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{report.code}-{at:%Y%m%d}.csv"'
    lines = [[report.title, period_words(at, YEAR)], [], *file_lines(tables, suppress=suppress)]
    csv.writer(answer).writerows(lines)
    return answer
