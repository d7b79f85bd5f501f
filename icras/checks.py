"""What stops a production start: `migrate`, which every deployment runs first, asks these of the database."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from accounts.models import PartnerClient, Place, User
from icras.place.loading import DEMO_PASSWORD

DEMO_CLIENT = "demo-partner"
HINT = "Use a database of its own for the demonstration place; production starts with an empty one."


@register(Tags.database)
def no_demo_in_production(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a database that holds the demonstration place, one of its log-ins with its password, or its partner."""
    if not databases or not settings.PRODUCTION:  # only `migrate` and `check --database` may ask the database
        return []
    if User._meta.db_table not in connection.introspection.table_names():
        return []
    found = []
    if Place.objects.filter(demo=True).exists():
        found.append("the demonstration place")
    made_up = User.objects.filter(email__endswith="@icras.example").values_list("password", flat=True)
    if any(check_password(DEMO_PASSWORD, kept) for kept in made_up):
        found.append("a log-in with the demonstration password")
    if PartnerClient.objects.filter(application__client_id=DEMO_CLIENT, is_active=True).exists():
        found.append("the demonstration partner")
    return [Error(f"This production database holds {what}.", hint=HINT, id="icras.E001") for what in found]
