"""The actor of a request, put there by the middleware."""

from django.http import HttpRequest

from audit.domain import ANONYMOUS, Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return who asks; a stranger is anonymous and may do nothing."""
    actor: Actor = getattr(request, "actor", ANONYMOUS)
    return actor
