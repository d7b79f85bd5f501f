"""After a referral was sent, in a browser: news is added and looked at, its referrer asks, a decision is taken back."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.domain import Role
from accounts.queries import actor_for
from casework.commands import decline_referral
from referrals.commands import register_referral
from referrals.domain import Channel, Status
from referrals.models import NewsSeen, Referral
from tests.factories.casework import NOW, accept_at, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor, details, person, person_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    heartbeat()
    return made


@pytest.fixture
def triage(page: Page, door: FrontDoor, sign_in: Callable[..., None]) -> Page:
    """The triage practitioner's browser."""
    page.clock.install(time=NOW)
    sign_in(page, door.users["triage"])
    return page


def test_news__is_added_beside_the_board_and_looked_at(triage: Page, door: FrontDoor, at_both_widths: Check) -> None:
    referral = register_at(door, 22, "Ruby Sampleton")
    triage.goto(f"/board/?chosen={referral.pk}")
    triage.locator("#acts").get_by_text("Add new information").click()
    triage.get_by_label("Who said it").fill("Jo, the daughter")
    triage.locator("label", has_text="By telephone").click()
    triage.get_by_label("What is new").fill("She has fallen again, and is up")
    at_both_widths(triage, "news-add")
    triage.locator("#acts").get_by_role("button", name="Add new information").click()
    expect(triage.get_by_text("new information added")).to_be_visible()
    triage.goto(f"/board/?chosen={referral.pk}")
    expect(triage.locator("#panel").get_by_text("She has fallen again")).to_be_visible()
    at_both_widths(triage, "news-panel")
    triage.get_by_role("button", name="I have looked at this").click()
    expect(triage.get_by_text("Looked at by Priya Demo")).to_be_visible()
    at_both_widths(triage, "news-seen")
    assert NewsSeen.objects.count() == 1


def test_take_back__a_decline_is_open_again(triage: Page, door: FrontDoor, at_both_widths: Check) -> None:
    referral = register_at(door, 10, "Ruby Sampleton")
    decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason="needs_hospital", signpost="gp")
    triage.goto(f"/referrals/{referral.pk}/")
    triage.get_by_role("link", name="Take this decision back").click()
    triage.get_by_label("Why it is taken back").fill("The wrong row was chosen")
    at_both_widths(triage, "take-back")
    triage.get_by_role("button", name="Take it back").click()
    expect(triage.get_by_text("is open again, with its time limits as they were")).to_be_visible()
    at_both_widths(triage, "taken-back")
    assert Referral.objects.get(pk=referral.pk).status == Status.NEW


def test_referrer__adds_what_is_new_withdraws_and_asks_once_accepted(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    user = person_at(door.elsewhere, "Ray Refer", Role.REFERRER)
    told = details(channel=Channel.PORTAL, told_name="Maud Testalder")
    sent = register_referral(by=actor_for(user), details=told, person=person())
    sign_in(page, user)
    page.goto(f"/sent-referrals/{sent.pk}/")
    page.get_by_role("link", name="Add what is new").click()
    page.get_by_label("What is new").fill("The key is with Ken")
    at_both_widths(page, "sent-tell")
    page.get_by_role("button", name="Send this").click()
    expect(page.get_by_role("heading", name="What you told us since")).to_be_visible()
    at_both_widths(page, "sent-told")
    page.get_by_role("link", name="Withdraw").click()
    at_both_widths(page, "sent-withdraw")
    accept_at(door, Referral.objects.get(pk=sent.pk))
    page.goto(f"/sent-referrals/{sent.pk}/withdraw/")
    page.get_by_label("Why").fill("Gone to her son")
    at_both_widths(page, "sent-ask-to-withdraw")
    page.get_by_role("button", name="Ask to withdraw").click()
    expect(page.get_by_text("You asked to withdraw it")).to_be_visible()
    assert Referral.objects.get(pk=sent.pk).status == Status.ACCEPTED
