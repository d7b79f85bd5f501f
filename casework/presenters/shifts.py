"""A hand-over in words. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from audit.domain import Actor
from casework.presenters.board import RESTRICTED_WORDS, deadline_words
from casework.presenters.lists import to_know
from casework.presenters.words import in_short, since_words
from casework.queries.lines import Line
from casework.queries.shifts import MOST, OpenItems
from pathways.domain import BLOCKER
from referrals.models import HandOver, Referral
from referrals.presenters import name_of, spaced_phone
from timelimits.presenters import clock_words

FIRST = {"two_hour": "Time left ↑", "questions": "Asked", "calls": "Time left ↑", "worries": "Since"}
TITLES = {
    "two_hour": ("Open 2-hour items", "No 2-hour item is open."),
    "questions": ("Questions with no reply", "Every question has its answer."),
    "calls": ("Promised, due in the next 24 hours or late", "Nothing promised is due."),
    "worries": ("People we are worried about", "Nobody is marked as worried about."),
}


def hand_over_words(found: OpenItems, last: HandOver | None, by: Actor, now: datetime) -> dict[str, Any]:
    """Return the sections of the hand-over, and where the last one stands."""
    waits = last is not None and last.accepted_at is None
    before: Mapping[str, Any] = last.listed if last else {}
    return {
        "sections": [_section(sort, rows, before.get(sort, ()), waits) for sort, rows in _rows(found, now).items()],
        "last": _last(last, now) if last else None,
        "waits": waits,
        "accept_url": _accept_url(last, by) if waits else "",
        "own": bool(last and last.by_id == by.user_id),
    }


def _accept_url(last: HandOver | None, by: Actor) -> str:
    if last is None or last.by_id == by.user_id:
        return ""
    return reverse("casework:accept_shift", args=[last.pk])


def _rows(found: OpenItems, now: datetime) -> dict[str, list[dict[str, Any]]]:
    people = found.people or {}
    return {**_of_referrals(found, people, now), **_of_cases(found, people, now)}


def _two_hour(row: Line, people: Mapping[UUID, Referral], now: datetime) -> dict[str, Any]:
    """Return an open 2-hour item; one of a closed record has its clock, who has it, and no name."""
    told = {"id": str(row.case_id), "clock": deadline_words(row, now), "who": row.responsible or "Nobody"}
    if row.closed:
        door = reverse("casework:break_glass", args=[row.person_id])
        return told | {"name": RESTRICTED_WORDS, "url": door, "what": "Open it with a reason"}
    return told | {
        "name": name_of(row),
        "url": _case(row.case_id),
        "what": in_short(row.summary),
        "phone": spaced_phone(row.ring_back),
        "warnings": _to_know(people, row.case_id),
    }


def _of_referrals(found: OpenItems, people: Mapping[UUID, Referral], now: datetime) -> dict[str, list[dict[str, Any]]]:
    return {
        "two_hour": [_two_hour(row, people, now) for row in found.two_hour],
        "questions": [
            {
                "id": str(row.pk),
                "name": name_of(row.referral.person),
                "url": _case(row.referral.case_id),
                "what": row.question,
                "at": since_words(row.asked_at, now),
                "who": f"{row.asked_of}, asked by {row.asked_by}",
                "phone": spaced_phone(row.phone),
                "warnings": to_know(row.referral),
            }
            for row in found.questions
        ],
    }


def _of_cases(found: OpenItems, people: Mapping[UUID, Referral], now: datetime) -> dict[str, list[dict[str, Any]]]:
    return {
        "calls": [
            {
                "id": str(row.pk),
                "clock": clock_words(row.due_at, now, label="Promised"),
                "name": _name(people, row.case_id),
                "url": _case(row.case_id),
                "what": f"In the way of leaving hospital: {row.what}" if row.kind == BLOCKER else row.what,
                "who": row.owner.name,
                "phone": _phone(people, row.case_id),
                "warnings": _to_know(people, row.case_id),
            }
            for row in found.calls
        ],
        "worries": [
            {
                "id": str(row.pk),
                "name": _name(people, row.case_id),
                "url": _case(row.case_id),
                "what": row.why,
                "at": since_words(row.since, now),
                "who": row.by,
                "phone": _phone(people, row.case_id),
                "warnings": _to_know(people, row.case_id),
                "settle_url": reverse("casework:settle_worry", args=[row.pk]),
            }
            for row in found.worries
        ],
    }


def _case(case_id: UUID) -> str:
    return reverse("casework:case", args=[case_id])


def _name(people: Mapping[UUID, Referral], case_id: UUID) -> str:
    return name_of(people[case_id].person) if case_id in people else "Name not known"


def _phone(people: Mapping[UUID, Referral], case_id: UUID) -> str:
    return spaced_phone(people[case_id].ring_back) if case_id in people else ""


def _to_know(people: Mapping[UUID, Referral], case_id: UUID) -> list[str]:
    return to_know(people[case_id]) if case_id in people else []


def _section(sort: str, rows: list[dict[str, Any]], before: Any, waits: bool) -> dict[str, Any]:
    """Return one sort of items; while a hand-over waits, those that came after it are marked."""
    title, none = TITLES[sort]
    listed = set(before)
    for row in rows:
        row["since"] = waits and row["id"] not in listed
    more = f"These are the first {MOST}: the board has them all." if len(rows) >= MOST else ""
    about = {"id": sort.replace("_", "-"), "title": title, "first": FIRST[sort]}
    return about | {"rows": rows, "none": none, "more": more}


def _last(last: HandOver, now: datetime) -> dict[str, Any]:
    counts = {sort: len(last.listed.get(sort, ())) for sort in TITLES}
    return {
        "by": last.by.name,
        "at": since_words(last.handed_at, now),
        "accepted_by": last.accepted_by.name if last.accepted_by else "",
        "accepted_at": since_words(last.accepted_at, now),
        "note": last.note,
        "counts": f"{counts['two_hour']} 2-hour, {counts['questions']} with no reply, {counts['calls']} promised, "
        f"{counts['worries']} worried about",
    }
