"""The components page: every component in every state, wide and narrow, with and without scripts, by keyboard."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.domain import Role
from tests.factories.accounts import make_member, make_place
from tests.journeys.conftest import NARROW

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]


@pytest.fixture
def gallery(page: Page, sign_in: Callable[..., None]) -> Page:
    make_place()
    sign_in(page, make_member(Role.SPA_OFFICER, name="Priya"))
    page.goto("/components/")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()  # the scripts have started
    return page


@pytest.mark.parametrize("width", [320, 360, 900, 1440, 1920])
def test_show_components__has_no_fault_at_any_width(
    gallery: Page, no_faults: Callable[[Page], None], picture: Check, width: int
) -> None:
    gallery.set_viewport_size({"width": width, "height": 900})
    no_faults(gallery)
    picture(gallery, "components")


def test_show_components__in_print_leaves_out_what_can_not_be_pressed(gallery: Page) -> None:
    gallery.emulate_media(media="print")
    expect(gallery.locator(".ic-top")).to_be_hidden()
    expect(gallery.get_by_text("Overdue by 12 min").first).to_be_visible()


def test_show_components__works_without_scripts(
    open_page: Callable[..., Page], sign_in: Callable[..., None], no_faults: Callable[[Page], None]
) -> None:
    make_place()
    page = open_page(width=NARROW, scripts=False)
    sign_in(page, make_member(Role.SPA_OFFICER))
    page.goto("/components/")
    page.get_by_text("Menu").click()
    expect(page.get_by_role("navigation", name="Menu")).to_be_visible()
    expect(page.get_by_text("You will be signed out at").last).to_be_visible()


def test_move_rows__by_letter_keys(gallery: Page) -> None:
    gallery.keyboard.press("j")
    expect(gallery.get_by_role("link", name="Ruby Sampleton")).to_be_focused()
    gallery.keyboard.press("k")
    expect(gallery.get_by_role("link", name="Maud Testalder")).to_be_focused()


def test_press_letter__does_nothing_while_typing(gallery: Page) -> None:
    field = gallery.locator("#good_told")
    field.focus()
    gallery.keyboard.type("jkn?")
    expect(field).to_have_value(re.compile(r"jkn\?"))
    expect(gallery.locator("#keys-panel")).to_be_hidden()


def test_press_question_mark__shows_all_keys_and_escape_closes(gallery: Page) -> None:
    gallery.keyboard.press("?")
    expect(gallery.locator("#keys-panel")).to_be_focused()
    gallery.keyboard.press("Escape")
    expect(gallery.locator("#keys-panel")).to_be_hidden()


def test_press_letter__does_nothing_when_switched_off(
    open_page: Callable[..., Page], sign_in: Callable[..., None]
) -> None:
    make_place()
    page = open_page()
    sign_in(page, make_member(Role.SPA_OFFICER, keyboard_shortcuts=False))
    page.goto("/components/")
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.locator("#keys-panel")).to_be_hidden()
    expect(page.locator("[data-row-link]:focus")).to_have_count(0)


def test_show_faults__focus_goes_to_the_summary_and_its_links_to_the_fields(gallery: Page) -> None:
    expect(gallery.locator(".nhsuk-error-summary")).to_be_focused()
    gallery.get_by_role("link", name="First received: enter a time").click()
    expect(gallery.locator("#bad_received")).to_be_focused()
