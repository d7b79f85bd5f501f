"""Clock pages and messages in a browser: wide and narrow, no faults, with the acts by hand."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from audit.commands import now
from audit.domain import SYSTEM
from tests.factories.timelimits import (
    calendar_definition,
    member,
    on_list,
    publish,
    publish_all,
    shift,
    start,
    team,
    uk,
    user,
)
from tests.journeys.conftest import Watch
from timelimits.commands import (
    beat,
    override_block,
    pause_clock,
    publish_calendar,
    resume_clock,
    stop_clock,
    sweep,
)
from timelimits.models import Alert, Clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
Check = Callable[[Page, str], None]


@pytest.fixture
def alice(page: Page, sign_in: Callable[..., None]):
    actor = member("alice", "service_manager", team())
    sign_in(page, user("alice"))
    beat(by=SYSTEM, name="sweep", now=now(), done=0)
    return actor


def lee():
    return member("lee", "service_manager", team()).user_id


def triage(alice, stop: bool = True) -> Clock:
    publish_calendar(by=SYSTEM, definition=calendar_definition())
    hours = {"kind": "opening_hours", "calendar": "spa", "limit": "4 h", "pause_reasons": ["question_out"]}
    publish(code="spa_triage", label="Triage", title="Triage, planned referral", stages=[], **hours)
    clock = start("spa_triage", at=uk("2026-10-24 18:10"))
    given = {"by": alice, "clock_id": clock.pk}
    pause_clock(**given, reason="question_out", approver=lee(), at=uk("2026-10-25 09:15"))
    resume_clock(**given, at=uk("2026-10-25 10:05"))
    if stop:
        stop_clock(by=alice, subject=clock.subject, policy="spa_triage", stopped_at=uk("2026-10-25 10:52"))
    return clock


def test_explain__met_on_the_night_the_clocks_go_back(page: Page, alice, at_both_widths: Check) -> None:
    page.goto(f"/clocks/{triage(alice).pk}/explain/")
    expect(page.get_by_text("Met with 8 min to spare")).to_be_visible()
    at_both_widths(page, "explain-met")


def test_explain__overdue_by_days_and_of_weeks(page: Page, alice, at_both_widths: Check) -> None:
    late = triage(alice, stop=False)
    sweep(by=SYSTEM, now=now())
    page.goto(f"/clocks/{late.pk}/explain/")
    at_both_widths(page, "explain-late")
    publish(
        code="weeks", kind="calendar_days", limit="42 days", label="Six weeks", stages=[{"code": "d", "at": "day 21"}]
    )
    page.goto(f"/clocks/{start('weeks', at=uk('2026-10-20 15:00')).pk}/explain/")
    at_both_widths(page, "explain-weeks")


def test_pause_and_extend__by_hand(page: Page, alice, at_both_widths: Check, watch: Watch) -> None:
    publish(pause_reasons=["question_out"], limit="8 h")
    user("lee")
    clock = start(at=now() - HOUR)
    page.goto(f"/clocks/{clock.pk}/explain/")
    page.get_by_role("link", name="Pause").click()
    watch.expects(422)
    page.get_by_role("button", name="Pause it").click()
    at_both_widths(page, "pause-fault")
    page.get_by_label("Question out").check()
    page.get_by_role("button", name="Pause it").click()
    expect(page.get_by_role("button", name="Let it run on")).to_be_visible()
    at_both_widths(page, "explain-paused")
    page.get_by_role("button", name="Let it run on").click()
    page.get_by_role("link", name="Extend").click()
    at_both_widths(page, "extend")


def test_alert__from_messages_to_answered(page: Page, alice, at_both_widths: Check) -> None:
    publish(stages=[])
    shift("alice", "desk", team(), now() - HOUR)
    clock = start(at=now() - 3 * HOUR)
    on_list(clock.case_id)
    sweep(by=SYSTEM, now=now())
    page.goto("/messages/")
    at_both_widths(page, "messages")
    page.get_by_role("link", name="2-hour visit is overdue: answer this").click()
    at_both_widths(page, "alert")
    page.get_by_role("button", name="I have it").click()
    expect(page.get_by_text("You have it. Nobody else will be told.")).to_be_visible()
    assert Alert.objects.get().event.acknowledged_at
    page.goto(f"/clocks/missed/?clock={clock.pk}")
    at_both_widths(page, "missed")


def test_override__asked_and_shown(page: Page, alice, at_both_widths: Check) -> None:
    publish(blocks=["episode.allocate"])
    clock = start(at=now() - 3 * HOUR)
    on_list(clock.case_id)
    page.goto(f"/cases/{clock.case_id}/override/")
    at_both_widths(page, "override-block")
    bob = member("bob", "service_manager", team())
    asked = {"case_id": clock.case_id, "permission": "episode.allocate", "reason": "Needs a visit tonight"}
    row = override_block(by=bob, hours=24, **asked)
    page.goto(f"/overrides/{row.pk}/")
    at_both_widths(page, "override")


def test_limits_and_health__well_and_not(page: Page, alice, at_both_widths: Check) -> None:
    page.goto("/limits/")
    at_both_widths(page, "limits-empty")
    publish_all()
    page.goto("/limits/")
    at_both_widths(page, "limits")
    beat(by=SYSTEM, name="sweep", now=now() - HOUR, done=0)
    start("crisis_response", at=now() - 3 * HOUR)
    sweep(by=SYSTEM, now=now())
    page.goto("/limits/health/")
    at_both_widths(page, "health-late")
