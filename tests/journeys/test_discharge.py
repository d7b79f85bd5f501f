"""Leaving hospital in a browser: planned, refused, confirmed, planned again, liaison answered, left, taken back."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from pathways.models import Discharge
from referrals.domain import Direction, Hospital, Urgency
from referrals.models import Referral
from tests.factories.casework import NOW, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor
from tests.journeys.conftest import Watch
from tests.journeys.test_board import Check, stand_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Enter = Callable[[Page, Any], None]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    heartbeat()
    return made


@pytest.fixture
def ward(door: FrontDoor, page: Page, sign_in: Enter) -> Page:
    """Open the discharge list with one person on Ward 7B."""
    hospital = Hospital(site="Southport Hospital", ward="Ward 7B")
    register_at(door, 60, "Maud Testalder", direction=Direction.STEP_DOWN, urgency=Urgency.PLANNED, hospital=hospital)
    stand_at(page, NOW)
    sign_in(page, door.users["spa"])
    page.goto("/discharge/")
    return page


def write_plan(page: Page, pathway: str, why: str) -> None:
    page.get_by_role("link", name="Change the plan of").click()
    expect(page.locator("tr[id^=leaving-] + tr #acts")).to_contain_text("Maud Testalder")
    page.get_by_label("Pathway", exact=True).select_option(pathway)
    page.get_by_label("Why this pathway").fill(why)
    page.get_by_label("Where to").select_option("own_home")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_text("half written")).to_have_count(0)


def test_discharge__from_plan_to_left_and_back(ward: Page, at_both_widths: Check, watch: Watch) -> None:
    page = ward
    write_plan(page, "p1", "Managed the stairs before")
    page.get_by_role("link", name="Psychiatric liaison for").click()
    page.get_by_label("What worries you").fill("Low, sees no point")
    page.get_by_label("Whom in psychiatric liaison").fill("Liaison desk")
    page.get_by_role("button", name="Ask psychiatric liaison").click()
    expect(page.get_by_role("link", name="What they found")).to_be_visible()
    at_both_widths(page, "discharge-liaison")

    page.get_by_role("link", name="Confirm for").click()
    expect(page.locator("#acts")).to_contain_text("asked and has not answered")
    watch.expects(422)
    page.get_by_role("button", name="Confirm the discharge").click()
    expect(page.locator("#acts")).to_contain_text("This can't be confirmed yet")
    at_both_widths(page, "discharge-refused")

    page.get_by_role("link", name="What they found").click()
    page.get_by_label("Seen: advice given").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="What they found")).to_have_count(0)
    page.get_by_role("link", name="Confirm for").click()
    expect(page.locator("#acts")).to_contain_text("Nothing is missing")
    page.get_by_role("button", name="Confirm the discharge").click()
    expect(page.get_by_role("link", name="Take the confirmation back")).to_be_visible()

    write_plan(page, "p3", "Cannot go home")
    expect(page.get_by_text("The plan was changed: confirm again")).to_be_visible()
    at_both_widths(page, "discharge-again")

    page.locator("a", has_text="Has left").click()
    page.get_by_role("button", name="Has left hospital").click()
    expect(page.get_by_role("heading", name="Left in the last day")).to_be_visible()
    at_both_widths(page, "discharge-left")
    page.get_by_role("link", name="Maud Testalder").first.click()
    expect(page.locator("#leaving")).to_contain_text("Seen: advice given")
    at_both_widths(page, "discharge-case")
    page.get_by_role("link", name="Has not left").click()
    watch.expects(422)
    page.get_by_role("button", name="Has not left").click()
    expect(page.get_by_role("alert")).to_contain_text("choose why")
    at_both_widths(page, "discharge-back-error")
    page.get_by_label("Recorded by mistake").check()
    page.get_by_role("button", name="Has not left").click()
    expect(page.get_by_role("link", name="Confirm for")).to_be_visible()
    assert Discharge.objects.get().status == "planned"
    assert Referral.objects.count() == 1
