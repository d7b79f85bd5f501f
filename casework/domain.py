"""The lists of the single point of access: tabs, filters and where a page of a list ends. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from referrals.domain import Phase, Urgency

PAGE = 50
COUNTED_TO = 100
MOST_SEEN = 300
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OPEN_PHASES = (Phase.NEW, Phase.WAITING, Phase.ACCEPTED)


class Tab(StrEnum):
    """The lists of the board. One referral can be on several."""

    ALL = "all"
    TWO_HOUR = "two-hour"
    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    STEP_DOWN = "step-down"
    DONE = "done"


class Show(StrEnum):
    """Whose referrals are shown."""

    EVERYONE = ""
    NOBODY = "nobody"
    MINE = "mine"
    UNSEEN = "unseen"


class Several(StrEnum):
    """What is done with several rows of the board at once; each of them by the command of one."""

    SEEN = "seen"
    TAKE = "take"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class BoardView:
    """What somebody has chosen to see on the board: codes only, as they stand in the address."""

    tab: Tab = Tab.ALL
    zone: str = ""
    show: Show = Show.EVERYONE
    urgency: str = ""
    hospital: str = ""

    def query(self, **more: str) -> str:
        """Return the address's query, empty values left out: "?tab=new&zone=crosby"."""
        tab = "" if self.tab is Tab.ALL else str(self.tab)
        parts = {"tab": tab, "zone": self.zone, **self._narrowed(), "show": str(self.show), **more}
        kept = {name: value for name, value in parts.items() if value}
        return f"?{urlencode(kept or {'tab': str(Tab.ALL)})}"  # never bare: bare opens with the view kept as the first

    def _narrowed(self) -> dict[str, str]:
        return {"urgency": self.urgency, "hospital": self.hospital}

    def with_(self, **changes: Any) -> "BoardView":
        """Return the same view with some choices changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class SavedAs:
    """A view under the name that somebody gave it; `first`: the board opens with it."""

    id: int
    name: str
    view: BoardView
    first: bool = False


def read_view(asked: Mapping[str, str]) -> BoardView:
    """Return the view that an address asks for; a code that is not known is left out, never an error."""
    tab, show = asked.get("tab", ""), asked.get("show", "")
    return BoardView(
        tab=Tab(tab) if tab in set(Tab) else Tab.ALL,
        zone=asked.get("zone", "")[:40],
        show=Show(show) if show in set(Show) else Show.EVERYONE,
        urgency=asked.get("urgency", "") if asked.get("urgency", "") in set(Urgency) else "",
        hospital=asked.get("hospital", "")[:40],
    )


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a list ended: the instant it is ordered by (None: those without one, last) and a key."""

    at: datetime | None
    key: str

    def __str__(self) -> str:
        return f"{'none' if self.at is None else write_instant(self.at)}.{self.key}"


