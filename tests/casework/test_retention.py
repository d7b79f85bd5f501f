"""Records are kept for years after the last thing that happened; a legal hold keeps them longer; nothing goes by itself."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.domain import RestrictReason, Role
from accounts.models import Place, User
from accounts.queries import actor_for
from audit.commands import acting
from audit.domain import SYSTEM
from audit.models import AccessLog, CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from casework.commands.death import record_death
from casework.commands.hold import lift_hold, set_hold
from casework.commands.merge import merge_people
from casework.commands.restrict import restrict_person
from casework.queries import retention
from casework.queries.held import parts
from casework.queries.retention import due_for_review, kept_until, standing_holds
from pathways.models import Contact, Episode
from referrals.domain.retention import latest_last, review_on
from referrals.models import LegalHold, Person, Referral
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, person_at
from timelimits.domain.local_time import start_of_day
from timelimits.models import CaseDeadline

LATER = date(2027, 9, 17)
DUE = date(2034, 9, 17)
NO_INSTANTS = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-09-17T09:00:00")


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def officer(door: FrontDoor) -> User:
    return person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)


@pytest.fixture
def ended(door: FrontDoor) -> Referral:
    """Somebody whose episode ended today, since they died."""
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    record_death(by=door.actor("spa"), person_id=referral.person_id, died_on=NOW.date(), told_by="Her daughter")
    return referral


def somebody(name: str, at: datetime = NOW) -> Person:
    with acting(SYSTEM):
        return Person.objects.create(family_name=name, created_at=at)


def who_is_due(officer: User) -> list[Any]:
    return [each.person.pk for each in due_for_review(actor_for(officer))[0]]


@pytest.mark.parametrize(
    ("last", "years", "due"),
    [
        (date(2026, 9, 17), 8, date(2034, 9, 17)),
        (date(2024, 2, 29), 8, date(2032, 2, 29)),
        (date(2024, 2, 29), 9, date(2033, 3, 1)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_review_on__is_so_many_years_later(last: date, years: int, due: date) -> None:
    assert review_on(last, years) == due


def test_latest_last__is_review_on_the_other_way_round() -> None:
    for years in (0, 1, 8, 9):
        for days in range(1500):
            today = date(2031, 1, 1) + timedelta(days)
            last = latest_last(today, years)
            assert review_on(last, years) <= today < review_on(last + timedelta(1), years)


def test_due_for_review__to_the_day_and_nothing_goes(
    door: FrontDoor, ended: Referral, officer: User, clock: Any
) -> None:
    person = ended.person
    assert kept_until(person) == DUE
    clock.move_to(start_of_day(DUE) - timedelta(microseconds=1))
    assert who_is_due(officer) == []
    clock.move_to(start_of_day(DUE))
    (row,) = due_for_review(actor_for(officer))[0]
    assert (row.person.pk, row.last, row.review_on, row.on_hold) == (person.pk, NOW.date(), DUE, False)
    assert AccessLog.objects.filter(what="person.retention", ids=[str(person.pk)]).count() == 1
    assert Person.objects.filter(pk=person.pk, family_name=person.family_name).exists()


def test_due_for_review__the_years_are_the_place_s(door: FrontDoor, ended: Referral, officer: User, clock: Any) -> None:
    place = Place.objects.get()
    place.words |= {"periods": [{"code": "retention_years", "words": "Years", "number": 20}]}
    place.save()
    clock.move_to(start_of_day(DUE))
    assert who_is_due(officer) == []
    assert kept_until(ended.person) == date(2046, 9, 17)


def test_due_for_review__never_while_anything_is_open(door: FrontDoor, officer: User, clock: Any) -> None:
    waiting, lives = register_at(door, 30), register_at(door, 20, "Albert Mockford", born_on=date(1930, 1, 1))
    accept_at(door, lives, 10)
    clock.move_to(datetime(2060, 1, 1, tzinfo=UTC))
    assert who_is_due(officer) == []
    assert kept_until(waiting.person) is None
    assert kept_until(lives.person) is None
    CaseDeadline.objects.filter(case_id=lives.case_id).delete()
    assert who_is_due(officer) == []
    assert kept_until(lives.person) is None


@pytest.mark.parametrize("what", ["referral", "written_late", "episode", "death", "contact"])
def test_due_for_review__whatever_happened_last_counts(
    door: FrontDoor, ended: Referral, officer: User, clock: Any, what: str
) -> None:
    at = NOW + timedelta(days=400)
    if what == "referral":
        Referral.objects.update(done_at=at)
    elif what == "written_late":
        Referral.objects.update(recorded_at=at)
    elif what == "episode":
        Episode.objects.update(ended_at=at)
    elif what == "death":
        ended.person.deaths.update(died_on=at.date())
    else:
        told = {"kind": "phone", "way": "in", "outcome": "attended", "attended": True, "with_whom": "x", "about": "x"}
        Contact.objects.create(case_id=ended.case_id, occurred_at=at, recorded_at=at, **told)
    assert kept_until(ended.person) == review_on(at.date(), 8)
    clock.move_to(start_of_day(review_on(at.date(), 8)) - timedelta(microseconds=1))
    assert who_is_due(officer) == []
    clock.shift(timedelta(microseconds=1))
    assert who_is_due(officer) == [ended.person_id]


def test_due_for_review__pages_without_gap_or_repeat(
    door: FrontDoor, officer: User, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [somebody(f"Testalder{n}") for n in range(5)]
    clock.move_to(start_of_day(DUE))
    monkeypatch.setattr(retention, "PAGE", 2)
    seen, after, by = [], None, actor_for(officer)
    for _ in range(3):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            rows, after = due_for_review(by, after)
        assert len(asked) <= 4
        seen += [row.person.pk for row in rows]
    assert after is None
    assert seen == sorted(row.pk for row in made)


def test_due_for_review__closed_and_merged_records_are_left_out(
    door: FrontDoor, ended: Referral, officer: User, clock: Any
) -> None:
    twin = somebody("Twin")
    merge_people(by=door.actor("manager"), winner_id=ended.person_id, loser_id=twin.pk, reason="One")
    set_hold(by=actor_for(officer), person_id=twin.pk, why="Inquest", review_on=LATER)
    restrict_person(
        by=door.actor("manager"), person_id=ended.person_id, reason=RestrictReason.OTHER, words="x", team_ids=[]
    )
    clock.move_to(start_of_day(DUE))
    assert who_is_due(officer) == []
    assert standing_holds(actor_for(officer)) == []
    assert [each.person.pk for each in due_for_review(door.actor("manager"))[0]] == [ended.person_id]
    with pytest.raises(NotFound):
        lift_hold(by=actor_for(officer), person_id=ended.person_id, reason="x")


def test_hold__is_set_once_and_lifted_with_a_reason(
    door: FrontDoor, ended: Referral, officer: User, clock: Any
) -> None:
    by, who = actor_for(officer), ended.person_id
    with pytest.raises(IllegalMove):
        lift_hold(by=by, person_id=who, reason="x")
    for wrong, code in (({"why": " "}, "reason_missing"), ({"review_on": NOW.date()}, "day_past")):
        with pytest.raises(RuleBroken) as refused:
            set_hold(by=by, person_id=who, **{"why": "Inquest", "review_on": LATER} | wrong)
        assert refused.value.code == code
    hold = set_hold(by=by, person_id=who, why="Inquest", review_on=LATER)
    assert set_hold(by=by, person_id=who, why="Claim", review_on=LATER) == hold
    clock.move_to(start_of_day(DUE))
    assert due_for_review(by)[0][0].on_hold
    with pytest.raises(RuleBroken):
        lift_hold(by=by, person_id=who, reason=" ")
    assert lift_hold(by=by, person_id=who, reason="Inquest ended").lifted_by == "Olive Privacy"
    assert lift_hold(by=by, person_id=who, reason="Again").lifted_why == "Inquest ended"
    assert not due_for_review(by)[0][0].on_hold
    assert set_hold(by=by, person_id=who, why="Claim", review_on=date(2040, 1, 1)) != hold
    told = CaseEvent.objects.filter(case_id=ended.case_id, event__startswith="person.hold").order_by("pk")
    assert [event.event for event in told] == ["person.hold_set", "person.hold_lifted", "person.hold_set"]
    assert LegalHold in parts()


def test_hold__is_for_whoever_keeps_records(door: FrontDoor, ended: Referral) -> None:
    lead = door.actor("lead")
    for act in (
        lambda: set_hold(by=lead, person_id=ended.person_id, why="x", review_on=LATER),
        lambda: lift_hold(by=lead, person_id=ended.person_id, reason="x"),
        lambda: due_for_review(lead),
        lambda: standing_holds(lead),
    ):
        with pytest.raises(NotPermitted):
            act()


@pytest.mark.parametrize(
    "wrong",
    [
        {"why": ""},
        {"set_by": ""},
        {"lifted_at": NOW},
        {"lifted_at": NOW, "lifted_by": "O"},
        {"lifted_at": NOW - timedelta(1), "lifted_by": "O", "lifted_why": "x"},
    ],
)
def test_legal_hold__the_database_refuses_what_is_wrong(db: None, wrong: dict[str, Any]) -> None:
    person = somebody("Testalder")
    fit = {"person": person, "why": "x", "since": NOW, "set_by": "O", "review_on": LATER}
    with pytest.raises(IntegrityError), transaction.atomic():
        LegalHold.objects.create(**fit | wrong)


@pytest.mark.django_db(transaction=True)
def test_hold_twice_at_once__is_one() -> None:
    board = open_board()
    by = actor_for(person_at(board.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))
    who = register_at(board, 5).person_id
    answers = race(*[lambda: set_hold(by=by, person_id=who, why="Inquest", review_on=LATER)] * 2)
    assert answers[0] == answers[1] == LegalHold.objects.get()


def test_pages__from_the_record_to_the_list(door: FrontDoor, ended: Referral, officer: User, clock: Any) -> None:
    browser = signed_in(officer)
    url = f"/people/{ended.person_id}/hold/"
    assert f'href="{url}"' in browser.get(f"/people/{ended.person_id}/").content.decode()
    assert "Kept until <b>17 September 2034" in browser.get(url).content.decode()
    refused = browser.post(url, {"why": "Inquest", "review_on": "17/9/2026"})
    assert refused.status_code == 422
    assert "not later than today" in refused.content.decode()
    assert browser.post(f"{url}lift/", {"reason": "x"}).status_code == 409
    assert browser.post(url, {"why": "Inquest", "review_on": "17/9/2027"}).status_code == 302
    assert "Under a legal hold" in browser.get(url).content.decode()
    assert browser.post(f"{url}lift/", {"reason": ""}).status_code == 422
    listed = browser.get("/records/retention/").content.decode()
    assert "To look at again on 17 September 2027" in listed
    assert "None is due" in listed
    clock.move_to(start_of_day(DUE))
    browser = signed_in(officer)
    listed = browser.get("/records/retention/").content.decode()
    assert "To look at again since 17 September 2027" in listed
    assert "Due for review since 17 September 2034" in listed
    assert browser.post(f"{url}lift/", {"reason": "Inquest ended"}).status_code == 302
    shown = browser.get(url).content.decode()
    assert "Inquest ended" in shown
    assert "Due for review since <b>17 September 2034" in shown
    for no_place in ("x_y", *(f"{at}_{UUID(int=1)}" for at in NO_INSTANTS)):
        assert browser.get("/records/retention/", {"after": no_place}).status_code == 200
    assert signed_in(door.users["spa"]).get("/records/retention/").status_code == 403


def test_list_page__goes_on_where_it_ended(
    door: FrontDoor, officer: User, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        somebody(f"Testalder{n}", NOW + timedelta(seconds=n))
    clock.move_to(start_of_day(DUE))
    monkeypatch.setattr(retention, "PAGE", 2)
    browser = signed_in(officer)
    first = browser.get("/records/retention/")
    second = browser.get(f"/records/retention/?after={first.context['next']}".replace("+", "%2B"))
    names = [row["name"] for page in (first, second) for row in page.context["rows"]]
    assert names == ["Testalder0", "Testalder1", "Testalder2"]
    assert (bool(first.context["next"]), second.context["next"]) == (True, "")
