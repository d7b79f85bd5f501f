"""Whether those who are declined differ from those who are accepted, by what may never feed a decline (R054)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import F, Func, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.domain import Permission
from audit.commands import require
from audit.domain import Actor
from pathways.domain import END_WORDS, EndReason, EpisodeStatus
from pathways.models import Episode
from referrals.domain import DeclineKind, national
from referrals.models import Referral, ReferralTransition
from reporting.domain import Table, table
from reporting.queries.triage import YEAR, counts_of, standing

COLUMNS = {
    "accepted": "Accepted",
    str(DeclineKind.CRITERIA): "Outside what we do",
    str(DeclineKind.CAPACITY): "No room",
}
Entries = Sequence[national.Entry]
BY: Sequence[tuple[str, str, str, Entries]] = (
    ("Where they live", "Home", "person__circumstances__accommodation", national.ACCOMMODATIONS),
    ("Living alone", "Lives alone", "person__circumstances__lives_alone", national.YES_NO),
    ("Who pays for social care", "Paid by", "person__circumstances__funding", national.FUNDINGS),
    ("Ethnicity", "Ethnicity", "person__background__ethnicity", national.ETHNICITIES),
    ("Sex", "Sex", "person__background__sex", national.GENDERS),
)


def equality(by: Actor, now: datetime) -> list[Table]:
    """Return the referrals decided in 365 days by living arrangements, money, ethnicity, sex and condition.

    One person living with two conditions counts on both lines of the last two tables, decisions and how support ended
    (R013). No rule of triage reads any of this:
    the report is there to see whether decisions differ all the same.
    """
    require(by, Permission.REPORT_READ)
    return [*(_table(now, *each) for each in BY), _conditions(now), _endings(now)]


def _table(now: datetime, title: str, heading: str, field: str, entries: Entries) -> Table:
    counted: dict[tuple[str, str], int] = {}
    for verb, kind in (("accept", Value("accepted")), ("decline", F("transitions__kind"))):
        rows = _decided(verb, now)
        part = rows.annotate(group=Coalesce(field, Value("")), how=kind).values_list("group", "how")
        counted |= counts_of(part)
    names = {entry.code: entry.words for entry in entries}
    rows_ = table(counted, names, COLUMNS, unknown="Not asked yet")
    return Table(title, heading, tuple(COLUMNS.values()), rows_, share_of="Accepted")


def _conditions(now: datetime) -> Table:
    counted: dict[tuple[str, str], int] = {}
    for verb, kind in (("accept", Value("accepted")), ("decline", F("transitions__kind"))):
        rows = _decided(verb, now)
        lived = rows.annotate(group=Func(F("person__background__cohorts"), function="unnest"), how=kind)
        counted |= counts_of(lived.values_list("group", "how"))
    names: Mapping[str, str] = {entry.code: entry.words for entry in national.COHORTS}
    rows_ = table(counted, names, COLUMNS)
    return Table("Living with", "Condition", tuple(COLUMNS.values()), rows_, share_of="Accepted")


def _endings(now: datetime) -> Table:
    ended = Episode.objects.filter(status=EpisodeStatus.ENDED, ended_at__gt=now - YEAR)
    lived = ended.annotate(group=Func(F("person__background__cohorts"), function="unnest"))
    names: Mapping[str, str] = {entry.code: entry.words for entry in national.COHORTS}
    columns = {str(code): words for code, words in END_WORDS.items()}
    rows = table(counts_of(lived.values_list("group", "end_reason")), names, columns)
    return Table(
        "How support ended, living with",
        "Condition",
        tuple(columns.values()),
        rows,
        share_of=END_WORDS[EndReason.COMPLETED],
    )


def _decided(verb: str, now: datetime) -> QuerySet[Referral]:
    """Return the referrals once for each such decision that stands; the decision is in `transitions`."""
    moves = ReferralTransition.objects.filter(verb=verb, recorded_at__gt=now - YEAR)
    return Referral.objects.filter(transitions__in=standing(moves))
