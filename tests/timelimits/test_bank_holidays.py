"""The packaged bank holidays, judged by a second source."""

from datetime import date

import pytest
from govuk_bank_holidays.bank_holidays import BankHolidays as GovUk

from timelimits.domain.bank_holidays import CalendarGapError, england_and_wales


def test_england_and_wales__agrees_with_what_the_government_published():
    published = {e["date"] for e in GovUk(use_cached_holidays=True).get_holidays(division=GovUk.ENGLAND_AND_WALES)}
    first, last = min(published), max(published)
    held = {day for day in england_and_wales().days if first <= day <= last}
    assert {day for day in held if day.weekday() < 5} == {day for day in published if day.weekday() < 5}
    assert published <= held


@pytest.mark.parametrize("day", [date(2022, 9, 19), date(2023, 5, 8), date(2020, 5, 8), date(2027, 3, 26)])
def test_falls_on__knows_one_off_days_and_easter(day):
    assert england_and_wales().falls_on(day)


def test_falls_on__a_year_not_held_raises():
    with pytest.raises(CalendarGapError, match="2046"):
        england_and_wales().falls_on(date(2046, 1, 1))
    assert not england_and_wales().covers(date(2011, 12, 31))


def test_with_extra__adds_a_day_proclaimed_late():
    extra = england_and_wales().with_extra(frozenset({date(2029, 6, 11)}))
    assert extra.falls_on(date(2029, 6, 11))
    assert not england_and_wales().falls_on(date(2029, 6, 11))
