"""Many rows in one statement, for work counted in thousands (the deadline sweep). Never on history-tracked models."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import JSONField, Model

from audit.acting import current, now
from audit.domain import as_codes
from audit.models import CaseEvent

RECORD_FROM = """
INSERT INTO audit_caseevent
    (case_id, event, subject, occurred_at, data, recorded_at, actor_id, actor_label, actor_role)
SELECT given.case_id, given.event, given.subject, given.occurred_at, given.data, %s, %s, %s, %s
FROM ({source}) AS given
"""
Rows = Iterable[Sequence[Any]]


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
    fields = [_field(model, name) for name in names]
    if not returning and not skip_existing:
        _copy(model, fields, found)
        return []
    sql = _insert_from_json(model, fields, skip_existing)
    if returning:
        sql += " RETURNING " + ", ".join(f'"{_field(model, name).column}"' for name in returning)
    columns = [f.column for f in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, [json.dumps([dict(zip(columns, row, strict=True)) for row in found], default=str)])
        return cursor.fetchall() if returning else []


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


def _insert_from_json(model: type[Model], fields: Sequence[Any], skip_existing: bool) -> str:
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


def record_from(source: str, params: Sequence[Any]) -> None:
    """Append the events that a SELECT gives (case_id, event, subject, occurred_at, data), as `record_many` does.

    `source` is SQL of our own; its data must hold codes and ids only.
    """
    by, instant = current(), now()
    with connection.cursor() as cursor:
        cursor.execute(RECORD_FROM.format(source=source), [instant, by.id, by.label, by.role, *params])


def record_many(events: Sequence[NewEvent]) -> None:
    """Append events to their cases, in the command's transaction, all by the acting Actor at the command's instant."""
    by, instant = current(), now()
    who = (instant, by.id, by.label, by.role)
    insert(
        CaseEvent,
        ("case_id", "event", "subject", "occurred_at", "data", "recorded_at", "actor_id", "actor_label", "actor_role"),
        [(e.case_id, e.event, e.subject, e.occurred_at, as_codes(e.data), *who) for e in events],
    )
