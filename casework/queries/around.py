"""What stands around every page, in one statement: the place, its words, the last sweep, what waits for its reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection

from accounts.domain import Code, CodeListName, code_of
from audit.domain import Actor

LISTS = (
    CodeListName.WARNINGS,
    CodeListName.SOURCES,
    CodeListName.RED_FLAGS,
    CodeListName.DECLINE_REASONS,
    CodeListName.SIGNPOSTS,
    CodeListName.REFERRAL_REASONS,
    CodeListName.HOSPITALS,
    CodeListName.MINIMUM_DATA,
)
READ = f"""
SELECT p.name,
    json_build_array({", ".join(f"p.words -> '{name}'" for name in LISTS)}),
    (SELECT json_agg(json_build_array(code, name) ORDER BY position, code) FROM capacity_zone WHERE ends_on IS NULL),
    (SELECT beat_at FROM timelimits_heartbeat WHERE name = 'sweep'),
    (SELECT count(*) FROM (
        SELECT FROM notifications_message WHERE user_id = %s AND read_at IS NULL LIMIT 100) AS unread),
    EXISTS (SELECT FROM referrals_draft WHERE user_id = %s AND form LIKE 'call%%')
FROM (SELECT) AS one LEFT JOIN accounts_place p ON true
"""  # noqa: S608  (names of our own)


@dataclass(frozen=True)
class PlaceWords:
    """Zones in the place's order, and its coded lists, retired codes too: old records still need their words."""

    zones: Mapping[str, str]
    lists: Mapping[str, Sequence[Code]]

    @property
    def warnings(self) -> Sequence[Code]:
        return self.lists[CodeListName.WARNINGS]

    @property
    def red_flags(self) -> Sequence[Code]:
        return self.lists[CodeListName.RED_FLAGS]

    @property
    def hospitals(self) -> Sequence[Code]:
        return self.lists[CodeListName.HOSPITALS]

    @cached_property
    def sources(self) -> Mapping[str, str]:
        return {code.code: code.words for code in self.lists[CodeListName.SOURCES]}


@dataclass(frozen=True, slots=True)
class Around:
    """What every page of somebody shows beside its own. `unread` is counted up to 100. `calls`: any half written."""

    place: str
    words: PlaceWords
    beat_at: datetime | None
    unread: int
    calls: bool

    def age(self, now: datetime) -> timedelta | None:
        """Return how long ago the sweep last ran to its end; None if it never did."""
        return None if self.beat_at is None else now - self.beat_at


def around(by: Actor) -> Around:
    """Return what stands around the actor's page; of a stranger only the place is of use."""
    with connection.cursor() as cursor:
        cursor.execute(READ, [by.user_id, by.user_id])
        name, lists, zones, beat_at, unread, calls = cursor.fetchone()
    return Around(name or "", PlaceWords(dict(zones or ()), _lists(lists)), beat_at, unread, calls)


def _lists(held: Sequence[Any]) -> dict[str, Sequence[Code]]:
    return {name: [code_of(entry) for entry in entries or ()] for name, entries in zip(LISTS, held, strict=True)}
