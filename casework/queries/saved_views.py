"""The lists of the board that somebody keeps under a name."""

from collections.abc import Sequence

from accounts.domain import Permission
from audit.commands import require
from audit.domain import Actor
from casework.domain import BoardView, SavedAs, Show, Tab
from referrals.models import SavedView

COLUMNS = ("id", "name", "tab", "zone", "show", "urgency", "hospital", "first")
AS_JSON = f"""(SELECT json_agg(json_build_array({", ".join(COLUMNS)}) ORDER BY lower(name))
    FROM referrals_savedview WHERE user_id = %s)"""  # noqa: S608  (names of our own)


def saved_views(by: Actor) -> Sequence[SavedAs]:
    """Return what the actor keeps, by name. Raises NotPermitted."""
    require(by, Permission.BOARD_READ)
    rows = SavedView.objects.filter(user_id=by.user_id).values_list(*COLUMNS) if by.user_id else []
    return sorted((read_saved(row) for row in rows), key=lambda saved: saved.name.lower())


def read_saved(row: Sequence[object]) -> SavedAs:
    """Return one saved view from its columns; a code that is known no more is left out."""
    key, name, tab, zone, show, urgency, hospital, first = row
    view = BoardView(
        tab=Tab(str(tab)) if tab in set(Tab) else Tab.ALL,
        zone=str(zone),
        show=Show(str(show)) if show in set(Show) else Show.EVERYONE,
        urgency=str(urgency),
        hospital=str(hospital),
    )
    return SavedAs(int(str(key)), str(name), view, first=bool(first))
