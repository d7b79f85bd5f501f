"""Zones as the place bundle gives them."""

from collections.abc import Sequence
from datetime import date

from accounts.domain import Permission
from audit.commands import command, require
from audit.domain import Actor
from capacity.models import Zone


@command
def put_zone(*, by: Actor, code: str, name: str, postcode_prefixes: Sequence[str], position: int) -> list[str]:
    """Add a zone or change it, in use again from now on. Returns the names of the fields that changed."""
    require(by, Permission.PLACE_MANAGE)
    wanted = {"name": name, "postcode_prefixes": list(postcode_prefixes), "position": position, "ends_on": None}
    zone, added = Zone.objects.select_for_update().get_or_create(code=code, defaults=wanted)
    changed = list(wanted) if added else [key for key, value in wanted.items() if getattr(zone, key) != value]
    for key in changed:
        setattr(zone, key, wanted[key])
    if changed:
        zone.save()
    return changed


@command
def end_zone(*, by: Actor, code: str, on: date) -> None:
    """Give up a zone: it takes no postcodes any more, and keeps its name for the cases that carry it."""
    require(by, Permission.PLACE_MANAGE)
    Zone.objects.filter(code=code, ends_on=None).update(ends_on=on)
