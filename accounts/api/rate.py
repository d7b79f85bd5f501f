"""How often something may be tried from one address. Counted in the database, in one statement, without keeping who."""

from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.db import connection
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from audit.commands import now

STRETCHES = {"s": 1, "m": 60, "h": 3600, "d": 86400}
BUCKETS = 65536  # two addresses rarely share one; the table cannot grow past it, and holds no address
COUNT = """
INSERT INTO accounts_trycount AS c (bucket, began_at, calls) VALUES (%s, %s, 1)
ON CONFLICT (bucket) DO UPDATE SET
    calls = CASE WHEN c.began_at = excluded.began_at THEN c.calls + 1 ELSE 1 END, began_at = excluded.began_at
RETURNING calls
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many in so many seconds."""

    number: int
    seconds: int

    def stretch(self, at: datetime) -> tuple[datetime, float]:
        """Return when the stretch of time that holds an instant began, and in how many seconds it ends."""
        began = int(at.timestamp()) // self.seconds * self.seconds
        return datetime.fromtimestamp(began, UTC), began + self.seconds - at.timestamp()


def read_rate(words: str) -> Rate:
    """Read "600/min"; the first letter of the stretch counts."""
    number, _, stretch = words.partition("/")
    return Rate(int(number), STRETCHES[stretch[:1]])


def place_of(address: str) -> str:
    """Return what counts as one: an IPv4 address, or the /64 of IPv6 among whose addresses one subscriber chooses."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((int(found), 64), strict=False))


def wait_for(request: HttpRequest, what: str, rate: str) -> float:
    """Count one try from the address of a request; return 0 while it may, else in how many seconds it may again."""
    allowed = read_rate(rate)
    began, ends_in = allowed.stretch(now())
    address = place_of(get_adapter(request).get_client_ip(request))
    number = int(salted_hmac("icras.rate", address).hexdigest()[:8], 16) % BUCKETS
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [f"{what}:{number}", began])
        tried = int(cursor.fetchone()[0])
    return ends_in if tried > allowed.number else 0
