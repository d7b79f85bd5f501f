"""The table that holds rate limits: in PostgreSQL, since Valkey may be emptied at any time."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def create(apps: Any, schema_editor: Any) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


def remove(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE IF EXISTS icras_cache")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_partner_client")]
    operations = [migrations.RunPython(create, remove)]
