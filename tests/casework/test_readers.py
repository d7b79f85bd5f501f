"""Who opened whose record: what a privacy officer should look at is told by data, and reading it is logged."""

import ast
import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.domain import RestrictReason, Role
from accounts.models import CaseAccess, User
from accounts.queries import actor_for
from audit.commands import note_read
from audit.models import AccessLog
from audit.refusals import NotFound, NotPermitted
from casework.commands.death import record_death
from casework.commands.disclose import ask_access
from casework.commands.merge import merge_people
from casework.commands.restrict import restrict_person
from casework.domain import OPENED, Flag, Period
from casework.queries.disclose import open_access
from casework.queries.readers import Reading, readings
from referrals.models import Person, Referral
from referrals.queries import open_person
from tests.architecture.source import called_name, product
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in, visit_at
from tests.factories.referrals import FrontDoor, person_at


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def officer(door: FrontDoor) -> User:
    return person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)


@pytest.fixture
def held(door: FrontDoor) -> Referral:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    return referral


def flags(found: list[Reading], who: str) -> set[Flag]:
    return {flag for each in found if each.who == who for flag in each.flags}


def report(officer: User, period: Period = Period.WEEK, **more: Any) -> list[Reading]:
    return list(readings(actor_for(officer), period, **more))


def test_readings__whoever_works_for_the_person_is_not_on_the_list(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    open_person(door.actor("alice"), held.person_id)
    open_person(door.actor("spa"), held.person_id)
    assert report(officer) == []


def test_readings__no_work_for_them_around_then(door: FrontDoor, held: Referral, officer: User, clock: Any) -> None:
    open_person(door.actor("manager"), held.person_id)
    [reading] = report(officer)
    assert (reading.who, reading.what, reading.flags) == ("Amir Lead", "person", {Flag.NO_WORK})
    assert (reading.person_id, reading.family_name) == (held.person_id, "Testalder")
    assert report(officer, flag=Flag.OWN) == []
    assert len(report(officer, flag=Flag.NO_WORK)) == 1
    clock.shift(timedelta(days=7, seconds=1))
    assert report(officer) == []
    assert len(report(officer, Period.MONTH)) == 1


def test_readings__what_they_did_for_them_explains_it(door: FrontDoor, held: Referral, officer: User) -> None:
    mona = person_at(door.elsewhere, "Mona Manager", Role.SERVICE_MANAGER)
    open_person(actor_for(mona), held.person_id)
    assert flags(report(officer), "Mona Manager") == {Flag.NO_WORK}
    record_death(by=actor_for(mona), person_id=held.person_id, died_on=NOW.date(), told_by="Ward")
    assert report(officer) == []


def test_readings__own_record_and_same_surname_and_postcode(door: FrontDoor, officer: User) -> None:
    nurse = person_at(door.spa, "Nora Testalder", Role.SPA_OFFICER)
    own = register_at(door, 30, "Nora Testalder", postcode="PR8 9ZZ")
    mother = register_at(door, 30, "Maud Testalder", postcode="PR8 9ZZ")
    neighbour = register_at(door, 30, "Albert Mockford", postcode="PR8 9ZZ")
    stranger = register_at(door, 30, "Edna Demoworth", postcode="L20 9ZZ")
    by_mail = register_at(door, 30, "N. T. Otherwise", postcode="L20 9ZZ")
    Person.objects.filter(pk=by_mail.person_id).update(email=nurse.email.upper())
    for each in (own, mother, neighbour, stranger, by_mail):
        open_person(actor_for(nurse), each.person_id)
    found = {each.person_id: each.flags for each in report(officer)}
    assert found[own.person_id] >= {Flag.OWN, Flag.SURNAME}
    assert found[mother.person_id] == {Flag.SURNAME, Flag.ADDRESS}
    assert found[neighbour.person_id] == {Flag.ADDRESS}
    assert Flag.OWN in found[by_mail.person_id]


def test_readings__of_one_person_are_all_there(door: FrontDoor, held: Referral, officer: User) -> None:
    open_person(door.actor("spa"), held.person_id)
    found = report(officer, person_id=held.person_id)
    assert {each.who for each in found} >= {"Tom Trial"}
    with pytest.raises(NotPermitted):
        readings(door.actor("spa"), Period.WEEK)
    with pytest.raises(NotPermitted):
        readings(door.actor("lead"), Period.WEEK, person_id=held.person_id)


def test_readings__of_a_merged_record_are_of_the_one_it_stands_for(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    loser = register_at(door, 25, "Maudie Testalder").person_id
    open_person(door.actor("manager"), loser)
    mona = person_at(door.crisis, "Mona Manager", Role.SERVICE_MANAGER)
    merge_people(by=actor_for(mona), winner_id=held.person_id, loser_id=loser, reason="Same house")
    for found in (report(officer, flag=Flag.NO_WORK), report(officer, person_id=held.person_id)):
        mine = [each for each in found if each.who == "Amir Lead" and each.what == "person"]
        assert [(each.person_id, each.given_name) for each in mine] == [(held.person_id, "Maud")]


@pytest.mark.parametrize(("hour", "found"), [(22, set()), (23, {Flag.NO_WORK})])
def test_readings__the_day_is_londons(
    door: FrontDoor, held: Referral, officer: User, clock: Any, hour: int, found: set[Flag]
) -> None:
    nurse = person_at(door.elsewhere, "Nell Nightly", Role.SPA_OFFICER)
    last = date(2026, 8, 16)  # of their work in the team, thirty days before: until midnight in London, 23:00 UTC
    nurse.memberships.create(team=door.spa, role=Role.SPA_OFFICER, starts_on=date(2020, 1, 1), ends_on=last)
    CaseAccess.objects.filter(case_id=held.case_id).exclude(team=door.spa).delete()
    clock.move_to(datetime(2026, 9, 15, hour, 30, tzinfo=UTC))
    note_read(by=actor_for(nurse), what="person", ids=[held.person_id])
    clock.move_to(datetime(2026, 9, 17, 12, tzinfo=UTC))
    assert flags(report(officer), "Nell Nightly") == found


def test_readings__of_what_was_gathered_for_them(door: FrontDoor, held: Referral, officer: User) -> None:
    row = ask_access(by=actor_for(officer), person_id=held.person_id, asked_by="Herself, passport seen")
    open_access(actor_for(officer), row.pk)
    assert "person.access" in {each.what for each in report(officer, person_id=held.person_id)}
    shown = signed_in(officer).get(f"/people/{held.person_id}/readers/").content.decode()
    assert "All that is held (subject access)" in shown


def test_readings__are_logged_and_a_restricted_record_has_no_name(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    open_person(door.actor("manager"), held.person_id)
    report(officer)
    assert AccessLog.objects.filter(what="person.readers", ids=[str(held.person_id)]).count() == 1
    restrict_person(
        by=actor_for(officer), person_id=held.person_id, reason=RestrictReason.OTHER, words="x", team_ids=[]
    )
    auditor = door.users["auditor"]
    [reading] = report(auditor)
    assert (reading.closed, reading.family_name, reading.given_name) == (True, "", "")
    with pytest.raises(NotFound):
        report(auditor, person_id=held.person_id)
    page = signed_in(auditor).get("/people/readers/").content.decode()
    assert "Restricted record" in page
    assert "Testalder" not in page


def test_readers_pages__show_filter_and_hand_out_a_file(door: FrontDoor, held: Referral, officer: User) -> None:
    manager = door.users["manager"]
    manager.name = "=Amir Lead"
    manager.save()
    open_person(actor_for(manager), held.person_id)
    page = signed_in(officer)
    shown = page.get("/people/readers/?days=30&flag=no-work").content.decode()
    assert "Maud Testalder" in shown
    assert "No work for them around then" in shown
    assert "Nothing to look at" in page.get("/people/readers/?days=30&flag=own").content.decode()
    assert page.get("/people/readers/?days=x&flag=y").status_code == 200
    one = page.get(f"/people/{held.person_id}/readers/").content.decode()
    assert "=Amir Lead" in one
    rows = list(csv.reader(io.StringIO(page.post("/people/readers/file/", {"days": "7"}).content.decode())))
    assert rows[0] == ["When", "Who", "Opened", "Whose", "Look at it because"]
    assert ["'=Amir Lead", "Person", "Maud Testalder"] in [row[1:4] for row in rows]
    mine = AccessLog.objects.filter(actor_id=f"user:{officer.pk}")
    assert mine.filter(what="person.readers").count() == 4
    assert [row.ids for row in mine.filter(what="person.readers_of")] == [[str(held.person_id)]]
    assert signed_in(door.users["spa"]).get("/people/readers/").status_code == 403


def test_readings__the_front_door_took_it_in_long_ago(
    door: FrontDoor, held: Referral, officer: User, clock: Any
) -> None:
    nurse = person_at(door.spa, "Nell Nightly", Role.SPA_OFFICER)
    visit_at(door, held, 10)
    clock.shift(timedelta(days=29))
    open_person(actor_for(nurse), held.person_id)
    assert report(officer) == []
    clock.shift(timedelta(days=2))
    open_person(actor_for(nurse), held.person_id)
    assert [each.flags for each in report(officer) if each.who == "Nell Nightly"] == [{Flag.NO_WORK}]


@pytest.mark.parametrize("what", ["clock.explain", "alert.read", "approval.read", "override.read"])
def test_readings__of_a_case_are_of_its_person(door: FrontDoor, held: Referral, officer: User, what: str) -> None:
    note_read(by=door.actor("manager"), what=what, ids=[held.case_id])
    for found in (report(officer), report(officer, person_id=held.person_id)):
        assert [each.person_id for each in found if each.what == what] == [held.person_id]


def test_readings__of_the_readers_of_one_person_are_one(door: FrontDoor, held: Referral, officer: User) -> None:
    other = register_at(door, 25, "Maudie Testalder")
    open_person(door.actor("manager"), other.person_id)
    report(officer)  # of everybody: nobody's record is opened by it
    assert "person.readers" not in {each.what for each in report(officer, person_id=other.person_id)}
    shown = signed_in(officer).get(f"/people/{other.person_id}/readers/").content.decode()
    assert "Who opened their record" in shown


@pytest.mark.parametrize(
    "what", ["discharge", "signposting", "sent", "person.merge", "person.erasure", "person.readers_of", "case.letter"]
)
def test_readings__on_the_way_to_something_else(door: FrontDoor, held: Referral, officer: User, what: str) -> None:
    note_read(by=door.actor("manager"), what=what, ids=[held.person_id])
    assert [each.flags for each in report(officer) if each.what == what] == [{Flag.NO_WORK}]


OF_MANY = {
    "board", "board.several", "caseload", "clock.missed", "discharge.left", "discharge.list", "draft.list", "handover",
    "onward", "person.accesses", "person.broken_glass", "person.duplicates", "person.erasures", "person.find",
    "person.holds", "person.match", "person.readers", "person.retention", "referral.list", "sent.list",
    "signposted.list",
}  # fmt: skip
OF_NO_RECORD = {
    "enquiry": "an enquiry has no record of a person",
    "enquiry.list": "nor has a list of them",
    "person.shared": "asked by partner systems alone, which are nobody's colleague",
}


def test_opened__whatever_shows_one_person_is_in_the_report() -> None:
    """A page that notes a reading under a new code is in the report of readers, or stands here as a list."""
    nodes = [node for source in product() for node in ast.walk(source.tree) if isinstance(node, ast.Call)]
    calls = [node for node in nodes if called_name(node).split(".")[-1] in ("note_read", "person_of_case")]
    told = [each.value for call in calls for each in call.keywords if each.arg == "what"]
    noted = {each.value for each in told if isinstance(each, ast.Constant)}
    assert noted - set(OPENED) == OF_MANY | set(OF_NO_RECORD)
    # The board, on paper or as a file; and `person_of_case`, whose own calls are counted here
    assert len(told) - sum(isinstance(each, ast.Constant) for each in told) == 2
