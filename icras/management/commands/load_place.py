"""manage.py load_place PATH [--dry-run]: configure this deployment from a place bundle."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audit.domain import SYSTEM
from audit.refusals import RuleBroken
from icras.place.bundle import read_bundle
from icras.place.checks import faults_of
from icras.place.loading import load_bundle


class Command(BaseCommand):
    help = "Load a place bundle: checks it whole, shows what changes, and may be repeated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the folder of the bundle, such as places/sefton")
        parser.add_argument("--dry-run", action="store_true", help="only show what would change")

    def handle(self, *args: Any, path: Path, dry_run: bool, verbosity: int, **options: Any) -> None:
        if not path.is_dir():
            raise CommandError(f"{path} is not a folder.")
        bundle = read_bundle(path, demo=not settings.PRODUCTION)
        if faults := faults_of(bundle):
            lines = "\n".join(f"  {fault}" for fault in faults)
            raise CommandError(f"{path} was not loaded. {len(faults)} to put right:\n{lines}")
        try:
            changes = load_bundle(by=SYSTEM, bundle=bundle, dry_run=dry_run)
        except RuleBroken as no:
            raise CommandError(f"{path} was not loaded. {no.message}") from no
        if verbosity:
            for change in changes:
                self.stdout.write(str(change))
            self.stdout.write(f"{len(changes)} {'changes to make' if dry_run else 'changes made'}.")
