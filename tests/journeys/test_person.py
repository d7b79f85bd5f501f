"""A person's record in a browser: ask once, see it everywhere, whom we may talk to, the key safe, told differently."""

import re
from collections.abc import Callable, Iterator

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.models import Place
from audit.models import AccessLog
from referrals.commands import add_row, change_section, set_key_safe_code
from referrals.models import Communication, Person, RelatedPerson
from tests.factories.casework import NOW, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
SUPPORT = [
    {"code": "none", "words": "None needed"},
    {"code": "hearing_aid", "words": "Hearing aid or loop"},
    {"code": "more_time", "words": "More time, short sentences"},
]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    place = Place.objects.get()
    place.words = place.words | {"communication_support": SUPPORT}
    place.save()
    heartbeat()
    return made


@pytest.fixture
def ruby(door: FrontDoor) -> Person:
    return register_at(door, 22, "Ruby Sampleton", nhs_number="9991234012", phone="01632960011").person


@pytest.fixture
def spa(page: Page, door: FrontDoor, sign_in: Callable[..., None]) -> Page:
    page.clock.install(time=NOW)
    sign_in(page, door.users["spa"])
    return page


def fill_record(door: FrontDoor, ruby: Person) -> None:
    by = door.actor("triage")
    sections = {
        "communication": {
            "formats": ["easy_read"],
            "interpreter": "yes",
            "language": "Polish",
            "support": ["hearing_aid"],
        },
        "going_there": {
            "access": "Neighbour at no. 14 opens",
            "key_safe": "yes",
            "smoking": "yes",
            "home_oxygen": "yes",
        },
        "health": {
            "allergies": "has",
            "allergy_words": "Penicillin: rash",
            "dnacpr": "yes",
            "paper_place": "Hall table",
        },
    }
    for code, values in sections.items():
        change_section(by=by, person_id=ruby.pk, section=code, values=values)
    rows: tuple[tuple[str, dict[str, object]], ...] = (
        ("statements", {"words": "To see my garden again.", "said_on": NOW.date(), "took_part": ["person", "carer"]}),
        ("related", {"name": "Jean Sampleton", "relationship": "Daughter", "roles": ["carer"], "consent": "yes", "phone": "07700900318"}),
        ("related", {"name": "Ken Sampleton", "relationship": "Son", "roles": ["next_of_kin"]}),
        ("known_to", {"kind": "mental_health", "contact_name": "Chris Sample", "phone": "01632960077"}),
        ("visit_warnings", {"kind": "two_to_visit", "detail": "Evenings", "review": "month"}),
        ("capacity", {"decision": "To go home", "outcome": "has_capacity", "assessed_on": NOW.date(), "assessed_by": "P Demo"}),
    )  # fmt: skip
    for kind, values in rows:
        add_row(by=by, person_id=ruby.pk, kind=kind, values=values)
    set_key_safe_code(by=by, person_id=ruby.pk, code="C4471X")


def test_person__asked_once_it_is_seen_everywhere(
    spa: Page, ruby: Person, at_both_widths: Check, no_faults: Callable[[Page], None]
) -> None:
    spa.goto(f"/people/{ruby.pk}/")
    at_both_widths(spa, "person-empty")
    spa.get_by_role("link", name="Still to ask").click()
    at_both_widths(spa, "person-to-ask")
    spa.get_by_role("link", name=re.compile("Ask now.*Communication")).click()
    at_both_widths(spa, "person-section")
    spa.get_by_label("Easy Read").check()
    spa.get_by_label("Language they speak best").fill("Polish")
    expect(spa.get_by_text("Draft kept 14:32")).to_be_visible()
    spa.goto("/board/")
    spa.goto(f"/people/{ruby.pk}/sections/communication/")
    expect(spa.get_by_label("Language they speak best")).to_have_value("Polish")
    expect(spa.get_by_label("Easy Read")).to_be_checked()
    spa.get_by_role("group", name="Needs an interpreter").get_by_label("Yes").check()
    spa.keyboard.press("Control+Enter")
    expect(spa.get_by_text("Communication and information: saved.")).to_be_visible()
    expect(spa.get_by_text("Interpreter: Polish")).to_be_visible()
    assert Communication.objects.get().formats == ["easy_read"]
    spa.goto("/board/")
    spa.get_by_role("link", name="Ruby Sampleton").click()
    expect(spa.locator("#panel").get_by_text("Interpreter: Polish")).to_be_visible()
    no_faults(spa)


