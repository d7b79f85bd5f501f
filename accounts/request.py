"""The actor of a request, put there by the middleware."""

from uuid import UUID

from django.http import HttpRequest

from audit.domain import ANONYMOUS, Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; a stranger is anonymous and may do nothing."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    return actor


def read_id(text: str) -> UUID | None:
    """Return the id that an address or a form holds; None for what is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
