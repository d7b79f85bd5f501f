"""Zones as the place bundle gives them."""

from collections.abc import Sequence
from datetime import date

from accounts.commands.placing import put_row
from accounts.domain import Change, Permission
from audit.commands import command, require
from audit.domain import Actor
from capacity.models import Zone


@command
def put_zone(*, by: Actor, code: str, name: str, postcode_prefixes: Sequence[str], position: int) -> Change | None:
    """Add a zone or change it, in use again from now on (R199)."""
    require(by, Permission.PLACE_MANAGE)
    wanted = {"name": name, "postcode_prefixes": list(postcode_prefixes), "position": position, "ends_on": None}
    return put_row(Zone, f"zone {code}", {"code": code}, wanted)


@command
def end_zone(*, by: Actor, code: str, on: date) -> Change | None:
    """Give up a zone: it takes no postcodes any more, and keeps its name for the cases that carry it."""
    require(by, Permission.PLACE_MANAGE)
    ended = Zone.objects.filter(code=code, ends_on=None).update(ends_on=on)
    return Change(f"zone {code}", "ended") if ended else None
