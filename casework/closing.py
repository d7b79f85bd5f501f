"""Everything open of a case, app by app in one fixed order: previewed, ended and reopened by the same list."""

from collections.abc import Collection, Iterable
from types import ModuleType
from uuid import UUID

import careplans.closing
import pathways.closing
import referrals.closing
import timelimits.closing
from audit.domain import Actor
from timelimits.closing import closed_by, reopened
from timelimits.domain import OpenItem, Why

ORDER: tuple[ModuleType, ...] = (careplans.closing, pathways.closing, referrals.closing, timelimits.closing)
"""What is done for a person first, their place on the lists last. A reopening goes the other way for clocks only."""


def open_work(actor: Actor, case_ids: Collection[UUID]) -> list[OpenItem]:
    """Return everything open of these cases that the actor may see, in the order in which it ends."""
    return [item for app in ORDER for item in app.open_work(actor, case_ids)]


def end(by: Actor, items: Iterable[OpenItem], why: Why) -> None:
    """End all of these, each noted with what it was before. What has ended meanwhile is left alone.

    Call inside a command: it is one transaction.
    """
    listed = list(items)
    for app in ORDER:
        for item in listed:
            if item.kind in app.ENDS:
                app.ENDS[item.kind](by, item, why)


def reopen(by: Actor, act: UUID) -> None:
    """Open again all that the act ended, in the order of each app's REOPENS. Call inside a command: one transaction.

    Raises IllegalMove when another episode of the person began meanwhile.
    """
    for app in ORDER:
        kinds = list(app.REOPENS)
        for row in sorted(closed_by(act, kinds), key=lambda each: kinds.index(each.kind)):
            app.REOPENS[row.kind](by, row)
            reopened(by, row)
