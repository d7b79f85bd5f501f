"""What was asked before deciding: by whom, and who answered it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from referrals.models import InformationRequest, Referral, ReferralTransition

SHOWN = ("question", "asked_of", "asked_by", "answer")
TIMES = ("asked_at", "answered_at", "chased_at", "closed_at")


def questions_of(referral: Referral) -> QuerySet[Any]:
    """Return what was asked about a referral, the first first, each with who wrote the answer (`answered_by`)."""
    return _answered(InformationRequest.objects.filter(referral=referral))


def questions_inside() -> ArraySubquery:
    """Return the questions of the referral that a query is about, as plain values for `questions_from`."""
    columns = {name: name for name in (*SHOWN, *TIMES, "answered_by")}
    rows = _answered(InformationRequest.objects.filter(referral=OuterRef("pk")))
    return ArraySubquery(rows.values(one=JSONObject(**columns)))


def questions_from(values: Iterable[Mapping[str, Any]]) -> tuple[InformationRequest, ...]:
    """Return the questions that `questions_inside` read."""
    return tuple(map(_question, values))


def asker_of(asked: InformationRequest) -> str:
    """Return the id of whoever asked: the question and the move that asked it were written together."""
    moves = asked.referral.transitions.filter(verb="ask", recorded_at=asked.asked_at)
    return moves.values_list("actor_id", flat=True).first() or ""


def _answered(rows: QuerySet[InformationRequest]) -> QuerySet[Any]:
    moves = ReferralTransition.objects.filter(
        referral=OuterRef("referral"), verb__in=["answer", "give"], recorded_at=OuterRef("answered_at")
    )
    return rows.annotate(answered_by=Subquery(moves.values("actor_label")[:1])).order_by("asked_at", "pk")


def _question(row: Mapping[str, Any]) -> InformationRequest:
    times = {name: datetime.fromisoformat(row[name]) for name in TIMES if row[name]}
    found: Any = InformationRequest(**{name: row[name] for name in SHOWN}, **times)
    found.answered_by = row["answered_by"]
    asked: InformationRequest = found
    return asked
