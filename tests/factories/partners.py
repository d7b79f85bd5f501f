"""Partner systems that call the API: a client bound to an organisation, with a real token."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.http import HttpResponse
from django.test import Client
from oauth2_provider.models import AccessToken

from accounts.commands import add_partner
from accounts.domain import SCOPES, Scope
from accounts.models import Organisation, PartnerClient
from accounts.queries import actor_for
from audit.commands import now
from audit.domain import SYSTEM, Actor

REFERRALS = "/api/v1/referrals/"


@dataclass
class Partner:
    """A partner system with a token; every call goes through the real routes."""

    client: PartnerClient
    token: str
    http: Client = field(default_factory=Client)

    @property
    def actor(self) -> Actor:
        """Return the Actor of this client."""
        return actor_for(self.client)

    def headers(self, **more: str) -> dict[str, str]:
        """Return what every call carries."""
        return {"Authorization": f"Bearer {self.token}"} | {
            name.replace("_", "-"): value for name, value in more.items()
        }

    def get(self, address: str, **query: Any) -> HttpResponse:
        """Read."""
        return self.http.get(address, query, headers=self.headers())

    def post(self, address: str, body: Any, **headers: str) -> HttpResponse:
        """Send a body as JSON; text and bytes go as they are."""
        raw = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.http.post(address, raw, content_type="application/json", headers=self.headers(**headers))

    def refer(self, body: Any = None, **changes: Any) -> HttpResponse:
        """Make a referral with a new key."""
        return self.post(REFERRALS, body or referral(**changes), Idempotency_Key=uuid4().hex)

    def move(self, made: dict[str, Any], verb: str, body: Any, version: int | None = None) -> HttpResponse:
        """Move a referral or an episode that was answered before, as it was then."""
        version = made["version"] if version is None else version
        return self.post(f"{made['links']['self']}{verb}/", body, If_Match=f'"{version}"')


def partner_of(organisation: Organisation, *scopes: Scope, name: str = "Test partner") -> Partner:
    """Make a client of the organisation with a token; all scopes unless told."""
    client, _ = add_partner(by=SYSTEM, name=name, organisation_id=organisation.pk, scopes=scopes or tuple(SCOPES))
    token = AccessToken.objects.create(
        application=client.application,
        token=uuid4().hex,
        expires=now() + timedelta(hours=1),
        scope=" ".join(client.scopes),
    )
    return Partner(client, token.token)


def referral(**changes: Any) -> dict[str, Any]:
    """Return the least that a referral needs, with changes."""
    return {
        "person": {"family_name": "Testalder", "given_name": "Maud", "born_on": "1935-02-01", "postcode": "L23 9ZZ"},
        "direction": "step_up",
        "urgency": "crisis",
        "source": {"kind": "gp", "phone": "01632 960018"},
        "reason": "falls",
        "summary": "Fell in the bathroom at 11. Up now, hip sore.",
    } | changes
