"""Pressed twice and gone back, in a browser: written once, and told who was first."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from casework.commands import withdraw_referral
from referrals.models import ReferralTransition
from tests.factories.casework import open_board
from tests.factories.referrals import register

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_back_button__after_sending_shows_who_was_first_and_writes_nothing_twice(
    page: Page, sign_in: Callable[..., None], watch: object
) -> None:
    door = open_board()
    referral = register(door.actor("spa"))
    sign_in(page, door.users["triage"])
    page.goto(f"/referrals/{referral.pk}/decline/")
    page.locator("label", has_text="Needs hospital care now").first.click()
    page.get_by_label("Where instead").select_option("gp")
    page.get_by_role("button", name="Decline").dblclick()
    expect(page.get_by_role("status").filter(has_text="declined.")).to_be_visible()
    watch.expects(409)  # type: ignore[attr-defined]
    page.go_back()
    expect(page.get_by_text("it was set to “declined” by Priya Demo")).to_be_visible()
    assert ReferralTransition.objects.count() == 2


def test_late_decision__shows_what_was_typed_to_be_copied(
    page: Page, sign_in: Callable[..., None], watch: object
) -> None:
    door = open_board()
    referral = register(door.actor("spa"))
    sign_in(page, door.users["triage"])
    page.goto(f"/referrals/{referral.pk}/not_wanted/")
    page.get_by_label("What they said").fill("Her son moves in\nfrom Friday")
    withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="Rang back")
    watch.expects(409)  # type: ignore[attr-defined]
    page.get_by_role("button", name="Did not want it").click()
    expect(page.get_by_role("region", name="What you typed")).to_contain_text("Her son moves in")
