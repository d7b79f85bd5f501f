"""Decide in a browser: open beside the board, ask, accept to somebody, decline, join; then see the person in time."""

from collections.abc import Callable, Iterator
from datetime import time

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.domain import Duty
from accounts.models import Place
from pathways.models import Contact, Episode
from referrals.commands import mark_crew
from referrals.domain import Answer, Crew, Status, Urgency
from referrals.models import Referral
from tests.factories.casework import NOW, accept_at, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor, put_on_duty
from tests.journeys.conftest import Watch
from timelimits.models import Clock

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
LONG = "Wilhelmina-Anastasia Featherstonehaugh-Cholmondeley-Warner"
LISTS = {
    "triage_reasons": [
        {"code": "same_facts", "words": "Same facts, judged again"},
        {"code": "got_worse", "words": "The person got worse"},
        {"code": "safe_to_wait", "words": "Safe to wait"},
    ],
    "questions": [
        {"code": "medicines", "words": "Which tablets, and were any missed?"},
        {"code": "moving", "words": "How do they move and transfer?"},
    ],
    "not_wanted_reasons": [{"code": "manages", "words": "Says they manage"}],
    "redirect_reasons": [{"code": "better_service", "words": "Another service can help better"}],
    "contact_subjects": [{"code": "medicines", "words": "Medicines"}],
    "professions": [{"code": "nurse", "words": "Nurse"}],
    "no_access_reasons": [{"code": "no_answer", "words": "No answer at the door"}],
    "reallocate_reasons": [{"code": "leave", "words": "Leave or sickness"}],
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
    put_on_duty(made.crisis, made.users["carol"], Duty.CO_ORDINATOR, time(8), time(20))
    heartbeat()
    return made


@pytest.fixture
def referral(door: FrontDoor) -> Referral:
    return register_at(door, 22, f"Ruby {LONG}", nhs_number="9991234012")


@pytest.fixture
def triage(page: Page, door: FrontDoor, sign_in: Callable[..., None]) -> Page:
    """The triage practitioner's browser."""
    page.clock.install(time=NOW)
    sign_in(page, door.users["triage"])
    return page


def press(page: Page, words: str) -> None:
    """Press the link or button of an act."""
    page.locator("#acts").get_by_text(words, exact=False).first.click()


def tick(page: Page, words: str) -> None:
    """Choose one of several."""
    page.locator("label", has_text=words).first.click()


def test_accept__beside_the_board_by_keyboard(triage: Page, referral: Referral, at_both_widths: Check) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    expect(triage.locator("#acts")).to_contain_text("Accept")
    at_both_widths(triage, "decide-acts")
    triage.keyboard.press("a")
    expect(triage.locator("#acts h3")).to_be_focused()
    expect(triage.locator("#acts")).to_contain_text("Carol Test, on duty: none open. Suggested")
    at_both_widths(triage, "decide-accept-beside")
    tick(triage, "Alice Test")
    triage.locator("#acts").get_by_role("button", name="Accept").click()
    expect(triage.get_by_role("status").filter(has_text="accepted. Alice Test is the co-ordinator")).to_be_visible()
    assert Episode.objects.get().coordinator.name == "Alice Test"


@pytest.mark.parametrize("verb", ["accept", "decline", "triage"])
def test_act__its_button_is_in_sight_beside_the_board(triage: Page, referral: Referral, verb: str) -> None:
    triage.set_viewport_size({"width": 1440, "height": 900})
    triage.goto(f"/board/?chosen={referral.pk}")
    triage.locator(f"#acts a[href$='/{verb}/']").click()
    button = triage.locator("#acts .ic-act-do button")
    expect(triage.locator("#acts h3").first).to_be_in_viewport()
    expect(button).to_be_in_viewport(ratio=1)
    assert triage.locator("#acts").evaluate("acts => acts.scrollHeight <= acts.clientHeight + 1")


def test_act__refused_beside_the_board_the_faults_are_read_first(
    triage: Page, referral: Referral, watch: Watch
) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    triage.locator("#acts a[href$='/decline/']").click()
    watch.expects(422)
    triage.locator("#acts .ic-act-do button").click()
    expect(triage.locator("#acts .ic-errs")).to_be_focused()
    expect(triage.locator("#acts .ic-act-do button")).to_be_in_viewport(ratio=1)


def test_panel__clocks_break_no_word_on_a_phone(triage: Page, referral: Referral, door: FrontDoor) -> None:
    mark_crew(by=door.actor("spa"), referral_id=referral.pk, crew=Crew(phone="07700 900123"))
    triage.set_viewport_size({"width": 320, "height": 900})
    triage.goto(f"/board/?chosen={referral.pk}")
    clocks = triage.locator("#panel .ic-row2 > .ic-clock")
    expect(clocks).to_have_count(3)
    assert min(clocks.evaluate_all("all => all.map(clock => clock.getBoundingClientRect().width)")) >= 116


def test_accept__as_a_page_of_its_own(triage: Page, referral: Referral, at_both_widths: Check) -> None:
    triage.goto(f"/referrals/{referral.pk}/accept/")
    expect(triage.get_by_text("Not known yet: the first visit will check.")).to_be_visible()
    at_both_widths(triage, "decide-accept")
    triage.get_by_role("button", name="Accept").click()
    expect(triage.get_by_role("heading", level=1)).to_contain_text(LONG)
    at_both_widths(triage, "referral-accepted")


def test_ask_and_answer__beside_the_board(triage: Page, referral: Referral, at_both_widths: Check) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    press(triage, "Ask for information")
    triage.get_by_label("Who was asked").fill("Test Street Surgery")
    tick(triage, "Which tablets")
    at_both_widths(triage, "decide-ask")
    triage.locator("#acts").get_by_role("button", name="Ask for information").click()
    expect(triage.get_by_text("is waiting for an answer")).to_be_visible()
    triage.goto(f"/referrals/{referral.pk}/answer/")
    at_both_widths(triage, "decide-answer")
    triage.get_by_label("What you were told").fill("None missed")
    triage.get_by_role("button", name="Record the answer").click()
    expect(triage.get_by_text("None missed")).to_be_visible()


def test_decline__needs_a_reason_and_says_so_where_it_was_asked(
    triage: Page, referral: Referral, watch: object, at_both_widths: Check
) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    press(triage, "Decline")
    watch.expects(422)  # type: ignore[attr-defined]
    triage.locator("#acts").get_by_role("button", name="Decline").click()
    expect(triage.locator("#acts")).to_contain_text("Two things to put right")
    at_both_widths(triage, "decide-decline-faults")
    tick(triage, "Needs hospital care now")
    triage.get_by_label("Where instead").select_option("gp")
    triage.locator("#acts").get_by_role("button", name="Decline").click()
    expect(triage.get_by_role("status").filter(has_text="declined.")).to_be_visible()
    referral.refresh_from_db()
    assert referral.status == Status.DECLINED


def test_decide__let_go_of_an_act_goes_back_to_all(triage: Page, referral: Referral) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    press(triage, "Redirect")
    triage.get_by_role("link", name="Do not do this").click()
    expect(triage.locator("#acts")).to_contain_text("Accept")


@pytest.mark.parametrize(
    "verb", ["triage", "decline", "not_wanted", "redirect", "ask", "take", "withdraw", "confirm_999"]
)
def test_show_act__at_every_width(triage: Page, referral: Referral, verb: str, at_both_widths: Check) -> None:
    triage.goto(f"/referrals/{referral.pk}/{verb}/")
    at_both_widths(triage, f"act-{verb}")


def test_show_referral__with_everything(triage: Page, door: FrontDoor, at_both_widths: Check) -> None:
    told = {"red_flags": (("chest_pain", Answer.YES), ("bleeding", Answer.NOT_KNOWN)), "warnings": ("dog", "oxygen")}
    referral = register_at(door, 22, f"Ruby {LONG}", **told)
    triage.goto(f"/referrals/{referral.pk}/")
    expect(triage.locator("#acts")).to_contain_text("Record the 999 call")
    at_both_widths(triage, "referral-999")


def test_decide__somebody_was_first(triage: Page, referral: Referral, watch: object, at_both_widths: Check) -> None:
    triage.goto(f"/referrals/{referral.pk}/decline/")
    tick(triage, "Needs hospital care now")
    triage.get_by_label("Where instead").select_option("gp")
    triage.get_by_label("Anything to add").fill("Rang the ward")
    Referral.objects.filter(pk=referral.pk).update(version=7)
    watch.expects(409)  # type: ignore[attr-defined]
    triage.get_by_role("button", name="Decline").click()
    expect(triage.get_by_text("after you opened it")).to_be_visible()
    expect(triage.get_by_label("Anything to add")).to_have_value("Rang the ward")
    at_both_widths(triage, "decide-stale")
    triage.get_by_role("button", name="Decline").click()
    expect(triage.get_by_role("status").filter(has_text="declined.")).to_be_visible()


def test_decide__spa_officer_is_not_offered_it(
    page: Page, door: FrontDoor, referral: Referral, sign_in: Callable[..., None], watch: object, at_both_widths: Check
) -> None:
    page.clock.install(time=NOW)
    sign_in(page, door.users["spa"])
    page.goto(f"/referrals/{referral.pk}/")
    expect(page.locator("#acts")).not_to_contain_text("Accept")
    watch.expects(403)  # type: ignore[attr-defined]
    page.goto(f"/referrals/{referral.pk}/accept/")
    expect(page.get_by_role("heading", name="Your role does not allow this")).to_be_visible()
    at_both_widths(page, "decide-not-permitted")


def test_accept__joins_and_out_of_hours(triage: Page, door: FrontDoor, at_both_widths: Check) -> None:
    first = register_at(door, 90, "Maud Testalder")
    accept_at(door, first, 60)
    again = register_at(door, 10, "Maud Testalder", urgency=Urgency.PLANNED)
    Referral.objects.filter(pk=again.pk).update(person_id=first.person_id)
    triage.goto(f"/referrals/{again.pk}/accept/")
    expect(triage.get_by_text("There is a live episode: this joins it.")).to_be_visible()
    at_both_widths(triage, "decide-join")


def test_log_contact__first_visit_in_four_taps(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    episode = accept_at(door, register_at(door, 60, f"Ruby {LONG}"), 30).episode
    page.clock.install(time=NOW)
    sign_in(page, door.users["alice"])
    page.goto(f"/episodes/{episode.pk}/contact/")
    at_both_widths(page, "contact-first")
    tick(page, "Seen, or spoken to")
    page.get_by_role("button", name="Log contact").click()
    expect(page.get_by_text("Visit recorded: seen")).to_be_visible()
    assert Contact.objects.get().attended
    assert Clock.objects.get(policy_code="crisis_response").outcome == "met"
    for verb in ("allocate", "end", "contact"):
        page.goto(f"/episodes/{episode.pk}/{verb}/")
        at_both_widths(page, f"episode-{verb}")
    page.goto(f"/cases/{episode.case_id}/tasks/new/")
    at_both_widths(page, "task-new")


def test_decide__without_a_script(
    open_page: Callable[..., Page], door: FrontDoor, referral: Referral, sign_in: Callable[..., None]
) -> None:
    page = open_page(scripts=False)
    sign_in(page, door.users["triage"])
    page.goto(f"/board/?chosen={referral.pk}")
    page.locator("#acts").get_by_role("button", name="I have this").click()
    expect(page.get_by_text("is yours")).to_be_visible()
    page.locator("#acts").get_by_role("link", name="Accept").click()
    page.get_by_role("button", name="UCR North").click()
    tick(page, "Bob Test")
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("accepted. Bob Test is the co-ordinator")).to_be_visible()


@pytest.mark.parametrize("fault", ["no answer", "500", "503"])
def test_decide__what_did_not_arrive_is_said_above_the_form_and_stays(
    triage: Page, referral: Referral, watch: Watch, at_both_widths: Check, fault: str
) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    press(triage, "Ask for information")
    triage.get_by_label("Who was asked").fill("Test Street Surgery")
    tick(triage, "Which tablets")
    ask = f"**/referrals/{referral.pk}/ask/"
    watch.lets_fail(f"/referrals/{referral.pk}/ask/")
    if fault == "no answer":
        triage.route(ask, lambda route: route.abort())
    else:
        triage.route(ask, lambda route: route.fulfill(status=int(fault), body="<h1>Something else</h1>"))
    send = triage.locator("#acts").get_by_role("button", name="Ask for information")
    send.click()
    said = triage.get_by_role("alert").filter(has_text="Not saved. What you typed is still here. Send it again.")
    expect(said).to_be_focused()
    expect(triage.get_by_label("Who was asked")).to_have_value("Test Street Surgery")
    at_both_widths(triage, f"decide-not-saved-{fault.replace(' ', '-')}")
    triage.unroute(ask)
    send.click()
    expect(triage.get_by_text("is waiting for an answer")).to_be_visible(timeout=15000)
    expect(said).to_have_count(0)


def test_decide__what_does_not_open_is_said(triage: Page, referral: Referral, watch: Watch) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    triage.route("**/ask/", lambda route: route.abort())
    watch.lets_fail("/ask/")
    press(triage, "Ask for information")
    expect(triage.get_by_role("alert").filter(has_text="That did not open.")).to_be_focused()


def test_fill_in__what_was_missing_is_added_from_the_panel(
    triage: Page, referral: Referral, at_both_widths: Check
) -> None:
    triage.goto(f"/board/?chosen={referral.pk}")
    at_both_widths(triage, "decide-missing")
    triage.get_by_role("link", name="Is the person medically stable?").click()
    expect(triage.get_by_role("heading", name="Still missing")).to_be_visible()
    at_both_widths(triage, "fill-in")
    triage.get_by_role("group", name="Medically stable").get_by_text("Yes").click()
    triage.get_by_text("Change what was told").click()
    triage.get_by_label("Getting in").fill("Side door, ring twice")
    at_both_widths(triage, "fill-in-all")
    triage.get_by_role("button", name="Add this").click()
    expect(triage.get_by_text("what you added is kept")).to_be_visible()
    expect(triage.get_by_text("Getting in: Side door, ring twice (first:")).to_be_visible()
    at_both_widths(triage, "fill-in-kept")
