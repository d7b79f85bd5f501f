"""The decision beside the board, in words. Pure."""

from dataclasses import replace
from typing import Any

from django.urls import reverse

from accounts.domain import CodeListName, Permission
from casework.presenters.board import Reader, shown_clock
from casework.presenters.words import since_words
from casework.queries.around import PlaceWords
from casework.queries.panel import Panel
from pathways.domain import EpisodeStatus
from referrals.domain import OPEN, STATUS_WORDS, Agrees, Answer, Status, Urgency
from referrals.models import Referral
from referrals.presenters import (
    AGREES_WORDS,
    Act,
    acts_for,
    address_now,
    advice_words,
    age_of,
    emergency_words,
    flag_rows,
    flags,
    missing_rows,
    name_of,
    news_rows,
    question_rows,
    spaced_phone,
    stage_of,
    still_out,
    told_rows,
    visit_warnings,
    warnings_of,
)
from referrals.queries import missing_of

AGREES_NOTE = {
    Agrees.YES: "told so",
    Agrees.NO: "ask again, or record that it is not wanted",
    Agrees.LACKS_CAPACITY: "decide in their best interests, and write down with whom",
    Agrees.NOT_ASKED: "ask before anybody goes",
}


def panel_words(held: Panel, reader: Reader, place: PlaceWords) -> dict[str, Any]:
    """Return what panel.html shows of one referral, with the acts open to whoever reads it."""
    referral, coordinator = held.referral, _coordinator(held, reader)
    agrees = Agrees(referral.agrees)
    return {
        "referral": referral,
        "name": name_of(referral.person),
        "age": age_of(referral.person, reader.now),
        "address": address_now(referral),
        "warnings": [*warnings_of(referral, place.warnings), *visit_warnings(held.needs)],
        "needs": flags(held.needs),
        "told": told_rows(held.told, referral.person, reader.now),
        "may_answer": reader.by.may(Permission.PERSON_EDIT),
        "clocks": [shown_clock(c, reader.now) for c in held.clocks if c.stopped_at is None or not _open(held)],
        "ring_back": _ring_back(referral, reader),
        "agrees": (AGREES_WORDS[agrees], AGREES_NOTE[agrees]),
        "flags": _flags(referral, place),
        "emergency": emergency_words(referral, reader.now),
        "missing": _missing(held, reader, place),
        "news": news_rows(held.news, reader.now),
        "may_see": reader.by.may(Permission.TASK_RECORD),
        "advice": advice_words(held.advice),
        **_asked(held, reader),
        "live": _live(held, reader),
        "others": [_other(each, reader) for each in held.others],
        "coordinator": coordinator,
        "acts": _acts(held, reader, coordinator),
        "case_url": reverse("casework:case", args=[referral.case_id]),
        "is_open": _open(held),
        "stage": stage_of(referral),
        "triaged_by": _triaged_by(referral, reader),
        "opened": _opened(held, reader),
    }


def _triaged_by(referral: Referral, reader: Reader) -> str:
    """Return who said "I have this" and since when, while it is open."""
    if referral.status not in OPEN:
        return ""
    if referral.held_by is None:
        return "Nobody has it yet"
    name = "you" if referral.held_by_id == reader.by.user_id else referral.held_by.name
    return f"Being triaged by {name} since {since_words(referral.held_at, reader.now)}"


def _opened(held: Panel, reader: Reader) -> str:
    """Return who opened it before, since it arrived."""
    if not held.opened:
        return "You are the first to open it"
    words = ", ".join(
        f"{'you' if name == reader.by.label else name} {since_words(at, reader.now)}" for name, at in held.opened
    )
    return f"Opened by {words}"


def _open(held: Panel) -> bool:
    return held.referral.status in OPEN


def _acts(held: Panel, reader: Reader, coordinator: dict[str, str] | None) -> list[Act]:
    """Return the acts of the table; the accepting one says whom it would name."""
    acts = acts_for(reader.by, held.referral, back=held.back)
    name = coordinator["name"] if coordinator else ""
    return [replace(a, words=f"{a.words}, {name}") if a.verb == "accept" and name else a for a in acts]


def _ring_back(referral: Referral, reader: Reader) -> dict[str, str]:
    who = ", ".join(filter(None, (referral.caller_name, referral.caller_relationship)))
    return {
        "phone": spaced_phone(referral.ring_back),
        "who": who,
        "when": f"Rang {since_words(referral.received_at, reader.now)}",
        "with": referral.who_is_with_them,
    }


def _flags(referral: Referral, place: PlaceWords) -> dict[str, Any]:
    """Return every red flag asked with its answer, and the sum in one line."""
    answers = list(referral.red_flags.values())
    yes, unknown = answers.count(Answer.YES), answers.count(Answer.NOT_KNOWN)
    parts = [f"{len(answers)} asked", f"{yes or 'none'} yes", f"{unknown} not known" if unknown else ""]
    title = f"Red flags: {', '.join(filter(None, parts))}" if answers else "Red flags: not asked"
    return {"title": title, "rows": flag_rows(referral, place.red_flags)}


def _missing(held: Panel, reader: Reader, place: PlaceWords) -> dict[str, Any]:
    codes = missing_of(held.referral, place.lists[CodeListName.MINIMUM_DATA])
    crisis = held.referral.urgency == Urgency.CRISIS
    note = "None of this holds up accepting: the first visit can check." if crisis else ""
    return {"rows": missing_rows(reader.by, held.referral, codes), "note": note if codes else ""}


def _asked(held: Panel, reader: Reader) -> dict[str, Any]:
    """Return the questions that wait, which may be asked once more, and those that were answered or decided without."""
    rows = question_rows(held.questions, reader.now)
    waits = still_out(rows)
    return {"waits": waits, "answers": [row for row in rows if row not in waits]}


def _live(held: Panel, reader: Reader) -> dict[str, Any] | None:
    """Return the live episode, else the last one; None when the person has had none."""
    if not held.episodes:
        return None
    live = next((e for e in held.episodes if e.status == EpisodeStatus.LIVE), None)
    shown = live or held.episodes[0]
    begun = since_words(shown.accepted_at, reader.now)
    if live:
        words = f"since {begun}, {live.coordinator.name}, {live.team.name}."
    else:
        words = f"{shown.reference}, {begun} to {since_words(shown.ended_at, reader.now)}."
    return {
        "live": bool(live),
        "title": "Live episode" if live else "No live episode.",
        "words": words,
        "url": reverse("casework:case", args=[shown.case_id]),
        "joins": bool(live) and _open(held),
    }


def _other(referral: Referral, reader: Reader) -> dict[str, str]:
    return {
        "url": reverse("casework:case", args=[referral.case_id]),
        "words": f"{referral.reference}, {since_words(referral.received_at, reader.now)}",
        "stage": STATUS_WORDS[Status(referral.status)].lower(),
    }


def _coordinator(held: Panel, reader: Reader) -> dict[str, str] | None:
    if held.team is None:
        return None
    who = held.suggested
    if who is None:
        return {"name": "", "team": held.team.name, "note": "Choose another team when you accept", "why": ""}
    at = who.next_due_at
    due = f"; {'overdue since' if at <= reader.now else 'next deadline'} {since_words(at, reader.now)}" if at else ""
    why = "on duty, carrying the least of those" if who.on_duty else "carries the least"
    return {"name": who.name, "team": held.team.name, "note": f"{who.open_cases or 'None'} open{due}", "why": why}
