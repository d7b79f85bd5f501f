"""The board in a browser: what is read, chosen, fetched again and reached by keyboard alone."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
import time_machine
from playwright.sync_api import Page, expect

from tests.factories.casework import NOW, full_board, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor
from tests.journeys.conftest import Watch

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


@pytest.mark.parametrize("width", [768, 1024, 1280, 1366])
def test_show_board__words_have_room_on_laptops_and_tablets(
    board: Page, no_faults: Callable[[Page], None], width: int
) -> None:
    board.set_viewport_size({"width": width, "height": 800})
    no_faults(board)
    told = board.locator(".ic-list--board tbody tr").first.locator("td").nth(1).bounding_box()
    assert told is not None
    assert told["width"] >= 200


def test_show_board__row_opens_beside_the_list(board: Page, at_both_widths: Check) -> None:
    board.keyboard.press("j")
    board.keyboard.press("j")
    board.keyboard.press("Enter")
    expect(board.locator("#panel-title")).to_be_visible()
    expect(board.locator("#panel")).to_contain_text("As told")
    at_both_widths(board, "board-chosen")


def test_show_board__empty(page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check) -> None:
    heartbeat(150)
    stand_at(page, NOW)
    sign_in(page, door.users["triage"])
    page.goto("/board/?tab=two-hour")
    expect(page.get_by_role("heading", name="Nobody is waiting for a 2-hour visit")).to_be_visible()
    at_both_widths(page, "board-empty")


def test_show_board__without_a_script_a_row_is_a_page(
    open_page: Callable[..., Page], door: FrontDoor, sign_in: Callable[..., None], no_faults: Callable[[Page], None]
) -> None:
    full_board(door)
    heartbeat()
    page = open_page(scripts=False)
    sign_in(page, door.users["triage"])
    page.goto("/board/?tab=new")
    page.get_by_role("link", name="Ruby Sampleton").click()
    assert page.url.endswith("#panel")
    assert "tab=new" in page.url
    expect(page.locator("#panel")).to_contain_text("Ken went off in the ambulance")
    expect(page.locator("tr[aria-current=true]")).to_contain_text("Ruby Sampleton")
    page.get_by_role("link", name="Ask for information").click()
    assert "/referrals/" in page.url


def test_use_board__by_keyboard_alone(board: Page) -> None:
    for _ in range(4):
        board.keyboard.press("j")
    expect(board.get_by_role("link", name="Ruby Sampleton")).to_be_focused()
    board.keyboard.press("k")
    expect(board.get_by_role("link", name="Edna Demoworth")).to_be_focused()
    board.keyboard.press("Enter")
    expect(board.locator("#panel-title")).to_contain_text("Edna Demoworth")
    expect(board.locator("#announce")).to_have_text("Edna Demoworth is shown beside the list.")
    expect(board.get_by_role("link", name="Edna Demoworth")).to_be_focused()
    board.keyboard.press("/")
    expect(board.locator("#find")).to_be_focused()
    board.keyboard.type("n")
    assert board.url.endswith("/board/")
    board.locator("h1").evaluate("document.activeElement.blur()")
    board.keyboard.press("n")
    board.wait_for_url("**/referrals/new/")


def test_use_board__act_of_the_panel_by_its_key(board: Page, at_both_widths: Check) -> None:
    board.get_by_role("link", name="Ruby Sampleton").click()
    expect(board.locator("#panel")).to_contain_text("As told")
    board.keyboard.press("i")
    expect(board.locator("#acts").get_by_role("heading", name="Ask for information")).to_be_in_viewport()
    at_both_widths(board, "board-act")


def test_watch_board__new_referral_comes_in_by_itself(board: Page, door: FrontDoor) -> None:
    board.get_by_role("link", name="Ruby Sampleton").click()
    expect(board.locator("#panel")).to_contain_text("As told")
    board.get_by_role("link", name="Ernest Testworth").focus()
    register_at(door, -0.05, "Violet Exampler")
    with board.expect_response(lambda answer: "since=" in answer.url) as answer:
        board.clock.run_for(16000)
    assert answer.value.request.headers["x-icras-poll"] == "1"
    expect(board.get_by_role("link", name="Violet Exampler")).to_be_visible()
    expect(board.locator("#count-two-hour")).to_contain_text("5")
    expect(board.locator("#count-unseen")).to_have_text("1 new since you looked")
    expect(board.locator("#announce")).to_have_text("1 new 2-hour referral")
    expect(board.locator("tr[aria-current=true]")).to_contain_text("Ruby Sampleton")
    expect(board.get_by_role("link", name="Ernest Testworth")).to_be_focused()


def test_watch_board__old_list_says_that_it_is_old(board: Page, watch: Watch) -> None:
    board.route(re.compile("since="), lambda route: route.abort())
    expect(board.locator("[data-stale]")).to_be_hidden()
    board.clock.run_for(16000)
    expect(board.locator("[data-stale]")).to_be_visible()
    board.unroute(re.compile("since="))
    board.clock.run_for(16000)
    expect(board.locator("[data-stale]")).to_be_hidden()
    watch.faults.clear()


def test_use_board__on_a_phone_the_panel_is_brought_up(board: Page) -> None:
    board.set_viewport_size({"width": 360, "height": 740})
    board.get_by_role("link", name="Maud Testalder").click()
    expect(board.locator("#panel")).to_be_focused()
    expect(board.locator("#panel-title")).to_be_in_viewport()
