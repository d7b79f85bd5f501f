"""A plan in words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.urls import reverse

from careplans.domain import (
    AGREED_TO_WORDS,
    AGREEMENT_WORDS,
    FELT_WORDS,
    FINDING_WORDS,
    ONWARD_WORDS,
    RATED_WORDS,
    TELLER_WORDS,
    THEME_WORDS,
    AgreedTo,
    Agreement,
    Felt,
    OnwardOutcome,
    RatedAt,
    RiskFinding,
    Teller,
    Theme,
    is_late,
)
from careplans.models import CaseMessage, Confidence, Consent, Experience, OnwardRequest, Risk, Written
from careplans.queries import Asked, Plan
from referrals.presenters import person_line, wall_clock


def plan_words(held: Plan, now: datetime, today: date, *, may_edit: bool) -> dict[str, Any]:
    """Return everything on the page of a plan."""
    return {
        "case_id": held.case_id,
        "may_edit": may_edit,
        "onward": [onward_row(row, held.services, now) for row in held.onward],
        "risks": [_risk(row, now, today) for row in held.risks],
        "ratings": [_rating(row, now) for row in held.ratings],
        "change": _change(held.ratings),
        "experiences": [_experience(row, now) for row in held.experiences],
        "consents": [_consent(row, now) for row in held.consents],
        "links": [{"system": row.system, "address": row.address, "wrote": _wrote(row, now)} for row in held.links],
        "messages": [_message(row, now) for row in held.messages],
    }


def _wrote(row: Written, now: datetime) -> str:
    return f"{row.written_by}, {wall_clock(row.written_at, now)}"


def onward_row(row: OnwardRequest, services: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return one request to another service."""
    return {
        "pk": row.pk,
        "title": f"{services.get(row.service, row.service)}: {row.asked_of}",
        "why": row.why,
        "wrote": _wrote(row, now),
        "open": row.answered_at is None,
        "late": row.answered_at is None and is_late(row.chase_at, now),
        "chase": wall_clock(row.chase_at, now),
        "outcome": ONWARD_WORDS[OnwardOutcome(row.outcome)] if row.outcome else "",
        "note": row.note,
        "answered": f"{row.answered_by}, {wall_clock(row.answered_at, now)}" if row.answered_at else "",
    }


def asked_row(asked: Asked, services: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return one row of the list of open requests."""
    told = onward_row(asked.request, services, now)
    url = reverse("careplans:plan", args=[asked.request.case_id])
    return told | {"person": person_line(asked.referral.person, now), "url": url}


def _risk(row: Risk, now: datetime, today: date) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "parts": [
            ("They gain", row.benefit),
            ("Could happen", row.harm),
            ("Safer by", row.control),
            ("Agreed with", row.agreed_with),
        ],
        "wrote": _wrote(row, now),
        "ended": row.ended_at is not None,
        "review_on": row.review_on,
        "late": row.ended_at is None and row.reviewed_at is None and row.review_on < today,
        "finding": FINDING_WORDS[RiskFinding(row.finding)] if row.finding else "",
        "found": f"{row.reviewed_by}, {wall_clock(row.reviewed_at, now)}" if row.reviewed_at else "",
        "found_note": row.found_note,
    }


def _rating(row: Confidence, now: datetime) -> dict[str, Any]:
    return {
        "when": RATED_WORDS[RatedAt(row.rated_at)],
        "score": row.score,
        "words": row.words,
        "wrote": _wrote(row, now),
    }


def _change(ratings: Sequence[Confidence]) -> str:
    """Return how the newest rating at the end stands beside the newest at the start, in words; nothing until both."""
    newest = {kind: next((row.score for row in ratings if row.rated_at == kind), None) for kind in RatedAt}
    start, end = newest[RatedAt.START], newest[RatedAt.END]
    if start is None or end is None:
        return ""
    if start == end:
        return f"The same at the end as at the start: {end} of 10"
    return f"{'More' if end > start else 'Less'} sure at the end: from {start} to {end} of 10"


def _experience(row: Experience, now: datetime) -> dict[str, Any]:
    return {
        "title": f"{THEME_WORDS[Theme(row.theme)]}: {FELT_WORDS[Felt(row.felt)].lower()}",
        "told_by": TELLER_WORDS[Teller(row.told_by)],
        "words": row.words,
        "wrote": _wrote(row, now),
    }


def _consent(row: Consent, now: datetime) -> dict[str, Any]:
    return {
        "title": f"{AGREED_TO_WORDS[AgreedTo(row.about)]}: {AGREEMENT_WORDS[Agreement(row.answer)].lower()}",
        "words": row.words,
        "wrote": _wrote(row, now),
    }


def _message(row: CaseMessage, now: datetime) -> dict[str, Any]:
    readers = ", ".join(read.user.name for read in row.reads.all())
    return {"text": row.text, "wrote": _wrote(row, now), "readers": readers}
