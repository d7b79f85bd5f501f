"""Many rows in one statement, for work counted in thousands (the deadline sweep). Never on history-tracked models."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db import connection
from django.db.models import Expression, JSONField, Model

from audit.acting import current, now
from audit.domain import as_codes
from audit.models import CaseEvent

RECORD_FROM = """
INSERT INTO audit_caseevent
    (case_id, event, subject, occurred_at, data, recorded_at, actor_id, actor_label, actor_role)
SELECT given.case_id, given.event, given.subject, given.occurred_at, given.data,
       %(recorded_at)s, %(actor_id)s, %(actor_label)s, %(actor_role)s
FROM ({source}) AS given
"""
Rows = Iterable[Sequence[Any]]
T = TypeVar("T", bound=Model)
FEW = 20


@dataclass(frozen=True, slots=True)
class NewEvent:
    """A CaseEvent to be written with others. `data` holds codes and ids only."""

    case_id: UUID
    event: str
    subject: str
    occurred_at: datetime
    data: dict[str, Any] = field(default_factory=dict)


def insert(
    model: type[Model], names: Sequence[str], rows: Rows, *, returning: Sequence[str] = (), skip_existing: bool = False
) -> list[tuple[Any, ...]]:
    """Insert rows (values in the order of the field names) and return the named fields of those that were new."""
    found = list(rows)
    if not found:
        return []
    fields = tuple(_field(model, name) for name in names)
    if len(found) > FEW and not returning and not skip_existing:
        _copy(model, fields, found)
        return []
    sql = _insert_from_json(model, fields, skip_existing)
    if returning:
        sql += " RETURNING " + ", ".join(f'"{_field(model, name).column}"' for name in returning)
    columns = [f.column for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps([dict(zip(columns, row, strict=True)) for row in found], default=str)])
        return cursor.fetchall() if returning else []


def add(row: T) -> T:
    """Insert one new row, as `save()` would, and return it with its key: a third of the work of `save()`.

    Of a model that keeps versions the first version is written too, by the acting Actor. No signals are sent.
    """
    table, key, fields = _columns(type(row))
    given = [(column, f, value) for column, f in fields if not _left_out(f, value := f.pre_save(row, True))]
    names, marks = ", ".join([column for column, _, _ in given]), ", ".join(["%s"] * len(given))
    statement = f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING {key}"  # noqa: S608  (names of our own models)
    with connection.cursor() as cursor:
        cursor.execute(statement, [f.get_db_prep_save(value, connection) for _, f, value in given])
        row.pk = cursor.fetchone()[0]
    row._state.adding, row._state.db = False, connection.alias
    if versions := _versions(type(row)):
        add(_first_version(row, versions))
    return row


@cache
def _versions(model: type[Model]) -> type[Model] | None:
    """Return where the versions of a model are kept, None where it keeps none."""
    history = getattr(model, "history", None)
    return history.model if history else None


@cache
def _columns(model: type[Model]) -> tuple[str, str, list[tuple[str, Any]]]:
    """Return table, key and columns as SQL names them; what the database makes by itself is left out."""
    fields = [(f'"{f.column}"', f) for f in model._meta.concrete_fields if not f.generated]
    return f'"{model._meta.db_table}"', f'"{model._meta.pk.column}"', fields


def _left_out(f: Any, value: Any) -> bool:
    """Say whether the database gives this value: a default of its own, or the next key."""
    return isinstance(value, Expression) or (value is None and bool(f.primary_key))


def _first_version(row: Model, versions: type[Model]) -> Model:
    held = {f.attname: getattr(row, f.attname) for f in versions._meta.concrete_fields if hasattr(row, f.attname)}
    return versions(**held, history_date=now(), history_type="+", history_user_id=current().id)


def _copy(model: type[Model], fields: Sequence[Any], rows: Rows) -> None:
    """The quickest way in; nothing may be there already."""
    as_json = [index for index, f in enumerate(fields) if isinstance(f, JSONField)]
    targets = ", ".join(f'"{f.column}"' for f in fields)
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({targets}) FROM STDIN') as copy:
        for row in rows:
            values = list(row)
            for index in as_json:
                values[index] = json.dumps(values[index])
            copy.write_row(values)


@cache
def _insert_from_json(model: type[Model], fields: tuple[Any, ...], skip_existing: bool) -> str:
    """One parameter, whatever the number of rows: arrays cost more to write out than the insert itself."""
    targets = ", ".join(f'"{f.column}"' for f in fields)
    shape = ", ".join(f'"{f.column}" {f.db_type(connection)}' for f in fields)
    conflict = " ON CONFLICT DO NOTHING" if skip_existing else ""
    return (
        f'INSERT INTO "{model._meta.db_table}" ({targets}) '  # noqa: S608  (names of our own models)
        f"SELECT {targets} FROM json_to_recordset(%s) AS given ({shape}){conflict}"
    )


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def recording(source: str) -> tuple[str, dict[str, Any]]:
    """Return SQL, to stand in a longer statement, that appends the events a SELECT gives, and its named parameters.

    The SELECT gives case_id, event, subject, occurred_at, data; it is SQL of our own and data holds codes and ids only.
    The events are by the acting Actor at the command's instant, as those of `record_many`.
    """
    by = current()
    who = {"recorded_at": now(), "actor_id": by.id, "actor_label": by.label, "actor_role": by.role}
    return RECORD_FROM.format(source=source), who


def record_many(events: Sequence[NewEvent]) -> None:
    """Append events to their cases, in the command's transaction, all by the acting Actor at the command's instant."""
    by, instant = current(), now()
    who = (instant, by.id, by.label, by.role)
    insert(
        CaseEvent,
        ("case_id", "event", "subject", "occurred_at", "data", "recorded_at", "actor_id", "actor_label", "actor_role"),
        [(e.case_id, e.event, e.subject, e.occurred_at, as_codes(e.data), *who) for e in events],
    )
