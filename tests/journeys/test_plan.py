"""The plan of a case in a browser: asked of others, weighed with the person, told to everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Place
from careplans.models import OnwardRequest, Risk
from tests.careplans.conftest import SERVICES, OnCase, accepted
from tests.factories.referrals import open_front_door
from tests.journeys.conftest import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Check = Callable[[Page, str], None]
LONG = "Daughter is away until Friday; ring the neighbour at number 4 for the key. " * 4


@pytest.fixture
def held(transactional_db: None) -> OnCase:
    door = open_front_door()
    place = Place.objects.get()
    place.words = place.words | {"onward_services": SERVICES}
    place.save()
    return accepted(door)


def test_plan__is_filled_by_a_co_ordinator_and_its_requests_are_followed(
    open_page: Callable[..., Page], held: OnCase, sign_in: Callable[..., None], at_both_widths: Check, watch: Watch
) -> None:
    page = open_page()
    watch.expects(422)
    sign_in(page, held.door.users["alice"])
    page.goto(f"/cases/{held.case_id}/")
    page.get_by_role("link", name="Plan, messages").click()
    expect(page.get_by_text("No messages yet")).to_be_visible()
    at_both_widths(page, "plan-empty")
    page.locator("#onward header a").click()
    page.get_by_role("button", name="Ask another service").click()
    expect(page.get_by_role("link", name="Choose the service")).to_be_visible()
    at_both_widths(page, "plan-ask-errors")
    page.get_by_label("Service").select_option("Falls service")
    page.get_by_label("Whom you asked").fill("Falls clinic desk")
    page.get_by_label("What for").fill("Two falls this month, one on the stairs")
    page.get_by_label("Chase them").fill("16:00 tomorrow")
    page.get_by_role("button", name="Ask another service").click()
    expect(page.get_by_text("Falls service: Falls clinic desk").first).to_be_visible()
    page.locator("#risks header a").click()
    page.get_by_label("What they gain by it").fill("Makes her own tea")
    page.get_by_label("What could happen").fill("A scald")
    page.get_by_label("What makes it safer").fill("A kettle tipper")
    page.get_by_label("Who agreed to it").fill("Maud and her daughter")
    at_both_widths(page, "plan-risk")
    page.get_by_role("button", name="Write down a risk taken").click()
    page.locator("#messages header a").click()
    page.get_by_label("Message").fill(LONG)
    page.get_by_role("button", name="Send the message").click()
    expect(page.get_by_text("ring the neighbour").first).to_be_visible()
    at_both_widths(page, "plan")
    page.goto("/onward/")
    at_both_widths(page, "onward")
    page.get_by_role("link", name="What became of it").click()
    page.get_by_label("On their waiting list").check()
    page.get_by_role("button", name="What became of it").click()
    page.goto("/onward/")
    expect(page.get_by_text("Nothing waits for an answer")).to_be_visible()
    assert (OnwardRequest.objects.get().outcome, Risk.objects.get().control) == ("waiting_list", "A kettle tipper")


def test_plan__works_without_a_script(
    open_page: Callable[..., Page], held: OnCase, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    page = open_page(scripts=False)
    sign_in(page, held.door.users["alice"])
    page.goto(f"/cases/{held.case_id}/plan/rate_confidence/")
    page.get_by_label("At the start").check()
    page.get_by_label("4", exact=True).check()
    page.get_by_role("button", name="How sure they are").click()
    expect(page.get_by_text("4 of 10")).to_be_visible()
