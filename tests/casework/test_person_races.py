"""Two transactions at once: a death or a restriction and what brings the person a case; one list, one file sent twice."""

from pathlib import Path
from typing import Any

import pytest

from accounts.domain import RestrictReason, Role
from accounts.models import RestrictedCase, Restriction
from accounts.queries import actor_for, may_see
from audit.domain import SYSTEM, Actor
from audit.refusals import Refusal
from casework.commands import end_episode, withdraw_referral
from casework.commands.death import record_death
from casework.commands.disclose import ask_access
from casework.commands.merge import merge_people
from casework.commands.restrict import restrict_person, unrestrict_person
from pathways.commands import accept_referral
from pathways.commands.accept import Accepted
from pathways.domain import EndReason, EpisodeStatus
from pathways.models import Episode
from referrals.commands import register_referral
from referrals.commands.files import attach_file
from referrals.commands.imports import import_people, send_people
from referrals.domain import OPEN, Urgency
from referrals.models import Attachment, Death, Person, PersonImport, Referral, SubjectAccess
from tests.factories.casework import open_board
from tests.factories.races import behind, race
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.domain.local_time import local_date
from timelimits.models import Approval, Clock

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = range(3)
LIST = b"Surname,NHS number\nTestalder,9991234004\nMockford,\n"


@pytest.fixture
def door(settings: Any, tmp_path: Path) -> FrontDoor:
    settings.ICRAS_FILES = tmp_path / "files"
    return open_board()


def take(door: FrontDoor, referral: Referral) -> Accepted:
    who = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    return accept_referral(by=door.actor("triage"), referral_id=referral.pk, safe_care_reason="Seen by the crew", **who)


@pytest.mark.parametrize("_round", ROUNDS)
def test_death_racing_acceptance__never_a_live_episode_of_somebody_dead(door: FrontDoor, _round: int) -> None:
    referral = register(door.actor("spa"))
    spa, triage, day = door.actor("spa"), door.actor("triage"), local_date(referral.received_at)
    answers = race(
        lambda: record_death(by=spa, person_id=referral.person_id, died_on=day, told_by="Ward"),
        lambda: accept_referral(
            by=triage, referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
        ),
    )
    assert isinstance(answers[0], Death)
    assert not Episode.objects.filter(status=EpisodeStatus.LIVE).exists()


@pytest.mark.parametrize("ends", ["episode", "referral"])
def test_ending_racing_acceptance__nobody_is_asked_to_agree_to_what_is_over(door: FrontDoor, ends: str) -> None:
    """The ending waits for an acceptance that is under way, then ends what it brought too."""
    triage, lead = door.actor("triage"), door.actor("lead")
    episode = take(door, register(door.actor("spa"), person(nhs_number="9991234004"))).episode
    who = person(nhs_number="9991234004") if ends == "episode" else person()
    late = register(door.actor("spa"), who, urgency=Urgency.PLANNED)

    def end() -> object:
        if ends == "episode":
            return end_episode(by=lead, episode_id=episode.pk, reason=EndReason.ADMITTED)
        return withdraw_referral(by=triage, referral_id=late.pk, reason="Rang twice")

    behind(lambda: take(door, late), end)
    assert not Approval.objects.filter(decided_at=None).exists()
    assert not Clock.objects.filter(stopped_at=None, policy_code="second_person").exists()


@pytest.mark.parametrize("_round", ROUNDS)
def test_import_twice_at_once__adds_everybody_once(door: FrontDoor, _round: int) -> None:
    sent = race(*[lambda: send_people(by=SYSTEM, content=LIST)] * 2)
    assert sent[0].pk == sent[1].pk
    race(*[lambda: import_people(by=SYSTEM, import_id=sent[0].pk)] * 2)
    assert Person.objects.count() == PersonImport.objects.get().made == 2


