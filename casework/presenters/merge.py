"""Words of records that may be of one person. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.domain import Code
from casework.presenters.joining import Lists, part_facts, thing_words
from casework.queries.joining import Preview
from casework.queries.merge import Hanging, Relation, Standing
from referrals.domain.duplicates import NO_MERGE_WORDS, Likeness, NumberStatus
from referrals.models import KeySafeCode, Merge, Person, PossibleDuplicate, VisitWarning
from referrals.models.parts import Section
from referrals.presenters import home_of, person_line, person_warnings, spaced_nhs_number, spaced_phone, wall_clock

WHY = {
    Likeness.SAME_NUMBER: "The same NHS number was told for both",
    Likeness.SAME_NAME_AND_BIRTH: "Same name and birth date",
    Likeness.NEAR: "Nearly the same name, birth date or address",
}
NUMBER_STATUS = {
    NumberStatus.VERIFIED: "verified",
    NumberStatus.NOT_TRACED: "not traced",
    NumberStatus.TRACE_REQUIRED: "not known yet",
    NumberStatus.NO_MATCH: "traced, no match or several",
    NumberStatus.TO_RESOLVE: "conflict to be resolved",
    NumberStatus.IN_PROGRESS: "being traced",
    NumberStatus.NOT_NEEDED: "none, no trace needed",
    NumberStatus.POSTPONED: "trace put off",
}
TABLES = {
    "referrals.referral": "Referrals",
    "pathways.episode": "Episodes",
    "referrals.relatedperson": "Related people and carers",
    "referrals.knownto": "Services that know them",
    "referrals.sharingbasis": "What may be shared",
    "referrals.statement": "What matters to them",
    "referrals.informationgiven": "Information given",
    "referrals.capacityassessment": "Decisions about capacity",
    "referrals.visitwarning": "Warnings for visits",
    "referrals.tolddifference": "Told differently",
    "referrals.communication": "Communication and information",
    "referrals.preferences": "Faith, culture and preferences",
    "referrals.background": "Background",
    "referrals.circumstances": "Home and support",
    "referrals.health": "Allergies and decisions made ahead",
    "referrals.goingthere": "Going there",
    "referrals.keysafecode": "Key-safe code",
}
SHOWN_ABOVE = (Section, KeySafeCode, VisitWarning)
"""What both records have, word by word, stands in the table of the two."""
SAID = ("reference", "name", "organisation", "kind", "decision", "what", "words", "field")
DATED = ("received_at", "accepted_at", "created_at", "changed_at", "told_at")
MERGED_FIELDS = {"nhs_number": "NHS number", "born_on": "birth date", "address_lines": "address", "phone": "phone",
                 "gp_practice": "GP practice", "called": "what they like to be called", "email": "e-mail"}  # fmt: skip


def number_words(person: Person) -> str:
    """Return "999 123 4004, verified", or how far the search for a number is."""
    status = NUMBER_STATUS[NumberStatus(person.nhs_number_status)]
    return f"{spaced_nhs_number(person.nhs_number)}, {status}" if person.nhs_number else status.capitalize()


def pair_rows(pairs: Sequence[PossibleDuplicate], now: datetime) -> list[dict[str, Any]]:
    """Return pairs that wait for a decision."""
    return [
        {
            "why": WHY[Likeness(pair.why)],
            "found": wall_clock(pair.found_at, now),
            "people": [_line(person, now) for person in (pair.one, pair.other)],
            "url": reverse("casework:merge", args=[pair.one_id, pair.other_id]),
            "apart_url": reverse("casework:keep_apart", args=[pair.one_id, pair.other_id]),
        }
        for pair in pairs
    ]


def _line(person: Person, now: datetime) -> dict[str, Any]:
    return {"line": person_line(person, now), "home": home_of(person), "number": number_words(person)}


def apart_rows(pairs: Iterable[PossibleDuplicate], now: datetime) -> list[dict[str, str]]:
    """Return pairs that somebody said lately are two people, each with the way back."""
    return [
        {
            "line": f"{person_line(pair.one, now)} – {person_line(pair.other, now)}",
            "words": f"Two people, {wall_clock(pair.decided_at, now)}, {pair.decided_by}",
            "again_url": reverse("casework:offer_again", args=[pair.one_id, pair.other_id]),
        }
        for pair in pairs
        if pair.decided_at is not None
    ]


def merge_rows(merges: Iterable[Merge], now: datetime) -> list[dict[str, str]]:
    """Return merges made lately."""
    return [
        {
            "line": person_line(merge.winner, now),
            "words": f"{'Taken apart' if merge.undone_at else 'Made one'} "
            f"{wall_clock(merge.undone_at or merge.done_at, now)}, {merge.undone_by or merge.done_by}",
            "url": reverse("casework:unmerge", args=[merge.pk]),
        }
        for merge in merges
    ]


def compared(winner: Person, loser: Person, known: Sequence[Code], now: datetime) -> list[dict[str, Any]]:
    """Return two records as one table: what is on each, whether it differs, whether the winner takes it over."""
    rows = [(words, told(winner), told(loser)) for words, told in _facts(known, now)]
    return [
        {
            "what": what,
            "values": (one, other),
            "differs": bool(one and other and one != other),
            "taken": bool(other and not one),
        }
        for what, one, other in rows
        if one or other
    ]


def _facts(known: Sequence[Code], now: datetime) -> list[tuple[str, Any]]:
    return [
        ("Name", lambda one: f"{one.given_name} {one.family_name}".strip()),
        ("Called", lambda one: one.called),
        ("Born", lambda one: f"{one.born_on.day} {one.born_on:%b %Y}" if one.born_on else ""),
        ("NHS number", lambda one: number_words(one) if one.nhs_number else ""),
        ("Home", home_of),
        ("Phone", lambda one: spaced_phone(one.phone)),
        ("E-mail", lambda one: one.email),
        ("GP practice", lambda one: one.gp_practice),
        ("Warnings", lambda one: ", ".join(person_warnings(one, known))),
        ("First written", lambda one: wall_clock(one.created_at, now)),
    ]


def moves(found: Sequence[Hanging], now: datetime) -> list[dict[str, Any]]:
    """Return every row that would move or stay behind, table by table."""
    shown = [
        {
            "title": table_words(one.relation),
            "moved": [row_words(row, now) for row in one.moved],
            "left": [row_words(row, now) for row in one.left if not isinstance(row, SHOWN_ABOVE)],
        }
        for one in found
    ]
    return [table for table in shown if table["moved"] or table["left"]]


def table_words(relation: Relation) -> str:
    """Return what a table is called on screen."""
    split = re.sub(r"(?<!^)(?=[A-Z])", " ", relation.model.__name__).capitalize()
    return TABLES.get(relation.label, split)


def row_words(row: Any, now: datetime) -> str:
    """Return how a row is told from its like: its reference or first words, and its date."""
    if isinstance(row, (Section, KeySafeCode)):
        return "All that is written there"
    said = next((str(value) for name in SAID if (value := getattr(row, name, ""))), "")
    at = next((value for name in DATED if (value := getattr(row, name, None))), None)
    return ", ".join(filter(None, (said[:80], wall_clock(at, now) if at else ""))) or "One entry"


def preview_words(shown: Preview, known: Sequence[Code], listed: Lists, now: datetime) -> dict[str, Any]:
    """Return everything that the page of a merge shows."""
    refused = shown.refused and f"This can’t be done because {NO_MERGE_WORDS[shown.refused]}."
    return {
        "records": [reverse("referrals:person", args=[one.pk]) for one in (shown.winner, shown.loser)],
        "facts": [*compared(shown.winner, shown.loser, known, now), *part_facts(shown.joining, known, listed)],
        "tables": moves(shown.hanging, now),
        "refused": refused,
        "swap_url": reverse("casework:merge", args=[shown.loser.pk, shown.winner.pk]) + "?keep=first",
        "apart_url": reverse("casework:keep_apart", args=[shown.winner.pk, shown.loser.pk]),
    }


def standing_words(merge: Merge, found: Standing, now: datetime) -> dict[str, Any]:
    """Return what undoing a merge would do, or did."""
    return {
        "merge": merge,
        "winner": _line(merge.winner, now),
        "loser": _line(merge.loser, now),
        "done": f"{wall_clock(merge.done_at, now)}, {merge.done_by}",
        "undone": merge.undone_at and f"{wall_clock(merge.undone_at, now)}, {merge.undone_by}",
        "back": [f"{table_words(relation)}: {row_words(row, now)}" for relation, row in found.back],
        "since": [f"{table_words(relation)}: {row_words(row, now)}" for relation, row in found.since],
        "joined": [referral.reference for referral in found.joined],
        "missing": len(found.missing),
    }


def unmerged_words(found: Standing, kept: Sequence[str]) -> str:
    """Return what was done and what a human must look at."""
    words = [f"Taken apart: {len(found.back)} went back."]
    if found.since or found.joined:
        words.append(f"{len(found.since) + len(found.joined)} made since stay as they are: look at each below.")
    if found.missing:
        words.append(f"{len(found.missing)} are gone or hang elsewhere by now.")
    if kept:
        things = ", ".join(MERGED_FIELDS.get(name) or thing_words(name) for name in kept)
        words.append(f"Changed since, so left as they are: {things}.")
    return " ".join(words)
