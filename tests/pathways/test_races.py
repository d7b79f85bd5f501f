"""Two transactions at once: the rules hold in the database, and the second is told who was first."""

import pytest

from audit.refusals import IllegalMove, Refusal
from casework.commands import decline_referral, end_episode, withdraw_referral
from pathways.commands import accept_referral, allocate_episode, record_contact
from pathways.domain import ContactDetails, ContactKind, EndReason
from pathways.models import CoordinatorTerm, Episode, Spell
from referrals.models import Person, Referral, ReferralTransition
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, open_front_door, person, register
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)


@pytest.fixture
def door() -> FrontDoor:
    return open_front_door()


def refusals(answers: list[object]) -> list[Refusal]:
    return [answer for answer in answers if isinstance(answer, Refusal)]


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_triagers__one_accepts_or_one_declines_never_both(door: FrontDoor, _round: int):
    referral = register(door.actor("spa"))
    first, second = door.actor("triage"), door.actor("triage2")
    answers = race(
        lambda: accept_referral(
            by=first, referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
        ),
        lambda: decline_referral(by=second, referral_id=referral.pk, reason="needs_hospital", signpost="ambulance_999"),
    )
    (told,) = refusals(answers)
    assert isinstance(told, IllegalMove)
    assert ("Priya Demo" in told.message) or ("Sam Second" in told.message)
    decided = ReferralTransition.objects.filter(referral=referral, verb__in=("accept", "decline"))
    assert decided.count() == 1
    assert Episode.objects.count() == (referral_status(referral) == "accepted")


def referral_status(referral: Referral) -> str:
    return Referral.objects.get(pk=referral.pk).status


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_referrals_of_one_person__make_one_episode_and_one_joins(door: FrontDoor, _round: int):
    who = person(nhs_number="9991234004")
    referrals = [register(door.actor("spa"), who), register(door.actor("spa"), who)]
    by = door.actor("triage")
    answers = race(
        *[
            lambda r=r: accept_referral(
                by=by, referral_id=r.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
            )
            for r in referrals
        ]
    )
    assert not refusals(answers)
    assert Episode.objects.count() == 1
    assert sorted(answer.joined for answer in answers) == [False, True]
    assert CaseDeadline.objects.count() == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_withdrawal_racing_acceptance__leaves_nothing_half_done(door: FrontDoor, _round: int):
    referral = register(door.actor("spa"))
    officer, triage = door.actor("spa"), door.actor("triage")
    race(
        lambda: withdraw_referral(by=officer, referral_id=referral.pk, reason="Rang back"),
        lambda: accept_referral(
            by=triage, referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
        ),
    )
    assert referral_status(referral) == "withdrawn"
    assert not Clock.objects.filter(case_id=referral.case_id, outcome="").exists()
    assert not CaseDeadline.objects.filter(case_id=referral.case_id).exists()
    assert not Episode.objects.filter(status="live").exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_two_allocators__terms_touch_and_one_coordinator_stands(door: FrontDoor, _round: int):
    referral = register(door.actor("spa"))
    episode = accept_referral(
        by=door.actor("triage"), referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
    ).episode
    lead, manager = door.actor("lead"), door.actor("alice")
    race(
        lambda: allocate_episode(
            by=lead, episode_id=episode.pk, coordinator_id=door.users["carol"].pk, reason="A", version=1
        ),
        lambda: allocate_episode(
            by=manager, episode_id=episode.pk, coordinator_id=door.users["lead"].pk, reason="B", version=1
        ),
    )
    terms = list(CoordinatorTerm.objects.filter(episode=episode).order_by("period"))
    assert len(terms) == 2
    assert terms[0].period.upper == terms[1].period.lower
    episode.refresh_from_db()
    assert terms[1].coordinator == episode.coordinator


@pytest.mark.parametrize("_round", ROUNDS)
def test_same_new_number_typed_twice_at_once__is_one_person(door: FrontDoor, _round: int):
    by, who = door.actor("spa"), person(nhs_number="9991234004")
    answers = race(lambda: register(by, who), lambda: register(by, who))
    assert not refusals(answers)
    assert Person.objects.filter(nhs_number="9991234004").count() == 1
    assert Referral.objects.count() == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_ending_racing_a_referral_that_joins__joins_it_or_opens_the_next(door: FrontDoor, _round: int):
    who, by = person(nhs_number="9991234004"), door.actor("triage")
    named = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    first, second = register(door.actor("spa"), who), register(door.actor("spa"), who)
    episode = accept_referral(by=by, referral_id=first.pk, **named).episode
    lead = door.actor("lead")
    answers = race(
        lambda: end_episode(by=lead, episode_id=episode.pk, reason=EndReason.MOVED_AWAY),
        lambda: accept_referral(by=by, referral_id=second.pk, **named),
    )
    assert not refusals(answers)
    live = Episode.objects.filter(status="live").first()
    second.refresh_from_db()
    assert (live is None) == (second.joined_case_id is not None)
    assert Spell.objects.filter(period__upper_inf=True).exists() == (live is not None)
    assert CaseDeadline.objects.filter(case_id=second.case_id).exists() == (live is not None)


@pytest.mark.parametrize("_round", ROUNDS)
def test_contact_racing_an_ending__leaves_no_ended_case_on_a_list(door: FrontDoor, _round: int):
    referral = register(door.actor("spa"))
    episode = accept_referral(
        by=door.actor("triage"), referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
    ).episode
    alice, lead, officer = door.actor("alice"), door.actor("lead"), door.actor("spa")
    seen = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
    race(
        lambda: record_contact(by=alice, case_id=episode.case_id, details=seen),
        lambda: end_episode(by=lead, episode_id=episode.pk, reason=EndReason.ADMITTED),
        lambda: withdraw_referral(by=officer, referral_id=referral.pk, reason="Rang back"),
    )
    assert not Episode.objects.filter(status="live").exists()
    assert not CaseDeadline.objects.exists()
    assert not Clock.objects.filter(outcome="").exists()
