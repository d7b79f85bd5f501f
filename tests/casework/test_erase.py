"""Erasing a record: nothing of theirs is left in any table, by two people, never under a hold, never too early."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.domain import RestrictReason, Role
from accounts.models import User
from accounts.queries import actor_for
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import NotFound, NotPermitted, Refusal, Stale
from casework.commands.death import record_death, strike_death
from casework.commands.disclose import ask_access
from casework.commands.erase import agree_erasure, ask_erasure, refuse_erasure
from casework.commands.hold import lift_hold, set_hold
from casework.commands.merge import merge_people
from casework.commands.restrict import restrict_person
from casework.queries.erasure import touched
from casework.queries.held import label, records_of
from referrals.commands import change_section, compare_people, register_referral
from referrals.domain.erasures import GONE, WORDS
from referrals.models import Death, Erasure, LegalHold, Person, PossibleDuplicate, Referral
from referrals.queries import find_people
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, details, person_at
from tests.factories.whole_record import FAMILY, NEEDLES, NUMBER, found_words, whole_record
from timelimits.domain.local_time import start_of_day

LATER = datetime(2034, 9, 17, 12, tzinfo=UTC)


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


def test_erase__nothing_of_theirs_is_left_in_any_table(
    door: FrontDoor, officer: User, clock: Any, django_capture_on_commit_callbacks: Callable[..., Any], settings: Any
) -> None:
    person = whole_record(door, officer)
    people = records_of(person.pk)
    kinds = {label(table.model) for table in touched(people)}
    assert (GONE | set(WORDS)) - kinds == {"pathways.waiting"}  # this one began at once
    assert {words.rpartition(": ")[2] for words in found_words()} == set(NEEDLES)
    events = CaseEvent.objects.count()
    files = [file for file in Path(settings.ICRAS_FILES).rglob("*") if file.is_file()]
    clock.move_to(LATER)
    row = ask_erasure(by=actor_for(officer), person_id=person.pk, reason="time_passed", words="Eight years are over")
    with django_capture_on_commit_callbacks(execute=True):
        done = agree_erasure(by=door.actor("manager"), erasure_id=row.pk)
    assert list(found_words()) == []
    assert done.rows > 60
    assert CaseEvent.objects.filter(event="person.erased").count() == 1
    assert CaseEvent.objects.count() == events + 2
    assert files
    assert not any(file.exists() for file in files)
    browser = signed_in(officer)
    for pk in people:
        shown = browser.get(f"/people/{pk}/").content.decode()
        assert "Erased on 17 September 2034" in shown
        assert "Health" not in shown
    for case in Referral.objects.filter(person=person):
        assert browser.get(f"/cases/{case.case_id}/").status_code == 200
    for words in (FAMILY, NUMBER, "Erased", "17 September 2034", done.person.referrals.first().reference):
        assert find_people(actor_for(officer), words).people == ()
    assert compare_people(by=SYSTEM) == len(people)
    assert not PossibleDuplicate.objects.exists()


def ended(door: FrontDoor, name: str = "Maud Testalder", **who: Any) -> Referral:
    """Somebody whose record has nothing open."""
    referral = register_at(door, 30, name, **who)
    record_death(by=door.actor("spa"), person_id=referral.person_id, died_on=NOW.date(), told_by="Her daughter")
    return referral


def ask(user: User, who: Any, reason: str = "court_order", words: str = "Order of 3 May") -> Erasure:
    return ask_erasure(by=actor_for(user), person_id=who, reason=reason, words=words)


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(Refusal) as caught:
        call()
    assert str(caught.value)
    return caught.value.code


def test_ask_erasure__not_too_early_unless_a_privacy_officer_has_a_lawful_reason(
    door: FrontDoor, officer: User, clock: Any
) -> None:
    manager, who = door.users["manager"], ended(door).person_id
    assert refused(lambda: ask(manager, who, "time_passed")) == "not_due"
    assert refused(lambda: ask(officer, who, "time_passed")) == "not_due"
    assert refused(lambda: ask(manager, who)) == "officer_asks"
    clock.move_to(start_of_day(date(2034, 9, 17)) - timedelta(microseconds=1))
    assert refused(lambda: ask(manager, who, "time_passed")) == "not_due"
    clock.move_to(start_of_day(date(2034, 9, 17)))
    asked = ask(manager, who, "time_passed")
    assert ask(officer, who) == asked
    assert agree_erasure(by=actor_for(officer), erasure_id=asked.pk).verdict == "agreed"


@pytest.mark.parametrize("reason", ["court_order", "entered_in_error"])
def test_ask_erasure__a_lawful_other_reason_does_not_wait(door: FrontDoor, officer: User, reason: str) -> None:
    who = ended(door).person_id
    assert refused(lambda: ask(officer, who, reason, " ")) == "reason_missing"
    for words in ("Was Maud's sister", "For TEST ALDER", "Lives at L23 9ZZ"):
        assert refused(lambda words=words: ask(officer, who, reason, words)) == "words_name_them"
    asked = ask(officer, who, reason)
    assert refused(lambda: agree_erasure(by=actor_for(officer), erasure_id=asked.pk)) == "same_person"
    assert refused(lambda: refuse_erasure(by=actor_for(officer), erasure_id=asked.pk, why="x")) == "same_person"
    manager = door.actor("manager")
    with pytest.raises(Stale):
        agree_erasure(by=manager, erasure_id=asked.pk, seen=1)
    done = agree_erasure(by=manager, erasure_id=asked.pk)
    assert agree_erasure(by=manager, erasure_id=asked.pk).decided_at == done.decided_at
    assert CaseEvent.objects.filter(event="person.erased", subject=f"person:{who}").count() == 1
    assert refused(lambda: refuse_erasure(by=manager, erasure_id=asked.pk, why="x")) == "erased"


def test_erase__is_refused_under_a_hold_while_something_is_open_or_asked_to_see(door: FrontDoor, officer: User) -> None:
    by, manager, waiting = actor_for(officer), door.actor("manager"), register_at(door, 30, "Albert Mockford")
    assert refused(lambda: ask(officer, waiting.person_id)) == "open"
    accept_at(door, waiting)
    assert refused(lambda: ask(officer, waiting.person_id)) == "open"
    who, twin = ended(door).person_id, ended(door, "Maudie Twin").person_id
    asked = ask(officer, who)
    set_hold(by=by, person_id=twin, why="Inquest", review_on=date(2027, 1, 1))
    merge_people(by=manager, winner_id=who, loser_id=twin, reason="Same house")
    assert refused(lambda: agree_erasure(by=manager, erasure_id=asked.pk)) == "on_hold"
    lift_hold(by=by, person_id=who, reason="Over")
    access = ask_access(by=by, person_id=who, asked_by="Her son")
    assert refused(lambda: agree_erasure(by=manager, erasure_id=asked.pk)) == "access_open"
    access.delete()
    LegalHold.objects.create(person_id=twin, why="x", since=NOW, set_by="x", review_on=date(2027, 1, 1))
    assert refused(lambda: agree_erasure(by=manager, erasure_id=asked.pk)) == "on_hold"
    LegalHold.objects.update(lifted_at=NOW, lifted_by="x", lifted_why="x")
    agree_erasure(by=manager, erasure_id=asked.pk)
    assert Person.objects.filter(erased_at=NOW, family_name="Erased on 17 September 2026").count() == 2


def test_erased__nothing_is_written_on_it_any_more(door: FrontDoor, officer: User) -> None:
    referral, manager = ended(door), door.actor("manager")
    who, other = referral.person_id, ended(door, "Albert Mockford").person_id
    death = Death.objects.get(person=who)
    agree_erasure(by=manager, erasure_id=ask(officer, who).pk)
    spa = door.actor("spa")
    for act in (
        lambda: change_section(by=spa, person_id=who, section="details", values={"called": "Maud"}),
        lambda: set_hold(by=manager, person_id=who, why="x", review_on=date(2027, 1, 1)),
        lambda: strike_death(by=spa, person_id=who, reason="x"),
        lambda: register_referral(by=spa, details=details(), person_id=who),
        lambda: restrict_person(by=manager, person_id=who, reason=RestrictReason.OTHER, words="x", team_ids=[]),
        lambda: ask(officer, who),
    ):
        assert refused(act) == "erased"
    with pytest.raises(NotFound):
        merge_people(by=manager, winner_id=other, loser_id=who, reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.filter(person=other).update(person=who)
    death.refresh_from_db()
    assert (death.told_by, death.died_on) == ("Erased", NOW.date())
    assert register_at(door, 1).person_id != who


def test_erase__is_for_whoever_may(door: FrontDoor, officer: User) -> None:
    who, lead = ended(door).person_id, door.users["lead"]
    with pytest.raises(NotPermitted):
        ask(lead, who)
    asked = ask(officer, who)
    with pytest.raises(NotPermitted):
        agree_erasure(by=actor_for(lead), erasure_id=asked.pk)
    with pytest.raises(NotFound):
        agree_erasure(by=door.actor("manager"), erasure_id=uuid4())
    restrict_person(by=actor_for(officer), person_id=who, reason=RestrictReason.OTHER, words="x", team_ids=[])
    with pytest.raises(NotFound):
        agree_erasure(by=door.actor("manager"), erasure_id=asked.pk)


@pytest.mark.parametrize(
    "wrong",
    [
        {"words": ""},
        {"reason": "tidy"},
        {"decided_at": NOW},
        {"verdict": "agreed", "decided_at": NOW, "decided_by": "O", "decided_by_id": "o"},
        {"verdict": "refused", "decided_at": NOW, "decided_by": "M", "decided_by_id": "m"},
        {"refused_why": "x"},
    ],
)
def test_erasure__the_database_refuses_what_is_wrong(door: FrontDoor, wrong: dict[str, Any]) -> None:
    who = register_at(door, 5).person_id
    fit = {"person_id": who, "reason": "court_order", "words": "x", "asked_at": NOW, "asked_by": "O"}
    with pytest.raises(IntegrityError), transaction.atomic():
        Erasure.objects.create(**fit | {"asked_by_id": "o"} | wrong)


def test_erase_pages__from_the_list_to_the_stub(door: FrontDoor, officer: User, clock: Any) -> None:
    who = ended(door).person_id
    first, second, url = signed_in(officer), signed_in(door.users["manager"]), f"/people/{who}/erase/"
    assert f'href="{url}"' in first.get(f"/people/{who}/").content.decode()
    assert "kept until 17 September 2034" in second.get(url).content.decode()
    assert first.post(url, {"reason": "court_order", "words": ""}).status_code == 422
    assert first.post(url, {"reason": "time_passed", "words": "x"}).status_code == 422
    assert first.post(url, {"reason": "court_order", "words": "Order of 3 May"}).status_code == 302
    assert "You asked for this" in first.get(url).content.decode()
    shown = second.get(url)
    assert "Agree: erase it now" in shown.content.decode()
    assert "Asked to be erased" in second.get("/records/retention/").content.decode()
    asked = Erasure.objects.get()
    assert first.post(f"{url}{asked.pk}/agree/", {}).status_code == 422
    assert second.post(f"{url}{asked.pk}/refuse/", {"why": ""}).status_code == 422
    assert second.post(f"{url}{asked.pk}/refuse/", {"why": "The order is not ours"}).status_code == 302
    assert first.post(url, {"reason": "court_order", "words": "Order of 4 May"}).status_code == 302
    again = Erasure.objects.get(decided_at=None)
    total = second.get(url).context["shown"].total
    assert second.post(f"{url}{again.pk}/agree/", {"seen": total + 1}).status_code == 409
    assert second.post(f"{url}{again.pk}/agree/", {"seen": total}).status_code == 302
    assert "Erased on 17 September 2026" in second.get(f"/people/{who}/").content.decode()
    assert "nothing left to erase" in second.get(url).content.decode()
    clock.move_to(LATER + timedelta(days=2))
    assert "Erased on" not in signed_in(officer).get("/records/retention/").content.decode()
    assert signed_in(door.users["spa"]).get(url).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_hold_racing_the_agreement__never_an_erased_record_under_a_hold(settings: Any, tmp_path: Path) -> None:
    settings.ICRAS_FILES = tmp_path / "files"
    door = open_board()
    officer = person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)
    for name in ("Maud Testalder", "Albert Mockford", "Edna Demoworth"):
        who = ended(door, name).person_id
        asked = ask(officer, who)
        answers = race(
            partial(agree_erasure, by=door.actor("manager"), erasure_id=asked.pk),
            partial(set_hold, by=actor_for(officer), person_id=who, why="Inquest", review_on=date(2027, 1, 1)),
        )
        assert sum(isinstance(answer, Refusal) for answer in answers) == 1
        assert Person.objects.filter(pk=who, erased_at=None).exists() == LegalHold.objects.filter(person=who).exists()
