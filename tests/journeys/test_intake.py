"""Every other door in a browser: the public asks for help, a referrer sends and answers, a crew waits, an enquiry."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.domain import Role
from accounts.models import Organisation, Place, Team
from accounts.queries import actor_for
from casework.commands import decline_referral
from referrals.commands import ask_information, record_enquiry, register_referral, tell_crew
from referrals.domain import Caller, Channel, Crew
from referrals.models import Enquiry, Referral
from tests.factories.casework import NOW, accept_at, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor, details, person, person_at
from tests.journeys.conftest import Watch
from tests.journeys.test_take_a_call import LISTS, LONG, choose

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
SOURCES = [
    {"code": "gp", "words": "GP practice"},
    {"code": "ambulance", "words": "Ambulance crew"},
    {"code": "self", "words": "The person themselves"},
    {"code": "carer", "words": "Carer, family or friend"},
]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    place = Place.objects.get()
    place.words = place.words | LISTS | {"sources": SOURCES}
    place.save()
    Team.objects.filter(pk=made.spa.pk).update(duty_phone="0151 496 0100")
    heartbeat()
    return made


@pytest.fixture
def referrer(door: FrontDoor) -> Callable[[], object]:
    Organisation.objects.filter(pk=door.elsewhere.organisation_id).update(
        kind="primary_care", name="Test Street Surgery"
    )
    user = person_at(door.elsewhere, "Dr A Fictive", Role.REFERRER)
    door.users["referrer"] = user
    return lambda: actor_for(user)


def pick(page: Page, legend: str, words: str) -> None:
    """Press one of the choices of a question that may show a fault."""
    page.get_by_role("group", name=legend).get_by_text(words, exact=True).click()


def type_help(page: Page, family: str = "Testalder") -> None:
    """Fill in the page of the public, for oneself."""
    pick(page, "Is any of this happening now?", "None of these")
    pick(page, "Who needs help?", "Me")
    for label, words in (
        ("First name of who needs help", "Maud"),
        ("Last name of who needs help", family),
        ("Date of birth, or age", "1 2 1935"),
        ("Address where they are now, with the postcode", "1 Prooflane, L23 9ZZ"),
        ("Phone number that we can ring", "07700 900 318"),
        ("What has happened, and what help is needed?", "I fell on Monday and cannot get up the stairs."),
    ):
        page.get_by_label(label, exact=True).fill(words)
    pick(page, "How soon is help needed?", "In the next few hours")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_ask_for_help__from_the_sign_in_page_to_the_board(
    open_page: Callable[..., Page], door: FrontDoor, sign_in: Callable[..., None], watch: Watch, at_both_widths: Check,
    scripts: bool,
) -> None:  # fmt: skip
    before = register_at(door, 3000)
    accept_at(door, before, 2900)
    page = open_page(scripts=scripts)
    page.goto(reverse("account_login"))
    page.get_by_role("link", name="Ask for help").click()
    expect(page.get_by_text("ring 999").first).to_be_visible()
    if scripts:
        at_both_widths(page, "ask-for-help")
    watch.expects(422)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing is lost")
    if scripts:
        at_both_widths(page, "ask-for-help-errors")
    type_help(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="We have what you sent")).to_be_visible()
    if not scripts:
        return
    at_both_widths(page, "help-asked")
    made = Referral.objects.exclude(pk=before.pk).get()
    assert (made.person_id, made.follows_id) == (before.person_id, before.pk)
    staff = open_page()
    sign_in(staff, door.users["triage"])
    staff.goto(f"/referrals/{made.pk}/")
    expect(staff.get_by_text("Only as told so far: check who this is")).to_be_visible()
    expect(staff.get_by_text("Comes back after")).to_be_visible()
    at_both_widths(staff, "referral-of-the-public")
    staff.get_by_role("link", name="Who this is, checked").click()
    staff.get_by_label("How you made sure").fill("Rang the number of the GP record")
    at_both_widths(staff, "check-who")
    staff.locator("#acts").get_by_role("button", name="Who this is, checked").click()
    expect(staff.get_by_text("it is known who this is")).to_be_visible()


def test_refer__a_practice_sends_follows_and_answers(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], referrer: Callable[[], object], at_both_widths: Check,
    watch: Watch,
) -> None:  # fmt: skip
    sign_in(page, door.users["referrer"])
    page.goto("/")
    expect(page.get_by_role("heading", name="Nothing sent yet")).to_be_visible()
    at_both_widths(page, "sent-empty")
    page.get_by_role("link", name="Send a referral").first.click()
    expect(page.get_by_label("Your name", exact=True)).to_have_value("Dr A Fictive")
    expect(page.get_by_label("You are")).to_have_value("gp")
    at_both_widths(page, "refer-empty")
    watch.expects(422)
    page.get_by_label("Last name").fill(LONG)
    page.get_by_role("button", name="Send the referral").click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing is lost")
    at_both_widths(page, "refer-errors")
    page.get_by_label("Your phone number").fill("01632 960199")
    page.get_by_label("First name", exact=True).fill("Maud")
    page.get_by_label("Address or postcode now").fill("1 Prooflane, L23 9ZZ")
    page.get_by_label("What has happened, and what you ask for").fill("Fell twice, weak legs. Please visit today.")
    pick(page, "Place", "Own home")
    for flag in LISTS["red_flags"]:
        pick(page, flag["words"], "No")
    pick(page, "How soon", "Within 2 hours")
    pick(page, "From", "Community, to avoid hospital")
    page.get_by_label("We are an ambulance crew").check()
    expect(page.locator("#draft-line")).to_contain_text("Draft kept")
    page.get_by_role("button", name="Send the referral").click()
    expect(page.get_by_text("Received, being decided")).to_be_visible()
    at_both_widths(page, "sent-one")
    made = Referral.objects.get()
    triage = door.actor("triage")
    tell_crew(by=triage, referral_id=made.pk, may_leave=True, plan="Her neighbour stays, we are there by 16:00")
    ask_information(by=triage, referral_id=made.pk, asked_of="Dr", question="Which tablets?", to_referrer=True)
    page.goto("/sent-referrals/")
    expect(page.get_by_text("We need to know more")).to_be_visible()
    at_both_widths(page, "sent-asks")
    page.get_by_role("link", name=f"Maud {LONG}").click()
    page.get_by_label("Your answer").fill("None but paracetamol")
    at_both_widths(page, "sent-answer")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Whoever decides sees your answer now")).to_be_visible()
    expect(page.get_by_text("You answered")).to_be_visible()
    expect(page.get_by_text("None but paracetamol")).to_be_visible()


def test_sent__shows_every_way_it_can_stand(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], referrer: Callable[[], object], at_both_widths: Check
) -> None:
    made = [
        register_referral(
            by=referrer(),  # type: ignore[arg-type]
            details=details(channel=Channel.PORTAL, told_name=name, caller=Caller(kind="gp", name="Dr A Fictive")),
            person=person(family_name=name),
        )
        for name in ("Ruby Sampleton", LONG, "Albert Mockford")
    ]
    accept_at(door, made[0])
    decline_referral(by=door.actor("triage"), referral_id=made[1].pk, reason="needs_hospital", signpost="ambulance_999")
    sign_in(page, door.users["referrer"])
    page.goto("/sent-referrals/")
    expect(page.get_by_text("Accepted by UCR South")).to_be_visible()
    expect(page.get_by_text("Declined: Needs hospital care now")).to_be_visible()
    at_both_widths(page, "sent-list")


def test_crew__waits_first_on_the_board_and_is_answered(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    register_at(door, 100, "Albert Mockford")
    waits = register_at(door, 4, "Edna Demoworth", crew=Crew(phone="07700 900111"))
    sign_in(page, door.users["triage"])
    page.goto("/board/")
    expect(page.locator("tbody tr").first).to_contain_text("Crew waiting since 14:28")
    at_both_widths(page, "board-crew")
    page.goto(f"/referrals/{waits.pk}/")
    expect(page.get_by_text("Crew waiting since 14:28: not answered yet.")).to_be_visible()
    at_both_widths(page, "crew-waits")
    page.get_by_role("link", name="Answer the crew").click()
    choose(page, "May the crew leave?", "Yes: we are responsible now")
    page.get_by_label("What holds until we are there").fill("Her neighbour stays, we are there by 16:00")
    at_both_widths(page, "tell-crew")
    page.locator("#acts").get_by_role("button", name="Answer the crew").click()
    expect(page.get_by_text("The crew may leave.")).to_be_visible()


def test_enquiry__is_written_down_and_made_a_referral(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check, watch: Watch
) -> None:
    sign_in(page, door.users["spa"])
    page.goto("/enquiries/")
    expect(page.get_by_role("heading", name="No enquiries")).to_be_visible()
    at_both_widths(page, "enquiries-empty")
    page.get_by_role("link", name="Write down an enquiry").click()
    watch.expects(422)
    page.get_by_role("button", name="Write it down").click()
    at_both_widths(page, "enquiry-errors")
    page.get_by_label("What they asked").fill("Who can help my mother after a fall?")
    page.get_by_label("What you said").fill("That we ring back")
    page.get_by_label("Name", exact=True).fill("Pat Proof")
    page.get_by_label("When they rang").fill("13:40")
    page.get_by_role("button", name="Write it down").click()
    expect(page.get_by_role("link", name="Make it a referral")).to_be_visible()
    at_both_widths(page, "enquiry")
    record_enquiry(by=door.actor("spa"), asked="Opening hours? " * 20, caller_name=LONG)
    page.goto("/enquiries/")
    at_both_widths(page, "enquiries")
    page.get_by_role("link", name="Pat Proof").click()
    page.get_by_role("link", name="Make it a referral").click()
    expect(page.get_by_label("First received")).to_have_value("13:40")
    expect(page.get_by_label("In the caller’s words")).to_have_value("Who can help my mother after a fall?")
    at_both_widths(page, "call-from-enquiry")
    assert Enquiry.objects.count() == 2


def test_ask_again__begins_a_call_about_the_same_person(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    before = register_at(door, 3000)
    accept_at(door, before, 2900)
    sign_in(page, door.users["triage"])
    page.goto(f"/referrals/{before.pk}/")
    page.get_by_role("link", name="Ask again for this person").click()
    expect(page.get_by_text(f"Comes back after {before.reference}.")).to_be_visible()
    expect(page.get_by_text("Not this person: undo")).to_be_visible()
    at_both_widths(page, "call-again")
