"""No limit runs on a case that is on no list: of one that did, nobody would be told when it passes."""

from collections.abc import Callable

import pytest

from accounts.models import Place
from audit.domain import SYSTEM
from audit.refusals import IllegalMove
from casework.commands import decline_referral, end_episode
from pathways.commands import accept_referral, ask_liaison, confirm_discharge, plan_discharge, record_contact
from pathways.domain import ContactDetails, ContactKind, DischargePlan, EndReason, Pathway
from pathways.models import Discharge
from referrals.commands import add_row, ask_hospital_support, finish_signposting
from referrals.domain import Direction, Hospital, HospitalReason, SignpostResult, Urgency
from referrals.models import Referral
from tests.factories.casework import WARNINGS
from tests.factories.races import behind
from tests.factories.referrals import FrontDoor, open_front_door, person, register
from timelimits.commands import sweep
from timelimits.models import Alarm, Alert, CaseDeadline, Clock, ClockEvent

NUMBER = "9991234004"
WARD = Hospital(site="Southport Hospital", ward="Ward 7B")
SEEN = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
Begin = Callable[[FrontDoor, Referral], object]


def lost() -> list[str]:
    listed = CaseDeadline.objects.values("case_id")
    return [clock.policy_code for clock in Clock.objects.filter(stopped_at=None).exclude(case_id__in=listed)]


def accept(door: FrontDoor, referral: Referral) -> object:
    why = {"safe_care_reason": "Seen by the crew", "override_reason": "other", "override_note": "Known to us"}
    said = {"referral_id": referral.pk, "team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    return accept_referral(by=door.actor("triage"), **said, **why)


def see(door: FrontDoor, referral: Referral) -> object:
    return record_contact(by=door.actor("alice"), case_id=referral.case_id, details=SEEN)


def from_hospital(door: FrontDoor, urgency: Urgency = Urgency.PLANNED) -> Referral:
    told = {"direction": Direction.STEP_DOWN, "urgency": urgency, "hospital": WARD}
    return register(door.actor("spa"), person(nhs_number=NUMBER), **told)


def warn(door: FrontDoor, referral: Referral) -> object:
    place = Place.objects.get()
    place.words = place.words | {"warnings": WARNINGS}
    place.save()
    told = {"kind": "dog", "detail": "In the yard", "review": "month"}
    return add_row(by=door.actor("spa"), person_id=referral.person_id, kind="visit_warnings", values=told)


def ask(door: FrontDoor, referral: Referral) -> object:
    return ask_liaison(by=door.actor("spa"), case_id=referral.case_id, concern="Low", asked_of="Liaison nurse")


def support(door: FrontDoor, referral: Referral) -> object:
    reason = HospitalReason.NO_OTHER_HELP
    return ask_hospital_support(by=door.actor("triage"), referral_id=referral.pk, reason=reason)


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_front_door()


@pytest.fixture
def live(door: FrontDoor) -> Referral:
    """A referral whose episode goes on: the person was seen."""
    return begun(door)


def begun(door: FrontDoor) -> Referral:
    first = register(door.actor("spa"), person(nhs_number=NUMBER))
    accept(door, first)
    see(door, first)
    return first


@pytest.mark.parametrize(
    ("begin", "urgency", "policy"),
    [
        (warn, Urgency.PLANNED, "warning_review"),
        (ask, Urgency.PLANNED, "psychiatric_liaison"),
        (support, Urgency.CRISIS, "second_person"),
    ],
)
def test_joined_referral__once_seen_what_was_begun_for_it_runs_on_with_the_episode(
    door: FrontDoor, live: Referral, begin: Begin, urgency: Urgency, policy: str
) -> None:
    joining = from_hospital(door, urgency)
    begin(door, joining)
    clock = Clock.objects.get(case_id=joining.case_id, policy_code=policy)
    accept(door, joining)
    see(door, live)
    assert not CaseDeadline.objects.filter(case_id=joining.case_id).exists()
    assert lost() == []
    clock.refresh_from_db()
    assert (clock.case_id, clock.stopped_at) == (live.case_id, None)
    assert CaseDeadline.objects.get(case_id=live.case_id).next_due_at <= clock.due_at


def test_joined_referral__of_what_passes_after_it_was_seen_somebody_is_told(door: FrontDoor, live: Referral) -> None:
    joining = from_hospital(door)
    ask(door, joining)
    accept(door, joining)
    see(door, live)
    clock = Clock.objects.get(policy_code="psychiatric_liaison")
    sweep(by=SYSTEM, now=clock.due_at.replace(year=clock.due_at.year + 1))
    breach = ClockEvent.objects.get(clock=clock, stage="breach")
    assert breach.case_id == live.case_id
    assert not Alarm.objects.filter(kind="nobody_responsible").exists()
    assert breach.rung >= 0 or Alert.objects.filter(event=breach).exists()


def test_discharge__confirmed_after_the_first_visit_is_looked_at_on_the_list_of_the_episode(
    door: FrontDoor, live: Referral
) -> None:
    joining = from_hospital(door)
    accept(door, joining)
    see(door, live)
    by = door.actor("spa")
    plan_discharge(by=by, referral_id=joining.pk, plan=DischargePlan(pathway=Pathway.P1, grounds="Stairs"))
    confirm_discharge(by=by, referral_id=joining.pk, safe_care_reason="Daughter is there")
    assert Clock.objects.filter(case_id=live.case_id, policy_code="second_person", stopped_at=None).exists()
    assert lost() == []


def test_discharge__is_not_confirmed_by_a_second_person_once_the_episode_has_ended(
    door: FrontDoor, live: Referral
) -> None:
    joining = from_hospital(door)
    accept(door, joining)
    see(door, live)
    end_episode(by=door.actor("alice"), episode_id=live.episode.pk, reason=EndReason.COMPLETED)
    by = door.actor("spa")
    plan_discharge(by=by, referral_id=joining.pk, plan=DischargePlan(pathway=Pathway.P1, grounds="Stairs"))
    with pytest.raises(IllegalMove) as refused:
        confirm_discharge(by=by, referral_id=joining.pk, safe_care_reason="Daughter is there")
    assert refused.value.code == "case_ended"
    assert Discharge.objects.get().status == "planned"
    assert lost() == []


def test_warning__told_while_somebody_is_followed_up_is_looked_at_no_more_once_they_are(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    told = {"reason": "needs_hospital", "signpost": "ambulance_999"}
    decline_referral(by=door.actor("triage"), referral_id=referral.pk, **told)
    warn(door, referral)
    result = SignpostResult.REACHED
    finish_signposting(by=door.actor("spa"), signposting_id=referral.signposting.pk, result=result)
    assert lost() == []


def test_hospital_support__is_not_asked_of_what_is_decided(door: FrontDoor) -> None:
    referral = from_hospital(door, Urgency.CRISIS)
    told = {"reason": "needs_hospital", "signpost": "ambulance_999"}
    decline_referral(by=door.actor("triage"), referral_id=referral.pk, **told)
    with pytest.raises(IllegalMove, match="set to “declined” by Priya Demo"):
        support(door, referral)


@pytest.mark.django_db(transaction=True)
def test_liaison_asked_while_a_visit_is_recorded__is_waited_for_by_the_episode() -> None:
    door = open_front_door()
    live, joining = begun(door), from_hospital(door)
    accept(door, joining)
    behind(lambda: ask(door, joining), lambda: see(door, live))
    assert Clock.objects.get(policy_code="psychiatric_liaison").case_id == live.case_id
    assert lost() == []
