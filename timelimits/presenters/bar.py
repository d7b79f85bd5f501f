"""The time bar: what counted, what did not, where it stopped and where it was due, as figures for an SVG. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from accounts.domain.rota import LONDON
from timelimits.domain import Segment, SegmentKind
from timelimits.domain.local_time import clock_changes, day_words, local_date, zone_word
from timelimits.presenters.words import long_words, span_words

WIDTH, LEFT, RIGHT = 1080, 40, 1040
ROOM = 96
LABEL = 46
KINDS = {
    SegmentKind.COUNTS: "counts",
    SegmentKind.CLOSED: "closed",
    SegmentKind.FIRST_DAY: "closed",
    SegmentKind.PAUSED: "paused",
    SegmentKind.LATE: "late",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """One stretch of the bar."""

    x: float
    width: float
    kind: str
    words: str
    middle: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A time under the bar."""

    x: float
    first: str
    second: str
    anchor: str
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Mark:
    """A line through the bar: where it stopped or stands now, and where it was due."""

    x: float
    words: str
    kind: str
    anchor: str
    y: int


@dataclass(frozen=True, slots=True)
class Bar:
    """All that components/time_bar.html reads."""

    title: str
    description: str
    width: int
    pieces: tuple[Piece, ...]
    ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]


class Scale:
    """From instants to places along the bar."""

    def __init__(self, first: datetime, last: datetime) -> None:
        self.first = first
        self.seconds = max((last - first).total_seconds(), 1.0)

    def x(self, at: datetime) -> float:
        """Return where an instant stands, in the units of the drawing."""
        share = (at - self.first).total_seconds() / self.seconds
        return round(LEFT + min(max(share, 0.0), 1.0) * (RIGHT - LEFT), 1)


def time_bar(pieces: Sequence[Segment], until: datetime, until_words: str, due_at: datetime | None, days: bool) -> Bar:
    """Return the drawing of a clock's pieces up to `until`, with the due instant where there is one."""
    starts_at = pieces[0].starts_at if pieces else until
    last = max(until, due_at) if due_at else until
    scale = Scale(min(starts_at, until), last)
    drawn = tuple(_piece(segment, scale, days) for segment in pieces)
    marks = [Mark(scale.x(until), f"{until_words} {_short(until, days)}", "stop", _anchor(scale.x(until)), 24)]
    if due_at is not None:
        x = scale.x(due_at)
        below = abs(x - marks[0].x) < 2 * ROOM
        marks.append(Mark(x, f"Due {_short(due_at, days)}", "due", _anchor(x), 118 if below else 24))
    return Bar(
        title=f"Time bar, {_long(starts_at, days)} to {_long(last, days)}",
        description=", ".join(f"{KINDS[s.kind]} {long_words(s.length)}" for s in pieces) or "nothing yet",
        width=WIDTH,
        pieces=drawn,
        ticks=_ticks(pieces, scale, days, due_at),
        marks=tuple(marks),
    )


def _piece(segment: Segment, scale: Scale, days: bool) -> Piece:
    x, end = scale.x(segment.starts_at), scale.x(segment.ends_at)
    width = round(end - x, 1)
    words = ""
    if width >= LABEL:
        words = _piece_words(segment, days)
    return Piece(x, width, KINDS[segment.kind], words, round(x + width / 2, 1))


def _piece_words(segment: Segment, days: bool) -> str:
    if segment.kind is SegmentKind.LATE:
        return span_words(segment.length)
    if days:
        return str(segment.counted.days or "")
    words = long_words(segment.length).removesuffix(" 0 min")
    return words.removesuffix(" min") if " h " in words else words


def _ticks(pieces: Sequence[Segment], scale: Scale, days: bool, due_at: datetime | None) -> tuple[Tick, ...]:
    """Return the times under the bar: where pieces meet and where the clocks change, as far as there is room."""
    if not pieces:
        return ()
    changes = () if days else clock_changes(pieces[0].starts_at, pieces[-1].ends_at)
    edges = sorted({*(piece.starts_at for piece in pieces), *changes})
    due_x = scale.x(due_at) if due_at else RIGHT
    free_until = due_x - ROOM if due_x > RIGHT - 2 * ROOM else RIGHT
    ticks: list[Tick] = []
    said = None
    for at in edges:
        x = scale.x(at)
        room = (not ticks or x - ticks[-1].x >= ROOM) and (x <= free_until or not ticks)
        if not room:
            continue
        if at in changes:
            ticks.append(_change(at, x))
            continue
        day = local_date(at)
        first = day_words(day) if days else _clock(at) if day == said else f"{day:%a} {_clock(at)}"
        ticks.append(Tick(x, first, "" if days else zone_word(at), "start" if x <= LEFT else "middle"))
        said = day
    return tuple(ticks)


def _change(at: datetime, x: float) -> Tick:
    back = zone_word(at) == "GMT"
    first, second = ("02:00 BST", "becomes 01:00 GMT") if back else ("01:00 GMT", "becomes 02:00 BST")
    return Tick(x, first, second, "middle", dashed=True)


def _anchor(x: float) -> str:
    return "end" if x > WIDTH / 2 else "start"


def _clock(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%H:%M}"


def _short(at: datetime, days: bool) -> str:
    return day_words(local_date(at)) if days else f"{_clock(at)} {zone_word(at)}"


def _long(at: datetime, days: bool) -> str:
    return day_words(local_date(at)) + ("" if days else f" {_clock(at)} {zone_word(at)}")
