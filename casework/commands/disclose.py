"""Subject access: gather what is held about somebody, have a second person look at what tells of others, release it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from django.db import Error

from accounts.domain import Permission
from audit.bulk import insert
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from casework.domain import FAULT
from casework.queries.held import gathered, parts, records_of
from referrals.commands.record import note
from referrals.domain.disclosures import ABANDONED, KEPT, Decision
from referrals.models import DisclosureItem, SubjectAccess
from referrals.queries import get_person, lock_person

log = structlog.get_logger("casework.gather")
FAULTS = (Error, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)
"""What reading a table may raise; it stops that one request."""
STEPS = 20
MOST_WORDS = 200


@command
def ask_access(*, by: Actor, person_id: UUID, asked_by: str) -> SubjectAccess:
    """Open a request of somebody to see what is held about them; it is gathered by the worker.

    One that is open already is returned, quietly. Raises NotPermitted, NotFound, RuleBroken (asker_missing).
    """
    require(by, Permission.PERSON_DISCLOSE)
    person = lock_person(by.where_it_may(Permission.PERSON_DISCLOSE), person_id)
    held = SubjectAccess.objects.filter(person=person, released_at=None, emptied_at=None).first()
    if held is not None:
        return held
    if not asked_by.strip():
        raise RuleBroken("asker_missing", "Say who asks, and how you know that they may.", "asked_by")
    row = SubjectAccess.objects.create(
        person=person, asked_by=asked_by.strip()[:MOST_WORDS], opened_at=now(), opened_by=by.label, opened_by_id=by.id
    )
    note(by, person.pk, "person.access_asked", access=row.pk)
    return row


def gather_waiting(*, by: Actor, most: int) -> int:
    """Gather what is asked for, the oldest first, at most so many steps; return how many were done.

    One that cannot be gathered is marked so and tried again the next time; those behind it go on.
    """
    require(by, Permission.PERSON_DISCLOSE)
    waiting = SubjectAccess.objects.filter(progress__lt=100, emptied_at=None).order_by("opened_at")
    done = 0
    for pk in list(waiting.values_list("pk", flat=True)):
        try:
            while done < most and gather_next(by=by, access_id=pk):
                done += 1
        except FAULTS as fault:
            log.error("not_gathered", access=str(pk), fault=type(fault).__name__)
            _mark_fault(by=by, access_id=pk, fault=type(fault).__name__)
    return done


@command
def _mark_fault(*, by: Actor, access_id: UUID, fault: str) -> None:
    """Keep beside what was gathered that it could not go on, and why; gone with the next step that succeeds."""
    require(by, Permission.PERSON_DISCLOSE)
    row = SubjectAccess.objects.select_for_update().filter(pk=access_id, progress__lt=100, emptied_at=None).first()
    if row is not None:
        row.held = [*_gathered(row), {"part": FAULT, "title": fault, "rows": []}]
        row.save(update_fields=["held"])


def _gathered(row: SubjectAccess) -> list[dict[str, Any]]:
    return [part for part in row.held if part["part"] != FAULT]


@command
def gather_next(*, by: Actor, access_id: UUID | None = None) -> bool:
    """Gather the next twentieth of one request, else of the oldest; say whether there was one. Each step is kept."""
    require(by, Permission.PERSON_DISCLOSE)
    rows = SubjectAccess.objects.select_for_update(skip_locked=True).filter(progress__lt=100, emptied_at=None)
    row = (rows.filter(pk=access_id) if access_id else rows).order_by("opened_at").first()
    if row is None:
        return False
    tables, step, people = parts(), row.progress * STEPS // 100, records_of(row.person_id)
    mine = tables[len(tables) * step // STEPS : len(tables) * (step + 1) // STEPS]
    found = [part for model in mine if (part := gathered(model, people)) is not None]
    row.held = [*_gathered(row), *found]
    row.progress = (step + 1) * 100 // STEPS
    row.save(update_fields=["held", "progress"])
    looked = [(row.pk, part["part"], each["key"]) for part in found for each in part["rows"] if each["others"]]
    insert(
        DisclosureItem,
        ("access", "part", "key", "decision", "reason", "decided_by"),
        [(*e, "", "", "") for e in looked],
    )
    return True


@command
def decide_items(*, by: Actor, access_id: UUID, decisions: Mapping[int, tuple[str, str]]) -> int:
    """Say of rows that may tell of somebody else whether they are released or withheld, and why; return how many.

    Not by whoever opened the request. Raises NotPermitted, NotFound, RuleBroken (same_person, reason_missing),
    IllegalMove (released).
    """
    row = _lock(by, access_id)
    chosen = {pk: (Decision(code), words.strip()[:MOST_WORDS]) for pk, (code, words) in decisions.items() if code}
    if any(code is Decision.WITHHOLD and not words for code, words in chosen.values()):
        raise RuleBroken("reason_missing", "Say why each row that is withheld is withheld.", "reason")
    items = DisclosureItem.objects.select_for_update().filter(access=row, pk__in=chosen).order_by("pk")
    for item in items:
        item.decision, item.reason = chosen[item.pk]
        item.decided_at, item.decided_by = now(), by.label
        item.save()
    return len(items)


@command
def release_access(*, by: Actor, access_id: UUID) -> SubjectAccess:
    """Release what was gathered, without what is withheld, for thirty days. Released already: quiet.

    Not by whoever opened the request. Raises NotPermitted, NotFound, RuleBroken (same_person, not_gathered,
    not_looked_at).
    """
    row = _lock(by, access_id, released=True)
    if row.released_at is not None:
        return row
    if row.progress < 100:
        raise RuleBroken("not_gathered", "This can't be released yet: it is still being gathered.")
    left = row.items.filter(decision="").count()
    if left:
        raise RuleBroken("not_looked_at", f"This can't be released yet: {left} rows have not been looked at.")
    row.released_at, row.released_by, row.released_by_id, row.expires_at = now(), by.label, by.id, now() + KEPT
    row.save()
    note(by, row.person_id, "person.access_released", access=row.pk)
    return row


def _lock(by: Actor, access_id: UUID, *, released: bool = False) -> SubjectAccess:
    require(by, Permission.PERSON_DISCLOSE)
    row = SubjectAccess.objects.select_for_update().filter(pk=access_id, emptied_at=None).first()
    if row is None:
        raise NotFound
    get_person(by.where_it_may(Permission.PERSON_DISCLOSE), row.person_id)
    if row.released_at is not None and not released:
        raise IllegalMove("released", "This can't be done because it was released already.")
    if by.id == row.opened_by_id and row.released_at is None:
        raise RuleBroken("same_person", "This can't be done by whoever opened it: a second person looks at it.")
    return row


@command
def empty_accesses(*, by: Actor) -> int:
    """Delete what was gathered once its release has expired, or nobody released it for half a year; return how many."""
    require(by, Permission.PERSON_DISCLOSE)
    rows = SubjectAccess.objects.select_for_update(skip_locked=True).filter(emptied_at=None)
    old = [*rows.filter(expires_at__lte=now()), *rows.filter(released_at=None, opened_at__lte=now() - ABANDONED)]
    for row in old:
        row.items.all().delete()
        row.held, row.emptied_at = [], now()
        row.save(update_fields=["held", "emptied_at"])
    return len(old)
