"""Reads of urgent support to a hospital: whether it is that, and whether a second person has agreed (R047)."""

from django.db.models import QuerySet

from accounts.queries import code_lists
from referrals.domain import Direction, LocationKind, Urgency
from referrals.models import Referral
from timelimits.domain import ApprovalKind, Verdict
from timelimits.models import Approval


def is_hospital_support(referral: Referral) -> bool:
    """Say whether this is urgent support to a hospital: from it, for somebody in it, or asked for by a part of it."""
    if referral.urgency != Urgency.CRISIS:
        return False
    there = referral.direction == Direction.STEP_DOWN or referral.location_kind == LocationKind.HOSPITAL
    return there or _asks_in_hospital(referral.source_kind)


def _asks_in_hospital(source: str) -> bool:
    if not source:
        return False
    found = (code for code in code_lists("sources")["sources"] if code.code == source)
    return any(code.extra.get("setting") == LocationKind.HOSPITAL for code in found)


def hospital_support_open(referral: Referral) -> bool:
    """Say whether it is urgent support to a hospital that no second person has agreed to."""
    return is_hospital_support(referral) and not _asked(referral).filter(verdict=Verdict.APPROVED).exists()


def hospital_support_asked(referral: Referral) -> Approval | None:
    """Return what was asked of a second person: what they agreed to, else the latest asked; None while nobody was."""
    asked = _asked(referral).exclude(verdict=Verdict.LAPSED).select_related("approver").order_by("-asked_at")
    rows = list(asked)
    return next((row for row in rows if row.verdict == Verdict.APPROVED), rows[0] if rows else None)


def _asked(referral: Referral) -> QuerySet[Approval]:
    return Approval.objects.filter(kind=ApprovalKind.HOSPITAL_SUPPORT, subject=f"referral:{referral.pk}")
