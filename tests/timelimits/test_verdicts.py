"""The sweep's short cut for plain clocks says what the rules say."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.factories.timelimits import calendar, terms, uk
from tests.timelimits.test_rules_properties import instants
from timelimits.commands.verdicts import Plain
from timelimits.domain import History, Stage
from timelimits.rules import reckon

STAGES = (Stage("half", share=0.5), Stage("last", minutes_before=15), Stage("early", minutes_before=3000))
LIMITS = (
    terms("elapsed", timedelta(hours=2), *STAGES),
    terms("calendar_days", timedelta(days=1), *STAGES),
    terms("calendar_days", timedelta(days=42), *STAGES, Stage("d", on_day=21)),
    terms("working_days", timedelta(days=5), *STAGES),
    terms("opening_hours", timedelta(hours=4), *STAGES, opening=calendar()),
)


@given(st.lists(instants, min_size=1, max_size=6))
def test_plain__is_what_the_rules_say_for_every_start(starts):
    plain = Plain()
    for policy_id, limit in enumerate(LIMITS):
        for start in starts:
            assert plain.reckon(policy_id, limit, start) == reckon(History(start), limit)


def test_plain__two_starts_on_one_date_are_told_apart_where_a_stage_depends_on_the_hour():
    plain = Plain()
    for start in (uk("2026-05-11 09:00"), uk("2026-05-11 17:00"), datetime(2026, 5, 11, 12, tzinfo=UTC)):
        assert plain.reckon(1, LIMITS[1], start) == reckon(History(start), LIMITS[1])
