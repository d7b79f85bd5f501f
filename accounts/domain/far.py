"""How far from now a time may lie that somebody plans or tells: one rule for every form and every endpoint. Pure."""

from datetime import datetime, timedelta

FIRST_YEAR, LAST_YEAR = 1900, 2200
AHEAD = timedelta(days=731)
TOO_FAR = "That is more than two years ahead: check the year"
TOO_OLD = f"That is before {FIRST_YEAR}: check the year"


def too_far(at: datetime, now: datetime) -> str:
    """Return words when a time lies before 1900 or more than two years ahead; nothing when it may be so."""
    if at > now + AHEAD:
        return TOO_FAR
    return TOO_OLD if at.year < FIRST_YEAR else ""
