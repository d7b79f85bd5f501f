"""How to reach somebody stands on every page about them, whichever app serves it (R063)."""

from typing import Any

import pytest
from django.urls import URLPattern, get_resolver, reverse

from accounts.domain import Role
from accounts.queries import actor_for
from casework.commands.disclose import ask_access
from referrals.commands import change_section
from referrals.models import Person
from tests.casework.test_merge import accept
from tests.factories.casework import open_board, signed_in
from tests.factories.referrals import FrontDoor, person, person_at, register

FLAG = "Interpreter: British Sign Language"
POST_ONLY = {
    "key_safe",
    "told",
    "person_draft",
    "review_warning",
    "end_row",
    "unrestrict",
    "lift_hold",
    "agree_erasure",
    "refuse_erasure",
    "keep_apart",
    "offer_again",
}
OTHER = {
    "merge",  # two people side by side, the needs of each in the table
    "break_glass",  # nothing of the person is shown before a reason is given
    "file", "strike_file", "change_row", "strike_row",
}  # fmt: skip
PARTS = {"code": "health", "kind": "related"}


def routes() -> list[tuple[str, set[str]]]:
    """Return every page that is about one person: its name, what its address takes."""
    found = []
    for space in ("referrals", "casework"):
        patterns = get_resolver().namespace_dict[space][1].url_patterns
        for each in patterns:
            if isinstance(each, URLPattern) and str(each.pattern).startswith("people/<uuid:"):
                found.append((f"{space}:{each.name}", set(each.pattern.converters)))
    return [(name, takes) for name, takes in found if name.split(":")[1] not in POST_ONLY | OTHER]


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def who(door: FrontDoor) -> Person:
    by = door.actor("spa")
    found = register(by, person(nhs_number="9991234004")).person
    values = {"interpreter": "yes", "language": "British Sign Language"}
    change_section(by=by, person_id=found.pk, section="communication", values=values)
    return found


def shown(door: FrontDoor, url: str) -> str:
    """Return the page as whoever may see it has it."""
    for name in ("manager", "spa", "officer"):
        if name not in door.users:
            door.users[name] = person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)
        answer = signed_in(door.users[name]).get(url)
        if answer.status_code == 200:
            return answer.content.decode()
    raise AssertionError(url)


def test_pages_of_a_person__all_say_how_to_reach_them(door: FrontDoor, who: Person):
    asked = routes()
    assert {"referrals:person", "referrals:files", "casework:death", "casework:hold"} <= {name for name, _ in asked}
    for name, takes in asked:
        told: dict[str, Any] = {each: PARTS.get(each, who.pk) for each in takes}
        url = reverse(name, kwargs=told)
        assert FLAG in shown(door, url), name


def test_page_of_a_request__says_how_to_reach_them(door: FrontDoor, who: Person):
    officer = actor_for(person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))
    asked = ask_access(by=officer, person_id=who.pk, asked_by="herself, passport seen")
    page = signed_in(door.users["manager"]).get(f"/people/access/{asked.pk}/").content.decode()
    assert FLAG in page


def test_caseload__says_how_to_reach_each(door: FrontDoor, who: Person):
    accept(door, who)
    assert FLAG in signed_in(door.users["alice"]).get("/caseload/").content.decode()


def test_case_and_contact__say_how_to_reach_them(door: FrontDoor, who: Person):
    episode = accept(door, who)
    alice = signed_in(door.users["alice"])
    for url in (f"/cases/{episode.case_id}/", f"/episodes/{episode.pk}/contact/"):
        assert FLAG in alice.get(url).content.decode()
