"""Signing in with the organisation's own sign-in, in a real browser, against a provider that the test runs."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.fixtures import Settings

from accounts.domain import Role
from accounts.models import ClaimRole
from tests.factories.accounts import make_member, make_place, make_team, make_user
from tests.factories.identity_provider import Provider, configured, running
from tests.journeys.conftest import NARROW, Watch
from tests.journeys.test_sign_in import fill_password

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
BUTTON = "Sign in with Town Council"


@pytest.fixture
def town(settings: Settings, watch: Watch) -> Iterator[Provider]:
    make_place()
    team = make_team("ucr-south", name="UCR South")
    ClaimRole.objects.create(provider="town", claim="roles", value="ucr", team=team, role=Role.PRACTITIONER)
    with running() as server:
        server.claims = {"sub": "1", "email": "alice@town.example", "email_verified": True, "roles": ["ucr"]}
        settings.SOCIALACCOUNT_PROVIDERS = configured(server, second_factor=["amr=mfa"])
        directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        allowed = directives | {"form-action": [*directives["form-action"], server.url]}
        settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": allowed}
        watch.goes_to(server.url)
        yield server


def test_work_sign_in__opens_the_page_that_was_asked_for(page: Page, town: Provider, at_both_widths: Check) -> None:
    make_user("Alice", email="alice@town.example")
    page.goto("/account/")
    at_both_widths(page, "sign-in-work")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()
    expect(page.get_by_text("Practitioner, UCR South")).to_be_visible()
    expect(page.get_by_text("Linked, since")).to_be_visible()
    at_both_widths(page, "my-account-work")


def test_work_sign_in__works_without_scripts_on_a_phone(open_page: Callable[..., Page], town: Provider) -> None:
    make_user("Alice", email="alice@town.example")
    page = open_page(width=NARROW, scripts=False)
    page.goto("/account/")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Alice Test")).to_be_visible()


def test_work_sign_in__says_whom_to_ask(page: Page, town: Provider, watch: Watch, at_both_widths: Check) -> None:
    page.goto("/account/login/")
    watch.expects(403)
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_text("Your organisation knows you, but you have no account here yet")).to_be_visible()
    at_both_widths(page, "sign-in-work-unknown")
    page.get_by_role("link", name="Back to sign in").click()
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()


def test_work_sign_in__says_when_the_provider_does_not_answer(
    page: Page, town: Provider, watch: Watch, at_both_widths: Check
) -> None:
    town.down = frozenset({"discovery"})
    page.goto("/account/login/")
    watch.expects(503)
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Your organisation’s sign-in does not answer")).to_be_visible()
    at_both_widths(page, "sign-in-work-down")


def test_work_sign_in__believes_no_old_token(page: Page, town: Provider, watch: Watch, at_both_widths: Check) -> None:
    make_user("Alice", email="alice@town.example")
    town.lies = {"exp": 1}
    page.goto("/account/login/")
    watch.expects(403)
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_text("could not be used")).to_be_visible()
    at_both_widths(page, "sign-in-work-not-believed")


def test_work_sign_in__asks_for_a_second_factor_unless_the_organisation_did(
    open_page: Callable[..., Page], town: Provider, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    make_user("Alice", email="alice@town.example")
    page = open_page()
    page.goto("/account/")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
    town.claims["amr"] = ["pwd", "mfa"]
    other = open_page()
    other.goto("/account/")
    other.get_by_role("button", name=BUTTON).click()
    expect(other.get_by_role("heading", name="Alice Test")).to_be_visible()


def test_switch_user__leaves_the_organisations_sign_in_as_well(page: Page, town: Provider) -> None:
    make_user("Alice", email="alice@town.example")
    page.goto("/account/")
    page.get_by_role("button", name=BUTTON).click()
    page.locator(".ic-top").get_by_role("button", name="Switch user").click()
    expect(page.get_by_role("heading", name="Sign in to ICRAS")).to_be_visible()
    assert "post_logout_redirect_uri" in town.asked[-1]
    town.claims = {"sub": "2", "email": "bob@town.example", "email_verified": True, "roles": ["ucr"]}
    make_user("Bob", email="bob@town.example")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.locator(".ic-top__user")).to_contain_text("Bob Test")
    assert town.asked[-1]["prompt"] == "login"


def test_link__is_made_in_my_account(page: Page, town: Provider, at_both_widths: Check) -> None:
    town.claims = {"sub": "a number without an address"}
    alice = make_member(Role.COMMISSIONER, name="Alice")
    page.goto("/account/login/?next=/account/")
    fill_password(page, alice.email)
    at_both_widths(page, "my-account-not-linked")
    page.get_by_role("button", name="Link it").click()
    expect(page.get_by_text("You can sign in with Town Council from now on.")).to_be_visible()
    expect(page.get_by_text("Linked, since")).to_be_visible()
