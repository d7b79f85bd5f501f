"""Keep a list of the board under a name, open the board with it, or forget it: each person's own."""

from uuid import UUID

from accounts.domain import CodeListName, Permission
from accounts.models import User
from accounts.queries import codes
from audit.commands import command, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from capacity.queries import zones
from casework.domain import BoardView
from referrals.models import SavedView

LONGEST_NAME = 40
MOST_VIEWS = 12


@command
def save_view(*, by: Actor, name: str, view: BoardView, first: bool = False) -> SavedView:
    """Keep a view under a name of at most 40 letters; the same name again is replaced.

    `first`: the board opens with it.
    Raises NotPermitted, RuleBroken (name_missing), IllegalMove (too_many) past 12 of them.
    """
    mine = _own(by)
    words = " ".join(name.split())
    if not words or len(words) > LONGEST_NAME:
        raise RuleBroken("name_missing", f"Give it a name of at most {LONGEST_NAME} letters.", "name")
    rows = SavedView.objects.filter(user_id=mine)
    held = rows.filter(name__iexact=words).first()
    if held is None and rows.count() >= MOST_VIEWS:
        raise IllegalMove("too_many", f"This can't be done because you have {MOST_VIEWS} views. Forget one first.")
    row = held or SavedView(user_id=mine)
    row.name, row.tab, row.show, row.urgency = words, str(view.tab), str(view.show), view.urgency
    row.zone, row.hospital = _known(view)
    _stand_alone(row, first)
    row.save()
    return row


@command
def open_with_view(*, by: Actor, view_id: int, first: bool) -> SavedView:
    """Let the board open with this view, or with all that is open again. Repeating is quiet. Raises NotFound."""
    row = _mine(by, view_id)
    _stand_alone(row, first)
    row.save(update_fields=["first"])
    return row


@command
def forget_view(*, by: Actor, view_id: int) -> None:
    """Forget a view. Raises NotFound when there is none of theirs."""
    _mine(by, view_id).delete()


def _own(by: Actor) -> UUID:
    """Return whose views these are, and lock the person's own row, so that two windows do not write past each other."""
    require(by, Permission.BOARD_READ)
    if by.user_id is None:
        raise NotPermitted(Permission.BOARD_READ)
    User.objects.select_for_update().only("pk").get(pk=by.user_id)
    return by.user_id


def _known(view: BoardView) -> tuple[str, str]:
    """Return the zone and the hospital of a view, nothing for what is no code of the place: no words are kept here."""
    zone = view.zone if zones().filter(code=view.zone).exists() else ""
    hospitals = {code.code for code in codes(CodeListName.HOSPITALS)}
    return zone, view.hospital if view.hospital in hospitals else ""


def _mine(by: Actor, view_id: int) -> SavedView:
    row = SavedView.objects.filter(user_id=_own(by), pk=view_id).first()
    if row is None:
        raise NotFound
    return row


def _stand_alone(row: SavedView, first: bool) -> None:
    """Only one view is the first: the others step back before this one is written."""
    if first:
        for other in SavedView.objects.filter(user_id=row.user_id, first=True).exclude(pk=row.pk):
            other.first = False
            other.save(update_fields=["first"])
    row.first = first
