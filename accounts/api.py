"""How a partner system proves who it is: OAuth2 client credentials, bound to one organisation."""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import connection
from oauth2_provider.models import AccessToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.models import PartnerClient
from accounts.queries import actor_for
from audit.commands import now
from audit.domain import Actor

STRETCHES = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class PartnerUser:
    """What DRF calls the user of a request made by a partner system."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, client: PartnerClient, scopes: set[str]) -> None:
        self.pk = client.pk
        self.client = client
        self.client.scopes = sorted(set(client.scopes) & scopes)
        self.actor = actor_for(self.client)


class PartnerAuthentication(BaseAuthentication):
    """Accept a bearer token of an active partner client; the token's scopes narrow the client's.

    The token is read from the Authorization header only: never from an address, nor from a body before it is known
    who sent it.
    """

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.casefold() != "bearer":
            return None
        checksum = sha256(token.strip().encode()).hexdigest()
        found = AccessToken.objects.select_related("application__partner").filter(token_checksum=checksum).first()
        client = getattr(found.application, "partner", None) if found and not found.is_expired() else None
        if client is None or not client.is_active:
            raise AuthenticationFailed("This token is not valid, or not any more. Ask for another at /o/token/.")
        return PartnerUser(client, set(found.scope.split())), found

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="icras"'


class IsPartner(BasePermission):
    """Let only partner systems in; what each may do is checked by the command or query."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: object = request.user
        return isinstance(caller, PartnerUser)


COUNT = """
INSERT INTO accounts_callcount AS c (client_id, began_at, calls) VALUES (%s, %s, 1)
ON CONFLICT (client_id) DO UPDATE SET
    calls = CASE WHEN c.began_at = excluded.began_at THEN c.calls + 1 ELSE 1 END, began_at = excluded.began_at
RETURNING calls
"""


class PartnerThrottle(BaseThrottle):
    """So many calls in a stretch of time for each client (setting ICRAS_API_RATE, "600/min"); more is 429.

    Counted in one statement, so that calls at the same moment are all counted.
    """

    ends_in: float

    def allow_request(self, request: Request, view: Any) -> bool:
        user: Any = request.user
        if not isinstance(user, PartnerUser):
            return True
        number, _, stretch = settings.ICRAS_API_RATE.partition("/")
        seconds = STRETCHES[stretch[:1]]
        at = now()
        began = int(at.timestamp()) // seconds * seconds
        self.ends_in = began + seconds - at.timestamp()
        return _count(user.client, datetime.fromtimestamp(began, UTC)) <= int(number)

    def wait(self) -> float:
        return self.ends_in


def _count(client: PartnerClient, began_at: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [client.pk, began_at])
        return int(cursor.fetchone()[0])


def actor_of(request: Request) -> Actor:
    """Return the Actor of the partner system that made this request."""
    caller: Any = request.user
    actor: Actor = caller.actor
    return actor
