"""Two transactions at once: of two merges one is made, and a merge and an acceptance leave one live episode or two people."""

from datetime import date

import pytest

from audit.domain import SYSTEM
from audit.refusals import Refusal
from casework.commands.merge import merge_people, unmerge_people
from pathways.commands import accept_referral
from pathways.models import Episode
from referrals.commands import compare_people, register_referral
from referrals.models import Merge, Person, PossibleDuplicate, Referral
from tests.factories.casework import open_board
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, details, person, register

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


def pair(door: FrontDoor) -> tuple[Referral, Referral]:
    by = door.actor("spa")
    return register(by, person(nhs_number="9991234004")), register(by, person(born_on=date(1935, 2, 2)))


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_merges_of_one_pair__one_is_made(door: FrontDoor, _round: int):
    one, other = (referral.person_id for referral in pair(door))
    by = door.actor("manager")
    answers = race(
        lambda: merge_people(by=by, winner_id=one, loser_id=other, reason="Same"),
        lambda: merge_people(by=by, winner_id=other, loser_id=one, reason="Same"),
        lambda: merge_people(by=by, winner_id=one, loser_id=other, reason="Same"),
    )
    assert Merge.objects.count() == 1
    assert Person.objects.filter(merged_into=None).count() == 1
    assert all(isinstance(answer, Merge | Refusal) for answer in answers)
    assert Referral.objects.filter(person__merged_into=None).count() == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_merge_racing_acceptances__never_two_live_episodes_of_one_person(door: FrontDoor, _round: int):
    first, second = pair(door)
    by, triage = door.actor("manager"), door.actor("triage")
    named = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    merge, *accepted = race(
        lambda: merge_people(by=by, winner_id=first.person_id, loser_id=second.person_id, reason="Same"),
        lambda: accept_referral(by=triage, referral_id=first.pk, **named),
        lambda: accept_referral(by=triage, referral_id=second.pk, **named),
    )
    assert not [answer for answer in accepted if isinstance(answer, Refusal)]
    live = Episode.objects.filter(status="live")
    if isinstance(merge, Refusal):
        assert (merge.code, live.count()) == ("both_live", 2)
        assert not Person.objects.filter(merged_into__isnull=False).exists()
    else:
        assert {episode.person_id for episode in live} == {first.person_id}
        assert live.count() == 1
        assert not Referral.objects.exclude(person=first.person_id).exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_merge_racing_a_new_referral__hangs_it_on_the_record_that_stands(door: FrontDoor, _round: int):
    first, second = pair(door)
    by, officer = door.actor("manager"), door.actor("spa")
    answers = race(
        lambda: merge_people(by=by, winner_id=first.person_id, loser_id=second.person_id, reason="Same"),
        lambda: register_referral(by=officer, details=details(), person_id=second.person_id),
        lambda: register_referral(by=officer, details=details(), person_id=second.person_id),
    )
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    assert Referral.objects.filter(person=first.person_id).count() == 4


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_unmerges__give_back_once(door: FrontDoor, _round: int):
    first, second = pair(door)
    by = door.actor("manager")
    merge = merge_people(by=by, winner_id=first.person_id, loser_id=second.person_id, reason="Same")
    race(*[lambda: unmerge_people(by=by, merge_id=merge.pk, reason="Two")] * 3)
    assert Referral.objects.filter(person=second.person_id).count() == 1
    assert Person.objects.filter(merged_into=None).count() == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_registered_at_once__are_offered_as_duplicates_once(door: FrontDoor, _round: int):
    by = door.actor("spa")
    race(lambda: register(by), lambda: register(by))
    race(lambda: compare_people(by=SYSTEM), lambda: compare_people(by=SYSTEM))
    assert PossibleDuplicate.objects.count() == 1
