"""The board in a browser: what is read, chosen, fetched again and reached by keyboard alone."""

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.factories.casework import NOW, full_board, heartbeat, open_board
from tests.factories.referrals import FrontDoor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


def stand_at(page: Page, at: datetime) -> None:
    """Let the browser's clock stand where the server's does."""
    page.clock.install(time=at)


@pytest.fixture
def board(page: Page, door: FrontDoor, sign_in: Callable[..., None]) -> Page:
    """The board of six referrals as the triage practitioner opens it."""
    full_board(door)
    heartbeat()
    stand_at(page, NOW)
    sign_in(page, door.users["triage"])
    page.goto("/board/")
    return page


def test_show_board__full_at_every_width(board: Page, at_both_widths: Check, picture: Check) -> None:
    expect(board.get_by_role("row")).to_have_count(7)
    at_both_widths(board, "board")
    for width in (1920, 360):
        board.set_viewport_size({"width": width, "height": 1000})
        picture(board, "board")


def test_show_board__row_opens_beside_the_list(board: Page, at_both_widths: Check) -> None:
    board.keyboard.press("j")
    board.keyboard.press("j")
    board.keyboard.press("Enter")
    expect(board.locator("#panel-title")).to_be_visible()
    expect(board.locator("#panel")).to_contain_text("As told")
    at_both_widths(board, "board-chosen")
