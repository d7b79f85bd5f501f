"""The two-hour report in a browser."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.factories.casework import NOW, full_board, heartbeat, open_board, visit_at
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


@pytest.mark.parametrize("who", ["manager", "commissioner"])
def test_show_report__bars_and_the_same_as_a_table(
    who: str, page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    made = full_board(door)
    visit_at(door, made[0], 20)
    heartbeat()
    stand_at(page, NOW)
    sign_in(page, door.users[who])
    page.goto("/reports/two-hour/")
    expect(page.get_by_role("table")).to_contain_text("Bootle")
    at_both_widths(page, f"report-{who}")


def test_show_report__empty(page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check) -> None:
    stand_at(page, NOW)
    sign_in(page, door.users["manager"])
    page.goto("/reports/two-hour/")
    expect(page.get_by_role("heading", name="No 2-hour referrals in these 28 days")).to_be_visible()
    at_both_widths(page, "report-empty")
