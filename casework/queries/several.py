"""Several rows of the board that somebody ticked."""

from collections.abc import Collection
from uuid import UUID

from audit.commands import note_read
from audit.domain import Actor
from casework.domain import EPOCH, BoardView, Looked
from casework.queries.board import MOST_WHOLE, Whole, asked_for, whole_of
from referrals.models import Referral
from referrals.queries import for_actor


def several(by: Actor, ids: Collection[UUID]) -> list[Referral]:
    """Return those that the actor may see, in the order they came in, and log one reading."""
    rows = list(for_actor(by).filter(pk__in=ids).order_by("received_at", "pk")[:MOST_WHOLE])
    if rows:
        note_read(by=by, what="board.several", ids=[row.person_id for row in rows])
    return rows


def several_whole(by: Actor, ids: Collection[UUID]) -> Whole:
    """Return the open ones of these as the file of the board has them, next deadline first."""
    cases = Referral.objects.filter(pk__in=ids).values("case_id")
    return whole_of(asked_for(by, BoardView(), Looked(EPOCH)).filter(case_id__in=cases), by)
