"""What of a case can be open here: requests to other services, and risks taken on purpose. Ended and reopened."""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from django.db.models import Model

from accounts.queries import scope
from audit.commands import now
from audit.domain import Actor
from careplans.domain import OnwardOutcome
from careplans.models import OnwardRequest, Risk
from timelimits.closing import keep
from timelimits.domain import OpenItem, Why
from timelimits.models import Closed

ONWARD, RISK = "onward", "risk"
KINDS: Mapping[str, type[Model]] = {ONWARD: OnwardRequest, RISK: Risk}
OUTLASTS = frozenset({ONWARD})
"""Followed to its outcome when an episode ends; only a death ends it."""


def open_work(actor: Actor, case_ids: Collection[UUID]) -> list[OpenItem]:
    """Return what is open of these cases that the actor may see, the earliest first."""
    asked = OnwardRequest.objects.filter(case_id__in=case_ids, answered_at=None)
    taken = Risk.objects.filter(case_id__in=case_ids, ended_at=None)
    return [
        *(
            OpenItem(ONWARD, str(row.pk), row.case_id, "Request to another service", row.asked_of, row.chase_at)
            for row in scope(asked, actor).order_by("chase_at")
        ),
        *(
            OpenItem(RISK, str(row.pk), row.case_id, "Risk taken on purpose, with its review")
            for row in scope(taken, actor).order_by("review_on")
        ),
    ]


def _end_onward(by: Actor, item: OpenItem, why: Why) -> None:
    row = OnwardRequest.objects.select_for_update().filter(pk=item.key, answered_at=None).first()
    if row is None:
        return
    row.outcome, row.answered_at, row.answered_by = OnwardOutcome.NOT_NEEDED, now(), f"{by.label}: {why.words}"[:120]
    row.save(update_fields=["outcome", "answered_at", "answered_by"])
    keep(by, item, why, {})


def _end_risk(by: Actor, item: OpenItem, why: Why) -> None:
    row = Risk.objects.select_for_update().filter(pk=item.key, ended_at=None).first()
    if row is None:
        return
    row.ended_at = now()
    row.save(update_fields=["ended_at"])
    keep(by, item, why, {})


ENDS: Mapping[str, Callable[[Actor, OpenItem, Why], None]] = {ONWARD: _end_onward, RISK: _end_risk}


def _reopen_onward(by: Actor, row: Closed) -> None:
    asked = OnwardRequest.objects.select_for_update().get(pk=row.key)
    asked.answered_at, asked.answered_by, asked.outcome = None, "", ""
    asked.save(update_fields=["answered_at", "answered_by", "outcome"])


def _reopen_risk(by: Actor, row: Closed) -> None:
    risk = Risk.objects.select_for_update().get(pk=row.key)
    risk.ended_at = None
    risk.save(update_fields=["ended_at"])


REOPENS: Mapping[str, Callable[[Actor, Closed], None]] = {ONWARD: _reopen_onward, RISK: _reopen_risk}