def write_instant(at: datetime) -> str:
    """Return an instant as it stands in an address: microseconds since 1970."""
    return str((at - EPOCH) // timedelta(microseconds=1))


def read_instant(text: str) -> datetime | None:
    """Return the instant of an address, or None for what is none."""
    try:
        return EPOCH + timedelta(microseconds=int(text))
    except (ValueError, OverflowError):
        return None


def read_cursor(text: str) -> Cursor | None:
    """Return the cursor of an address; None for the first page, or for what is no cursor."""
    micros, _, key = text.partition(".")
    if not key or len(key) > 40:
        return None
    if micros == "none":
        return Cursor(None, key)
    at = read_instant(micros)
    return None if at is None else Cursor(at, key)


def read_case_cursor(text: str) -> Cursor | None:
    """Return the cursor of a list whose key is a case id; None when it is no such cursor."""
    cursor = read_cursor(text)
    try:
        return cursor and Cursor(cursor.at, str(UUID(cursor.key)))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Looked:
    """What one person has looked at: everything that came before `since`, and the referrals opened after it."""

    since: datetime
    opened: frozenset[str] = frozenset()

    def is_unseen(self, case_id: UUID, phase: str, opened_at: datetime) -> bool:
        """Say whether this one is new since they looked: not yet triaged, and not opened by them."""
        return phase == Phase.NEW and opened_at > self.since and str(case_id) not in self.opened

    def opening(self, case_id: UUID) -> "Looked":
        """Return what they have looked at once this one is opened; the list is kept short."""
        return Looked(self.since, frozenset([*sorted(self.opened)[: MOST_SEEN - 1], str(case_id)]))

    def as_json(self) -> dict[str, Any]:
        """Return it as the session holds it."""
        return {"since": self.since.isoformat(), "opened": sorted(self.opened)}


def read_looked(held: Any, now: datetime) -> Looked:
    """Return what the session holds; somebody who has not looked yet has nothing new."""
    if not held:
        return Looked(now)
    return Looked(datetime.fromisoformat(held["since"]), frozenset(held["opened"]))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are on each list; all but the tabs up to 100. `arrived`: two-hour ones since the last poll."""

    tabs: Mapping[Tab, int] = field(default_factory=dict)
    overdue: int = 0
    nobody: int = 0
    mine: int = 0
    unseen: int = 0
    arrived: int = 0
    saved: tuple[SavedAs, ...] = ()


class TimelineFilter(StrEnum):
    """Which events of a case are shown."""

    ALL = ""
    CONTACTS = "contacts"
    CLOCKS = "clocks"
    DECISIONS = "decisions"


def read_filter(text: str) -> TimelineFilter:
    """Return the filter of an address; everything for a code that is not known."""
    return TimelineFilter(text) if text in set(TimelineFilter) else TimelineFilter.ALL


FAULT = "fault"
"""Stands among the parts for what could not be gathered; its title is the kind of fault."""
MOST_READINGS = 500
AROUND = timedelta(days=30)
"""How long before and after a reading somebody's work for the person explains it."""
OPENED_BY_CASE = {
    "clock.explain": "How a time limit is counted",
    "alert.read": "Alarm",
    "approval.read": "Second person’s decision",
    "override.read": "Safe-care override",
}
"""What counts as opening one person's record too; the access log names the case, not the person."""
OPENED = OPENED_BY_CASE | {
    "case": "Case",
    "case.letter": "Letter to the person",
    "referral": "Referral",
    "episode": "Episode",
    "person": "Person",
    "person.record": "Whole record",
    "person.file": "File",
    "plan": "Plan of care",
    "person.key_safe": "Key-safe code",
    "person.erasure": "All that is held, to erase it",
    "person.readers_of": "Who opened their record",
    "person.access": "All that is held (subject access)",
    "person.glass_broken": "Restricted record, with a reason",
    "person.merge": "Two records, to merge them",
    "discharge": "Discharge",
    "signposting": "Person sent elsewhere",
    "sent": "Referral that was sent",
}
"""What counts as opening one person's record, as the access log names it; its first id is the person's or a case's."""


class Flag(StrEnum):
    """Why a privacy officer should look at a reading. In the order in which the query tells them."""

    OWN = "own"
    SURNAME = "surname"
    ADDRESS = "address"
    NO_WORK = "no-work"


FLAG_WORDS = {
    Flag.OWN: "Own record",
    Flag.SURNAME: "Same surname",
    Flag.ADDRESS: "Same postcode as the reader’s own record",
    Flag.NO_WORK: "No work for them around then",
}


class Period(StrEnum):
    """How far back a report of readers goes, in days."""

    WEEK = "7"
    MONTH = "30"
    QUARTER = "90"

    @property
    def length(self) -> timedelta:
        """Return it as a length of time."""
        return timedelta(days=int(self))


def read_period(text: str) -> Period:
    """Return the period of an address; a week for what is none."""
    return Period(text) if text in set(Period) else Period.WEEK


def read_flag(text: str) -> str:
    """Return the flag of an address; empty for every reading that has one."""
    return text if text in set(Flag) else ""


class Day(StrEnum):
    """A day that comes without anybody looking, and is said by the bell."""

    ANSWER_SOON = "answer_soon"
    ANSWER_DUE = "answer_due"
    HOLD_REVIEW = "hold_review"
    BASIS_ENDED = "basis_ended"
    RECORDS_DUE = "records_due"

    @property
    def label(self) -> str:
        """Return what the bell says."""
        return DAY_WORDS[self]


DAY_WORDS = {
    Day.ANSWER_SOON: "Somebody asked to see their record: the answer is due within a week",
    Day.ANSWER_DUE: "Somebody asked to see their record: the answer is due",
    Day.HOLD_REVIEW: "A legal hold is to be looked at again",
    Day.BASIS_ENDED: "A basis for sharing has ended: nothing leaves on it any more",
    Day.RECORDS_DUE: "Records are due for review",
}
