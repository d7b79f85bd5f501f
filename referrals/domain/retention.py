"""How long a record is kept after the last thing that happened. Pure."""

from calendar import monthrange
from datetime import date


def review_on(last: date, years: int) -> date:
    """Return the day on which a record falls due for review: `years` (0 to 100) after the last day, never before.

    Records Management Code of Practice (NHS England, 2023): 8 for adult health records. A 29 February that the year has
    not is its 1 March.
    """
    year = last.year + years
    return date(year, 3, 1) if last.day > monthrange(year, last.month)[1] else last.replace(year=year)


def latest_last(today: date, years: int) -> date:
    """Return the latest last day of a record that is due for review today: `review_on` the other way round."""
    year = today.year - years
    return today.replace(year=year, day=min(today.day, monthrange(year, today.month)[1]))
