"""Every open case has a running clock or a coded reason why not; every ended one is off the lists."""

from collections.abc import Callable

import pytest

from casework.commands import decline_referral, end_episode, record_not_wanted, redirect_referral, withdraw_referral
from pathways.commands import accept_referral, record_contact
from pathways.domain import JOINED_EPISODE, ContactDetails, ContactKind, EndReason
from referrals.commands import answer_information, ask_information, finish_signposting, take_referral, triage_referral
from referrals.domain import Service, SignpostResult, Status, Urgency
from referrals.models import Referral
from tests.factories.referrals import FrontDoor, person, register
from timelimits.models import CaseDeadline, Clock
from timelimits.queries import limbo

pytestmark = pytest.mark.django_db
Path = Callable[[FrontDoor, Referral], object]
SEEN = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)


def accept(door: FrontDoor, referral: Referral) -> object:
    return accept_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
        safe_care_reason="Nurse has spoken to her",
    )


def ask(door: FrontDoor, referral: Referral) -> object:
    return ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Tablets?")


def answer(door: FrontDoor, referral: Referral) -> object:
    ask(door, referral)
    return answer_information(by=door.actor("spa"), referral_id=referral.pk, answer="None")


def triage(urgency: Urgency) -> Path:
    return lambda door, referral: triage_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        urgency=urgency,
        service=Service.REABLEMENT,
        reason="Seen notes",
    )


def seen(door: FrontDoor, referral: Referral) -> object:
    accept(door, referral)
    return record_contact(by=door.actor("alice"), case_id=referral.case_id, details=SEEN)


def ended(door: FrontDoor, referral: Referral) -> object:
    seen(door, referral)
    return end_episode(by=door.actor("alice"), episode_id=referral.episode.pk, reason=EndReason.COMPLETED)


OPEN_PATHS: dict[str, Path] = {
    "new": lambda door, referral: None,
    "taken": lambda door, referral: take_referral(by=door.actor("spa"), referral_id=referral.pk),
    "waiting": ask,
    "answered": answer,
    "made crisis": triage(Urgency.CRISIS),
    "made planned": triage(Urgency.PLANNED),
    "waiting, then accepted": lambda door, referral: (ask(door, referral), accept(door, referral)),
    "accepted": accept,
    "seen": seen,
}
SIGNPOSTED_PATHS: dict[str, Path] = {
    "declined": lambda door, referral: decline_referral(
        by=door.actor("triage"), referral_id=referral.pk, reason="needs_hospital", signpost="ambulance_999"
    ),
    "redirected": lambda door, referral: redirect_referral(
        by=door.actor("spa"), referral_id=referral.pk, signpost="gp", note="x"
    ),
}
ENDED_PATHS: dict[str, Path] = {
    "followed up": lambda door, referral: (
        SIGNPOSTED_PATHS["declined"](door, referral),
        finish_signposting(by=door.actor("spa"), signposting_id=referral.signposting.pk, result=SignpostResult.REACHED),
    ),
    "not wanted": lambda door, referral: record_not_wanted(by=door.actor("spa"), referral_id=referral.pk, note="x"),
    "withdrawn": lambda door, referral: withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="x"),
    "accepted, withdrawn": lambda door, referral: (
        accept(door, referral),
        withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="x"),
    ),
    "ended": ended,
}


@pytest.mark.parametrize("urgency", list(Urgency))
@pytest.mark.parametrize("path", OPEN_PATHS)
def test_open_case__always_has_a_clock_or_a_coded_reason_and_a_team(door: FrontDoor, path: str, urgency: Urgency):
    referral = register(door.actor("spa"), urgency=urgency)
    OPEN_PATHS[path](door, referral)
    deadline = CaseDeadline.objects.get(case_id=referral.case_id)
    running = Clock.objects.filter(case_id=referral.case_id, stopped_at=None, paused_at=None)
    assert running.exists()
    assert not limbo().exists()
    assert deadline.next_due_at == min((clock.due_at for clock in running), default=None)
    assert deadline.responsible_team_id


@pytest.mark.parametrize("urgency", list(Urgency))
@pytest.mark.parametrize("path", ENDED_PATHS)
def test_ended_case__is_off_the_lists_and_nothing_runs(door: FrontDoor, path: str, urgency: Urgency):
    referral = register(door.actor("spa"), urgency=urgency)
    ENDED_PATHS[path](door, referral)
    assert not CaseDeadline.objects.filter(case_id=referral.case_id).exists()
    assert not Clock.objects.filter(case_id=referral.case_id, stopped_at=None).exists()


@pytest.mark.parametrize("urgency", list(Urgency))
@pytest.mark.parametrize("path", SIGNPOSTED_PATHS)
def test_signposted_case__runs_one_clock_until_there_is_a_result(door: FrontDoor, path: str, urgency: Urgency):
    referral = register(door.actor("spa"), urgency=urgency)
    SIGNPOSTED_PATHS[path](door, referral)
    running = Clock.objects.get(case_id=referral.case_id, stopped_at=None)
    deadline = CaseDeadline.objects.get(case_id=referral.case_id)
    assert (running.policy_code, deadline.phase) == ("signpost_follow_up", "signposted")
    assert deadline.next_due_at == running.due_at
    assert not limbo().exists()


def test_paths__reach_every_status(door: FrontDoor):
    reached = set()
    for number, path in enumerate({**OPEN_PATHS, **SIGNPOSTED_PATHS, **ENDED_PATHS}.values()):
        referral = register(door.actor("spa"), person(family_name=f"Walk{number}"))
        path(door, referral)
        referral.refresh_from_db()
        reached.add(referral.status)
    assert reached == set(Status)


def test_joined_case__is_on_the_list_until_seen(door: FrontDoor):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, first)
    second = register(door.actor("spa"), person(nhs_number="9991234004"), urgency=Urgency.PLANNED)
    accept(door, second)
    deadline = CaseDeadline.objects.get(case_id=second.case_id)
    assert deadline.no_clock_reason == JOINED_EPISODE
    assert not limbo().exists()
    record_contact(by=door.actor("alice"), case_id=first.case_id, details=SEEN)
    assert not CaseDeadline.objects.filter(case_id=second.case_id).exists()
