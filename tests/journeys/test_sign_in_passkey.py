"""Passkeys and recovery codes in a real browser with an authenticator that the browser plays."""

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, Page, expect
from pytest_django.fixtures import Settings

from accounts.domain import Role
from accounts.models import User
from tests.factories.accounts import make_member, make_place
from tests.journeys.conftest import NARROW
from tests.journeys.test_sign_in import code_for, fill_password, set_up

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
FACTOR = "Your second factor"


@pytest.fixture(autouse=True)
def place(settings: Settings) -> None:
    make_place()
    settings.ICRAS_REQUIRE_MFA = True


@pytest.fixture
def alice() -> User:
    return make_member(Role.SPA_OFFICER, name="Alice")


def with_finger(page: Page) -> tuple[CDPSession, str]:
    """Give the page's device an authenticator that knows its owner's finger."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def add_passkey(page: Page, user: User) -> tuple[CDPSession, str]:
    """Sign in for the first time and add a passkey as the only second factor."""
    device = with_finger(page)
    page.goto("/account/login/")
    fill_password(page, user.email)
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    page.get_by_role("link", name="add a passkey").click()
    page.get_by_label("What you call it").fill("My phone")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    return device


def test_passkey__is_added_and_then_signs_in_alone(
    page: Page, open_page: Callable[..., Page], alice: User, at_both_widths: Check
) -> None:
    session, device = with_finger(page)
    page.goto("/account/login/")
    fill_password(page, alice.email)
    page.get_by_role("link", name="add a passkey").click()
    at_both_widths(page, "passkey-add")
    page.get_by_label("What you call it").fill("My phone")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Your passkey is added.")).to_be_visible()
    assert len(session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]) == 1

    page.goto("/account/")
    expect(page.get_by_text("My phone, since")).to_be_visible()
    at_both_widths(page, "my-account-passkey")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/account/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()


def test_passkey__is_the_second_factor_after_the_password(page: Page, alice: User, at_both_widths: Check) -> None:
    add_passkey(page, alice)
    page.goto("/account/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    fill_password(page, alice.email)
    expect(page.get_by_role("heading", name=FACTOR)).to_be_visible()
    at_both_widths(page, "factor-passkey")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Is this your own work device?")).to_be_visible()


def test_passkey__of_nobody_here_signs_nobody_in(page: Page, alice: User, at_both_widths: Check) -> None:
    add_passkey(page, alice)
    page.goto("/account/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    Authenticator.objects.filter(type=Authenticator.Type.WEBAUTHN).delete()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That passkey is not known here")).to_be_visible()
    at_both_widths(page, "sign-in-passkey-unknown")
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/account/login/"))


def test_passkey__without_the_finger_says_so_and_leaves_the_other_ways(
    page: Page, alice: User, at_both_widths: Check
) -> None:
    session, device = add_passkey(page, alice)
    page.goto("/account/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    at_both_widths(page, "sign-in-passkey-not-used")
    page.goto("/account/")
    expect(page).to_have_url(re.compile("/account/login/"))


def test_passkey__of_a_disabled_account_signs_nobody_in(page: Page, alice: User, watch: object) -> None:
    add_passkey(page, alice)
    page.goto("/account/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    User.objects.filter(pk=alice.pk).update(is_active=False)
    watch.expects(403)  # type: ignore[attr-defined]
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("This account is closed.")).to_be_visible()


def test_passkey__is_removed_after_proving_oneself_with_it(page: Page, alice: User, at_both_widths: Check) -> None:
    add_passkey(page, alice)
    page.goto("/account/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    page.goto("/account/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.get_by_role("link", name="Remove My phone").click()
    expect(page.get_by_role("heading", name="Remove the passkey My phone")).to_be_visible()
    at_both_widths(page, "passkey-remove")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()


def test_passkey__is_asked_once_more_before_a_change(
    page: Page, alice: User, at_both_widths: Check, settings: Settings
) -> None:
    add_passkey(page, alice)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    page.goto("/account/passkeys/reauthenticate/?next=/account/")
    expect(page.get_by_role("heading", name="Your passkey once more")).to_be_visible()
    at_both_widths(page, "passkey-again")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()


def test_passkey__without_scripts_leaves_the_authenticator_app(open_page: Callable[..., Page], alice: User) -> None:
    page = open_page(width=NARROW, scripts=False)
    page.goto("/account/login/")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()
    fill_password(page, alice.email)
    page.get_by_role("link", name="add a passkey").click()
    expect(page.get_by_text("This browser cannot keep a passkey here")).to_be_visible()
    page.get_by_role("link", name="Use an authenticator app").click()
    set_up(page)
    page.goto("/account/")
    expect(page.get_by_text("Authenticator app, since")).to_be_visible()


def test_recovery_codes__are_shown_once_used_once_and_made_anew(
    open_page: Callable[..., Page], alice: User, at_both_widths: Check
) -> None:
    page = open_page()
    page.goto("/account/login/")
    fill_password(page, alice.email)
    set_up(page)
    first = page.locator(".ic-codes li").all_inner_texts()
    assert len(first) == 10
    page.reload()
    expect(page.get_by_text("Your codes were shown once")).to_be_visible()
    assert page.locator(".ic-codes li").count() == 0
    at_both_widths(page, "recovery-codes-again")
    page.get_by_role("link", name="Make new codes").click()
    at_both_widths(page, "recovery-codes-new")
    page.get_by_role("button", name="Make new codes").click()
    codes = page.locator(".ic-codes li").all_inner_texts()
    assert len(set(codes) - set(first)) == 10

    for code, enters in ((first[0], False), (codes[0], True), (codes[0], False)):
        other = open_page()
        other.goto("/account/login/")
        fill_password(other, alice.email)
        other.get_by_role("textbox", name="Six figures").fill(code)
        other.get_by_role("button", name="Sign in", exact=True).click()
        asks = "Is this your own work device?" if enters else FACTOR
        expect(other.get_by_role("heading", name=asks)).to_be_visible()
        assert (other.locator(".nhsuk-error-summary").count() == 0) is enters


def test_code__still_works_beside_a_passkey(open_page: Callable[..., Page], alice: User) -> None:
    page = open_page()
    with_finger(page)
    page.goto("/account/login/")
    fill_password(page, alice.email)
    secret = set_up(page)
    page.goto("/account/passkeys/add/")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Your passkey is added.")).to_be_visible()
    other = open_page(scripts=False)
    other.goto("/account/login/")
    fill_password(other, alice.email)
    other.get_by_role("textbox", name="Six figures").fill(code_for(secret, 1))
    other.get_by_role("button", name="Sign in", exact=True).click()
    expect(other.get_by_role("heading", name="Is this your own work device?")).to_be_visible()
