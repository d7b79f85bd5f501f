"""A partner system that calls the API of a stand."""

from datetime import timedelta
from uuid import uuid4

from oauth2_provider.models import AccessToken

from accounts.commands import add_partner
from accounts.domain import Scope
from accounts.models import Team
from audit.commands import now
from audit.domain import SYSTEM
from bench.stand import Stand

REFERRALS = "/api/v1/referrals/"


def token(stand: Stand) -> str:
    """Return the Authorization header of a partner of the organisation whose teams stand at the front door."""
    stand.use()
    organisation = Team.objects.get(code="spa").organisation_id
    client, _ = add_partner(
        by=SYSTEM, name=f"Measure {uuid4().hex[:8]}", organisation_id=organisation, scopes=tuple(Scope)
    )
    made = AccessToken.objects.create(
        application=client.application,
        token=uuid4().hex,
        expires=now() + timedelta(days=1),
        scope=" ".join(client.scopes),
    )
    return f"Bearer {made.token}"
