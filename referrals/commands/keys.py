"""Answer a partner's repeated call with the first answer."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit.bulk import insert
from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import IllegalMove
from referrals.models import IdempotencyKey

KEPT = timedelta(days=30)
LOT = 1000
ANSWERED = "UPDATE referrals_idempotencykey SET status = %s, answer = %s WHERE id = %s"
COLUMNS = ("client", "key", "body_hash", "status", "answer", "created_at")


@command
def once(
    *, by: Actor, client_id: UUID, key: str, body_hash: str, make: Callable[[], tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any]]:
    """Return `make()`'s status and answer the first time, and the same ever after for the same key and body.

    The key is written in the same transaction; of two calls at once the second waits and gets the first's answer.
    Raises IllegalMove when the key came with another body.
    """
    first: list[Any] = [client_id, key, body_hash, 0, {}, now()]
    if made := insert(IdempotencyKey, COLUMNS, [first], returning=["id"], skip_existing=True):
        status, answer = make()
        with connection.cursor() as cursor:
            cursor.execute(ANSWERED, [status, json.dumps(answer), made[0][0]])
        return status, answer
    row = IdempotencyKey.objects.get(client_id=client_id, key=key)
    if row.body_hash != body_hash:
        raise IllegalMove("key_reused", "This Idempotency-Key was used with another body.")
    return row.status, row.answer


@command
def forget_old_keys(*, by: Actor) -> int:
    """Delete keys older than 30 days, a thousand at a time; returns how many."""
    old = IdempotencyKey.objects.filter(created_at__lt=now() - KEPT).order_by("created_at").values("pk")[:LOT]
    return IdempotencyKey.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
