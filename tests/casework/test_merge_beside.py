"""What hangs on cases when two records are made one, or are taken apart: a death, reviews of warnings, a restriction."""

from datetime import date
from typing import Any

import pytest

from accounts.domain import RestrictReason, Role
from accounts.models import CaseAccess, RestrictedCase
from accounts.queries import actor_for
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from casework.commands.death import record_death, strike_death
from casework.commands.merge import merge_people, unmerge_people
from casework.commands.restrict import restrict_person, unrestrict_person
from casework.queries.merge import both, latest_merges
from referrals.commands import add_row, keep_apart
from referrals.domain import Told
from referrals.domain.duplicates import Mergeable, why_not_merge
from referrals.models import Death, Person, VisitWarning
from referrals.queries import find_people, match_people
from referrals.queries.duplicates import kept_apart
from tests.casework.test_merge import accept, merged, two
from tests.factories.casework import open_board
from tests.factories.referrals import FrontDoor, person, person_at, register
from timelimits.models import CaseDeadline, Clock


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def manager(door: FrontDoor) -> Actor:
    return door.actor("manager")


@pytest.fixture
def pair(door: FrontDoor) -> tuple[Person, Person]:
    return two(door)


def die(door: FrontDoor, *people: Person) -> None:
    for who in people:
        record_death(by=door.actor("spa"), person_id=who.pk, died_on=date(2026, 1, 1), told_by="Her son")


def apart(by: Actor, merge: Any) -> None:
    unmerge_people(by=by, merge_id=merge.pk, reason="Two people")


# --- a death


@pytest.mark.parametrize(
    ("winner", "loser", "code"),
    [
        (Mergeable(is_dead=True), Mergeable(has_open_work=True), "one_died"),
        (Mergeable(has_open_work=True), Mergeable(is_dead=True), "one_died"),
        (Mergeable(is_dead=True), Mergeable(), ""),
        (Mergeable(is_dead=True), Mergeable(is_dead=True), ""),
        (Mergeable(has_open_work=True), Mergeable(has_open_work=True), ""),
    ],
)
def test_why_not_merge__open_work_of_somebody_dead(winner: Mergeable, loser: Mergeable, code: str):
    assert why_not_merge(winner, loser) == code


@pytest.mark.parametrize("dead", [0, 1])
def test_merge_people__one_dead_and_the_other_with_open_work_is_refused(
    door: FrontDoor, manager: Actor, pair: tuple[Person, Person], dead: int
):
    accept(door, pair[1 - dead])
    die(door, pair[dead])
    with pytest.raises(RuleBroken) as refused:
        merged(manager, *pair)
    assert refused.value.code == "one_died"
    die(door, pair[1 - dead])
    merged(manager, *pair)
    assert not CaseDeadline.objects.exists()


def test_strike_death__opens_what_ended_with_either_of_two_records(
    door: FrontDoor, manager: Actor, pair: tuple[Person, Person]
):
    winner, loser = pair
    die(door, winner, loser)
    merge = merged(manager, winner, loser)
    assert not CaseDeadline.objects.exists()
    strike_death(by=door.actor("spa"), person_id=winner.pk, reason="Somebody else")
    assert not Death.objects.filter(error_at=None).exists()
    assert CaseDeadline.objects.count() == 2
    apart(manager, merge)
    assert not Death.objects.filter(error_at=None).exists()


# --- when a warning is looked at again


def reviewed() -> dict[str, Any]:
    running = Clock.objects.filter(policy_code="warning_review", stopped_at=None)
    return {clock.subject: clock.case_id for clock in running}


def test_merge_people__a_warning_left_behind_has_no_time_limit_and_gets_it_back(
    door: FrontDoor, manager: Actor, pair: tuple[Person, Person]
):
    for who, detail in zip(pair, ("barks", "bit the nurse"), strict=True):
        values = {"kind": "dog", "detail": detail, "review": "month"}
        add_row(by=door.actor("spa"), person_id=who.pk, kind="visit_warnings", values=values)
    ours, theirs = (f"warning:{VisitWarning.objects.get(person=who).pk}" for who in pair)
    cases = [who.referrals.get().case_id for who in pair]
    assert reviewed() == {ours: cases[0], theirs: cases[1]}
    merge = merged(manager, *pair)
    assert list(reviewed()) == [ours]
    apart(manager, merge)
    assert reviewed() == {ours: cases[0], theirs: cases[1]}


# --- a restriction


@pytest.fixture
def officer(door: FrontDoor) -> Actor:
    return actor_for(person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))


def close(officer: Actor, who: Person) -> None:
    restrict_person(
        by=officer, person_id=who.pk, reason=RestrictReason.STAFF_OR_FAMILY, words="Works here", team_ids=[]
    )


def closed() -> tuple[set[Any], set[int]]:
    return set(RestrictedCase.objects.values_list("pk", flat=True)), set(
        CaseAccess.objects.values_list("pk", flat=True)
    )


@pytest.mark.parametrize("which", [0, 1])
def test_unmerge_people__a_restriction_stays_with_the_record_it_is_of(
    door: FrontDoor, officer: Actor, pair: tuple[Person, Person], which: int
):
    close(officer, pair[which])
    before = closed()
    assert len(before[0]) == 2  # the record and its case
    merge = merged(officer, *pair)
    assert closed()[0] > before[0]
    apart(officer, merge)
    assert closed() == before


def test_unmerge_people__a_referral_made_since_is_not_left_restricted(
    door: FrontDoor, officer: Actor, pair: tuple[Person, Person]
):
    close(officer, pair[1])
    before = closed()[0]
    merge = merged(officer, *pair)
    register(door.actor("spa"), person(nhs_number="9991234004"))
    assert len(closed()[0]) == len(before) + 3  # the other record, its case and the new one
    apart(officer, merge)
    assert closed()[0] == before


def test_unmerge_people__a_restriction_made_since_stays(door: FrontDoor, officer: Actor, pair: tuple[Person, Person]):
    close(officer, pair[1])
    merge = merged(officer, *pair)
    unrestrict_person(by=officer, person_id=pair[0].pk)
    close(officer, pair[0])
    made = closed()[0]
    apart(officer, merge)
    assert closed()[0] == made


def test_restrict_person__closes_what_the_record_was_made_of_however_often(
    door: FrontDoor, officer: Actor, pair: tuple[Person, Person]
):
    last, middle = pair
    by, wide = door.actor("spa"), door.actor("manager")
    first = register(by, person(given_name="Annie", family_name="Quillfeather")).person
    other = register(by, person(given_name="Xena", family_name="Xanadu")).person
    keep_apart(by=officer, one_id=first.pk, other_id=other.pk)
    for winner, loser in ((middle, first), (last, middle)):
        merge_people(by=officer, winner_id=winner.pk, loser_id=loser.pk, reason="Same")
    assert [who.pk for who in find_people(wide, "quillfeather").people] == [last.pk]
    assert len(kept_apart(wide)) == 1
    close(officer, last)
    for words in ("quillfeather", "maudie", "testalder"):
        assert find_people(wide, words).people == ()
    assert match_people(wide, Told(given_name="Annie", family_name="Quillfeather")) == []
    assert kept_apart(wide) == []
    assert latest_merges(wide) == []
    with pytest.raises(NotFound):
        both(wide, first.pk, other.pk)
    assert [who.pk for who in find_people(officer, "quillfeather").people] == [last.pk]
