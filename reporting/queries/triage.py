"""How referrals end, from whom they come, where people are sent, and whom the urgent service helped in hospital."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf, TruncMonth

from accounts.domain import Permission
from accounts.domain.rota import LONDON
from accounts.queries import code_lists
from audit.commands import require
from audit.domain import Actor
from referrals.domain import HOSPITAL_WORDS, OVERRIDE_WORDS, RESULT_WORDS, DeclineKind
from referrals.models import Recommendation, Referral, ReferralTransition, Signposting
from referrals.presenters import SERVICE_WORDS
from reporting.domain import Counted, Table, months, table
from timelimits.domain import ApprovalKind, Verdict
from timelimits.models import Approval

YEAR = timedelta(days=365)
KINDS = {DeclineKind.CRITERIA: "Outside what we do", DeclineKind.CAPACITY: "No room"}
ENDED = {
    "accepted": "Accepted",
    "declined": "Declined",
    "redirected": "Redirected",
    "not_wanted": "Did not want it",
    "withdrawn": "Withdrawn",
    "open": "Not decided yet",
}
DECIDED = {
    "triage": "Urgency and service set",
    "accept": "Accepted",
    "decline": "Declined",
    "redirect": "Redirected",
    "not_wanted": "Did not want it",
}
ENDINGS = ("decline", "redirect", "not_wanted")  # of what is recommended, what can be taken back
FOLLOWED = {"True": "As recommended", "": "Otherwise"}
NOT_LISTED = {"redirected": "Sent on", "safe_care": "Not safe to wait", "disagrees": "No reason chosen"}
AGREED = {Verdict.APPROVED: "Agreed", Verdict.REFUSED: "Not agreed", "": "Not answered yet"}


def declines(by: Actor, now: datetime) -> list[Table]:
    """Return the declines of the last 365 days: what we do not do, and no room, never added up as one (R054, R056).

    By reason, by the service that was asked for and by month. One that was taken back is none.
    """
    require(by, Permission.REPORT_READ)
    said = standing(ReferralTransition.objects.filter(verb="decline", referral__done_at__gt=now - YEAR))
    reasons = {code.code: code.words for code in code_lists("decline_reasons")["decline_reasons"]}
    services = {str(code): words for code, words in SERVICE_WORDS.items()}
    by_month = month_of(said, "recorded_at").values_list("month", "kind")
    columns = {str(code): words for code, words in KINDS.items()}
    by_service = said.values_list("referral__service", "kind")
    split = (
        ("By reason", "Reason", counts_of(said.values_list("reason", "kind")), reasons, "Another reason"),
        ("By service asked for", "Service", counts_of(by_service), services, "Not chosen yet"),
        ("By month", "Month", counts_of(by_month), _year(now), "Another month"),
    )
    return [
        Table(title, heading, tuple(columns.values()), table(counted, names, columns, unknown=unknown))
        for title, heading, counted, names, unknown in split
    ]


def overrides(by: Actor, now: datetime) -> list[Table]:
    """Return how often it was decided otherwise than the rules of triage said in 365 days, by what and why (R051)."""
    require(by, Permission.REPORT_READ)
    kept = Recommendation.objects.filter(decided_at__gt=now - YEAR)
    kept = kept.exclude(Q(verb__in=ENDINGS), Exists(taken_back("decided_at")))
    followed = counts_of(kept.values_list("verb", "followed"))
    other = kept.filter(followed=False)
    lists = code_lists("decline_reasons", "triage_reasons")
    reasons = {code.code: code.words for codes in lists.values() for code in codes}
    reasons |= {str(code): words for code, words in OVERRIDE_WORDS.items()} | NOT_LISTED
    by_month = month_of(other, "decided_at").values_list("month", "verb")
    split = (
        ("By reason", "Reason", counts_of(other.values_list("override_reason", "verb")), reasons, "Another reason"),
        ("By month", "Month", counts_of(by_month), _year(now), "Another month"),
    )
    return [
        Table("By what was decided", "Decision", tuple(FOLLOWED.values()), table(followed, DECIDED, FOLLOWED)),
        *(
            Table(title, heading, tuple(DECIDED.values()), table(counted, names, DECIDED, unknown=unknown))
            for title, heading, counted, names, unknown in split
        ),
    ]


def sources(by: Actor, now: datetime) -> list[Table]:
    """Return the referrals of the last 365 days by source, and what became of them (R036).

    Every source of the place has its row: one with nothing is where nobody knows of us yet.
    """
    require(by, Permission.REPORT_READ)
    ended = {"accepted", "declined", "redirected", "not_wanted", "withdrawn"}
    rows = Referral.objects.filter(received_at__gt=now - YEAR).values_list("source_kind", "status")
    counted: dict[tuple[str, str], int] = {}
    for (source, status), number in counts_of(rows).items():
        key = (source, status if status in ended else "open")
        counted[key] = counted.get(key, 0) + number
    names = {code.code: code.words for code in code_lists("sources")["sources"]}
    found = table(counted, names, ENDED, all_rows=True)
    gaps = ", ".join(row.name for row in found if not row.figures[0])
    about = f"Nobody referred in this time: {gaps}. Tell them of us." if gaps else "Every source has referred somebody."
    return [Table("By who referred", "Source", tuple(ENDED.values()), found, share_of="Accepted", about=about)]


def hospital_support(by: Actor, now: datetime) -> list[Table]:
    """Return how often the urgent service supported a hospital in 365 days, why, and whether it was agreed (R047)."""
    require(by, Permission.REPORT_READ)
    asked = Approval.objects.filter(kind=ApprovalKind.HOSPITAL_SUPPORT, asked_at__gt=now - YEAR)
    named = NullIf("decided_label", Value(""))
    who = asked.annotate(who=Coalesce(named, F("approver__name"), output_field=CharField()))
    by_who = counts_of(who.values_list("who", "verdict"))
    reasons = {str(code): words for code, words in HOSPITAL_WORDS.items()}
    split = (
        ("By reason", "Reason", counts_of(asked.values_list("reason", "verdict")), reasons),
        ("By month", "Month", counts_of(month_of(asked, "asked_at").values_list("month", "verdict")), _year(now)),
        ("By who was asked to agree", "Who", by_who, {name: name for name, _ in sorted(by_who) if name}),
    )
    columns = {str(code): words for code, words in AGREED.items()}
    return [
        Table(title, heading, tuple(columns.values()), table(counted, names, columns))
        for title, heading, counted, names in split
    ]


def signposts(by: Actor, now: datetime) -> list[Table]:
    """Return who was sent elsewhere in 365 days, to whom, and what became of them (R020)."""
    require(by, Permission.REPORT_READ)
    sent = Signposting.objects.filter(made_at__gt=now - YEAR).exclude(Exists(taken_back("made_at")))
    names = {code.code: code.words for code in code_lists("signposts")["signposts"]}
    columns = {
        **{str(code): words for code, words in RESULT_WORDS.items()},
        "case_closed": "Case closed",
        "": "No result yet",
    }
    rows = table(counts_of(sent.values_list("signpost", "result")), names, columns)
    return [Table("By where they were sent", "Sent to", tuple(columns.values()), rows)]


def standing(moves: QuerySet[ReferralTransition]) -> QuerySet[ReferralTransition]:
    """Leave out the decisions that were taken back: they are none (R054)."""
    return moves.exclude(Exists(taken_back("recorded_at")))


def taken_back(decided: str) -> QuerySet[ReferralTransition]:
    """Return the taking back of what was decided on a referral at the instant in this column."""
    return ReferralTransition.objects.filter(
        verb="take_back", referral=OuterRef("referral"), recorded_at__gt=OuterRef(decided)
    )


def counts_of(rows: QuerySet[Any, Any]) -> Counted:
    """Return how many rows there are of each pair: one statement."""
    return {(_code(one), _code(two)): number for one, two, number in rows.order_by().annotate(n=Count("pk"))}


def _code(value: Any) -> str:
    return f"{value:%Y-%m}" if isinstance(value, date) else str(value or "")


def month_of(rows: QuerySet[Any], field: str) -> QuerySet[Any]:
    """Return the rows with the local month of a field."""
    found: QuerySet[Any] = rows.annotate(month=TruncMonth(field, tzinfo=LONDON))
    return found


def _year(now: datetime) -> dict[str, str]:
    return months(day_of(now - YEAR), day_of(now))


def day_of(at: datetime) -> date:
    """Return the local day of an instant."""
    return at.astimezone(LONDON).date()
