"""What partner systems are told about a referral: ids, references, codes and instants, never who the person is."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import prefetch_related_objects
from django.urls import reverse
from rest_framework import serializers

from accounts.domain import AccessLevel
from accounts.rest import instant
from audit.domain import Actor
from referrals.domain import BY_VERB, Direction, Service, Status, Urgency
from referrals.models import Referral
from timelimits.domain import Outcome
from timelimits.models import Clock
from timelimits.queries import clocks_for
from timelimits.rules import is_overdue

LINKED = ("triage", "accept", "decline", "withdraw")
CLOCK_STATES = ("running", "paused", *Outcome)


class ClockSerializer(serializers.Serializer[Any]):
    """One time limit. `breached` with `stopped_at` null: still running, and late."""

    id = serializers.UUIDField()
    policy = serializers.CharField()
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="null while paused.")
    stopped_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(choices=CLOCK_STATES)
    reason = serializers.CharField(allow_null=True, help_text="Code: why it was cancelled, paused or missed.")


class ReferralAnswerSerializer(serializers.Serializer[Any]):
    """A referral as it stands."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="For people: R-26-00042.")
    case_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[str(status) for status in Status])
    version = serializers.IntegerField(help_text="The same as the ETag.")
    clocks = ClockSerializer(many=True)
    links = serializers.DictField(
        child=serializers.CharField(), help_text="Addresses: `self`, and of the moves that are possible now."
    )


class ReferralDetailSerializer(ReferralAnswerSerializer):
    """A referral as it stands, with what decides about it."""

    direction = serializers.ChoiceField(choices=[str(word) for word in Direction])
    urgency = serializers.ChoiceField(choices=[str(word) for word in Urgency])
    service = serializers.ChoiceField(choices=[str(word) for word in Service], allow_null=True)
    received_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    joined_case_id = serializers.UUIDField(allow_null=True, help_text="The case of the live episode it joined.")


class ReferralPageSerializer(serializers.Serializer[Any]):
    """One page of a list."""

    results = ReferralDetailSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null at the end.")


def clocks_by_case(by: Actor, case_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """Return what partners are told of the clocks of these cases."""
    clocks = list(clocks_for(by, case_ids, levels=(AccessLevel.FULL, AccessLevel.STATUS)))
    told = [(clock, clock_state(clock, now)) for clock in clocks]
    prefetch_related_objects([clock for clock, state in told if state == "breached"], "breach_reasons")
    prefetch_related_objects([clock for clock, state in told if state == "paused"], "pauses")
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for clock, state in told:
        found[clock.case_id].append(clock_answer(clock, state))
    return found


def clock_state(clock: Clock, now: datetime) -> str:
    """Return the word partners are told; late and still running is breached."""
    if clock.outcome:
        return clock.outcome
    if is_overdue(clock.due_at, now):
        return "breached"
    return "running" if clock.due_at else "paused"


def clock_answer(clock: Clock, state: str) -> dict[str, Any]:
    """Return one clock as the contract has it."""
    return {
        "id": str(clock.pk),
        "policy": clock.policy_code,
        "started_at": instant(clock.started_at),
        "due_at": instant(clock.due_at),
        "stopped_at": instant(clock.stopped_at),
        "status": state,
        "reason": _reason(clock, state),
    }


def _reason(clock: Clock, state: str) -> str | None:
    given: str | None = clock.cancel_reason or None
    if given is None and state == "breached":
        explained = sorted(clock.breach_reasons.all(), key=lambda row: row.given_at)
        return explained[-1].reason if explained else None
    if given is None and state == "paused":
        return next((pause.reason for pause in clock.pauses.all() if pause.resumed_at is None), None)
    return given


def referral_answer(by: Actor, referral: Referral, clocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a referral as the contract has it after it was made."""
    return {
        "id": str(referral.pk),
        "reference": referral.reference,
        "case_id": str(referral.case_id),
        "status": str(referral.status),
        "version": referral.version,
        "clocks": clocks,
        "links": _links(by, referral),
    }


def _links(by: Actor, referral: Referral) -> dict[str, str]:
    own = reverse("referrals_api:detail", args=[referral.pk])
    moves = [BY_VERB[verb] for verb in LINKED]
    found = {"self": own}
    found |= {m.verb: f"{own}{m.verb}/" for m in moves if referral.status in m.sources and by.may(m.permission)}
    if referral.status == Status.ACCEPTED:
        found["episode"] = f"{own}episode/"
    return found


def referral_detail(by: Actor, referral: Referral, clocks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a referral with what decides about it."""
    return referral_answer(by, referral, clocks) | {
        "direction": str(referral.direction),
        "urgency": str(referral.urgency),
        "service": str(referral.service) or None,
        "received_at": instant(referral.received_at),
        "recorded_at": instant(referral.recorded_at),
        "joined_case_id": str(referral.joined_case_id) if referral.joined_case_id else None,
    }


def one_referral(by: Actor, referral: Referral, now: datetime) -> dict[str, Any]:
    """Return one referral with its clocks read now."""
    return referral_detail(by, referral, clocks_by_case(by, [referral.case_id], now)[referral.case_id])


def page_of_referrals(by: Actor, rows: list[Referral], now: datetime) -> list[dict[str, Any]]:
    """Return a page of referrals; their clocks are read together."""
    clocks = clocks_by_case(by, [row.case_id for row in rows], now)
    return [referral_detail(by, row, clocks[row.case_id]) for row in rows]
