"""Everything open of a case, app by app in one fixed order: previewed, ended and reopened by the same list."""

from collections.abc import Collection, Iterable
from types import ModuleType
from uuid import UUID

import careplans.closing
import pathways.closing
import referrals.closing
import timelimits.closing
from audit.domain import Actor
from timelimits.domain import OpenItem, Why

ORDER: tuple[ModuleType, ...] = (careplans.closing, pathways.closing, referrals.closing, timelimits.closing)
"""What is done for a person first, their place on the lists last. A reopening goes the other way for clocks only."""


def open_work(actor: Actor, case_ids: Collection[UUID]) -> list[OpenItem]:
    """Return everything open of these cases that the actor may see, in the order in which it ends."""
    return [item for app in ORDER for item in app.open_work(actor, case_ids)]


def end(by: Actor, items: Iterable[OpenItem], why: Why) -> None:
    """End all of these. Call inside a command: it is one transaction."""
    listed = list(items)
    for app in ORDER:
        app.end(by, listed, why)


def reopen(by: Actor, act: UUID) -> None:
    """Open again all that the act ended. Call inside a command: it is one transaction."""
    for app in ORDER:
        app.reopen(by, act)
