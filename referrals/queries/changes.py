"""What changed of a person's record, from the versions that each part keeps. Who may see the record may see this."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import PartnerClient, User
from accounts.request import read_id
from referrals.domain.sections import PARTS, SECTIONS, RowKind, Section
from referrals.models import KeySafeCode, Person
from referrals.queries.record import model_of, values_of

MOST = 200
ENDED = ("ended_at", "in_error", "error_reason")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a part after another. `kind`: "+" the first, "~" a later one, "-" taken away."""

    at: datetime
    actor_id: str
    shape: Section | RowKind | None
    kind: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def changes_of(person: Person) -> list[Version]:
    """Return up to 200 changes of each part, newest first. The code of the key safe is in none of them."""
    found = [*_of_details(person), *_of_key_safe(person)]
    for shape in PARTS:
        model: Any = model_of(shape)
        if shape.model != "Person" and hasattr(model, "history"):
            found += _versions(shape, model.history.filter(person_id=person.pk))
    return sorted(found, key=lambda each: each.at, reverse=True)


def _of_details(person: Person) -> list[Version]:
    rows = Person.history.filter(id=person.pk)
    return _versions(SECTIONS[0], rows, extra=("warnings",))


def _of_key_safe(person: Person) -> list[Version]:
    rows = KeySafeCode.history.filter(person_id=person.pk).order_by("-history_date", "-history_id")[:MOST]
    return [Version(row.history_date, row.history_user_id, None, row.history_type, {}, {}) for row in rows]


def _versions(shape: Section | RowKind, history: Any, extra: tuple[str, ...] = ()) -> list[Version]:
    rows = list(history.order_by("-history_date", "-history_id")[:MOST])
    earlier: dict[Any, Mapping[str, Any]] = {}
    found = []
    for row in reversed(rows):
        values = _read(shape, row, extra)
        before, earlier[row.id] = earlier.get(row.id, {}), values
        if row.history_type != "~" or before != values:
            found.append(Version(row.history_date, row.history_user_id, shape, row.history_type, before, values))
    return found


def _read(shape: Section | RowKind, row: Any, extra: tuple[str, ...]) -> Mapping[str, Any]:
    more = ENDED if isinstance(shape, RowKind) else extra
    return values_of(shape, row) | {name: getattr(row, name) for name in more}


def names_of(actor_ids: Iterable[str]) -> dict[str, str]:
    """Return who these actors are: "user:<id>" and "client:<id>" by name."""
    kinds: dict[str, list[UUID]] = {"user": [], "client": []}
    for actor_id in set(actor_ids):
        kind, _, key = actor_id.partition(":")
        if kind in kinds and (found := read_id(key)):
            kinds[kind].append(found)
    users = User.objects.filter(pk__in=kinds["user"]).values_list("pk", "name")
    clients = PartnerClient.objects.filter(pk__in=kinds["client"]).values_list("pk", "name")
    return {f"user:{pk}": name for pk, name in users} | {f"client:{pk}": name for pk, name in clients}
