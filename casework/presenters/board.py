"""The board in words: tabs, filters, rows, what is empty. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from accounts.domain import Permission
from audit.domain import Actor
from casework.domain import COUNTED_TO, PAGE, BoardView, Counts, Cursor, Looked, Several, Show, Tab, write_instant
from casework.presenters.words import ago_words, digits_of, first_of, in_short, since_words
from casework.queries.around import PlaceWords
from casework.queries.board import Done, Page
from casework.queries.lines import Line
from referrals.domain import BY_VERB, STATUS_WORDS, Phase, Status, Urgency
from referrals.models import Referral
from referrals.presenters import (
    age_of,
    caller_words,
    flags,
    name_of,
    spaced_phone,
    wall_clock,
    warnings_of,
    where_now,
)
from referrals.queries import Needs
from timelimits.models import Clock
from timelimits.presenters import ClockWords, clock_words, words_of

ANY_ID = str(UUID(int=0))
POLL_SECONDS = 15
SHORT = 44
UNBROKEN = 14
TAB_WORDS = {
    Tab.ALL: "All open",
    Tab.TWO_HOUR: "2-hour",
    Tab.NEW: "New",
    Tab.WAITING: "Waiting for information",
    Tab.ACCEPTED: "Accepted, not yet seen",
    Tab.STEP_DOWN: "Step-down",
    Tab.DONE: "Done today",
}
SEVERAL_WORDS = {
    Several.SEEN: "Mark as seen",
    Several.TAKE: "I have these",
    Several.FILE: "Download these (CSV)",
}
STAGE_WORDS = {Phase.NEW: "New", Phase.WAITING: "Waiting for reply", Phase.ACCEPTED: "Not seen yet"}
NO_CLOCK_WORDS = {"all_paused": "Paused", "between_limits": "No time limit runs"}
RESTRICTED_WORDS = "Restricted record"
EMPTY_WORDS = {
    Tab.ALL: "Nobody is waiting",
    Tab.TWO_HOUR: "Nobody is waiting for a 2-hour visit",
    Tab.NEW: "Nothing new to triage",
    Tab.WAITING: "Nothing waits for information",
    Tab.ACCEPTED: "Everyone accepted has been seen",
    Tab.STEP_DOWN: "Nobody is waiting to come home from hospital",
    Tab.DONE: "Nothing done yet today",
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks at the list, when, and what they have looked at before."""

    by: Actor
    now: datetime
    looked: Looked
    chosen: UUID | None = None
    picked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board's templates show."""

    view: BoardView
    title: str
    caption: str
    first_heading: str
    last_heading: str
    tabs: list[dict[str, Any]]
    zone_chips: list[dict[str, Any]]
    show_chips: list[dict[str, Any]]
    more_chips: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    empty: dict[str, Any]
    range: str
    next_url: str
    first_url: str
    here: str
    now: datetime
    since: str
    shown: str
    checked: str
    late: bool
    arrived: str
    call: dict[str, str] | None
    may_hand_over: bool
    may_export: bool
    saved_chips: list[dict[str, Any]]
    several: list[tuple[str, str]]
    page: int = PAGE
    every: int = POLL_SECONDS


def counted(number: int) -> str:
    """Return a short count; "100 or more" where counting stopped."""
    return f"{COUNTED_TO} or more" if number >= COUNTED_TO else str(number)


def tabs(view: BoardView, counts: Counts) -> list[dict[str, Any]]:
    """Return what tabs.html shows: every list with its count, the number overdue on the two-hour one."""
    return [
        {
            "id": f"count-{tab}",
            "url": view.with_(tab=tab, show=Show.EVERYONE).query(),
            "words": words,
            "count": f"{COUNTED_TO}+" if tab is Tab.DONE and counts.tabs[tab] >= COUNTED_TO else counts.tabs[tab],
            "late": counts.overdue if tab is Tab.TWO_HOUR else 0,
            "current": tab is view.tab,
        }
        for tab, words in TAB_WORDS.items()
    ]


