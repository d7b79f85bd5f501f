"""What a list of referrals is narrowed to: the board, its file and REST use the same."""

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from referrals.models import Referral

HOSPITAL_WORDS = """SELECT held ->> 'words'
FROM accounts_place, jsonb_array_elements(words -> 'hospitals') AS held WHERE held ->> 'code' = %s"""


def at_hospital(rows: QuerySet[Referral], code: str) -> QuerySet[Referral]:
    """Keep the referrals of people in a hospital of the place, by its code: a referral holds the words."""
    return rows.filter(hospital_site__in=RawSQL(HOSPITAL_WORDS, [code]))  # noqa: S611  (words of our own)


def unseen(rows: QuerySet[Referral]) -> QuerySet[Referral]:
    """Keep those the front door still waits for: not decided, or accepted and not yet seen."""
    return rows.filter(done_at__isnull=True)


def narrowed(rows: QuerySet[Referral], *, zone: str = "", urgency: str = "", hospital: str = "") -> QuerySet[Referral]:
    """Keep what lies in the zone, is of the urgency and in the hospital that are asked for; empty asks for all."""
    rows = rows.filter(zone=zone) if zone else rows
    rows = rows.filter(urgency=urgency) if urgency else rows
    return at_hospital(rows, hospital) if hospital else rows
