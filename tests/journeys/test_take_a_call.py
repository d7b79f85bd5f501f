"""Take a call in a browser: typed in the order of speaking, found, kept, put right, sent once."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import Place
from referrals.models import Draft, Person, Referral
from tests.factories.casework import NOW, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor
from tests.journeys.conftest import Watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
LONG = "Wilhelmina-Anastasia Featherstonehaugh-Cholmondeley-Warner"
WORDS = "Ken went off in the ambulance about nine and he does everything for her."
LISTS = {
    "red_flags": [
        {"code": "chest_pain", "words": "Chest pain now"},
        {"code": "breathing", "words": "Trouble breathing, blue lips"},
        {"code": "stroke_signs", "words": "Face, arm or speech changed today"},
        {"code": "bleeding", "words": "Heavy bleeding"},
        {"code": "head_injury", "words": "Hit head and takes blood thinners"},
    ],
    "gp_practices": [{"code": "test_street", "words": "Test Street Surgery"}],
    "hospitals": [{"code": "southport", "words": "Southport Hospital"}],
}


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    place = Place.objects.get()
    place.words = place.words | LISTS
    place.save()
    heartbeat()
    return made


@pytest.fixture
def call(page: Page, door: FrontDoor, sign_in: Callable[..., None]) -> Page:
    """The SPA officer's screen as the telephone rings."""
    page.clock.install(time=NOW)
    sign_in(page, door.users["spa"])
    page.goto("/referrals/new/")
    return page


def choose(page: Page, legend: str, words: str) -> None:
    """Press one of the choices of a question."""
    page.get_by_role("group", name=legend, exact=True).get_by_text(words, exact=True).click()


def type_call(page: Page, given: str = "Ruby", family: str = "Sampleton") -> None:
    """Type a whole call, as the mock-up tells it."""
    for label, words in (
        ("Number to ring back", "07700 900 318"),
        ("Name", "Pat Proof"),
        ("Who they are", "Neighbour"),
        ("First name", given),
        ("Last name", family),
        ("Birth date or age", "4 3 1947"),
        ("NHS number, if known", "999 123 4012"),
        ("Address or postcode now", "12 Prooflane, L23 9ZZ"),
        ("Getting in", "Neighbour opens, front door"),
        ("Who is with them", "Pat Proof"),
        ("In the caller’s words", WORDS),
        ("First received", "14:10"),
    ):
        page.get_by_label(label, exact=True).fill(words)
    page.get_by_label("Who is referring").select_option("carer")
    page.get_by_label("Nearest reason").select_option("falls")
    choose(page, "Place", "Somewhere else")
    for flag in LISTS["red_flags"]:
        choose(page, flag["words"], "No")
    choose(page, "How soon", "Within 2 hours")
    choose(page, "From", "Community, to avoid hospital")
    choose(page, "Agrees to us coming", "Yes")


def test_take_call__questions_below_each_other_begin_at_one_edge(call: Page) -> None:
    call.set_viewport_size({"width": 320, "height": 900})
    edges = [
        call.get_by_role("group", name=legend, exact=True).evaluate("group => group.getBoundingClientRect().left")
        for legend in ("How soon", "From", "Medically stable", "Medicines dealt with")
    ]
    assert len(set(edges)) == 1, edges


def test_take_call__from_first_word_to_the_board(call: Page, door: FrontDoor, at_both_widths: Check) -> None:
    register_at(door, 600, "Ruby Sampleton", born_on=None)
    at_both_widths(call, "call-empty")
    type_call(call)
    expect(call.locator("#matches")).to_contain_text("1 found")
    expect(call.locator("#call-side")).to_contain_text("2-hour visit by 16:10")
    expect(call.locator("#draft-line")).to_contain_text("Draft kept")
    at_both_widths(call, "call-typed")
    call.get_by_role("button", name="Send to triage").click()
    expect(call.get_by_role("status").filter(has_text="sent to triage")).to_contain_text("ring you back by 14:40")
    assert Referral.objects.count() == 2
    assert not Draft.objects.exists()


def test_take_call__found_person_is_chosen_and_let_go(call: Page, door: FrontDoor, at_both_widths: Check) -> None:
    known = register_at(door, 600, "Ruby Sampleton", nhs_number="9991234012").person
    type_call(call)
    call.get_by_role("button", name="This is the person").click()
    expect(call.get_by_text("Not this person: undo")).to_be_visible()
    expect(call.get_by_label("In the caller’s words")).to_have_value(WORDS)
    at_both_widths(call, "call-chosen")
    call.get_by_role("button", name="Not this person: undo").click()
    expect(call.get_by_label("Last name")).to_have_value("Sampleton")
    call.get_by_role("button", name="This is the person").click()
    call.get_by_role("button", name="Send to triage").click()
    expect(call.get_by_text("sent to triage")).to_be_visible()
    assert Referral.objects.filter(person=known).count() == 2


