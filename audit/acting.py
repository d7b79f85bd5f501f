"""Who is acting now and at what instant, for the length of the outermost command."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

from audit.domain import Actor

_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)
_instant: ContextVar[datetime | None] = ContextVar("instant", default=None)


def now() -> datetime:
    """Return the instant of the command being run (one per outermost command), else the present one. UTC."""
    return _instant.get() or timezone.now()


def current() -> Actor:
    """Return the acting Actor. Raises LookupError outside a command: no change is anonymous."""
    actor = _actor.get()
    if actor is None:
        raise LookupError("Nobody is acting: call this inside a command.")
    return actor


def inside_command() -> bool:
    """Say whether a command is already running, so that a further one joins its transaction."""
    return _instant.get() is not None


@contextmanager
def acting(by: Actor, at: datetime | None = None) -> Iterator[None]:
    """Make `by` the actor; the instant is read once, by the outermost call.

    `at` is for the demonstration place only, whose made-up past goes through the real commands.
    """
    actor_token = _actor.set(by)
    instant_token = _instant.set(at or now())
    try:
        yield
    finally:
        _instant.reset(instant_token)
        _actor.reset(actor_token)
