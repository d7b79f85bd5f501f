"""What a second person is asked, in words. Pure."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from audit.domain import Actor
from timelimits.domain import TWO_PEOPLE, ApprovalKind, Verdict
from timelimits.domain.local_time import instant_words
from timelimits.models import Approval
from timelimits.presenters.words import reason_words, subject_path

VERDICT_WORDS = {
    Verdict.APPROVED: "Agreed by",
    Verdict.REFUSED: "Refused by",
    Verdict.LAPSED: "Not decided: what it was about ended first, by",
}


@dataclass(frozen=True, slots=True)
class ApprovalPage:
    """The words of one question to a second person."""

    title: str
    wanted: str
    why: str
    asked_of: str
    decided: str
    meanwhile: str
    may_decide: bool
    back: str


def approval_page(row: Approval, by: Actor, now: datetime) -> ApprovalPage:
    """Return the words of a question; the buttons are for whoever may decide, never for who asked."""
    kind = TWO_PEOPLE[ApprovalKind(row.kind)]
    until = row.terms.get("new_due_at")
    decided = ""
    if row.decided_at is not None:
        decided = f"{VERDICT_WORDS[Verdict(row.verdict)]} {row.decided_label}, {instant_words(row.decided_at)}"
    return ApprovalPage(
        title=kind.words,
        wanted=f"Until {instant_words(datetime.fromisoformat(until))}" if until else "",
        why=". ".join(filter(None, (reason_words(row.reason), row.note))),
        asked_of=_name(row.approver),
        decided=decided,
        meanwhile="" if decided else kind.meanwhile,
        may_decide=not decided and row.asked_by != by.id and by.may(kind.permission),
        back=_back(row),
    )


def _name(approver: User | None) -> str:
    return approver.name if approver else "Whoever leads"


def _back(row: Approval) -> str:
    kind, _, key = row.subject.partition(":")
    return f"/clocks/{key}/explain/" if kind == "clock" else subject_path(row.subject)