def test_take_call__faults_are_linked_and_nothing_is_lost(call: Page, watch: Watch, at_both_widths: Check) -> None:
    watch.expects(422)
    type_call(call, family=LONG)
    call.get_by_label("NHS number, if known").fill("999 123 4013")
    call.get_by_label("First received").fill("15:10")
    call.get_by_role("button", name="Send to triage").click()
    summary = call.get_by_role("alert")
    expect(summary).to_contain_text("Nothing is lost. Two things to put right")
    expect(call.locator(".nhsuk-error-summary")).to_be_focused()
    at_both_widths(call, "call-errors")
    summary.get_by_role("link").first.click()
    expect(call.get_by_label("NHS number, if known")).to_be_focused()
    expect(call.get_by_label("Last name")).to_have_value(LONG)


def test_take_call__red_flag_opens_999(call: Page, at_both_widths: Check) -> None:
    expect(call.get_by_label("Who rang 999")).to_be_hidden()
    type_call(call)
    choose(call, "Chest pain now", "Yes")
    expect(call.get_by_label("Who rang 999")).to_be_visible()
    expect(call.locator("#call-side")).to_contain_text("hang up and ring 999 now")
    at_both_widths(call, "call-999")
    call.get_by_label("Who rang 999").fill("Pat Proof")
    call.get_by_role("button", name="Send to triage").click()
    expect(call.get_by_text("Ring 999 now if you have not")).to_be_visible()


def test_take_call__hospital_asks_for_the_ward(call: Page, at_both_widths: Check) -> None:
    expect(call.get_by_label("Ward")).to_be_hidden()
    choose(call, "Place", "Hospital")
    expect(call.get_by_label("Ward")).to_be_visible()
    at_both_widths(call, "call-hospital")


def test_take_call__draft_is_back_after_leaving(call: Page, at_both_widths: Check) -> None:
    call.get_by_label("Number to ring back").fill("07700 900 318")
    expect(call.locator("#draft-line")).to_contain_text("Draft kept")
    call.goto("/board/")
    call.goto("/referrals/new/")
    expect(call.get_by_label("Number to ring back")).to_have_value("")
    expect(call.get_by_text("1 call half written.")).to_be_visible()
    at_both_widths(call, "call-half-written")
    call.get_by_role("link", name="Carry on with 07700 900 318").click()
    expect(call.get_by_label("Number to ring back")).to_have_value("07700 900 318")
    at_both_widths(call, "call-back")
    call.get_by_role("button", name="throw it away").click()
    expect(call.get_by_label("Number to ring back")).to_have_value("")


def test_take_call__by_keyboard_alone(call: Page) -> None:
    call.keyboard.press("Alt+4")
    expect(call.get_by_label("In the caller’s words")).to_be_focused()
    call.keyboard.press("Alt+1")
    expect(call.get_by_label("Number to ring back")).to_be_focused()
    type_call(call)
    call.get_by_label("Who they are").press("Control+Enter")
    expect(call.get_by_text("sent to triage")).to_be_visible()


def test_take_call__without_a_script(
    open_page: Callable[..., Page], door: FrontDoor, sign_in: Callable[..., None], picture: Check
) -> None:
    register_at(door, 600, "Ruby Sampleton", nhs_number="9991234012")
    page = open_page(scripts=False)
    sign_in(page, door.users["spa"])
    page.goto("/referrals/new/")
    type_call(page)
    page.get_by_role("button", name="Look them up").click()
    expect(page.locator("#matches")).to_contain_text("1 found")
    picture(page, "call-no-script")
    page.get_by_role("button", name="This is the person").click()
    expect(page.get_by_text("Not this person: undo")).to_be_visible()
    page.get_by_role("button", name="Send to triage").click()
    expect(page.get_by_text("sent to triage")).to_be_visible()
    assert Person.objects.count() == 1


def test_find_person__by_what_is_known(call: Page, door: FrontDoor, at_both_widths: Check) -> None:
    register_at(door, 30, f"Ruby {LONG}", nhs_number="9991234012", phone="07700900318")
    call.locator("#find").fill("999 123 4012")
    call.keyboard.press("Enter")
    expect(call.get_by_role("heading", name="1 found")).to_be_visible()
    address = urlsplit(call.url)  # the port of the test may hold any digits
    assert "999" not in f"{address.path}?{address.query}"
    at_both_widths(call, "find-found")
    call.locator("#who").fill("Nobody Atall")
    call.keyboard.press("Enter")
    expect(call.get_by_role("heading", name="Nobody found")).to_be_visible()
    at_both_widths(call, "find-nobody")
