"""A person's record over REST: only what has a basis leaves; the same commands write."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
import time_machine

from accounts.domain import Scope
from accounts.models import Place
from audit.models import AccessLog
from referrals.api.people import MAKERS
from referrals.commands import add_row, change_section, set_key_safe_code
from referrals.domain.circle import Category, Shared, may_leave
from referrals.models import Communication, KnownTo, Person, Referral
from tests.factories.casework import NOW
from tests.factories.partners import Partner, partner_of
from tests.factories.referrals import FrontDoor, person, register

EVERYTHING = [str(each) for each in Category]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def door(door: FrontDoor) -> FrontDoor:
    place = Place.objects.get()
    support = [{"code": "none", "words": "None"}, {"code": "hearing_aid", "words": "Hearing aid"}]
    place.words = place.words | {"communication_support": support, "warnings": [{"code": "dog", "words": "Dog"}]}
    place.save()
    return door


@pytest.fixture
def maud(door: FrontDoor) -> Person:
    by = door.actor("spa")
    found = register(by, person(nhs_number="9991234004", phone="01632960011", gp_practice="Test Street Surgery")).person
    change_section(by=by, person_id=found.pk, section="communication", values={"formats": ["easy_read"]})
    change_section(
        by=by, person_id=found.pk, section="background", values={"ethnicity": "roma", "cohorts": ["dementia"]}
    )
    change_section(by=by, person_id=found.pk, section="going_there", values={"key_safe_place": "Behind the gnome"})
    set_key_safe_code(by=by, person_id=found.pk, code="C4471X")
    add_row(by=by, person_id=found.pk, kind="related", values={"name": "Jean Sampleton", "consent": "no"})
    return found


@pytest.fixture
def partner(door: FrontDoor) -> Partner:
    return partner_of(door.spa.organisation)


def allow(door: FrontDoor, maud: Person, basis: str = "consent", **values: Any) -> None:
    told = {"categories": EVERYTHING, "basis": basis, "organisation": ""} | values
    add_row(by=door.actor("spa"), person_id=maud.pk, kind="sharing", values=told)


def read(partner: Partner, maud: Person) -> dict[str, Any]:
    answer = partner.get(f"/api/v1/people/{maud.pk}/")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_read_person__without_a_basis_nothing_leaves(partner: Partner, maud: Person) -> None:
    assert read(partner, maud) == {"id": str(maud.pk), "version": 1, "shared": [], "left_out": EVERYTHING}
    assert AccessLog.objects.filter(what="person.shared", ids=[str(maud.pk)]).count() == 1


def test_read_person__only_the_kinds_that_have_a_basis_leave(door: FrontDoor, partner: Partner, maud: Person) -> None:
    allow(door, maud, categories=["communication", "contact"])
    told = read(partner, maud)
    assert told["shared"] == ["contact", "communication"]
    assert told["communication"]["formats"] == ["easy_read"]
    assert told["contact"]["phone"] == "01632960011"
    assert not {"identity", "background", "people", "going_there"} & set(told)


def test_read_person__everything_has_a_basis_but_the_code_never_leaves(
    door: FrontDoor, partner: Partner, maud: Person
) -> None:
    allow(door, maud)
    answer = partner.get(f"/api/v1/people/{maud.pk}/")
    assert set(answer.json()) >= set(EVERYTHING) == {str(each) for each in MAKERS}
    assert answer.json()["people"]["related"][0]["may_talk"] == "no"
    assert answer.json()["background"]["cohorts"] == ["dementia"]
    assert b"C4471X" not in answer.content
    assert b"gnome" not in answer.content


def test_read_person__a_basis_of_another_organisation_is_none(door: FrontDoor, partner: Partner, maud: Person) -> None:
    allow(door, maud, organisation=str(door.elsewhere.organisation_id))
    assert read(partner, maud)["shared"] == []
    allow(door, maud, organisation=str(door.spa.organisation_id), categories=["health"])
    assert read(partner, maud)["shared"] == ["health"]


def test_read_person__a_no_of_the_person_takes_it_back_and_a_day_ends_it(
    door: FrontDoor, partner: Partner, maud: Person, at_now: Any
) -> None:
    allow(door, maud, ends_on=date(2026, 9, 20))
    allow(door, maud, basis="objected", categories=["health"])
    assert "health" in read(partner, maud)["left_out"]
    assert "identity" in read(partner, maud)["shared"]
    at_now.move_to("2026-09-21T09:00:00+00:00")
    fresh = partner_of(door.spa.organisation, name="Again")
    assert read(fresh, maud)["shared"] == []


def test_may_leave__a_duty_in_law_stands_against_a_no() -> None:
    kinds = frozenset({"health"})
    recorded = [Shared(kinds, "objected"), Shared(kinds, "consent")]
    assert may_leave(recorded, date(2026, 9, 17)) == frozenset()
    assert may_leave([*recorded, Shared(kinds, "legal_duty")], date(2026, 9, 17)) == kinds


def test_read_person_of_referral__is_for_who_sees_the_referral(door: FrontDoor, partner: Partner, maud: Person) -> None:
    allow(door, maud, categories=["identity"])
    address = f"/api/v1/referrals/{Referral.objects.get().pk}/person/"
    assert partner.get(address).json()["identity"]["family_name"] == "Testalder"
    stranger = partner_of(door.elsewhere.organisation, name="Stranger")
    assert stranger.get(address).status_code == 404
    assert stranger.get(f"/api/v1/people/{maud.pk}/").status_code == 404


def test_read_person__needs_the_scope(door: FrontDoor, maud: Person) -> None:
    other = partner_of(door.spa.organisation, Scope.REFERRALS_READ, name="Narrow")
    assert other.get(f"/api/v1/people/{maud.pk}/").status_code == 403


def test_change_section__by_a_partner_is_the_same_command(partner: Partner, maud: Person) -> None:
    address = f"/api/v1/people/{maud.pk}/sections/communication/"
    answer = partner.post(address, {"interpreter": "yes", "language": "Polish"}, If_Match='"1"')
    assert (answer.status_code, answer["ETag"]) == (200, '"2"')
    held = Communication.objects.get(person=maud)
    assert (held.formats, held.interpreter, held.language) == (["easy_read"], "yes", "Polish")
    stale = partner.post(address, {"language": "Urdu"}, If_Match='"1"')
    assert stale.status_code in (409, 412)
    assert partner.post(address, {"language": "Urdu"}).status_code == 428
    assert partner.post(address, {"colour": "blue"}, If_Match="*").status_code == 422
    assert partner.post(address, {"formats": ["runes"]}, If_Match="*").status_code == 422


def test_add_row__by_a_partner_with_a_key_is_made_once(partner: Partner, maud: Person) -> None:
    address = f"/api/v1/people/{maud.pk}/rows/known_to/"
    body = {"kind": "mental_health", "contact_name": "Chris Sample", "phone": "01632960077"}
    answers = [partner.post(address, body, Idempotency_Key="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert KnownTo.objects.get().contact_name == "Chris Sample"
    assert partner.post(address, {"contact_name": "Chris"}).status_code == 422
