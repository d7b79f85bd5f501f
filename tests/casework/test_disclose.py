"""Subject access: everything held is gathered, what tells of others is looked at by a second person, then released."""

import json
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, transaction

from accounts.domain import BreakReason, RestrictReason, Role
from accounts.models import BreakGlass, Restriction, User
from accounts.queries import actor_for
from audit.acting import acting
from audit.commands import now
from audit.domain import SYSTEM
from audit.models import AccessLog, CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from casework.commands.disclose import ask_access, decide_items, empty_accesses, gather_next, release_access
from casework.commands.merge import merge_people
from casework.commands.restrict import break_glass, restrict_person, unrestrict_person
from casework.domain import FAULT
from casework.queries.held import gathered, parts, records_of, rows_of
from casework.tasks import empty, gather
from referrals.commands import add_row, change_section, set_key_safe_code
from referrals.commands.files import attach_file, scan_files
from referrals.domain.disclosures import NOT_GIVEN, answer_by
from referrals.models import Person, Referral, SubjectAccess
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in, visit_at
from tests.factories.referrals import FrontDoor, person_at

PDF = b"%PDF-1.7 made up"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def door(db: None, settings: Any, tmp_path: Path) -> FrontDoor:
    settings.ICRAS_FILES = tmp_path / "files"
    return open_board()


@pytest.fixture
def officer(door: FrontDoor) -> User:
    return person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)


@pytest.fixture
def held(door: FrontDoor) -> Referral:
    """Somebody with a case, a visit, a daughter, a file, a key safe, and a merged record."""
    referral = register_at(door, 30, phone="0151 496 0101")
    other = register_at(door, 25, "Maudie Testalder", summary="Rang before under another name")
    accept_at(door, referral, 20)
    visit_at(door, referral, 10)
    spa, who = door.actor("spa"), referral.person_id
    merge_people(by=door.actor("manager"), winner_id=who, loser_id=other.person_id, reason="Same house")
    change_section(by=spa, person_id=who, section="details", values={"called": "Maudie"})
    daughter = {"name": "Dora Daughter", "relationship": "daughter", "phone": "07700 900123"}
    add_row(by=spa, person_id=who, kind="related", values=daughter)
    set_key_safe_code(by=spa, person_id=who, code="4711C")
    attach_file(by=spa, person_id=who, name="respect.pdf", about="ReSPECT form", content=PDF)
    scan_files(by=SYSTEM)
    return referral


def asked(officer: User, held: Referral) -> SubjectAccess:
    return ask_access(by=actor_for(officer), person_id=held.person_id, asked_by="Herself, passport seen")


def looked_at(door: FrontDoor, row: SubjectAccess, withhold: str = "") -> None:
    by = door.actor("manager")
    said = {
        item.pk: ("withhold", "Of the daughter") if item.part == withhold else ("release", "")
        for item in row.items.all()
    }
    assert decide_items(by=by, access_id=row.pk, decisions=said) == len(said)


def test_parts__hold_every_table_that_names_a_person_or_a_case() -> None:
    known = {model._meta.label_lower for model in parts()}
    for model in apps.get_models():
        names = {field.name for field in model._meta.concrete_fields}
        of_person = any(field.related_model is Person for field in model._meta.concrete_fields if field.is_relation)
        if ("case_id" in names or of_person) and "historical" not in model._meta.label_lower:
            assert model._meta.label_lower in known | NOT_GIVEN, model


def test_rows_of__another_person_s_are_never_among_them(door: FrontDoor, held: Referral) -> None:
    other = register_at(door, 5, "Albert Mockford", nhs_number="9991234012")
    accept_at(door, other, 1)
    mine, theirs = records_of(held.person_id), records_of(other.person_id)
    assert len(mine) == 2
    found = 0
    for model in parts():
        own = set(rows_of(model, mine).values_list("pk", flat=True))
        assert not own & set(rows_of(model, theirs).values_list("pk", flat=True)), model
        found += len(own)
    assert found > 40