def test_person__whole_record_and_whom_we_may_talk_to(
    spa: Page, door: FrontDoor, ruby: Person, at_both_widths: Check
) -> None:
    fill_record(door, ruby)
    register_at(door, 5, "Ruby Sampleton", nhs_number="9991234012", phone="01632960099")
    spa.goto(f"/people/{ruby.pk}/")
    talk = spa.locator("#talk")
    expect(talk.get_by_text("The person said yes")).to_be_visible()
    expect(talk.get_by_text("Next of kin gives no right")).to_be_visible()
    expect(spa.get_by_text("Smoking with oxygen in the home")).to_be_visible()
    at_both_widths(spa, "person-record")
    spa.get_by_role("button", name="Take it over").click()
    expect(spa.get_by_text("Taken over into the record.")).to_be_visible()
    ruby.refresh_from_db()
    assert ruby.phone == "01632960099"
    spa.get_by_role("link", name="What changed, by whom").click()
    expect(spa.get_by_text("Key-safe code written")).to_be_visible()
    at_both_widths(spa, "person-history")


def test_key_safe__is_shown_when_asked_and_gone_with_the_page(
    spa: Page, door: FrontDoor, ruby: Person, at_both_widths: Check
) -> None:
    fill_record(door, ruby)
    spa.goto(f"/people/{ruby.pk}/")
    expect(spa.get_by_text("C4471X")).to_have_count(0)
    spa.get_by_role("button", name="Show the key-safe code").click()
    expect(spa.get_by_text("C4471X")).to_be_visible()
    assert AccessLog.objects.filter(what="person.key_safe").count() == 1
    at_both_widths(spa, "person-key-safe")
    spa.emulate_media(media="print")
    expect(spa.get_by_text("C4471X")).to_be_hidden()
    spa.emulate_media(media="screen")
    spa.reload()
    expect(spa.get_by_text("C4471X")).to_have_count(0)
    spa.get_by_role("link", name="Change the code").click()
    at_both_widths(spa, "person-key-safe-change")


def test_related__is_added_by_keyboard_and_without_a_script(
    open_page: Callable[..., Page], door: FrontDoor, ruby: Person, sign_in: Callable[..., None]
) -> None:
    page = open_page(scripts=False)
    sign_in(page, door.users["spa"])
    page.goto(f"/people/{ruby.pk}/rows/related/")
    page.get_by_label("Name", exact=True).fill("Jean Sampleton")
    page.get_by_label("Unpaid carer").check()
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#related").get_by_text("Jean Sampleton", exact=True)).to_be_visible()
    assert RelatedPerson.objects.get().roles == ["carer"]


def test_forms__of_every_part_fit_and_are_clean(
    spa: Page, door: FrontDoor, ruby: Person, at_both_widths: Check
) -> None:
    row = add_row(by=door.actor("spa"), person_id=ruby.pk, kind="related", values={"name": "Jean Sampleton"})
    parts = ["related", "visit_warnings", "sharing", "statements", "given", "known_to"]
    pages = {f"person-{kind}": f"rows/{kind}/" for kind in parts} | {"person-strike": f"rows/related/{row.pk}/strike/"}
    codes = ("background", "circumstances", "health", "going_there", "details", "preferences")
    for name, path in (pages | {f"person-{code}": f"sections/{code}/" for code in codes}).items():
        spa.goto(f"/people/{ruby.pk}/{path}")
        at_both_widths(spa, name)
