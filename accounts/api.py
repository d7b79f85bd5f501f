"""How a partner system proves who it is: OAuth2 client credentials, bound to one organisation."""

from typing import Any

from oauth2_provider.contrib.rest_framework import OAuth2Authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import PartnerClient
from accounts.queries import actor_for
from audit.domain import Actor


class PartnerUser:
    """What DRF calls the user of a request made by a partner system."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, client: PartnerClient, scopes: set[str]) -> None:
        self.pk = client.pk
        self.client = client
        self.client.scopes = sorted(set(client.scopes) & scopes)
        self.actor = actor_for(self.client)


class PartnerAuthentication(OAuth2Authentication):  # type: ignore[misc]
    """Accept a bearer token of an active partner client; the token's scopes narrow the client's."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is None:
            return None
        token = found[1]
        client = PartnerClient.objects.filter(application_id=token.application_id, is_active=True).first()
        if client is None:
            raise AuthenticationFailed("This client is not active.")
        return PartnerUser(client, set(token.scope.split())), token


class IsPartner(BasePermission):
    """Let only partner systems in; what each may do is checked by the command or query."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: object = request.user
        return isinstance(caller, PartnerUser)


class PartnerThrottle(SimpleRateThrottle):
    """So many requests a minute for each client (setting ICRAS_API_RATE); more is 429."""

    scope = "partner"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        caller: object = request.user
        ident = caller.pk if isinstance(caller, PartnerUser) else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


def actor_of(request: Request) -> Actor:
    """Return the Actor of the partner system that made this request."""
    caller: Any = request.user
    actor: Actor = caller.actor
    return actor
