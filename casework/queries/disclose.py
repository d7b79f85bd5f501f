"""Reads of requests to see what is held, and what is handed out."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from accounts.domain import Permission
from audit.commands import note_read, now, require
from audit.domain import Actor
from audit.refusals import NotFound
from casework.domain import FAULT
from referrals.domain.disclosures import Decision
from referrals.domain.files import Scan
from referrals.models import Attachment, DisclosureItem, Person, SubjectAccess
from referrals.queries import get_person, hidden_people
from referrals.queries.files import content_of

MOST = 100
AT_ONCE = 30


def open_accesses(by: Actor) -> Sequence[SubjectAccess]:
    """Return the requests that are not emptied, the oldest first, of people in sight; their reading is logged."""
    require(by, Permission.PERSON_DISCLOSE)
    by = by.where_it_may(Permission.PERSON_DISCLOSE)
    rows = SubjectAccess.objects.filter(emptied_at=None).exclude(person_id__in=hidden_people(by)).defer("held")
    found = list(rows.select_related("person").order_by("opened_at")[:MOST])
    if found:
        note_read(by=by, what="person.accesses", ids=[row.person_id for row in found])
    return found


def accesses_of(person: Person) -> Sequence[SubjectAccess]:
    """Return every request of a person that the actor was let see, the latest first."""
    return list(SubjectAccess.objects.filter(person=person).defer("held").order_by("-opened_at")[:MOST])


def open_access(by: Actor, access_id: UUID) -> SubjectAccess:
    """Return one request with what was gathered, and log the reading. Raises NotPermitted, NotFound."""
    require(by, Permission.PERSON_DISCLOSE)
    row = SubjectAccess.objects.filter(pk=access_id, emptied_at=None).select_related("person").first()
    if row is None:
        raise NotFound
    get_person(by.where_it_may(Permission.PERSON_DISCLOSE), row.person_id)
    note_read(by=by, what="person.access", ids=[row.person_id, row.pk])
    return row


def fault_of(row: SubjectAccess) -> str:
    """Return the kind of fault because of which gathering could not go on; empty for none."""
    return next((str(part["title"]) for part in row.held if part["part"] == FAULT), "")


def left_to_decide(row: SubjectAccess) -> tuple[int, Sequence[tuple[DisclosureItem, str, Any]]]:
    """Return how many rows nobody has looked at, and the first of them with the table's name and the fields."""
    items = row.items.filter(decision="").order_by("pk")
    return items.count(), _with_fields(row, items[:AT_ONCE])


def looked_at(row: SubjectAccess, after: int) -> tuple[Sequence[tuple[DisclosureItem, str, Any]], int | None]:
    """Return up to thirty rows that somebody decided on, behind this one, and where the next page begins."""
    found = list(row.items.exclude(decision="").filter(pk__gt=after).order_by("pk")[: AT_ONCE + 1])
    shown = found[:AT_ONCE]
    return _with_fields(row, shown), shown[-1].pk if len(found) > AT_ONCE else None


def _with_fields(row: SubjectAccess, items: Iterable[DisclosureItem]) -> Sequence[tuple[DisclosureItem, str, Any]]:
    held = {(part["part"], each["key"]): (part["title"], each["fields"]) for part in row.held for each in part["rows"]}
    return [(item, *held[item.part, item.key]) for item in items]


def released(by: Actor, access_id: UUID) -> tuple[SubjectAccess, list[dict[str, Any]], Iterator[tuple[str, bytes]]]:
    """Return what is handed out: the parts without what is withheld, and the files, read one at a time.

    Raises NotFound unless released.
    """
    row = open_access(by, access_id)
    if row.expires_at is None or row.expires_at <= now():
        raise NotFound
    withheld = set(row.items.filter(decision=Decision.WITHHOLD).values_list("part", "key"))
    given = [_part(part, withheld) for part in row.held]
    keys = {each["key"] for part in given if part["part"] == Attachment._meta.label_lower for each in part["rows"]}
    files = Attachment.objects.filter(pk__in=keys, scan=Scan.CLEAN, error_at=None).order_by("added_at")
    held = ((f"files/{n}-{file.name}", content_of(file)) for n, file in enumerate(files, 1))
    return row, given, ((name, content) for name, content in held if content is not None)


def _part(part: dict[str, Any], withheld: set[tuple[str, str]]) -> dict[str, Any]:
    kept = [{"key": e["key"], "fields": e["fields"]} for e in part["rows"] if (part["part"], e["key"]) not in withheld]
    return {"part": part["part"], "title": part["title"], "rows": kept, "withheld": len(part["rows"]) - len(kept)}
