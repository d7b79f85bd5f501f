"""manage.py demo: about 60 made-up cases for the demonstration place. Killed midway, run it again: no doubles."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.queries import place
from audit.commands import now
from icras.demo.catching_up import catch_up
from icras.demo.making import hurry, make_cases, make_enquiries
from icras.demo.plan import read_enquiries, read_plans
from timelimits.tasks import sweep


class Command(BaseCommand):
    help = "Make the made-up cases of the demonstration place, dated back from now."

    def handle(self, *args: Any, verbosity: int, **options: Any) -> None:
        here, instant = place(), now()
        if settings.PRODUCTION or not here.demo:
            raise CommandError("Made-up cases are for a demonstration place only. Load one first, outside production.")
        hurry()
        made = make_cases(read_plans(settings.BASE_DIR / "places" / here.code), instant)
        make_enquiries(read_enquiries(settings.BASE_DIR / "places" / here.code), instant)
        if made:
            catch_up(instant)
            sweep()  # so that the first page does not say that limits have never been checked
        if verbosity:
            self.stdout.write(f"{made} made-up cases made.")
