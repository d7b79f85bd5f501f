"""Versions of limits and of opening hours: added, never changed; running clocks keep theirs."""

from datetime import date, timedelta

import pytest

from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotPermitted, RuleBroken
from tests.factories.timelimits import (
    calendar_definition,
    member,
    on_list,
    policy_definition,
    publish,
    publish_all,
    shipped,
    start,
    team,
    uk,
)
from timelimits.commands import (
    end_policy,
    publish_bank_holiday,
    publish_calendar,
    publish_policy,
    rebase_clocks,
    stop_clock,
    sweep,
)
from timelimits.domain.local_time import end_of_day
from timelimits.models import CaseDeadline, ClockEvent, ExtraBankHoliday, OpeningCalendar, Policy
from timelimits.queries import preview_rebase, preview_start
from timelimits.queries.book import policy_in_force

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
T0 = uk("2026-05-11 10:00")
LATER = date(2034, 5, 15)


def calendar(**changes):
    return publish_calendar(by=SYSTEM, definition=calendar_definition(**changes))


def by_hours(**changes):
    return publish(code="triage", kind="opening_hours", calendar="spa", limit="4 h", stages=[], **changes)


@pytest.fixture
def wide():
    return member("wanda", "service_manager", team())


def test_publish_policy__the_shipped_bundle_is_loaded_and_loading_again_is_quiet():
    publish_all()
    publish_all()
    assert Policy.objects.count() == len(shipped()["policy"])
    assert OpeningCalendar.objects.count() == 1


def test_publish_policy__same_version_with_other_content_is_refused():
    publish()
    with pytest.raises(RuleBroken) as refused:
        publish(limit="3 h")
    assert refused.value.code == "version_changed"
    assert publish(version=2, limit="3 h").version == 2


def test_publish_policy__an_end_date_may_be_added():
    publish()
    assert publish(effective_until=date(2030, 1, 1)).effective_until == date(2030, 1, 1)
    assert publish(effective_until=date(2031, 1, 1)).effective_until == date(2030, 1, 1)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("definition_unreadable", {"limit": "x"}),
        ("definition_unreadable", {"ladder": []}),
        ("no_such_calendar", {"kind": "opening_hours", "calendar": "moon"}),
    ],
)
def test_publish_policy__refuses(code, changes):
    with pytest.raises(RuleBroken) as refused:
        publish(**changes)
    assert refused.value.code == code


def test_publish__needs_permission(wide):
    for verb, given in (
        (publish_policy, {"definition": policy_definition()}),
        (publish_calendar, {"definition": calendar_definition()}),
        (publish_bank_holiday, {"day": LATER, "name": "Proclaimed"}),
        (end_policy, {"code": "x", "variant": "", "until": LATER}),
    ):
        with pytest.raises(NotPermitted):
            verb(by=wide, **given)


def test_end_policy__no_clock_starts_under_it_afterwards():
    publish()
    assert end_policy(by=SYSTEM, code="two_hours", variant="", until=date(2026, 5, 1)) == 1
    newer = publish(version=2, effective_from=date(2026, 6, 1))
    assert start(at=T0).policy == newer
    assert end_policy(by=SYSTEM, code="two_hours", variant="", until=date(2026, 5, 2)) == 0


def test_publish_calendar__a_later_version_moves_running_clocks_and_says_so():
    calendar()
    by_hours()
    clock = start("triage", at=uk("2034-05-14 18:00"))
    on_list(clock.case_id)
    assert clock.due_at == uk("2034-05-15 10:00")
    calendar(version=2, effective_from=LATER, week={"mon": ["10:00-12:00"], "tue": ["10:00-12:00"]})
    clock.refresh_from_db()
    assert clock.due_at == CaseDeadline.objects.get().next_due_at == uk("2034-05-15 12:00")
    assert CaseEvent.objects.filter(event="clock.calendar_changed", case_id=clock.case_id).count() == 1


