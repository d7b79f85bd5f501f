"""What the rules of triage recommend, in words. Pure."""

from datetime import datetime
from typing import Any

from referrals.domain import HOSPITAL_WORDS, Disposition, HospitalReason, Service, Urgency
from referrals.presenters.referrals import SERVICE_WORDS, URGENCY_WORDS, wall_clock
from referrals.queries.advice import Advised
from timelimits.domain import Verdict
from timelimits.models import Approval


def advice_words(found: Advised | None) -> dict[str, Any] | None:
    """Return the recommendation for the panel and the pages; None where the place has no rules."""
    if found is None:
        return None
    advice = found.advice
    wanted = [
        URGENCY_WORDS[Urgency(advice.urgency)] if advice.urgency else "",
        SERVICE_WORDS[Service(advice.service)] if advice.service else "",
    ]
    manual = advice.disposition is Disposition.MANUAL
    return {
        "title": "Decide by hand" if manual else f"Accept: {', '.join(filter(None, wanted))}".removesuffix(": "),
        "icon": "warn" if manual else "met",
        "reasons": tuple(dict.fromkeys(words for _, words in advice.reasons)),
        "version": advice.version,
        "manual": manual,
    }


def support_words(asked: Approval | None, now: datetime) -> dict[str, Any]:
    """Return how the second person's agreement to urgent support to a hospital stands; asked None: nobody was yet."""
    if asked is None:
        return {"title": "Urgent support to a hospital needs a second person.", "text": "", "ask": True}
    why = HOSPITAL_WORDS.get(HospitalReason(asked.reason), asked.reason)
    at = wall_clock(asked.decided_at or asked.asked_at, now)
    if asked.verdict == Verdict.APPROVED:
        title, text = "A second person has agreed.", f"{asked.decided_label}, {at}. Why: {why}"
    elif asked.verdict == Verdict.REFUSED:
        title, text = "A second person has not agreed.", f"{asked.decided_label}, {at}: {asked.decided_note}"
    else:
        whom = asked.approver.name if asked.approver else "whoever leads now"
        title, text = "A second person is asked, and has not answered yet.", f"Asked {whom}, {at}. Why: {why}"
    return {
        "title": title,
        "text": text,
        "agreed": asked.verdict == Verdict.APPROVED,
        "ask": asked.verdict == Verdict.REFUSED,
        "approval": asked.pk,
    }
