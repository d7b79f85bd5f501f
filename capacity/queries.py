"""Which zones there are, and which one a postcode lies in."""

from django.db import connection
from django.db.models import QuerySet

from capacity.domain import prefixes_of
from capacity.models import Zone


def zones() -> QuerySet[Zone]:
    """Return the zones in use, in the place's order."""
    return Zone.objects.filter(ends_on=None)


# Of the prefixes tried (longest first), the zone of the first that any zone in use has; nothing outside the place.
ZONE_OF = """
SELECT z.code FROM unnest(%(tried)s::text[]) WITH ORDINALITY AS given (prefix, place)
JOIN capacity_zone z ON given.prefix = ANY(z.postcode_prefixes) AND z.ends_on IS NULL
ORDER BY given.place, z.position, z.code LIMIT 1
"""


def zone_for(postcode: str) -> str | None:
    """Return the code of the zone whose prefix fits the postcode most closely (R199); None outside the place."""
    with connection.cursor() as cursor:
        cursor.execute(ZONE_OF, {"tried": prefixes_of(postcode)})
        found = cursor.fetchone()
    return found[0] if found else None
