"""Bring one row to what a place bundle says, and say what that changed."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model

from accounts.domain import Change

LONGEST_VALUE = 60


def put_row(model: type[Model], what: str, key: Mapping[str, Any], wanted: Mapping[str, Any]) -> Change | None:
    """Add the row with this key, or change the fields that differ; None when all is as wanted.

    Loading a bundle locks the place first, so nobody adds the same row meanwhile. Not for history-tracked models, whose
    changes are made by their own commands.
    """
    row = model._default_manager.select_for_update(of=("self",)).filter(**key).first()
    if row is None:
        model._default_manager.create(**{**key, **wanted})
        return Change(what, "added")
    differing = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    told = tuple(f"{name}: {_short(getattr(row, name))} → {_short(value)}" for name, value in differing.items())
    for name, value in differing.items():
        setattr(row, name, value)
    if not differing:
        return None
    row.save(update_fields=list(differing))
    return Change(what, "changed", told)


def _short(value: Any) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
