"""Days that come without anybody looking: the privacy officers' bell says so, once."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from accounts.domain import Role
from accounts.models import User
from accounts.queries import actor_for
from audit.domain import SYSTEM
from casework.commands.days import tell_days
from casework.commands.disclose import ask_access
from casework.commands.hold import set_hold
from casework.tasks import days
from notifications.models import Message, Outbox
from referrals.commands import add_row
from referrals.models import Person, Referral
from tests.factories.casework import NOW, open_board, register_at
from tests.factories.referrals import FrontDoor, person_at


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def held(door: FrontDoor) -> Referral:
    return register_at(door, 30)


@pytest.fixture
def officer(door: FrontDoor) -> User:
    return person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER)


def said() -> list[tuple[str, str]]:
    rows = Message.objects.filter(template="day_came").order_by("created_at", "pk")
    return [(row.user.name, row.params["label"]) for row in rows.select_related("user")]


def test_tell_days__a_month_to_answer_is_said_a_week_before_and_on_the_day(
    door: FrontDoor, held: Referral, officer: User, clock: Any
) -> None:
    ask_access(by=actor_for(officer), person_id=held.person_id, asked_by="Herself, passport seen")
    days()
    assert said() == []
    clock.shift(timedelta(days=23))  # asked on 17 September, due on 17 October
    days()
    days()
    assert [words for _, words in said()] == ["Somebody asked to see their record: the answer is due within a week"]
    clock.shift(timedelta(days=7))
    days()
    assert [words for _, words in said()][1:] == ["Somebody asked to see their record: the answer is due"]
    assert {who for who, _ in said()} == {"Olive Privacy"}
    assert not Outbox.objects.filter(template="day_came").exists()
    assert not Message.objects.filter(link__contains="Testalder").exists()


def test_tell_days__a_hold_and_a_basis_of_sharing(door: FrontDoor, held: Referral, officer: User, clock: Any) -> None:
    by = actor_for(officer)
    set_hold(by=by, person_id=held.person_id, why="A claim", review_on=date(2026, 9, 20))
    basis = {"categories": ["contact"], "basis": "direct_care", "organisation": "", "ends_on": date(2026, 9, 20)}
    add_row(by=door.actor("spa"), person_id=held.person_id, kind="sharing", values=basis)
    clock.move_to(NOW.replace(day=19))
    assert tell_days(by=SYSTEM) == 0
    clock.move_to(NOW.replace(day=20))
    tell_days(by=SYSTEM)
    assert said() == [("Olive Privacy", "A legal hold is to be looked at again")]
    clock.move_to(NOW.replace(day=21))
    tell_days(by=SYSTEM)
    assert said()[1:] == [("Olive Privacy", "A basis for sharing has ended: nothing leaves on it any more")]


def test_tell_days__without_a_privacy_officer_the_service_managers_hear_of_records_that_are_due(
    door: FrontDoor, held: Referral, clock: Any
) -> None:
    Person.objects.bulk_create([Person(family_name="Longago", created_at=NOW - timedelta(days=365 * 9))])
    tell_days(by=SYSTEM)
    clock.shift(timedelta(days=1))
    tell_days(by=SYSTEM)
    assert said() == [("Amir Lead", "Records are due for review")]
    clock.shift(timedelta(days=31))
    tell_days(by=SYSTEM)
    assert len(said()) == 2
