"""The pages around the board in a browser: views, several at once, discharge, sent elsewhere, hand-over, paper, doors."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.domain import RestrictReason
from accounts.models import Place
from casework.commands import decline_referral
from casework.commands.restrict import restrict_person
from pathways.commands import plan_discharge, promise_task
from pathways.domain import Criteria, Destination, DischargePlan, Pathway
from referrals.commands import ask_information
from referrals.commands.shifts import add_worry
from referrals.domain import Direction, Hospital, Urgency
from referrals.models import Referral
from tests.factories.casework import NOW, accept_at, full_board, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor
from tests.journeys.conftest import Watch
from tests.journeys.test_board import Check, stand_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
Enter = Callable[[Page, Any], None]
LONG = "Bartholomew-Ferdinand Featherstonehaugh-Cholmondeley"
STEP_DOWN: dict[str, Any] = {"direction": Direction.STEP_DOWN, "urgency": Urgency.PLANNED}


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    place = Place.objects.get()
    place.words = place.words | {"decline_reasons": [{"code": "no_workers", "words": "No workers", "kind": "capacity"}]}
    place.save()
    heartbeat()
    return made


@pytest.fixture
def enter(page: Page, door: FrontDoor, sign_in: Enter) -> Callable[[str, str], Page]:
    """Open an address as somebody: enter("triage", "/board/")."""

    def make(who: str, address: str) -> Page:
        stand_at(page, NOW)
        sign_in(page, door.users[who])
        page.goto(address)
        return page

    return make


def test_keep_view__narrow_name_open_with_it_and_forget(
    door: FrontDoor, enter: Any, at_both_widths: Check, watch: Watch
) -> None:
    full_board(door)
    page = enter("triage", "/board/?zone=crosby")
    page.get_by_role("link", name="Keep this view").click()
    watch.expects(422)
    page.get_by_role("button", name="Keep this view").click()
    expect(page.get_by_role("alert")).to_contain_text("give it a name")
    at_both_widths(page, "views-error")
    page.get_by_label("Name", exact=True).fill("Crosby")
    page.get_by_label("Open the board with it").check()
    page.get_by_role("button", name="Keep this view").click()
    page.goto("/board/")
    assert page.url.endswith("zone=crosby")
    expect(page.get_by_role("link", name="Crosby").nth(1)).to_have_attribute("aria-current", "true")
    at_both_widths(page, "views-board")
    page.goto("/board/views/")
    at_both_widths(page, "views")
    page.get_by_role("button", name="Forget").click()
    expect(page.get_by_text("None yet.")).to_be_visible()


def test_do_several__tick_two_take_them_and_read_what_happened(
    door: FrontDoor, enter: Any, at_both_widths: Check
) -> None:
    full_board(door)
    page = enter("triage", "/board/?tab=new")
    page.get_by_label("Choose Ruby Sampleton").check()
    page.get_by_label("Choose Albert Mockford").focus()
    page.keyboard.press("Space")
    with page.expect_response(lambda answer: "since=" in answer.url):
        page.clock.run_for(16000)
    expect(page.get_by_label("Choose Albert Mockford")).to_be_checked()
    expect(page.get_by_label("Choose Ruby Sampleton")).to_be_checked()
    at_both_widths(page, "board-ticked")
    page.get_by_role("button", name="I have these").click()
    expect(page.get_by_role("cell", name="You have it now.")).to_have_count(2)
    at_both_widths(page, "board-several")


def in_hospital(door: FrontDoor) -> Referral:
    ready = (NOW + timedelta(days=1)).date()
    hospital = Hospital(site="Southport Hospital", ward="Ward 7B", ready_on=ready)
    made = register_at(door, 60, LONG, hospital=hospital, **STEP_DOWN)
    plan = DischargePlan(
        expected_on=ready, ready_on=ready, criteria=Criteria.NOT_MET, pathway=Pathway.P1, grounds="Managed before",
        destination=Destination.OWN_HOME, needs="Two calls",
    )  # fmt: skip
    plan_discharge(by=door.actor("spa"), referral_id=made.pk, plan=plan)
    return made


def test_discharge_list__with_long_names_and_its_acts_in_place(
    door: FrontDoor, enter: Any, at_both_widths: Check
) -> None:
    in_hospital(door)
    page = enter("spa", "/discharge/")
    expect(page.get_by_role("row")).to_have_count(2)
    at_both_widths(page, "discharge")
    page.get_by_role("link", name="In the way").click()
    expect(page.locator("#acts")).to_contain_text("Featherstonehaugh")
    at_both_widths(page, "discharge-act")


def test_discharge_list__empty(enter: Any, at_both_widths: Check) -> None:
    page = enter("spa", "/discharge/")
    expect(page.get_by_role("heading", name="Nobody waits to leave hospital")).to_be_visible()
    at_both_widths(page, "discharge-empty")


def test_sent_elsewhere__list_and_what_became_of_them(door: FrontDoor, enter: Any, at_both_widths: Check) -> None:
    held = register_at(door, 60, LONG)
    decline_referral(by=door.actor("triage"), referral_id=held.pk, reason="no_workers", signpost="gp")
    page = enter("spa", "/signposted/")
    expect(page.get_by_role("cell", name="Not yet")).to_be_visible()
    at_both_widths(page, "signposted")
    page.get_by_role("link", name="Bartholomew").click()
    expect(page.get_by_role("heading", name="What became of them")).to_be_visible()
    at_both_widths(page, "signposted-follow")


def test_hand_over__listed_handed_over_and_accepted(
    door: FrontDoor, open_page: Any, sign_in: Enter, enter: Any, at_both_widths: Check
) -> None:
    held, by = register_at(door, 30, LONG), door.actor("spa")
    ask_information(by=by, referral_id=held.pk, asked_of="GP", question="Blood thinners?")
    due: dict[str, Any] = {"due_at": NOW + timedelta(hours=2), "owner_id": by.user_id}
    promise_task(by=by, case_id=held.case_id, what="Ring the daughter", **due)
    add_worry(by=by, case_id=held.case_id, why="Alone until Friday")
    page = enter("spa", "/handover/")
    expect(page.get_by_role("table")).to_have_count(4)
    at_both_widths(page, "handover")
    page.get_by_label("What the next shift should know").fill("Quiet")
    page.get_by_role("button", name="Hand over", exact=True).click()
    expect(page.get_by_role("heading", name="Waits to be accepted")).to_be_visible()
    other = open_page()
    stand_at(other, NOW)
    sign_in(other, door.users["triage"])
    other.goto("/handover/")
    other.get_by_role("button", name="I have it: accept").click()
    expect(other.get_by_text("Accepted by")).to_be_visible()
    at_both_widths(other, "handover-accepted")


def test_print_board__whole_list_on_paper(door: FrontDoor, enter: Any, at_both_widths: Check) -> None:
    full_board(door)
    register_at(door, 3, "Hubert " + "Blaineswolfeschlegelsteinhausenbergerdorff" * 2, summary="aargh" * 30)
    page = enter("triage", "/board/print/")
    at_both_widths(page, "board-print")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="Back to the board")).to_be_hidden()


def test_open_restricted__the_door_says_nothing_until_a_reason_is_given(
    door: FrontDoor, enter: Any, at_both_widths: Check, watch: Watch
) -> None:
    held = register_at(door, 60, "Maud Testalder")
    accept_at(door, held, 30)
    restrict_person(
        by=door.actor("manager"), person_id=held.person_id, reason=RestrictReason.STAFF_OR_FAMILY, words="Works here"
    )
    page = enter("triage", f"/people/{held.person_id}/break-glass/")
    expect(page.locator("main")).not_to_contain_text("Testalder")
    at_both_widths(page, "restricted-door")
    watch.expects(422)
    page.get_by_role("button", name="Open it for eight hours").click()
    expect(page.get_by_role("alert")).to_contain_text("hoose why you open it")
    at_both_widths(page, "restricted-door-error")
    page.get_by_label("Why do you need to open it?").select_option(index=1)
    page.get_by_label("In your own words").fill("Family rang")
    page.get_by_role("button", name="Open it for eight hours").click()
    expect(page.locator("main")).to_contain_text("Testalder")


def test_record_death__preview_record_and_take_back(door: FrontDoor, enter: Any, at_both_widths: Check) -> None:
    held = register_at(door, 60, LONG)
    page = enter("triage", f"/people/{held.person_id}/death/")
    expect(page.get_by_text("What ends with it")).to_be_visible()
    at_both_widths(page, "death")
    page.get_by_label("When did they die?").fill("17/9/2026")
    page.get_by_label("Who told us?").fill("The daughter")
    page.get_by_role("button", name="Record the death").click()
    page.goto(f"/people/{held.person_id}/death/")
    expect(page.get_by_text("Died on 17 September 2026").first).to_be_visible()
    at_both_widths(page, "death-recorded")
    page.locator("textarea[name=reason], input[name=reason]").fill("Another person of this name")
    page.get_by_role("button", name="Entered in error: take it back").click()
    held.refresh_from_db()
    assert held.status == "new"


@pytest.mark.parametrize("code", ["sources", "declines", "equality", "hospital-support", "signposts", "risks"])
def test_show_report__bars_and_table(code: str, door: FrontDoor, enter: Any, at_both_widths: Check) -> None:
    held = register_at(door, 60)
    decline_referral(by=door.actor("triage"), referral_id=held.pk, reason="no_workers", signpost="gp")
    page = enter("commissioner", f"/reports/{code}/")
    expect(page.get_by_role("link", name="Download (CSV)")).to_be_visible()
    at_both_widths(page, f"report-{code}")
