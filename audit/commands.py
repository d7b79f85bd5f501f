"""How a command is written, and how what happened is recorded."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction
from psycopg.errors import DeadlockDetected

from audit.acting import acting, current, inside_command, now
from audit.bulk import add, insert
from audit.domain import Actor, as_codes
from audit.models import AccessLog, CaseEvent, Sending
from audit.refusals import NotPermitted

__all__ = [
    "acting",
    "command",
    "current",
    "first_sending",
    "note_denial",
    "note_read",
    "now",
    "once",
    "record",
    "require",
]

P = ParamSpec("P")
T = TypeVar("T")
TRIES = 3


def command(function: Callable[P, T]) -> Callable[P, T]:
    """Mark a verb of the service: keyword-only, atomic, done `by` an Actor at one instant.

    The outermost command owns the transaction; a command called inside another joins it. When PostgreSQL undoes the
    outermost one because two waited for each other, it is done anew.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        by = kwargs.get("by")
        if not isinstance(by, Actor):
            raise TypeError(f"{function.__name__} needs by=Actor")
        for left in reversed(range(TRIES)):
            try:
                with transaction.atomic(savepoint=not inside_command()), acting(by):
                    return function(*args, **kwargs)
            except OperationalError as fault:
                if not left or connection.in_atomic_block or not isinstance(fault.__cause__, DeadlockDetected):
                    raise
        raise AssertionError("the last try returns or raises")

    run.is_command = True  # type: ignore[attr-defined]
    return run


def require(by: Actor, permission: str) -> None:
    """Raise NotPermitted unless the actor holds the permission."""
    if not by.may(permission):
        raise NotPermitted(permission)


def first_sending(sent_id: UUID) -> bool:
    """Keep the name of a sending and say whether it is new; of two at once the second waits. Call inside a command."""
    return bool(insert(Sending, ("id", "at"), [(sent_id, now())], returning=["id"], skip_existing=True))


@command
def once(*, by: Actor, sent_id: UUID, act: Callable[[], T]) -> T | None:
    """Do what a form asks and return what it made, the first time it is sent; None whenever the same comes again.

    The sending is kept in the same transaction: what was refused may be sent again.
    """
    return act() if first_sending(sent_id) else None


def record(*, case_id: UUID, event: str, subject: str, occurred_at: datetime | None = None, **data: Any) -> CaseEvent:
    """Append one event to the case, in the command's transaction. `data` holds codes and ids.

    Raises ValueError for words: what is said about a person belongs in a row that can be erased.
    """
    by, instant = current(), now()
    event_row = CaseEvent(
        case_id=case_id,
        event=event,
        subject=subject,
        occurred_at=occurred_at or instant,
        recorded_at=instant,
        actor_id=by.id,
        actor_label=by.label,
        actor_role=by.role,
        data=as_codes(data),
    )
    return add(event_row)


def _log(by: Actor, what: str, ids: Sequence[object], denied: bool) -> AccessLog:
    row = AccessLog(
        at=now(),
        actor_id=by.id,
        actor_label=by.label,
        what=what,
        ids=[str(i) for i in ids],
        denied=denied,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )
    return add(row)


def note_read(*, by: Actor, what: str, ids: Sequence[object]) -> None:
    """Log that the actor read these rows (R070). If the log cannot be written the page fails."""
    _log(by, what, ids, denied=False)


def note_denial(*, by: Actor, what: str, ids: Sequence[object] = ()) -> None:
    """Log a refused attempt on these rows, in its own transaction after the rollback."""
    _log(by, what, ids, denied=True)
