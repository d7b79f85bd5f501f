"""The description of the API for people: opened, its examples unfolded, without faults at both widths."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.domain import Role
from tests.factories.accounts import make_member, make_place, make_team

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("scripts", [True, False], ids=["script", "no script"])
def test_api_docs__are_read_by_anybody_who_signed_in(
    open_page: Callable[..., Page],
    sign_in: Callable[..., None],
    at_both_widths: Callable[[Page, str], None],
    scripts: bool,
):
    make_place()
    page = open_page(scripts=scripts)
    sign_in(page, make_member(Role.COMMISSIONER, make_team(), "Com"))
    page.goto("/api/docs/")
    expect(page.get_by_role("heading", level=1)).to_have_text("ICRAS partner API")
    page.get_by_role("link", name="Make a referral", exact=True).click()
    page.get_by_text("Send: The least: Make a referral").click()
    expect(page.locator("details[open]")).to_contain_text('"summary": "Fell in the bathroom')
    if scripts:
        at_both_widths(page, "api-docs")
