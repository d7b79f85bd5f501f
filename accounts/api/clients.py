"""How a partner system proves who it is: OAuth2 client credentials, bound to one organisation."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from accounts.api.rate import read_rate
from accounts.models import PartnerClient
from accounts.queries import client_actor
from audit.commands import now
from audit.domain import Actor

# Read on every call and never kept: a client that is stopped, or a token that is taken back, is refused at once.
HOLDER = """
SELECT c.id, c.organisation_id, c.name, c.scopes, t.scope,
    ARRAY(SELECT id FROM accounts_team WHERE organisation_id = c.organisation_id)
FROM oauth2_provider_accesstoken t JOIN accounts_partnerclient c ON c.application_id = t.application_id
WHERE t.token_checksum = %s AND t.expires > %s AND c.is_active
"""


class PartnerUser:
    """What DRF calls the user of a request made by a partner system."""

    is_authenticated = True
    is_anonymous = False

    def __init__(self, client: PartnerClient, teams: Iterable[UUID]) -> None:
        self.pk = client.pk
        self.client = client
        self.actor = client_actor(client, teams)


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
        with connection.cursor() as cursor:
            cursor.execute(HOLDER, [checksum, now()])
            found = cursor.fetchone()
        if found is None:
            raise AuthenticationFailed("This token is not valid, or not any more. Ask for another at /o/token/.")
        key, organisation, name, scopes, narrowed, teams = found
        client = PartnerClient(pk=key, organisation_id=organisation, name=name)
        client.scopes = sorted(set(scopes) & set(narrowed.split()))
        return PartnerUser(client, teams), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="icras"'


class IsPartner(BasePermission):
    """Let only partner systems in; what each may do is checked by the command or query."""

    def has_permission(self, request: Request, view: Any) -> bool:
        caller: object = request.user
        return isinstance(caller, PartnerUser)


# A count that a crash loses does no harm: its commit need not wait for the disk, as every other does.
COUNT = """
WITH unhurried AS (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO accounts_callcount AS c (client_id, began_at, calls) SELECT %s, %s, 1 FROM unhurried
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
        rate = read_rate(settings.ICRAS_API_RATE)
        began, self.ends_in = rate.stretch(now())
        return _count(user.client, began) <= rate.number

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
