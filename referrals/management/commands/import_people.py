"""manage.py import_people FILE [--dry-run]: take over a list of people, all of it or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.commands import now
from audit.domain import SYSTEM
from audit.refusals import RuleBroken
from referrals.commands.imports import import_people, send_people
from referrals.domain.imports import UnreadableError, read_sheet
from timelimits.domain.local_time import local_date


class Command(BaseCommand):
    help = "Take over a CSV file of people: every fault is shown by line and column; with one fault nobody is added."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, help="the CSV file; its first line names the columns")
        parser.add_argument("--dry-run", action="store_true", help="only show what is wrong")

    def handle(self, *args: Any, path: Path, dry_run: bool, **options: Any) -> None:
        if not path.is_file():
            raise CommandError(f"{path} is not a file.")
        content = path.read_bytes()
        try:
            sheet = read_sheet(content, local_date(now()))
        except UnreadableError as fault:
            raise CommandError(str(fault)) from fault
        if sheet.wrong:
            lines = "\n".join(f"  {each}" for each in sheet.wrong)
            raise CommandError(f"Nobody was added. {len(sheet.wrong)} to put right:\n{lines}")
        if dry_run:
            self.stdout.write(f"{len(sheet.rows)} people, nothing wrong. Nobody was added.")
            return
        try:
            done = import_people(by=SYSTEM, import_id=send_people(by=SYSTEM, content=content).pk)
        except RuleBroken as no:
            raise CommandError(no.message) from no
        self.stdout.write(f"{done.made} people added. {done.known} were known already.")
