"""`manage.py generate_docs [--check]`: write docs/generated from the tables of the product, or say what is stale."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from icras import generated


class Command(BaseCommand):
    help = "Write docs/generated; with --check only say whether it is up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when a document is stale, write nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        if not check:
            generated.write()
        elif names := generated.stale():
            raise CommandError(f"Stale: {', '.join(names)}. Run manage.py generate_docs.")
