"""Who a page is about, and what everybody must see who deals with them: the same above every page of a person."""

from typing import Any

from audit.commands import now
from referrals import presenters
from referrals.models import Person
from referrals.queries import needs_of


def head_of(person: Person) -> dict[str, Any]:
    """Return the person, their line, and their needs: how to reach them, in which format, with whom (R063)."""
    return {
        "person": person,
        "head": presenters.record_head(person, now()),
        "needs": presenters.flags(needs_of(person)),
    }
