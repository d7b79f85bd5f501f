"""A person's record in other hands: files, who opened it, the right to see it, a list taken over, restricted, dead."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, expect

from accounts.domain import RestrictReason, Role
from accounts.models import User
from accounts.queries import actor_for
from casework.commands.death import record_death
from casework.commands.restrict import restrict_person
from casework.tasks import gather
from referrals.commands import add_row
from referrals.models import Person
from referrals.queries import open_person
from referrals.tasks import scan
from tests.factories.casework import NOW, heartbeat, open_board, register_at
from tests.factories.referrals import FrontDoor, person_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Check = Callable[[Page, str], None]
PDF = b"%PDF-1.7 made up"


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def door(settings: Any, tmp_path: Path) -> FrontDoor:
    settings.ICRAS_FILES = tmp_path / "files"
    made = open_board()
    heartbeat()
    return made


@pytest.fixture
def officer(door: FrontDoor) -> User:
    return person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)


@pytest.fixture
def ruby(door: FrontDoor) -> Person:
    return register_at(door, 22, "Ruby Sampleton", nhs_number="9991234012", phone="01632960011").person


def test_file__is_added_checked_opened_and_taken_away(
    page: Page, door: FrontDoor, ruby: Person, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    sign_in(page, door.users["spa"])
    page.goto(f"/people/{ruby.pk}/")
    page.get_by_role("link", name="Files", exact=True).click()
    expect(page.get_by_text("No file yet.")).to_be_visible()
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "x.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_label("What is it?").fill("ReSPECT form, signed 3 May")
    page.get_by_role("button", name="Add it").click()
    expect(page.get_by_text("Being checked for viruses")).to_be_visible()
    at_both_widths(page, "files-waiting")
    scan()
    page.reload()
    with page.expect_download() as saved:
        page.get_by_role("link", name="ReSPECT form, signed 3 May").click()
    assert saved.value.suggested_filename == "x.pdf"
    at_both_widths(page, "files")
    page.get_by_text("Added in error").click()
    page.get_by_label("What is wrong with it?").fill("Of her sister")
    page.get_by_role("button", name="Take it away").click()
    expect(page.get_by_text("No file yet.")).to_be_visible()


def test_readers__are_told_to_the_privacy_officer(
    page: Page, door: FrontDoor, ruby: Person, officer: User, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    namesake = person_at(door.elsewhere, "Sid Sampleton", Role.SERVICE_MANAGER)
    open_person(actor_for(namesake), ruby.pk)
    sign_in(page, officer)
    page.goto("/people/readers/")
    expect(page.get_by_role("row", name="Sid Sampleton")).to_contain_text("Same surname")
    at_both_widths(page, "readers")
    page.get_by_role("link", name="Ruby Sampleton").click()
    expect(page.get_by_role("heading", name="Who opened this record")).to_be_visible()
    at_both_widths(page, "readers-of-one")


def test_list__is_put_right_and_taken_over(
    page: Page, door: FrontDoor, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    sign_in(page, door.users["manager"])
    page.goto("/people/import/")
    at_both_widths(page, "import")
    for content, words in (
        (b"Surname,NHS No\nFauxley,123\n", "1 to put right"),
        (b"Surname\nFauxley\n", "1 person, nothing wrong"),
    ):
        page.get_by_label("CSV file").set_input_files({"name": "x.csv", "mimeType": "text/csv", "buffer": content})
        page.get_by_role("button", name="Look through it").click()
        expect(page.get_by_text(words)).to_be_visible()
        at_both_widths(page, f"import-{words[:1]}-{words[2:5]}")
        if "right" in words:
            page.get_by_role("link", name="Another file").click()
    page.get_by_role("button", name="Add them").click()
    expect(page.get_by_text("added, 0 known already")).to_be_visible()


def test_access__is_gathered_looked_through_and_fetched(
    page: Page, door: FrontDoor, ruby: Person, officer: User, open_page: Callable[..., Page],
    sign_in: Callable[..., None], at_both_widths: Check,
) -> None:  # fmt: skip
    add_row(
        by=door.actor("spa"), person_id=ruby.pk, kind="related",
        values={"name": "Pat Proof", "relationship": "neighbour", "phone": "07700 900123"},
    )  # fmt: skip
    sign_in(page, officer)
    page.goto(f"/people/{ruby.pk}/")
    page.get_by_role("link", name="They ask to see it").click()
    page.get_by_label("Who asks, and how do you know that they may?").fill("Herself, passport seen")
    at_both_widths(page, "access-ask")
    page.get_by_role("button", name="Open the request").click()
    expect(page.get_by_text("Gathered: 0 %")).to_be_visible()
    at_both_widths(page, "access-gathering")
    gather()
    page.reload()
    expect(page.get_by_text("somebody else looks through it")).to_be_visible()
    second = open_page()
    sign_in(second, door.users["manager"])
    second.goto("/people/access/")
    at_both_widths(second, "accesses")
    second.get_by_role("link", name="Ruby Sampleton").click()
    at_both_widths(second, "access-look")
    while second.get_by_role("button", name="Keep these").count():
        for choice in second.get_by_label("Release", exact=True).all():
            choice.check()
        second.get_by_role("button", name="Keep these").click()
    second.get_by_role("button", name="Release it").click()
    at_both_widths(second, "access-released")
    with second.expect_download() as saved:
        second.get_by_role("link", name="Fetch it (zip)").click()
    assert saved.value.suggested_filename.endswith(".zip")


def test_board__a_restricted_case_is_a_row_without_a_name_and_has_a_door(
    page: Page, door: FrontDoor, ruby: Person, officer: User, sign_in: Callable[..., None], at_both_widths: Check
) -> None:
    register_at(door, 40, "Albert Mockford")
    restrict_person(by=actor_for(officer), person_id=ruby.pk, reason=RestrictReason.AT_RISK, words="x", team_ids=[])
    sign_in(page, door.users["manager"])
    page.goto("/board/")
    row = page.get_by_role("row", name="Restricted record")
    expect(row).to_contain_text("New")
    expect(page.get_by_text("Ruby Sampleton")).to_have_count(0)
    at_both_widths(page, "board-restricted")
    row.get_by_role("link", name="Open with a reason").click()
    expect(page.get_by_role("heading", name="Restricted record")).to_be_visible()


def test_accept__of_somebody_who_died_says_how_to_undo_it(
    page: Page, door: FrontDoor, ruby: Person, sign_in: Callable[..., None], at_both_widths: Check, watch: Any
) -> None:
    record_death(by=door.actor("spa"), person_id=ruby.pk, died_on=NOW.date(), told_by="Ward")
    again = register_at(door, 2, "Ruby Sampleton", nhs_number="9991234012")
    sign_in(page, door.users["triage"])
    page.goto(f"/referrals/{again.pk}/")
    expect(page.get_by_text("Died on 17 September 2026").first).to_be_visible()
    at_both_widths(page, "died-referral")
    page.goto(f"/referrals/{again.pk}/accept/?team={door.crisis.pk}")
    page.get_by_label("Alice Test").first.check()
    watch.expects(422)
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("take it back under").first).to_be_visible()
    at_both_widths(page, "died-accept")
