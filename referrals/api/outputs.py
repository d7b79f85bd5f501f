"""What partner systems are told about a referral: ids, references, codes and instants, never who the person is."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.urls import reverse
from rest_framework import serializers

from accounts.api.endpoint import instant
from accounts.queries import may_see, scope
from audit.domain import Actor
from referrals.domain import BY_VERB, OPEN, Direction, Disposition, Service, Status, Urgency
from referrals.models import Referral
from referrals.queries import STATUS_LEVELS
from referrals.queries.advice import advice_on
from timelimits.domain import Outcome
from timelimits.models import BreachReason, Clock, Pause
from timelimits.queries import clocks_told
from timelimits.rules import is_overdue

LINKED = ("triage", "accept", "decline", "withdraw")
ANY_ID = str(UUID(int=0))
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


class ReferralMadeSerializer(ReferralAnswerSerializer):
    """A referral just made, and those of yours that may be about the same person."""

    possible_duplicates = serializers.ListField(
        child=serializers.CharField(),
        help_text="References of your own referrals for somebody of the same name and birth date, kept apart so far.",
    )


class ReferralDetailSerializer(ReferralAnswerSerializer):
    """A referral as it stands, with what decides about it."""

    direction = serializers.ChoiceField(choices=[str(word) for word in Direction])
    urgency = serializers.ChoiceField(choices=[str(word) for word in Urgency])
    service = serializers.ChoiceField(choices=[str(word) for word in Service], allow_null=True)
    received_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    joined_case_id = serializers.UUIDField(
        allow_null=True, help_text="The case of the live episode it joined; null where that is not yours to see."
    )


class ReasonSerializer(serializers.Serializer[Any]):
    """One reason of a recommendation."""

    code = serializers.CharField()
    words = serializers.CharField()


class RecommendationSerializer(serializers.Serializer[Any]):
    """What the rules of triage say. A person decides; no rule can decline."""

    version = serializers.IntegerField(help_text="Of the rules.")
    service = serializers.ChoiceField(choices=[str(word) for word in Service], allow_null=True)
    urgency = serializers.ChoiceField(choices=[str(word) for word in Urgency], allow_null=True)
    disposition = serializers.ChoiceField(choices=[str(word) for word in Disposition])
    reasons = ReasonSerializer(many=True)


class ReferralAdvisedSerializer(ReferralDetailSerializer):
    """A referral as it stands, with what the rules of triage recommend while it is not decided."""

    recommendation = RecommendationSerializer(allow_null=True)


class ReferralPageSerializer(serializers.Serializer[Any]):
    """One page of a list."""

    results = ReferralDetailSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="Address of the next page; null at the end.")


def clocks_by_case(rows: Iterable[Clock], now: datetime) -> dict[UUID, list[dict[str, Any]]]:
    """Return what partners are told of these clocks."""
    told = [(clock, clock_state(clock, now)) for clock in rows]
    why = _reasons(told)
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for clock, state in told:
        found[clock.case_id].append(clock_answer(clock, state, clock.cancel_reason or why.get(clock.pk)))
    return found


def _reasons(told: Iterable[tuple[Clock, str]]) -> dict[UUID, str]:
    """Return why clocks were missed, as last explained, and why those that are paused are."""
    late = [clock.pk for clock, state in told if state == "breached"]
    paused = [clock.pk for clock, state in told if state == "paused"]
    if not late and not paused:  # most often: a question about nothing takes long to build
        return {}
    explained = BreachReason.objects.filter(clock__in=late).order_by("given_at").values_list("clock_id", "reason")
    stopped = Pause.objects.filter(clock__in=paused, resumed_at=None).values_list("clock_id", "reason")
    return dict([*explained, *stopped])


def clock_state(clock: Clock, now: datetime) -> str:
    """Return the word partners are told; late and still running is breached."""
    if clock.outcome:
        return clock.outcome
    if is_overdue(clock.due_at, now):
        return "breached"
    return "running" if clock.due_at else "paused"


def clock_answer(clock: Clock, state: str, reason: str | None) -> dict[str, Any]:
    """Return one clock as the contract has it."""
    return {
        "id": str(clock.pk),
        "policy": clock.policy_code,
        "started_at": instant(clock.started_at),
        "due_at": instant(clock.due_at),
        "stopped_at": instant(clock.stopped_at),
        "status": state,
        "reason": reason,
    }


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


@cache
def _address() -> str:
    """Return the address of a referral, made once: a page of a list has a hundred of them."""
    return reverse("referrals_api:detail", args=[ANY_ID])


def _links(by: Actor, referral: Referral) -> dict[str, str]:
    own = _address().replace(ANY_ID, str(referral.pk))
    moves = [BY_VERB[verb] for verb in LINKED]
    found = {"self": own}
    found |= {m.verb: f"{own}{m.verb}/" for m in moves if referral.status in m.sources and by.may(m.permission)}
    if referral.status == Status.ACCEPTED:
        found["episode"] = f"{own}episode/"
    return found


def referral_detail(
    by: Actor, referral: Referral, clocks: list[dict[str, Any]], seen: Collection[UUID]
) -> dict[str, Any]:
    """Return a referral with what decides about it; `seen`: the cases of episodes that the actor may see."""
    return referral_answer(by, referral, clocks) | {
        "direction": str(referral.direction),
        "urgency": str(referral.urgency),
        "service": str(referral.service) or None,
        "received_at": instant(referral.received_at),
        "recorded_at": instant(referral.recorded_at),
        "joined_case_id": str(referral.joined_case_id) if referral.joined_case_id in seen else None,
    }


def _joined_in_sight(by: Actor, rows: Iterable[Referral]) -> Collection[UUID]:
    """Return the cases of the episodes that these referrals joined, and that the actor may see."""
    joined = {row.joined_case_id for row in rows if row.joined_case_id}
    if not joined:
        return ()
    found = scope(Referral.objects.filter(case_id__in=joined), by, levels=STATUS_LEVELS)
    return set(found.values_list("case_id", flat=True))


def one_referral(by: Actor, referral: Referral, now: datetime) -> dict[str, Any]:
    """Return one referral with its clocks read now."""
    return page_of_referrals(by, [referral], now)[0]


def advised_referral(by: Actor, referral: Referral, now: datetime) -> dict[str, Any]:
    """Return one referral with what the rules recommend: null once decided, or to who sees only its status."""
    told = _recommendation(referral, now) if may_see(by, referral.case_id) else None
    return one_referral(by, referral, now) | {"recommendation": told}


def _recommendation(referral: Referral, now: datetime) -> dict[str, Any] | None:
    found = advice_on(referral, now) if referral.status in OPEN else None
    if found is None:
        return None
    return {
        "version": found.advice.version,
        "service": found.advice.service or None,
        "urgency": found.advice.urgency or None,
        "disposition": str(found.advice.disposition),
        "reasons": [{"code": code, "words": words} for code, words in found.advice.reasons],
    }


def page_of_referrals(by: Actor, rows: list[Referral], now: datetime) -> list[dict[str, Any]]:
    """Return a page of referrals; their clocks are read together, and so are the cases that they joined."""
    clocks = clocks_by_case(clocks_told([row.case_id for row in rows]), now)
    seen = _joined_in_sight(by, rows)
    return [referral_detail(by, row, clocks[row.case_id], seen) for row in rows]
