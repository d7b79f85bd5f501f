"""Signing in and out: password, forgotten password, second factor, the end of a session."""

import re
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core import mail
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from accounts.domain import Role
from accounts.models import User
from audit.commands import now
from notifications.delivery import deliver
from tests.factories.accounts import PASSWORD, make_member, make_place
from tests.journeys.conftest import NARROW, Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def place() -> None:
    make_place()


@pytest.fixture
def alice() -> User:
    return make_member(Role.SPA_OFFICER, name="Alice")


def code_for(secret: str, steps: int = 0) -> str:
    """Return the code that an authenticator app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def fill_password(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_sign_in__opens_the_page_that_was_asked_for(page: Page, alice: User, at_both_widths: Check) -> None:
    page.goto("/account/")
    expect(page).to_have_url(re.compile(r"/account/login/\?next=/account/"))
    at_both_widths(page, "sign-in")
    fill_password(page, alice.email)
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()
    at_both_widths(page, "my-account")


def test_sign_in__wrong_password_is_said_and_nothing_told(page: Page, alice: User, at_both_widths: Check) -> None:
    page.goto("/account/login/")
    fill_password(page, alice.email, "not the password")
    expect(page.locator(".nhsuk-error-summary")).to_be_focused()
    first = page.locator(".nhsuk-error-summary").inner_text()
    at_both_widths(page, "sign-in-wrong")
    fill_password(page, "nobody@icras.example", "not the password")
    expect(page.locator(".nhsuk-error-summary")).to_have_text(re.compile(re.escape(first.splitlines()[0])))
    assert page.locator(".nhsuk-error-summary").inner_text() == first
    expect(page).to_have_title(re.compile("^Error: "))


def test_sign_in__by_keyboard_alone(page: Page, alice: User) -> None:
    page.goto("/account/login/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to main content")).to_be_focused()
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(alice.email)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".ic-top__user")).to_contain_text("Alice Test")


def test_sign_in__works_without_scripts(open_page: Callable[..., Page], alice: User) -> None:
    page = open_page(width=NARROW, scripts=False)
    page.goto("/account/")
    fill_password(page, alice.email)
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible()


def test_forget_password__link_sets_a_new_one_once(page: Page, alice: User, at_both_widths: Check) -> None:
    page.goto("/account/password/reset/")
    at_both_widths(page, "password-reset")
    page.get_by_label("E-mail address").fill(alice.email)
    page.get_by_role("button", name="Send the link").click()
    at_both_widths(page, "password-reset-sent")
    deliver(now=now())
    link = urlsplit(re.search(r"http://\S+", mail.outbox[0].body).group()).path  # type: ignore[union-attr]
    page.goto(link)
    at_both_widths(page, "password-choose")
    page.get_by_label("New password", exact=True).fill("three little words here")
    page.get_by_label("New password once more").fill("three other words here")
    page.get_by_role("button", name="Set password").click()
    expect(page.locator(".nhsuk-error-summary")).to_be_visible()
    at_both_widths(page, "password-choose-wrong")
    page.get_by_label("New password", exact=True).fill("three little words here")
    page.get_by_label("New password once more").fill("three little words here")
    page.get_by_role("button", name="Set password").click()
    at_both_widths(page, "password-set")
    page.goto(link)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    at_both_widths(page, "password-link-old")


def test_forget_password__answers_the_same_for_a_stranger(page: Page, alice: User) -> None:
    for email in (alice.email, "nobody@icras.example"):
        page.goto("/account/password/reset/")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_role("button", name="Send the link").click()
        expect(page.get_by_role("heading", name="Look in your e-mail")).to_be_visible()
    deliver(now=now())
    assert [message.to for message in mail.outbox] == [[alice.email]]


def test_change_password__asks_for_the_old_one(
    page: Page, alice: User, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    sign_in(page, alice)
    page.goto("/account/password/change/")
    at_both_widths(page, "password-change")
    page.get_by_label("The password you have now").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("three little words here")
    page.get_by_label("New password once more").fill("three little words here")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Your password is changed.")).to_be_visible()


def set_up(page: Page) -> str:
    """Set up the second factor on the page shown and return its secret."""
    secret = page.locator(".ic-code").inner_text()
    page.get_by_role("textbox", name="Six figures").fill(code_for(secret))
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return secret


def test_second_factor__is_set_up_before_anything_else(
    open_page: Callable[..., Page], alice: User, settings: Settings, at_both_widths: Check
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    page = open_page()
    page.goto("/account/login/")
    fill_password(page, alice.email)
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    page.goto("/account/")
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    at_both_widths(page, "factor-set-up")
    page.get_by_role("textbox", name="Six figures").fill("000000")
    page.get_by_role("button", name="Set up").click()
    at_both_widths(page, "factor-set-up-wrong")
    secret = set_up(page)
    at_both_widths(page, "recovery-codes")

    other = open_page()
    other.goto("/account/login/")
    fill_password(other, alice.email)
    at_both_widths(other, "factor-code")
    other.get_by_role("textbox", name="Six figures").fill("000000")
    other.get_by_role("button", name="Sign in", exact=True).click()
    at_both_widths(other, "factor-code-wrong")
    other.get_by_role("textbox", name="Six figures").fill(code_for(secret, 1))
    other.get_by_role("button", name="Sign in", exact=True).click()
    at_both_widths(other, "factor-trust")
    other.get_by_role("button", name="My own device").click()
    other.goto("/account/")
    other.get_by_role("main").get_by_role("button", name="Sign out").click()
    fill_password(other, alice.email)
    other.goto("/account/")
    expect(other.get_by_text("Authenticator app, since")).to_be_visible()


def test_second_factor__is_not_asked_of_who_sees_no_people(page: Page, settings: Settings) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    page.goto("/account/login/?next=/account/")
    fill_password(page, make_member(Role.COMMISSIONER, name="Carys").email)
    expect(page.get_by_role("heading", name="Carys Test")).to_be_visible()


def test_session__warns_in_time_and_can_be_kept(
    page: Page, alice: User, sign_in: Callable[..., None], settings: Settings, at_both_widths: Check
) -> None:
    settings.ICRAS_WARN_SECONDS = 30 * 60 - 2  # idle is 30 minutes: warned two seconds after the page is shown
    sign_in(page, alice)
    page.goto("/account/")
    warning = page.locator("#session-warning")
    expect(warning).to_be_hidden()
    expect(warning).to_be_visible()
    expect(page.locator("#announce")).to_have_text(re.compile("You will be signed out at"))
    at_both_widths(page, "session-warning")
    settings.ICRAS_WARN_SECONDS = 60
    page.evaluate("document.body.dataset.sessionWarn = '60'")
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    expect(page.locator("#announce")).to_have_text(re.compile("Thank you"))


def test_session__says_when_it_is_over_and_keeps_the_page(
    page: Page, alice: User, sign_in: Callable[..., None], settings: Settings, watch: Watch, at_both_widths: Check
) -> None:
    sign_in(page, alice)
    settings.ICRAS_IDLE_MINUTES = 0.05  # three seconds
    page.goto("/account/password/change/")
    page.get_by_label("New password", exact=True).fill("typed and kept")
    watch.expects(401)
    expect(page.locator("#session-over")).to_be_visible(timeout=10000)
    expect(page.get_by_label("New password", exact=True)).to_have_value("typed and kept")
    at_both_widths(page, "session-over")


def test_session__what_was_sent_too_late_is_sent_after_signing_in_again(
    open_page: Callable[..., Page],
    alice: User,
    sign_in: Callable[..., None],
    settings: Settings,
    watch: Watch,
    at_both_widths: Check,
) -> None:
    page = open_page()
    sign_in(page, make_member(Role.ADMINISTRATOR, name="Ada"))
    page.goto(f"/staff/{alice.pk}/change/")
    page.get_by_label("Name").fill("Alice Newname")
    settings.ICRAS_IDLE_MINUTES = 0
    watch.expects(401)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="You were signed out before this was sent")).to_be_visible()
    at_both_widths(page, "signed-out-sending")
    settings.ICRAS_IDLE_MINUTES = 30
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again in a new tab").click()
    fill_password(opened.value, "ada@icras.example")
    expect(opened.value.locator(".ic-top__user")).to_contain_text("Ada Test")
    watch.expects(403)
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", name="Send it once more")).to_be_visible()
    at_both_widths(page, "send-once-more")
    page.get_by_role("button", name="Send it now").click()
    expect(page.get_by_role("heading", name="Alice Newname")).to_be_visible()


def test_letter_keys__are_switched_off_in_my_account(page: Page, alice: User, sign_in: Callable[..., None]) -> None:
    sign_in(page, alice)
    page.goto("/account/")
    page.get_by_role("button", name="Turn letter keys off").click()
    expect(page.get_by_text("Letter keys are off.")).to_be_visible()
    page.keyboard.press("?")
    expect(page.locator("#keys-panel")).to_be_hidden()
