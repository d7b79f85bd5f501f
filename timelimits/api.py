"""REST: explain one clock."""

from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import actor_of
from accounts.api.document import described
from accounts.api.endpoint import Endpoint, instant
from accounts.domain import AccessLevel, Permission
from audit.commands import note_read, now
from timelimits import queries
from timelimits.domain import BREACH, State
from timelimits.queries.explanation import Explanation

STATES: dict[State, str] = {State.OVERDUE: "breached"}
SIGHT = (AccessLevel.FULL, AccessLevel.STATUS)


class PieceSerializer(serializers.Serializer[Any]):
    """One piece of time."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    kind = serializers.ChoiceField(choices=["counts", "closed", "paused", "first_day", "late"])
    counted = serializers.IntegerField(help_text="Seconds, or whole days for limits in days.")
    used = serializers.IntegerField(help_text="The running sum, in the same unit.")


class BreachSerializer(serializers.Serializer[Any]):
    """One recorded breach. `annotation` says why it does not stand, where it does not."""

    due_at = serializers.DateTimeField()
    noticed_at = serializers.DateTimeField()
    annotation = serializers.CharField(allow_blank=True)


class ExplanationSerializer(serializers.Serializer[Any]):
    """What a clock counted and why it falls due when it does."""

    id = serializers.UUIDField()
    policy = serializers.CharField()
    version = serializers.IntegerField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=["running", "paused", "met", "breached", "cancelled"])
    started_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    stopped_at = serializers.DateTimeField(allow_null=True)
    unit = serializers.ChoiceField(choices=["seconds", "days"])
    allowed = serializers.IntegerField()
    used = serializers.IntegerField()
    pieces = PieceSerializer(many=True)
    breaches = BreachSerializer(many=True)


class ExplainClock(Endpoint):
    """Explain one clock."""

    http_method_names = ["get", "head"]
    permissions: ClassVar[dict[str, Permission]] = {"GET": Permission.CLOCK_READ}

    @described(
        verb="explain_clock",
        tag="Clocks",
        summary="Explain a time limit",
        gives=ExplanationSerializer,
        refuses=(404,),
    )
    def get(self, request: Request, clock_id: UUID) -> Response:
        """Return the pieces and the sum of one clock of a case in sight."""
        by = actor_of(request)
        found = queries.explain(by, clock_id, now(), SIGHT)
        note_read(by=by, what="clock.explain", ids=[found.clock.case_id])
        return Response(explanation_answer(found))


def explanation_answer(found: Explanation) -> dict[str, Any]:
    """Return an explanation as the contract has it. Nobody is named."""
    clock, days = found.clock, found.policy.limit.kind.in_days
    return {
        "id": str(clock.pk),
        "policy": clock.policy_code,
        "version": found.policy.version,
        "title": found.policy.title,
        "status": STATES.get(found.state, found.state.value),
        "started_at": instant(clock.started_at),
        "due_at": instant(found.reckoning.due_at),
        "stopped_at": instant(clock.stopped_at),
        "unit": "days" if days else "seconds",
        "allowed": _amount(found.reckoning.allowed, days),
        "used": _amount(found.used, days),
        "pieces": [
            {
                "starts_at": instant(piece.starts_at),
                "ends_at": instant(piece.ends_at),
                "kind": piece.kind.value,
                "counted": _amount(piece.counted, days),
                "used": _amount(piece.used, days),
            }
            for piece in found.pieces
        ],
        "breaches": [
            {"due_at": instant(e.due_at), "noticed_at": instant(e.noticed_at), "annotation": e.annotation}
            for e in found.events
            if e.stage == BREACH
        ],
    }


def _amount(span: timedelta, days: bool) -> int:
    return span.days if days else int(span.total_seconds())
