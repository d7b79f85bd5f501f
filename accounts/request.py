"""A request as every page of every app has it: what our middleware puts on it, and how that is read."""

from datetime import datetime
from typing import cast
from uuid import UUID

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from audit.domain import ANONYMOUS, Actor

FIGURES = 9


class Asked(HttpRequest):
    """A request after our middleware: who acts, when their session ends, what htmx says. For types only."""

    actor: Actor
    htmx: HtmxDetails
    session_ends: datetime
    session_limit: datetime


def asked(request: HttpRequest) -> Asked:
    """Return the request as our middleware left it: call it where that has run."""
    return cast(Asked, request)


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


def read_number(request: HttpRequest, name: str) -> int | None:
    """Return the number that the page put in a button's form; None for what is none."""
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= FIGURES else None
