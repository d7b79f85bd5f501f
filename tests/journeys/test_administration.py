"""Administrator's pages: people, roles, second factor, rota, partner systems; each state without faults at both widths."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from accounts.domain import Duty, Role
from accounts.models import Team, User
from audit.acting import now
from icras.gallery import LONG_NAME
from notifications.delivery import deliver
from tests.factories.accounts import join, make_member, make_organisation, make_place, make_team, put_on_duty
from tests.journeys.conftest import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]


@pytest.fixture
def team() -> Team:
    return make_team("ucr-south", name="UCR South")


@pytest.fixture
def ada(team: Team) -> User:
    make_place()
    return make_member(Role.ADMINISTRATOR, team, "Ada")


@pytest.fixture
def admin(page: Page, ada: User, sign_in: Callable[..., None]) -> Page:
    sign_in(page, ada)
    return page


def fill_day(page: Page, legend: str, day: int, month: int, year: int) -> None:
    group = page.get_by_role("group", name=legend)
    for label, part in (("Day", day), ("Month", month), ("Year", year)):
        group.get_by_label(label).fill(str(part))


def test_invite_person__gets_a_link_and_a_role(admin: Page, at_both_widths: Check, watch: Watch) -> None:
    admin.goto("/staff/")
    at_both_widths(admin, "people-one")
    admin.keyboard.press("n")
    expect(admin.get_by_role("heading", name="Invite somebody")).to_be_visible()
    at_both_widths(admin, "invite")
    watch.expects(422)
    admin.get_by_role("button", name="Send the invitation").click()
    expect(admin.get_by_text("Name: enter this")).to_be_visible()
    at_both_widths(admin, "invite-wrong")
    admin.get_by_label("Name").fill(LONG_NAME)
    admin.get_by_label("Work e-mail address").fill("w@icras.example")
    admin.get_by_label("Team").select_option(label="UCR South")
    admin.get_by_label("Role").select_option(label="Case co-ordinator")
    admin.get_by_role("button", name="Send the invitation").click()
    expect(admin.get_by_text("is invited")).to_be_visible()
    at_both_widths(admin, "people")
    deliver(now=now())
    assert re.search(r"http://\S+/account/password/reset/key/\S+", mail.outbox[0].body)
    admin.get_by_role("link", name=LONG_NAME).click()
    at_both_widths(admin, "person")


def test_invite_person__whose_address_is_taken_is_said_at_the_field(admin: Page, watch: Watch) -> None:
    admin.goto("/staff/invite/")
    admin.get_by_label("Name").fill("Another Ada")
    admin.get_by_label("Work e-mail address").fill("ADA@icras.example")
    admin.get_by_label("Team").select_option(label="UCR South")
    admin.get_by_label("Role").select_option(label="Auditor")
    watch.expects(422)
    admin.get_by_role("button", name="Send the invitation").click()
    expect(admin.locator("#id_email-error")).to_contain_text("Somebody has this e-mail address already.")


def test_end_role__of_the_last_administrator_is_refused_in_words(
    admin: Page, ada: User, at_both_widths: Check, watch: Watch
) -> None:
    admin.goto(f"/staff/{ada.pk}/")
    admin.get_by_role("link", name="End Administrator").click()
    at_both_widths(admin, "role-end")
    watch.expects(422)
    admin.get_by_role("button", name="End the role").click()
    expect(admin.get_by_text("This is the last administrator. Make somebody else one first.")).to_be_visible()
    at_both_widths(admin, "last-administrator")


def test_disable_person__and_let_in_again(admin: Page, team: Team, at_both_widths: Check) -> None:
    bob = make_member(Role.PRACTITIONER, team, "Bob")
    admin.goto(f"/staff/{bob.pk}/disable/")
    at_both_widths(admin, "person-disable")
    admin.get_by_role("button", name="Disable the account").click()
    expect(admin.get_by_text("Bob Test can no longer sign in.")).to_be_visible()
    at_both_widths(admin, "person-disabled")
    admin.goto("/staff/?show=disabled")
    at_both_widths(admin, "people-disabled")
    admin.get_by_role("link", name="Bob Test").click()
    admin.get_by_role("button", name="Let them sign in again").click()
    expect(admin.get_by_text("Bob Test can sign in again.")).to_be_visible()
    admin.goto("/staff/?show=disabled")
    expect(admin.get_by_role("heading", name="Nobody here")).to_be_visible()
    at_both_widths(admin, "people-none")


def test_keep_rota__hours_shifts_and_cover(
    admin: Page, team: Team, ada: User, at_both_widths: Check, watch: Watch
) -> None:
    join(ada, team, Role.TEAM_LEAD)
    bob = make_member(Role.CASE_COORDINATOR, team, "Bob")
    put_on_duty(bob, team, Duty.CO_ORDINATOR)
    admin.goto("/rota/")
    at_both_widths(admin, "rota")
    admin.get_by_role("link", name="UCR South").click()
    at_both_widths(admin, "team-rota")
    admin.goto(f"/rota/{team.pk}/hours/")
    admin.get_by_label("Monday").fill("08:00 to 25:00")
    watch.expects(422)
    admin.get_by_role("button", name="Save").click()
    at_both_widths(admin, "hours-wrong")
    admin.get_by_label("Monday").fill("08:00 to 12:00, 13:00 to 20:00")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("08:00 to 12:00, 13:00 to 20:00")).to_be_visible()

    admin.goto(f"/rota/{team.pk}/patterns/")
    at_both_widths(admin, "pattern-add")
    admin.get_by_label("Who").select_option(label="Bob Test")
    admin.get_by_label("Duty").select_option(label="Duty desk")
    admin.get_by_label("Days").select_option(label="Every day")
    admin.get_by_label("From", exact=True).fill("00:00")
    admin.get_by_label("To", exact=True).fill("00:00")
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("link", name="End Bob Test, every day")).to_have_count(2)

    admin.goto(f"/rota/{team.pk}/shifts/")
    admin.get_by_label("Who").select_option(label="Bob Test")
    admin.get_by_label("Duty").select_option(label="Lead on shift")
    fill_day(admin, "From day", 28, 3, 2027)
    admin.get_by_label("From time").fill("01:30")
    fill_day(admin, "To day", 28, 3, 2027)
    admin.get_by_label("To time").fill("09:00")
    watch.expects(422)
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_text("There was no 01:30 that night").first).to_be_visible()
    at_both_widths(admin, "shift-wrong")

    admin.goto(f"/rota/{team.pk}/cover/")
    at_both_widths(admin, "cover-add")


def test_keep_partner__secret_is_shown_once(admin: Page, at_both_widths: Check) -> None:
    make_organisation(name="Sefton Council")
    admin.goto("/partners/")
    at_both_widths(admin, "partners-none")
    admin.goto("/partners/add/")
    at_both_widths(admin, "partner-add")
    admin.get_by_label("Name of the system").fill("Discharge hub")
    admin.get_by_label("Organisation", exact=True).select_option(label="Sefton Council")
    admin.get_by_label("Read referrals of your organisation").check()
    admin.get_by_role("button", name="Add and show the secret").click()
    first = admin.locator(".ic-code").nth(1).inner_text()
    at_both_widths(admin, "partner-secret")
    admin.get_by_role("link", name="I have kept it").click()
    at_both_widths(admin, "partner")
    assert first not in admin.content()
    admin.get_by_role("link", name="Make a new secret").click()
    at_both_widths(admin, "partner-rotate")
    admin.get_by_role("button", name="Make a new secret").click()
    assert admin.locator(".ic-code").nth(1).inner_text() != first
    admin.get_by_role("link", name="I have kept it").click()
    admin.get_by_role("button", name="Stop it now").click()
    expect(admin.get_by_text("Discharge hub is stopped.")).to_be_visible()
    admin.goto("/partners/")
    at_both_widths(admin, "partners")
