"""manage.py show_logins: who can sign in to the demonstration place, one for each role."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.domain import ROLES, Role
from accounts.models import Membership, PartnerClient, Place
from icras.place.loading import DEMO_PASSWORD


class Command(BaseCommand):
    help = "Show the log-ins of the demonstration place."

    def handle(self, *args: Any, **options: Any) -> None:
        if not Place.objects.filter(demo=True).exists():
            return
        self.stdout.write(f"Log-ins (password {DEMO_PASSWORD}; everybody is made up):")
        shown: set[str] = set()
        for member in Membership.objects.filter(ends_on=None).select_related("user", "team").order_by("pk"):
            if member.role not in shown and member.user.email.endswith(".example"):
                shown.add(member.role)
                label = ROLES[Role(member.role)].label
                self.stdout.write(f"  {member.user.email:<32} {label}, {member.team.name}")
        for client in PartnerClient.objects.filter(is_active=True).select_related("application"):
            self.stdout.write(f"  {client.application.client_id:<32} partner system, by REST: see README")
