"""One case in a browser: phone first, before and after acceptance."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.factories.casework import NOW, accept_at, full_board, heartbeat, open_board, visit_at
from tests.factories.referrals import FrontDoor
from tests.journeys.test_board import Check, stand_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


def test_show_case__before_acceptance(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    referral = full_board(door)[3]
    heartbeat()
    stand_at(page, NOW)
    sign_in(page, door.users["triage"])
    page.goto(f"/cases/{referral.case_id}/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ruby Sampleton, 79")
    at_both_widths(page, "case-referral")


def test_show_case__episode_after_the_first_visit(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check, picture: Check
) -> None:
    referral = full_board(door)[0]
    visit_at(door, referral, 10, about="Up with a frame, hip examined, no break.", with_whom="Maud")
    heartbeat()
    stand_at(page, NOW)
    sign_in(page, door.users["alice"])
    page.goto(f"/cases/{referral.case_id}/")
    expect(page.get_by_text("Visit, seen.")).to_be_visible()
    at_both_widths(page, "case-episode")
    page.set_viewport_size({"width": 360, "height": 800})
    picture(page, "case-episode")


def test_show_caseload__next_deadline_first(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    made = full_board(door)
    accept_at(door, made[1], 5)
    visit_at(door, made[0], 10, about="Up with a frame, hip examined, no break.", with_whom="Maud")
    heartbeat()
    stand_at(page, NOW)
    sign_in(page, door.users["alice"])
    page.goto("/caseload/")
    expect(page.get_by_role("row")).to_have_count(3)
    at_both_widths(page, "caseload")


def test_show_caseload__empty(page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check) -> None:
    heartbeat()
    stand_at(page, NOW)
    sign_in(page, door.users["lead"])
    page.goto("/caseload/")
    expect(page.get_by_role("heading", name="You have no open cases")).to_be_visible()
    at_both_widths(page, "caseload-empty")
