"""Where people go from: what to know before the door opens, whom we may talk to, whom the person said no about."""

from typing import Any

import pytest

from referrals.commands import add_row, change_section
from referrals.domain import Caller
from referrals.domain.circle import Around, meant
from referrals.models import Referral
from tests.casework.test_merge import accept
from tests.factories.casework import open_board, signed_in
from tests.factories.referrals import FrontDoor, person, register


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


def known(door: FrontDoor, **consent: str) -> Referral:
    """Register somebody whose daughter rang, with everything that whoever goes there must know."""
    by = door.actor("spa")
    caller = Caller(kind="carer", name="Dora Test", relationship="daughter", phone="07700 900111")
    referral = register(by, person(nhs_number="9991234004", phone="01632 960011"), caller=caller)
    there = {"access": "Back gate", "key_safe": "yes", "key_safe_place": "Left of the door", "pets": "Two cats",
             "stairs": "Steep, no rail", "infection": "MRSA", "parking": "In the mews"}  # fmt: skip
    health = {"allergies": "has", "allergy_words": "Penicillin: anaphylaxis"}
    for section, values in (("going_there", there), ("health", health)):
        change_section(by=by, person_id=referral.person_id, section=section, values=values)
    row = {"name": "Dora Test", "phone": "+44 7700 900111", "relationship": "Daughter", **consent}
    add_row(by=by, person_id=referral.person_id, kind="related", values=row)
    warning = {"kind": "dog", "detail": "bit the nurse", "review": "year"}
    add_row(by=by, person_id=referral.person_id, kind="visit_warnings", values=warning)
    return referral


def page(door: FrontDoor, url: str, name: str = "alice") -> str:
    return signed_in(door.users[name]).get(url).content.decode().replace("\u00a0", " ")


def test_case_page__says_what_to_know_before_the_door_opens(door: FrontDoor):
    referral = known(door)
    shown = page(door, f"/cases/{referral.case_id}/", "spa")
    box = shown.split('id="going"')[1].split("</section>")[0]
    for words in ("Back gate", "Left of the door", "Two cats", "Steep, no rail", "MRSA", "In the mews"):
        assert words in box
    assert "Who may we talk to?" in shown


@pytest.mark.parametrize("visit", ["", "?visit=seen"])
def test_contact_page__shows_warnings_and_allergies(door: FrontDoor, visit: str):
    who = known(door).person
    episode = accept(door, who)
    shown = page(door, f"/episodes/{episode.pk}/contact/{visit}")
    for words in ("bit the nurse", "Penicillin: anaphylaxis", "Who may we talk to?"):
        assert words in shown


def ring_first(door: FrontDoor, referral: Referral) -> str:
    shown = page(door, f"/cases/{referral.case_id}/", "spa")
    return shown.split("Ring first")[1].split("</div>")[0]


def test_ring_first__is_nobody_about_whom_the_person_said_no(door: FrontDoor):
    first = ring_first(door, known(door, consent="no"))
    assert "Dora" not in first
    assert "01632 960 011" in first or "01632 960011" in first


def test_ring_first__says_whether_we_may_talk(door: FrontDoor):
    first = ring_first(door, known(door, consent="some", limits="Shopping"))
    assert "Dora Test" in first
    assert "Yes: Only about: Shopping" in first


def test_ring_first__whoever_is_not_on_the_record_is_asked_about(door: FrontDoor):
    caller = Caller(kind="carer", name="Jo Other", relationship="son", phone="07700 900222")
    first = ring_first(door, register(door.actor("spa"), person(), caller=caller))
    assert "Ask first: not on the record" in first


@pytest.mark.parametrize(("with_whom", "warned"), [("Dora", True), ("Her daughter, Dora Test", True), ("Jo", False)])
def test_contact__with_somebody_the_person_said_no_about_is_kept_and_said(
    door: FrontDoor, with_whom: str, warned: bool
):
    episode = accept(door, known(door, consent="no").person)
    url = f"/episodes/{episode.pk}/contact/"
    assert "The person said no to: Dora Test" in page(door, url)
    told = {"kind": "phone", "went": "seen", "occurred_at": "now", "with_whom": with_whom, "version": episode.version}
    answer = signed_in(door.users["alice"]).post(url, told, follow=True)
    assert answer.status_code == 200
    assert ("The person said no to talking with" in answer.content.decode()) is warned


DORA = Around("Dora Test", phone="07700 900111", relationship="Daughter")
JO = Around("Jo O’Test", phone="0151 496 0000")


@pytest.mark.parametrize(
    ("name", "phone", "found"),
    [
        ("Dora", "", [DORA]),
        ("Mrs Dora Test", "", [DORA]),
        ("daughter", "", [DORA]),
        ("", "+44 7700 900111", [DORA]),
        ("Somebody else", "07700900111", [DORA]),
        ("Jo OTest", "07700900111", [JO]),
        ("Mrs", "", []),
        ("", "900111", []),
        ("Dorothy", "", []),
    ],
)
def test_meant__by_name_else_by_number(name: str, phone: str, found: list[Any]):
    assert meant([DORA, JO], name, phone) == found


def test_meant__nobody_without_a_name_is_everybody():
    assert meant([Around("", phone="")], "Dora", "07700900111") == []