def zone_chips(view: BoardView, zones: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return a filter for each zone of the place."""
    every = {"": "All zones", **zones}
    return [
        {"url": view.with_(zone=code).query(), "words": words, "current": code == view.zone}
        for code, words in every.items()
    ]


def more_chips(view: BoardView, place: PlaceWords) -> list[dict[str, Any]]:
    """Return the filters by urgency and hospital; the one that is on switches itself off."""
    urgent = {Urgency.CRISIS: "2-hour only", Urgency.PLANNED: "Planned only"}
    of_urgency = [("urgency", str(code), words) for code, words in urgent.items()]
    of_hospital = [("hospital", code.code, code.words) for code in place.hospitals if not code.extra.get("retired")]
    return [
        {
            "url": view.with_(**{name: "" if getattr(view, name) == code else code}).query(),
            "words": words,
            "current": getattr(view, name) == code,
        }
        for name, code, words in (*of_urgency, *of_hospital)
    ]


def saved_chips(view: BoardView, counts: Counts) -> list[dict[str, Any]]:
    """Return the views that this person keeps under a name."""
    return [{"url": saved.view.query(), "words": saved.name, "current": saved.view == view} for saved in counts.saved]


def several_acts(by: Actor) -> list[tuple[str, str]]:
    """Return what may be done with several rows at once: code and words. Never a decline."""
    needs = {Several.SEEN: Permission.BOARD_READ, Several.TAKE: BY_VERB["take"].permission}
    needs[Several.FILE] = Permission.BOARD_EXPORT
    return [(str(act), words) for act, words in SEVERAL_WORDS.items() if by.may(needs[act])]


def show_chips(view: BoardView, counts: Counts) -> list[dict[str, Any]]:
    """Return the filters by who has it; the one that is on switches itself off."""
    words = {
        Show.NOBODY: f"Nobody has it ({counted(counts.nobody)})",
        Show.MINE: f"Mine ({counted(counts.mine)})",
        Show.UNSEEN: f"{counted(counts.unseen)} new since you looked",
    }
    return [
        {
            "id": f"count-{show}",
            "url": view.with_(show=Show.EVERYONE if show is view.show else show).query(),
            "words": text,
            "current": show is view.show,
        }
        for show, text in words.items()
    ]


def board(
    reader: Reader,
    view: BoardView,
    counts: Counts,
    page: Page,
    place: PlaceWords,
    age: timedelta | None,
    after: Cursor | None,
) -> Board:
    """Return one page of the board in words."""
    done = view.tab is Tab.DONE
    here = view.query(after=str(after or ""))
    late = age is None or age.total_seconds() > settings.ICRAS_SWEEP_LATE_SECONDS
    rows = [done_row(each, reader, place) if done else row(each, reader, place) for each in in_order(page.rows, after)]
    _link(rows, view, after)
    return Board(
        view=view,
        title=TAB_WORDS[view.tab],
        caption=f"{TAB_WORDS[view.tab]}, {'the latest first' if done else 'next deadline first'}",
        first_heading="Time" if done else "Time left ↑",
        last_heading="How it ended" if done else "Stage, held since",
        tabs=tabs(view, counts),
        zone_chips=zone_chips(view, place.zones),
        show_chips=[] if done else show_chips(view, counts),
        more_chips=more_chips(view, place),
        rows=rows,
        empty=empty(view, counts, place.zones, reader.by),
        range=_range(len(rows), view, counts, after),
        next_url=view.query(after=str(page.following)) if page.following else "",
        first_url=view.query() if after else "",
        here=here,
        now=reader.now,
        since=write_instant(reader.now),
        shown="",
        checked=checked_words(age),
        late=late,
        arrived=arrived_words(counts.arrived),
        call=call_act(reader.by),
        may_hand_over=reader.by.may(Permission.SHIFT_HAND_OVER),
        may_export=reader.by.may(Permission.BOARD_EXPORT),
        saved_chips=saved_chips(view, counts),
        several=several_acts(reader.by) if rows and not done else [],
    )


def in_order(rows: Sequence[Any], after: Cursor | None) -> Sequence[Any]:
    """Return the rows of the first page with those first where an ambulance crew waits; later pages as they are."""
    return rows if after else sorted(rows, key=lambda row: getattr(row, "crew_since", None) is None)


def _link(rows: list[dict[str, Any]], view: BoardView, after: Cursor | None) -> None:
    """Give each row its two addresses, which are made once and differ in the id alone; a closed one has its door."""
    here, panel = view.query(after=str(after or ""), chosen=ANY_ID), reverse("casework:panel", args=[ANY_ID])
    for each in rows:
        if each["closed"]:
            continue
        each["url"] = f"{here.replace(ANY_ID, each['id'])}#panel"
        each["panel_url"] = panel.replace(ANY_ID, each["id"])


def _range(rows: int, view: BoardView, counts: Counts, after: Cursor | None) -> str:
    """Return "1 to 14 of 24, next deadline first"; later pages do not say where they stand in a list that moves."""
    order = "the latest first" if view.tab is Tab.DONE else "next deadline first"
    if after or view.show:
        return f"{rows} shown, {order}"
    return f"1 to {rows} of {counts.tabs[view.tab]}, {order}"


def call_act(by: Actor) -> dict[str, str] | None:
    """Return the main act of the board for whoever may take a call."""
    move = BY_VERB["register"]
    if not by.may(move.permission):
        return None
    return {"url": reverse(move.page), "words": move.words, "key": "N", "icon": "phone"}


def row(line: Line, reader: Reader, place: PlaceWords) -> dict[str, Any]:
    """Return one row of an open list, as board_list.html reads it."""
    who, since = _who(line, reader)
    return (_closed(line, reader, place) if line.closed else _shared(line, reader, place)) | {
        "clock": deadline_words(line, reader.now),
        "stage": _stage(line),
        "who": who,
        "since": since,
        "unseen": reader.looked.is_unseen(line.case_id, line.phase, line.opened_at),
        "unopened": line.unopened and not line.closed,
        "news": line.news and not line.closed,
        "restricted": line.restricted,
        **({} if line.closed else {"warnings": first_of(_warned(line, reader, place))}),
        "picked": str(line.id) in reader.picked,
    }


def _warned(line: Line, reader: Reader, place: PlaceWords) -> list[str]:
    """Return what must be known first: a crew that waits, warnings as told and kept, how to reach them."""
    waits = [f"Crew waiting since {wall_clock(line.crew_since, reader.now)}"] if line.crew_since else []
    return [*waits, *warnings_of(line, place.warnings), *reach_words(line)]


def reach_words(line: Line) -> list[str]:
    """Return how the person of a row is reached, where somebody has asked (R063)."""
    needs = Needs(contact_method=line.reach, interpreter=line.interpreter, language=line.language)
    return [flag.words for flag in flags(needs)]


def _closed(line: Line, reader: Reader, place: PlaceWords) -> dict[str, Any]:
    """Return a restricted case that is closed to the reader: that there is one, and the door for whoever may."""
    door = reader.by.may(Permission.PERSON_BREAK_GLASS)
    return {
        "id": str(line.id),
        "closed": True,
        "name": RESTRICTED_WORDS,
        "url": reverse("casework:break_glass", args=[line.person_id]) if door else "",
        "door": "Open with a reason" if door else "Open to those who are named",
        "zone": place.zones.get(line.zone, line.zone),
        "current": False,
    }


def _shared(referral: Line | Referral, reader: Reader, place: PlaceWords) -> dict[str, Any]:
    where, icon = where_now(referral)
    return {
        "id": str(referral.id),
        "closed": False,
        "name": name_of(referral.person),
        "age": age_of(referral.person, reader.now),
        "where": in_short(where, SHORT),
        "where_icon": icon,
        "zone": place.zones.get(referral.zone, referral.zone),
        "what": in_short(referral.summary),
        "warnings": first_of(warnings_of(referral, place.warnings)),
        "caller": in_short(caller_words(referral, place.sources), SHORT),
        "phone": spaced_phone(referral.ring_back),
        "whole": len(referral.ring_back) <= UNBROKEN,
        "tel": digits_of(referral.ring_back),
        "unseen": False,
        "unopened": False,
        "news": False,
        "picked": False,
        "current": referral.id == reader.chosen,
    }


def deadline_words(line: Line, now: datetime) -> ClockWords:
    """Return the words of the clock that is due next; for a case without one, why none runs."""
    if line.next_due_at is None:
        why = NO_CLOCK_WORDS.get(line.no_clock_reason, "No time limit runs")
        return ClockWords(state="pause", headline=why, second="Nothing is due", icon="pause")
    return clock_words(line.next_due_at, now, label=line.label or "", soon_at=line.soon_at)


def _stage(line: Line) -> str:
    stage = STAGE_WORDS.get(Phase(line.phase), "Open")
    return f"{stage}, step-down" if line.step_down and line.phase == Phase.NEW else stage


def _who(line: Line, reader: Reader) -> tuple[str, str]:
    """Return who has it and since when; nobody has it since it was received."""
    if line.responsible_user_id is None:
        return "Nobody", since_words(line.received_at, reader.now)
    name = "You" if line.responsible_user_id == reader.by.user_id else line.responsible or ""
    accepted = line.status == Status.ACCEPTED
    return name, since_words(line.moved_at if accepted else line.held_at or line.moved_at, reader.now)


def done_row(done: Done, reader: Reader, place: PlaceWords) -> dict[str, Any]:
    """Return one row of what left the board today: how it ended and when."""
    referral, clock = done.referral, done.clock
    return _shared(referral, reader, place) | {
        "clock": clock and shown_clock(clock, reader.now),
        "stage": "Seen" if referral.status == Status.ACCEPTED else STATUS_WORDS[Status(referral.status)],
        "who": referral.held_by.name if referral.held_by else "",
        "since": since_words(referral.done_at, reader.now),
        "restricted": done.restricted,
    }


def shown_clock(clock: Clock, now: datetime) -> ClockWords:
    """Return the words of any stored clock."""
    return words_of(clock, clock.policy.label, now)


def checked_words(age: timedelta | None) -> str:
    """Return "Deadlines checked 9 s ago"."""
    return f"Deadlines checked {ago_words(age.total_seconds() if age is not None else None)}"


def arrived_words(number: int) -> str:
    """Return what is read out when two-hour referrals come in while the list is open; nothing when none did."""
    if number == 0:
        return ""
    return "1 new 2-hour referral" if number == 1 else f"{counted(number)} new 2-hour referrals"


def empty(view: BoardView, counts: Counts, zones: Mapping[str, str], by: Actor) -> dict[str, Any]:
    """Return what an empty list means, what is filtered, and where there is something to do."""
    show = {Show.NOBODY: "nobody has it", Show.MINE: "mine", Show.UNSEEN: "new since you looked"}
    filtered = view.zone or view.show or view.urgency or view.hospital
    call, done = call_act(by), counts.tabs[Tab.DONE]
    acts: list[Any] = [call] if call else []
    if view.tab is not Tab.NEW and counts.tabs[Tab.NEW]:
        words = f"New, {counts.tabs[Tab.NEW]} to triage"
        acts.append({"url": view.with_(tab=Tab.NEW, show=Show.EVERYONE).query(), "words": words, "secondary": True})
    return {
        "title": "Nothing fits these filters" if filtered else EMPTY_WORDS[view.tab],
        "text": f"{counted(done)} done today." if done and view.tab is not Tab.DONE else "",
        "acts": acts,
        "note": f"Zone: {zones.get(view.zone, 'all')}. Show: {show.get(view.show, 'everyone')}.",
        "note_href": BoardView(tab=view.tab).query() if filtered else BoardView().query(),
        "note_words": "Show everyone, all zones" if filtered else "All open referrals",
    }
