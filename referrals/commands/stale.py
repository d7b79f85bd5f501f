"""A part of a record that somebody else changed since it was opened is not written over."""

from typing import Any

from audit.commands import now
from audit.refusals import Stale
from referrals.presenters import wall_clock


def refuse_stale(row: Any, version: int | None) -> None:
    """Raise Stale with who changed the part and when, unless this is the version that was looked at."""
    if version is None or version == row.version:
        return
    who = row.changed_label or "Somebody"
    at = f" at {wall_clock(row.changed_at, now())}" if row.changed_at else ""
    raise Stale(f"{who} changed this{at}, after you opened it.")
