"""Find somebody by a misspelt name, see that there are two records, make them one, and take them apart again."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from audit.domain import SYSTEM
from pathways.commands import accept_referral
from referrals.commands import compare_people
from tests.factories.casework import heartbeat, open_board
from tests.factories.referrals import FrontDoor, person, register
from tests.journeys.test_board import Check

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


def two_records(door: FrontDoor) -> None:
    """Register one woman twice, and a namesake."""
    by = door.actor("spa")
    register(by, person(nhs_number="9991234004", address_lines=("12 Prooflane",), phone="07700 900318"))
    second = register(
        by, person(given_name="Maudie", postcode="", warnings=("dog",), gp_practice="Test Street Surgery")
    )
    register(by, person(given_name="Ann", born_on=date(1950, 5, 5)))
    named = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    accept_referral(by=door.actor("triage"), referral_id=second.pk, **named)
    compare_people(by=SYSTEM)
    heartbeat()


def test_find_merge_and_unmerge__by_keyboard_and_words_that_enter_no_address(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    two_records(door)
    sign_in(page, door.users["manager"])
    page.goto("/people/find/")
    page.locator("#who").fill("tesstalder mawd")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="found")).to_be_visible()
    assert page.url.endswith("/people/find/")
    at_both_widths(page, "find")
    page.goto("/people/duplicates/")
    expect(page.get_by_role("heading", name="Same name and birth date")).to_be_visible()
    at_both_widths(page, "duplicates")
    page.get_by_role("link", name="Compare pair 1").click()
    expect(page.get_by_role("heading", name="Is it one person?")).to_be_visible()
    at_both_widths(page, "merge")
    page.get_by_label("How do you know that it is one person?").fill("Same daughter, same address")
    page.get_by_role("button", name="Make them one").click()
    expect(page.get_by_role("heading", name="Two records made one")).to_be_visible()
    at_both_widths(page, "merged")
    page.get_by_label("How do you know that they are two people?").fill("Mother and daughter")
    page.get_by_role("button", name="Take them apart again").click()
    expect(page.get_by_role("heading", name="taken apart again")).to_be_visible()
    at_both_widths(page, "unmerged")
