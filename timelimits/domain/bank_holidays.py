"""Which days are bank holidays in England and Wales: packaged data, never a network call."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache

import holidays

FIRST_YEAR = 2012
LAST_YEAR = 2045


class CalendarGapError(ValueError):
    """The calendar cannot answer: a year it does not hold, or no opening to be found. An alarm, never a guess."""


@dataclass(frozen=True, slots=True)
class BankHolidays:
    """Bank holidays of a range of years (both ends included). Days outside the range cannot be judged."""

    days: frozenset[date]
    first_year: int
    last_year: int
    extra: frozenset[date] = field(default_factory=frozenset)

    def falls_on(self, day: date) -> bool:
        """Say whether the day is a bank holiday. Raises CalendarGapError for a year that is not held."""
        if not self.covers(day):
            raise CalendarGapError(f"No bank holidays are held for {day.year}.")
        return day in self.days or day in self.extra

    def covers(self, day: date) -> bool:
        """Say whether the year of the day is held."""
        return self.first_year <= day.year <= self.last_year

    def with_extra(self, extra: frozenset[date]) -> "BankHolidays":
        """Return these and one-off days proclaimed later."""
        return BankHolidays(self.days, self.first_year, self.last_year, self.extra | extra)


@cache
def england_and_wales() -> BankHolidays:
    """Return the packaged bank holidays, 2012 to 2045."""
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    return BankHolidays(frozenset(holidays.country_holidays("GB", subdiv="ENG", years=years)), FIRST_YEAR, LAST_YEAR)
