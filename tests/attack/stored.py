"""What the database holds: counts of rows, and every stored text."""

import json
from typing import Any

from django.apps import apps
from django.db import connection

# Read anew by every request, or the record of the attempt itself
NO_MATTER = frozenset({"audit_accesslog", "icras_cache", "django_session", "accounts_callcount"})
DRAFTS = frozenset({"referrals_draft"})


def tables() -> list[str]:
    """Return the table of every model."""
    return sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)} - NO_MATTER)


def row_counts() -> dict[str, int]:
    """Return the number of rows of every table that an answer of "no" must leave alone. Drafts are kept on purpose."""
    names = [name for name in tables() if name not in DRAFTS]
    counted = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(counted)
        return dict(cursor.fetchall())


def contents() -> dict[str, str]:
    """Return a digest of every row of each of these tables."""
    names = [name for name in tables() if name not in DRAFTS | {"accounts_trycount"}]
    held = "SELECT '{0}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{0}\" t"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(held.format(name) for name in names))
        return dict(cursor.fetchall())


def texts_with(part: str) -> list[str]:
    """Return every text, also those inside JSON, of each row that holds these letters somewhere."""
    found: list[str] = []
    union = " UNION ALL ".join(
        f'SELECT to_jsonb(t) FROM "{name}" t WHERE position(%s in t::text) > 0' for name in tables()
    )
    with connection.cursor() as cursor:
        cursor.execute(union, [part] * len(tables()))
        for (row,) in cursor.fetchall():
            found += _texts(json.loads(row))
    return found


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in (*value.keys(), *value.values()) for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
