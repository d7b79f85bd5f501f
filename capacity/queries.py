"""Which zones there are, and which one a postcode lies in."""

from django.db.models import QuerySet

from capacity.domain import prefixes_of
from capacity.models import Zone


def zones() -> QuerySet[Zone]:
    """Return the zones in use, in the place's order."""
    return Zone.objects.filter(ends_on=None)


def zone_for(postcode: str) -> str | None:
    """Return the code of the zone whose prefix fits the postcode most closely (R199); None outside the place."""
    tried = prefixes_of(postcode)
    rows = zones().filter(postcode_prefixes__overlap=tried) if tried else Zone.objects.none()
    by_prefix = {prefix: zone.code for zone in rows for prefix in zone.postcode_prefixes}
    return next((by_prefix[prefix] for prefix in tried if prefix in by_prefix), None)


def zone_words(code: str) -> str:
    """Return a zone's name, one given up too; the code itself when it is not known."""
    return Zone.objects.filter(code=code).values_list("name", flat=True).first() or code