def test_publish_calendar__leaves_clocks_alone_that_it_does_not_move():
    calendar()
    by_hours()
    clock = start("triage", at=uk("2034-05-10 09:00"))
    calendar(version=2, effective_from=LATER, week={"mon": ["10:00-12:00"]})
    assert not CaseEvent.objects.filter(event="clock.calendar_changed").exists()
    assert clock.due_at == uk("2034-05-10 13:00")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("version_changed", {"week": {}}),
        ("not_later", {"version": 2, "effective_from": date(2021, 1, 1)}),
        ("never_open", {"version": 2, "effective_from": LATER, "week": {}}),
        ("definition_unreadable", {"week": {"mo": []}}),
    ],
)
def test_publish_calendar__refuses(code, changes):
    calendar()
    assert calendar() == OpeningCalendar.objects.get()
    with pytest.raises(RuleBroken) as refused:
        calendar(**changes)
    assert refused.value.code == code


def test_publish_bank_holiday__moves_running_working_day_clocks():
    publish(code="days", kind="working_days", limit="5 days", stages=[])
    clock = start("days", at=uk("2034-05-12 10:00"))
    for _ in range(2):
        publish_bank_holiday(by=SYSTEM, day=LATER, name="Proclaimed")
    clock.refresh_from_db()
    assert clock.due_at == end_of_day(date(2034, 5, 22))
    assert ExtraBankHoliday.objects.count() == 1
    assert CaseEvent.objects.filter(event="clock.calendar_changed").count() == 1


def test_running_clock__keeps_the_version_it_started_under_even_while_paused():
    publish()
    clock = start(at=T0)
    publish(version=2, limit="8 h", effective_from=date(2026, 1, 1))
    sweep(by=SYSTEM, now=T0 + 3 * HOUR)
    clock.refresh_from_db()
    assert clock.policy.version == 1
    assert ClockEvent.objects.filter(clock=clock, stage="breach").exists()


def test_rebase_clocks__is_previewed_then_done_and_audited(wide):
    publish()
    clock = start(at=T0)
    on_list(clock.case_id)
    longer = publish(version=2, limit="8 h", effective_from=date(2026, 1, 1))
    preview = preview_rebase(wide, [clock.pk], longer.pk)[0]
    assert (preview.before, preview.after) == (T0 + 2 * HOUR, T0 + 8 * HOUR)
    clock.refresh_from_db()
    assert clock.due_at == T0 + 2 * HOUR
    rebase_clocks(by=wide, clock_ids=[clock.pk], policy_id=longer.pk, reason="rule_changed")
    clock.refresh_from_db()
    assert clock.due_at == CaseDeadline.objects.get().next_due_at == T0 + 8 * HOUR
    assert CaseEvent.objects.get(event="clock.rebased").data["reason"] == "rule_changed"


def test_rebase_clocks__refuses_ended_clocks_and_other_limits(wide):
    publish()
    other = publish(code="other")
    clock = start(at=T0)
    with pytest.raises(RuleBroken, match="own limit"):
        rebase_clocks(by=wide, clock_ids=[clock.pk], policy_id=other.pk, reason="rule_changed")
    stop_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", stopped_at=T0)
    with pytest.raises(IllegalMove):
        rebase_clocks(by=wide, clock_ids=[clock.pk], policy_id=clock.policy_id, reason="rule_changed")
    with pytest.raises(NotPermitted):
        rebase_clocks(by=member("bob", "team_lead", team()), clock_ids=[], policy_id=other.pk, reason="x")


def test_preview_start__shows_and_changes_nothing(wide):
    publish()
    clock = start(at=T0)
    preview = preview_start(wide, clock.pk, T0 + HOUR)
    assert (preview.before, preview.after) == (T0 + 2 * HOUR, T0 + 3 * HOUR)
    clock.refresh_from_db()
    assert clock.started_at == T0


def test_policy_in_force__is_one_of_policies_in_force():
    row = publish()
    assert policy_in_force("two_hours", "", T0) == row
    with pytest.raises(RuleBroken, match="no time limit moon full"):
        policy_in_force("moon", "full", T0)
