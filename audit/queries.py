"""Reads of what happened. Scoping is the caller's: pass only case ids that the actor may see."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet

from audit.models import CaseEvent, Sending


def was_sent(sent_id: UUID) -> bool:
    """Say whether this very form was sent and done before."""
    return Sending.objects.filter(pk=sent_id).exists()


def timeline(case_ids: Iterable[UUID], events: Iterable[str] | None = None) -> QuerySet[CaseEvent]:
    """Return the events of these cases, newest first; `events` keeps those whose name begins with one of the words."""
    rows = CaseEvent.objects.filter(case_id__in=list(case_ids)).order_by("-occurred_at", "-id")
    if events is None:
        return rows
    wanted = Q(pk__in=[])
    for word in events:
        wanted |= Q(event__startswith=f"{word}.")
    return rows.filter(wanted)
