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
    columns = [list(values) for values in zip(*rows, strict=True)]
    if not columns:
        return []
    fields = [_field(model, name) for name in names]
    values = [_plain(f, column) for f, column in zip(fields, columns, strict=True)]
    arrays = ", ".join(f"%s::{f.db_type(connection)}[]" for f in fields)
    targets = ", ".join(f'"{f.column}"' for f in fields)
    sql = f'INSERT INTO "{model._meta.db_table}" ({targets}) SELECT * FROM unnest({arrays})'  # noqa: S608  (names of our own models)
    if skip_existing:
        sql += " ON CONFLICT DO NOTHING"
    if returning:
        sql += " RETURNING " + ", ".join(f'"{_field(model, name).column}"' for name in returning)
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if returning else []


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _plain(model_field: Any, column: list[Any]) -> list[Any]:
    if isinstance(model_field, JSONField):
        return [json.dumps(value) for value in column]
    return column


def record_many(events: Sequence[NewEvent]) -> None:
    """Append events to their cases, in the command's transaction, all by the acting Actor at the command's instant."""
    by, instant = current(), now()
    who = (instant, by.id, by.label, by.role)
    insert(
        CaseEvent,
        ("case_id", "event", "subject", "occurred_at", "data", "recorded_at", "actor_id", "actor_label", "actor_role"),
        [(e.case_id, e.event, e.subject, e.occurred_at, as_codes(e.data), *who) for e in events],
    )
