from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from audit.commands import acting, record
from audit.domain import SYSTEM
from audit.queries import timeline

pytestmark = pytest.mark.django_db
AT = datetime(2026, 5, 11, 9, 0, tzinfo=UTC)


@pytest.fixture
def case_id():
    case_id, other = uuid4(), uuid4()
    with acting(SYSTEM):
        for hours, event in ((0, "referral.registered"), (3, "clock.breached"), (1, "referral.accepted")):
            record(case_id=case_id, event=event, subject="x:1", occurred_at=AT + timedelta(hours=hours))
        record(case_id=other, event="referral.registered", subject="x:2")
    return case_id


def events(rows):
    return [row.event for row in rows]


def test_timeline__is_newest_first_by_when_it_happened(case_id):
    assert events(timeline([case_id])) == ["clock.breached", "referral.accepted", "referral.registered"]


def test_timeline__of_one_case_shows_no_other(case_id):
    assert {row.case_id for row in timeline([case_id])} == {case_id}


def test_timeline__keeps_the_families_asked_for(case_id):
    assert events(timeline([case_id], ["clock"])) == ["clock.breached"]
    assert events(timeline([case_id], [])) == []


@pytest.mark.parametrize("typed", ["(", ".*", "clock|referral", "%", "re_erral"])
def test_timeline__takes_a_filter_as_words_not_as_a_pattern(case_id, typed):
    assert events(timeline([case_id], [typed])) == []
