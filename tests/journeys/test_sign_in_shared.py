"""A device that colleagues share: handing over in one press, and nothing of the last user left on it."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from accounts.domain import Role
from accounts.models import Place, Team, User
from tests.factories.accounts import make_member, make_place, make_team
from tests.factories.casework import open_board
from tests.journeys.conftest import NARROW, Watch
from tests.journeys.test_sign_in import code_for, fill_password

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def place() -> None:
    make_place()


@pytest.fixture
def team() -> Team:
    return make_team("spa", kind="spa")


@pytest.fixture
def alice(team: Team) -> User:
    return make_member(Role.SPA_OFFICER, team, "Alice")


@pytest.fixture
def bob(team: Team) -> User:
    return make_member(Role.SPA_OFFICER, team, "Bob")


def switch(page: Page) -> None:
    page.locator(".ic-top").get_by_role("button", name="Switch user").click()
    expect(page.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible()


def test_switch_user__hands_the_device_over_and_shows_nothing_of_the_first(
    page: Page, alice: User, bob: User, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    sign_in(page, alice)
    page.goto("/account/")
    page.goto("/account/password/change/")
    page.get_by_label("New password", exact=True).fill("typed by alice")
    other_tab = page.context.new_page()
    other_tab.goto("/account/")
    expect(other_tab.get_by_role("heading", name="Alice Test")).to_be_visible()
    switch(page)
    at_both_widths(page, "sign-in-shared")
    assert "Alice" not in page.content()
    expect(other_tab.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible()

    page.go_back()
    expect(page.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible()
    assert "alice" not in page.content().lower()
    page.goto("/account/login/")
    fill_password(page, bob.email)
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Bob Test")).to_be_visible()
    expect(page.get_by_text("Shared with colleagues.")).to_be_visible()
    at_both_widths(page, "my-account-shared")
    for tab in (page, other_tab):
        for _ in range(4):
            tab.go_back()
        assert "alice" not in tab.content().lower()


def test_switch_user__works_without_scripts_on_a_phone(
    open_page: Callable[..., Page], alice: User, bob: User, settings: Settings
) -> None:
    settings.ICRAS_SHARED_IDLE_MINUTES = 0.05
    page = open_page(width=NARROW, scripts=False)
    page.goto("/account/login/")
    fill_password(page, alice.email)
    page.goto("/account/")
    page.locator(".ic-menu summary").click()
    page.locator(".ic-menu").get_by_role("button", name="Switch user").click()
    fill_password(page, bob.email)
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Bob Test")).to_be_visible()
    expect(page.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible(timeout=15000)  # locks by itself


def test_switch_user__asks_for_the_second_factor_again_and_trusts_nobody(
    page: Page, alice: User, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    page.goto("/account/login/")
    fill_password(page, alice.email)
    page.get_by_role("textbox", name="Six figures").fill(code_for(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="My own device").click()
    page.goto("/account/")
    switch(page)
    fill_password(page, alice.email)
    page.get_by_role("textbox", name="Six figures").fill(code_for(secret, 1))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).not_to_have_url(re.compile("second-factor"))
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()


def test_shared_device__locks_sooner_and_clears_the_page(
    page: Page, alice: User, sign_in: Callable[..., None], settings: Settings, watch: Watch
) -> None:
    sign_in(page, alice)
    page.goto("/account/")
    page.get_by_role("button", name="Colleagues use it too").click()
    expect(page.get_by_text("This device is shared now.")).to_be_visible()
    settings.ICRAS_SHARED_IDLE_MINUTES = 0.05  # three seconds
    page.goto("/account/password/change/")
    page.get_by_label("New password", exact=True).fill("typed by alice")
    watch.expects(401)
    expect(page.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible(timeout=15000)
    assert "typed by alice" not in page.content()
    assert page.url.endswith("/account/login/")


def test_switch_user__after_the_session_is_over_still_hands_over(
    page: Page, alice: User, sign_in: Callable[..., None], settings: Settings
) -> None:
    sign_in(page, alice)
    page.goto("/account/")
    settings.ICRAS_IDLE_MINUTES = 0
    switch(page)


def test_own_device__is_said_in_my_account(page: Page, alice: User, sign_in: Callable[..., None]) -> None:
    sign_in(page, alice)
    page.goto("/account/")
    switch(page)
    fill_password(page, alice.email)
    page.goto("/account/")
    page.get_by_role("button", name="It is mine alone").click()
    expect(page.get_by_text("This device is your own now.")).to_be_visible()
    expect(page.get_by_text("Not known as shared.")).to_be_visible()


def test_draft__stays_with_who_wrote_it(page: Page, sign_in: Callable[..., None]) -> None:
    Place.objects.all().delete()
    door = open_board()
    sign_in(page, door.users["spa"])
    page.goto("/referrals/new/")
    page.get_by_label("Number to ring back").fill("07700 900 318")
    expect(page.locator("#draft-line")).to_contain_text("Draft kept")
    switch(page)
    sign_in(page, door.users["triage"])
    page.goto("/referrals/new/")
    expect(page.get_by_label("Number to ring back")).to_have_value("")
    assert "07700 900 318" not in page.content()
    switch(page)
    sign_in(page, door.users["spa"])
    page.goto("/referrals/new/")
    page.get_by_role("link", name="Carry on with 07700 900 318").click()
    expect(page.get_by_label("Number to ring back")).to_have_value("07700 900 318")
