"""`manage.py first_administrator EMAIL NAME [--team CODE]`: let the first administrator of a new deployment in."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from accounts.commands import give_role, invite_person
from accounts.domain import Role, TeamKind
from accounts.models import Membership, Team, User
from audit.commands import command, now
from audit.domain import SYSTEM, Actor
from audit.refusals import Refusal
from timelimits.domain.local_time import local_date


@command
def _let_in(*, by: Actor, email: str, name: str, team: Team) -> User:
    user = invite_person(by=by, email=email, name=name)
    give_role(by=by, user_id=user.pk, team_id=team.pk, role=Role.ADMINISTRATOR, starts_on=local_date(now()))
    return user


class Command(BaseCommand):
    help = (
        "Make the first administrator and print the link to set a password. "
        "Again for the same address: a new link, as long as no password was set. Refused once somebody can sign in."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("--team", help="code of a team from the place bundle; a management team unless told")

    def handle(self, *args: Any, email: str, name: str, team: str | None, **options: Any) -> None:
        there = [row.user for row in Membership.objects.filter(role=Role.ADMINISTRATOR, user__is_active=True)]
        waiting = [user for user in there if user.email == email.lower() and not user.has_usable_password()]
        if there and len(waiting) != len(there):
            raise CommandError("There is an administrator already: sign in as them and invite others.")
        user = waiting[0] if waiting else self._make(email, name, team)
        key = default_token_generator.make_token(user)
        path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key])
        self.stdout.write(f"Open within three days, once: {settings.ICRAS_SITE_URL}{path}")

    def _make(self, email: str, name: str, team: str | None) -> User:
        chosen = Team.objects.filter(code=team) if team else Team.objects.filter(kind=TeamKind.MANAGEMENT)
        found = chosen.order_by("code").first()
        if found is None:
            raise CommandError("No such team. Load the place first (manage.py load_place), or name one with --team.")
        try:
            return _let_in(by=SYSTEM, email=email, name=name, team=found)
        except Refusal as refusal:
            raise CommandError(refusal.message) from refusal