@pytest.mark.parametrize("_round", ROUNDS)
def test_one_file_and_one_request_twice_at_once__are_one(door: FrontDoor, _round: int) -> None:
    who, by, lead = register(door.actor("spa")).person_id, door.actor("spa"), door.actor("manager")
    told = {"name": "x.pdf", "about": "A form", "content": b"%PDF-1"}
    answers = race(
        *[lambda: attach_file(by=by, person_id=who, **told)] * 2,
        *[lambda: ask_access(by=lead, person_id=who, asked_by="Herself")] * 2,
    )
    assert not [answer for answer in answers if isinstance(answer, Refusal)]
    assert (Attachment.objects.count(), SubjectAccess.objects.count()) == (1, 1)


@pytest.fixture
def officer(door: FrontDoor) -> Actor:
    return actor_for(person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))


@pytest.fixture
def pair(door: FrontDoor) -> tuple[Referral, Referral]:
    """Return a referral of each of two records; the second, which is to be merged into the first, is accepted."""
    first, second = register(door.actor("spa"), person(nhs_number="9991234004")), register(door.actor("spa"))
    accept_referral(
        by=door.actor("triage"), referral_id=second.pk, team_id=door.crisis.pk, coordinator_id=door.users["alice"].pk
    )
    return first, second


def merge(door: FrontDoor, pair: tuple[Referral, Referral]) -> None:
    first, second = pair
    merge_people(by=door.actor("manager"), winner_id=first.person_id, loser_id=second.person_id, reason="Same")


def again(door: FrontDoor, who: Referral) -> Referral:
    return register_referral(by=door.actor("spa"), details=details(summary="Again"), person_id=who.person_id)


def restrict(officer: Actor, who: Any) -> Restriction:
    return restrict_person(by=officer, person_id=who, reason=RestrictReason.AT_RISK, words="Is looked for")


@pytest.mark.parametrize("asked", [0, 1])
def test_death_behind_a_merge__ends_what_both_had(door: FrontDoor, pair: tuple[Referral, Referral], asked: int) -> None:
    spa, day = door.actor("spa"), local_date(pair[0].received_at)
    death = behind(
        lambda: merge(door, pair),
        lambda: record_death(by=spa, person_id=pair[asked].person_id, died_on=day, told_by="Ward"),
    )
    assert death.person_id == pair[0].person_id
    assert not Episode.objects.filter(status=EpisodeStatus.LIVE).exists()
    assert not Referral.objects.filter(status__in=OPEN).exists()


def test_death_behind_a_new_referral__ends_it(door: FrontDoor) -> None:
    held, spa = register(door.actor("spa")), door.actor("spa")
    day = local_date(held.received_at)
    behind(
        lambda: again(door, held), lambda: record_death(by=spa, person_id=held.person_id, died_on=day, told_by="Ward")
    )
    assert not Referral.objects.filter(status__in=OPEN).exists()


@pytest.mark.parametrize("asked", [0, 1])
def test_restriction_behind_a_merge__closes_the_cases_of_both(
    door: FrontDoor, officer: Actor, pair: tuple[Referral, Referral], asked: int
) -> None:
    behind(lambda: merge(door, pair), lambda: restrict(officer, pair[asked].person_id))
    manager = door.actor("manager")
    assert [may_see(manager, referral.case_id) for referral in pair] == [False, False]


def test_restriction_behind_a_new_referral__closes_it(door: FrontDoor, officer: Actor) -> None:
    held = register(door.actor("spa"))
    behind(lambda: again(door, held), lambda: restrict(officer, held.person_id))
    cases = Referral.objects.values_list("case_id", flat=True)
    assert set(RestrictedCase.objects.values_list("pk", flat=True)) == {held.person_id, *cases}


def test_lifting_behind_a_new_referral__leaves_none_closed(door: FrontDoor, officer: Actor) -> None:
    held = register(door.actor("spa"))
    restrict(officer, held.person_id)
    behind(lambda: again(door, held), lambda: unrestrict_person(by=officer, person_id=held.person_id))
    assert not RestrictedCase.objects.exists()


def test_two_restrictions_of_somebody_without_a_referral__are_one(door: FrontDoor, officer: Actor) -> None:
    import_people(by=SYSTEM, import_id=send_people(by=SYSTEM, content=LIST).pk)
    who = Person.objects.get(nhs_number="9991234004").pk
    second = behind(lambda: restrict(officer, who), lambda: restrict(officer, who))
    assert Restriction.objects.get() == second