def test_gather__everything_is_there_step_by_step(door: FrontDoor, held: Referral, officer: User) -> None:
    row = asked(officer, held)
    assert asked(officer, held).pk == row.pk
    assert gather_next(by=SYSTEM)
    row.refresh_from_db()
    assert row.progress == 5
    assert gather() == 19
    assert not gather_next(by=SYSTEM)
    row.refresh_from_db()
    told = json.dumps(row.held)
    for words in ("Testalder", "Maudie", "Fell in the bathroom", "Dora Daughter", "ReSPECT form", "Rang before"):
        assert words in told, words
    assert "4711C" not in told
    parts_held = {part["part"] for part in row.held}
    assert {"referrals.person", "pathways.episode", "pathways.contact", "audit.caseevent", "timelimits.clock",
            "referrals.historicalperson", "referrals.relatedperson"} <= parts_held  # fmt: skip
    looked = set(row.items.values_list("part", flat=True))
    assert {"referrals.relatedperson", "referrals.referral", "referrals.attachment"} <= looked
    assert "audit.caseevent" not in looked


def test_gather__one_that_cannot_be_read_says_so_and_holds_up_no_other(
    door: FrontDoor, held: Referral, officer: User, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = asked(officer, held)
    gather_next(by=SYSTEM)
    clock.shift(timedelta(minutes=1))
    other = register_at(door, 5, "Albert Mockford", nhs_number="9991234012")
    later = asked(officer, other)

    def broken(model: Any, people: list[UUID]) -> Any:
        if held.person_id in people:
            raise LookupError
        return gathered(model, people)

    with monkeypatch.context() as patched:
        patched.setattr("casework.commands.disclose.gathered", broken)
        assert (gather(), gather()) == (20, 0)
    stuck.refresh_from_db()
    later.refresh_from_db()
    assert (stuck.progress, later.progress) == (5, 100)
    page = f"/people/access/{stuck.pk}/"
    assert "any further (LookupError)" in signed_in(officer).get(page).content.decode()
    assert gather() == 19
    assert "LookupError" not in signed_in(officer).get(page).content.decode()
    stuck.refresh_from_db()
    assert FAULT not in {part["part"] for part in stuck.held}


def test_release__is_by_a_second_person_who_looked_at_everything(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    row, manager = asked(officer, held), door.actor("manager")
    with pytest.raises(RuleBroken, match="still being gathered"):
        release_access(by=manager, access_id=row.pk)
    gather()
    with pytest.raises(RuleBroken, match="have not been looked at"):
        release_access(by=manager, access_id=row.pk)
    item = row.items.first()
    for call in (
        lambda: decide_items(by=actor_for(officer), access_id=row.pk, decisions={item.pk: ("release", "")}),
        lambda: release_access(by=actor_for(officer), access_id=row.pk),
    ):
        with pytest.raises(RuleBroken) as refused:
            call()
        assert refused.value.code == "same_person"
    with pytest.raises(RuleBroken) as refused:
        decide_items(by=manager, access_id=row.pk, decisions={item.pk: ("withhold", " ")})
    assert refused.value.code == "reason_missing"
    looked_at(door, row)
    released = release_access(by=manager, access_id=row.pk)
    assert released.expires_at == NOW + timedelta(days=30)
    assert release_access(by=manager, access_id=row.pk).released_at == released.released_at
    with pytest.raises(IllegalMove):
        decide_items(by=manager, access_id=row.pk, decisions={item.pk: ("release", "")})
    told = CaseEvent.objects.filter(event__startswith="person.access").order_by("pk")
    assert [event.event for event in told] == ["person.access_asked", "person.access_released"]


def test_access_pages__from_the_question_to_the_file(door: FrontDoor, held: Referral, officer: User) -> None:
    first, second = signed_in(officer), signed_in(door.users["manager"])
    url = f"/people/{held.person_id}/access/"
    assert f'href="{url}"' in first.get(f"/people/{held.person_id}/").content.decode()
    assert first.post(url, {"asked_by": ""}).status_code == 422
    opened = first.post(url, {"asked_by": "Herself, passport seen"})["Location"]
    assert "Gathered: 0 %" in first.get(opened).content.decode()
    gather()
    assert "somebody else looks through it" in first.get(opened).content.decode()
    shown = second.get(opened).content.decode()
    assert "May tell of somebody else" in shown
    row = SubjectAccess.objects.get()
    assert second.get(f"{opened}file/").status_code == 404
    for item in row.items.all():
        mine = item.part == "referrals.relatedperson"
        said = {f"decision-{item.pk}": "withhold" if mine else "release", f"reason-{item.pk}": "Hers" if mine else ""}
        assert second.post(opened, said | {"decision-x": "release", "decision-1": "perhaps"}).status_code == 302
    lacking = {f"decision-{item.pk}": "withhold" for item in row.items.all()}
    lacking[f"reason-{item.pk}"] = "Hers, said again"
    said = second.post(opened, lacking, follow=True).content.decode()
    assert "1 looked at." in said
    assert f"{len(lacking) - 2} not kept: say why" in said
    item.refresh_from_db()
    assert item.reason == "Hers, said again"
    item.decision, item.reason = "release", ""
    item.save()
    assert second.post(f"{opened}release/").status_code == 302
    answer = first.get(f"{opened}file/")
    assert answer["Content-Type"] == "application/zip"
    assert answer.streaming  # from a file, not from memory
    with ZipFile(BytesIO(answer.getvalue())) as given:
        assert given.read("files/1-respect.pdf") == PDF
        page, data = given.read("record.html").decode(), json.loads(given.read("record.json"))
    assert "Fell in the bathroom" in page
    assert "1 not shown, because it tells of somebody else" in page
    withheld = next(part for part in data if part["part"] == "referrals.relatedperson")
    assert (withheld["rows"], withheld["withheld"]) == ([], 1)
    assert AccessLog.objects.filter(what="person.access", actor_id=f"user:{officer.pk}").count() >= 3
    assert "Can be fetched until" in first.get("/people/access/").content.decode()
    assert signed_in(door.users["spa"]).get("/people/access/").status_code == 403


def test_empty_accesses__what_was_gathered_goes_when_it_expires(
    door: FrontDoor, held: Referral, officer: User, clock: Any
) -> None:
    row = asked(officer, held)
    gather()
    looked_at(door, row)
    release_access(by=door.actor("manager"), access_id=row.pk)
    clock.shift(timedelta(days=30) - timedelta(microseconds=1))
    assert empty_accesses(by=SYSTEM) == 0
    page = signed_in(officer)
    assert page.get(f"/people/access/{row.pk}/file/").getvalue()
    clock.shift(timedelta(microseconds=1))
    assert page.get(f"/people/access/{row.pk}/file/").status_code == 404
    empty()
    row.refresh_from_db()
    assert (row.held, row.items.count(), row.emptied_at) == ([], 0, NOW + timedelta(days=30))
    again = asked(officer, held)
    assert again.pk != row.pk
    clock.shift(timedelta(days=180))
    assert empty_accesses(by=SYSTEM) == 1
    assert "Deleted" in signed_in(officer).get(f"/people/{held.person_id}/access/").content.decode()


def test_ask_access__is_for_whoever_may_and_sees_the_person(door: FrontDoor, held: Referral, officer: User) -> None:
    with pytest.raises(NotPermitted):
        ask_access(by=door.actor("lead"), person_id=held.person_id, asked_by="x")
    with pytest.raises(RuleBroken):
        ask_access(by=actor_for(officer), person_id=held.person_id, asked_by=" ")
    row = asked(officer, held)
    restrict_person(
        by=actor_for(officer), person_id=held.person_id, reason=RestrictReason.OTHER, words="x", team_ids=[]
    )
    with pytest.raises(NotFound):
        release_access(by=door.actor("manager"), access_id=row.pk)
    assert "Testalder" not in signed_in(door.users["manager"]).get("/people/access/").content.decode()
    gather()
    row.refresh_from_db()
    assert row.items.filter(part="accounts.restriction").exists()


def test_gather__a_restriction_that_was_lifted_and_who_opened_it_are_in_it(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    """Also of a record without a case, and none of somebody else's."""
    by = actor_for(officer)
    with acting(SYSTEM):
        caseless = Person.objects.create(family_name="Caseless", created_at=NOW)
    elsewhere = register_at(door, 15, "Ernest Testworth").person
    for whose in (held.person_id, caseless.pk, elsewhere.pk):
        restrict_person(by=by, person_id=whose, reason=RestrictReason.OTHER, words=f"Of {whose}", team_ids=[])
    break_glass(by=door.actor("manager"), person_id=held.person_id, reason=BreakReason.URGENT_CARE, words="Rang")
    for whose in (held.person_id, caseless.pk, elsewhere.pk):
        unrestrict_person(by=by, person_id=whose)
    for whose in (held.person_id, caseless.pk):
        [row] = rows_of(Restriction, records_of(whose))
        assert (row.words, row.ended_by) == (f"Of {whose}", "Olive Privacy")
    assert [row.words for row in rows_of(BreakGlass, records_of(held.person_id))] == ["Rang"]
    assert not rows_of(BreakGlass, records_of(caseless.pk))


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (date(2026, 9, 17), date(2026, 10, 17)),
        (date(2027, 1, 31), date(2027, 2, 28)),
        (date(2026, 12, 5), date(2027, 1, 5)),
    ],
)
def test_answer_by__is_a_month(opened: date, due: date) -> None:
    assert answer_by(opened) == due


@pytest.mark.parametrize(
    "wrong",
    [
        {"asked_by": ""},
        {"progress": 101},
        {"released_at": now()},
        {
            "progress": 90,
            "released_at": NOW,
            "released_by": "M",
            "released_by_id": "m",
            "expires_at": NOW + timedelta(1),
        },
        {
            "progress": 100,
            "released_at": NOW,
            "released_by": "O",
            "released_by_id": "o",
            "expires_at": NOW + timedelta(1),
        },
        {"held": [1], "emptied_at": NOW},
    ],
)
def test_subject_access__the_database_refuses_what_is_wrong(
    door: FrontDoor, held: Referral, wrong: dict[str, Any]
) -> None:
    fit = {"person_id": held.person_id, "asked_by": "x", "opened_at": NOW, "opened_by": "O", "opened_by_id": "o"}
    with pytest.raises(IntegrityError), transaction.atomic():
        SubjectAccess.objects.create(**fit | wrong)


def test_disclosure_item__withheld_without_a_reason_is_refused_by_the_database(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    row = asked(officer, held)
    for wrong in ({"decision": "withhold", "decided_at": NOW, "decided_by": "M"}, {"decision": "release"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            row.items.create(part="referrals.person", key="1", **wrong)


def test_access_page__what_was_said_of_a_row_is_changed_until_the_release(
    door: FrontDoor, held: Referral, officer: User
) -> None:
    row = asked(officer, held)
    gather()
    looked_at(door, row)
    daughter = row.items.get(part="referrals.relatedperson")
    page, url = signed_in(door.users["manager"]), f"/people/access/{row.pk}/"
    shown = page.get(url).content.decode()
    assert "Looked at already" in shown
    assert f'name="decision-{daughter.pk}" value="release" checked' in shown
    assert "Looked at already" not in signed_in(officer).get(url).content.decode()  # who opened it changes nothing
    changed = {f"decision-{daughter.pk}": "withhold", f"reason-{daughter.pk}": "She said no"}
    assert page.post(url, changed).status_code == 302
    assert "“She said no”" in page.get(url).content.decode()
    page.post(f"{url}release/")
    assert "Looked at already" not in page.get(url).content.decode()
    given = json.loads(ZipFile(BytesIO(page.get(f"{url}file/").getvalue())).read("record.json"))
    [related] = [part for part in given if part["part"] == "referrals.relatedperson"]
    assert (related["rows"], related["withheld"]) == ([], 1)
