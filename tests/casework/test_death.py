"""A death is recorded once: everything open ends with it, and comes back exactly when it was an error."""

from datetime import date, timedelta

import pytest
import time_machine
from django.test import Client

from accounts.domain import Duty
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from careplans.commands import ask_onward
from casework import closing
from casework.commands.death import record_death, strike_death
from casework.queries.restricted import cases_of
from pathways.commands import allocate_episode
from pathways.commands.discharge import confirm_discharge
from pathways.commands.liaison import ask_liaison
from pathways.models import Episode
from referrals.domain import Direction, Urgency
from referrals.models import Death, Referral
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in
from tests.factories.referrals import FrontDoor, put_on_duty
from timelimits.commands import climb_ladders, sweep
from timelimits.models import Alert, CaseDeadline, Clock, ClockEvent

TODAY = date(2026, 9, 17)


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def accepted(door: FrontDoor) -> Referral:
    referral = register_at(door, 30, nhs_number="9991234004")
    accept_at(door, referral, 20)
    return referral


def died(door: FrontDoor, referral: Referral, who: str = "spa", on: date = TODAY) -> Death:
    with time_machine.travel(NOW, tick=False):
        return record_death(by=door.actor(who), person_id=referral.person_id, died_on=on, told_by="Her daughter")


def state(referral: Referral) -> list[object]:
    clocks = Clock.objects.filter(case_id=referral.case_id).order_by("pk")
    return [
        [(item.kind, item.key) for item in closing.open_work(SYSTEM, cases_of(referral.person))],
        list(clocks.values_list("pk", "stopped_at", "due_at", "cancel_reason", "outcome")),
        list(Episode.objects.order_by("pk").values_list("pk", "status", "end_reason", "ended_at", "coordinator")),
        list(
            CaseDeadline.objects.order_by("pk").values_list(
                "pk", "next_due_at", "responsible_team", "responsible_user", "phase"
            )
        ),
    ]


def test_record_death__ends_everything_and_taken_back_it_is_as_it_was(door: FrontDoor, accepted: Referral) -> None:
    register_at(door, 10, summary="Also asked by the ward", nhs_number="9991234004")
    before = state(accepted)
    assert before[0]
    death = died(door, accepted)
    assert state(accepted)[0] == []
    assert not CaseDeadline.objects.exists()
    assert Episode.objects.get().end_reason == "died"
    assert set(Clock.objects.exclude(cancel_reason="").values_list("cancel_reason", flat=True)) == {"died"}
    assert died(door, accepted) == death
    with time_machine.travel(NOW, tick=False):
        strike_death(by=door.actor("spa"), person_id=accepted.person_id, reason="Wrong person")
    assert state(accepted) == before
    told = CaseEvent.objects.filter(case_id=accepted.case_id, event__startswith="person.d").order_by("pk")
    assert list(told.values_list("event", flat=True)) == ["person.died", "person.death_struck"]
    assert died(door, accepted) != death


def test_record_death__a_missed_limit_stays_missed(door: FrontDoor) -> None:
    late = register_at(door, 180)
    accept_at(door, late, 170)
    died(door, late)
    clock = Clock.objects.get(case_id=late.case_id, policy_code="crisis_response")
    assert (clock.outcome, clock.cancel_reason) == ("breached", "died")


@pytest.mark.parametrize("swept", [True, False])
def test_strike_death__a_missed_limit_is_told_on_whoever_saw_it_first(door: FrontDoor, swept: bool) -> None:
    """A ladder that had begun goes on; a breach that the death itself noted is told for the first time."""
    put_on_duty(door.crisis, door.users["lead"], Duty.LEAD)
    referral = register_at(door, 130, nhs_number="9991234004")
    accept_at(door, referral, 125)
    if swept:
        sweep(by=SYSTEM, now=NOW - timedelta(minutes=1))
    breach = ClockEvent.objects.filter(clock__policy_code="crisis_response", stage="breach")
    told = Alert.objects.filter(event__in=breach)
    before = told.count()
    died(door, referral)
    assert breach.get().climb_at is None
    with time_machine.travel(NOW, tick=False):
        strike_death(by=door.actor("spa"), person_id=referral.person_id, reason="It was her sister")
    climb_ladders(by=SYSTEM, now=NOW + timedelta(minutes=1))
    assert (before > 0, told.count() > before) == (swept, True)


def test_record_death__is_a_fact_that_only_a_day_to_come_refuses(door: FrontDoor, accepted: Referral) -> None:
    with pytest.raises(RuleBroken):
        died(door, accepted, on=TODAY + timedelta(days=1))
    with pytest.raises(NotPermitted):
        died(door, accepted, "auditor")
    with pytest.raises(NotFound):
        died(door, accepted, "charlie")
    with pytest.raises(IllegalMove):
        strike_death(by=door.actor("spa"), person_id=accepted.person_id, reason="No")
    assert not Death.objects.exists()
    died(door, accepted, on=date(2025, 1, 1))
    with pytest.raises(RuleBroken):
        strike_death(by=door.actor("spa"), person_id=accepted.person_id, reason=" ")


def test_death_page__shows_what_ends_then_the_death(door: FrontDoor, accepted: Referral) -> None:
    page: Client = signed_in(door.users["spa"])
    url = f"/people/{accepted.person_id}"
    assert "First visit for" in page.get(f"{url}/death/").content.decode()
    assert page.post(f"{url}/death/", {"died_on": "soon", "told_by": ""}).status_code == 422
    assert page.post(f"{url}/death/", {"died_on": "1/1/2999", "told_by": "Ward"}).status_code == 422
    assert page.post(f"{url}/death/", {"died_on": "4/3/2026", "told_by": "Ward"}).status_code == 302
    assert "Died on 4 March 2026" in page.get(f"{url}/").content.decode()
    assert "Told by Ward" in page.get(f"{url}/death/").content.decode()
    assert page.post(f"{url}/death/", {"reason": ""}).status_code == 422
    assert page.post(f"{url}/death/", {"reason": "Another person"}).status_code == 302
    assert "Died on" not in page.get(f"{url}/").content.decode()


def after_death(door: FrontDoor, referral: Referral) -> Referral:
    """Record the death, then take in another referral about the same person."""
    died(door, referral)
    return register_at(door, -1, summary="Rang again: fell on the stairs", nhs_number="9991234004")


def test_refuse_if_dead__a_referral_is_received_and_shown_but_not_accepted(door: FrontDoor, accepted: Referral) -> None:
    again = after_death(door, accepted)
    assert (again.person_id, again.status) == (accepted.person_id, "new")
    page: Client = signed_in(door.users["triage"])
    assert "Died on 17 September 2026" in page.get(f"/referrals/{again.pk}/").content.decode()
    assert "Died on 17 September 2026" in page.get(f"/cases/{again.case_id}/").content.decode()
    with pytest.raises(RuleBroken) as refused:
        accept_at(door, again, -2)
    assert refused.value.code == "person_died"
    assert "17 September 2026: Tom Trial recorded it" in refused.value.message
    assert "take it back" in refused.value.message
    assert Referral.objects.get(pk=again.pk).status == "new"
    with time_machine.travel(NOW + timedelta(minutes=3), tick=False):
        strike_death(by=door.actor("triage"), person_id=accepted.person_id, reason="Another person")
    assert accept_at(door, again, -4).joined


def test_refuse_if_dead__the_page_of_acceptance_says_so(door: FrontDoor, accepted: Referral) -> None:
    again = after_death(door, accepted)
    page: Client = signed_in(door.users["triage"])
    told = {"team": str(door.crisis.pk), "coordinator": str(door.users["alice"].pk), "safe_care_reason": "Crew there"}
    answer = page.post(f"/referrals/{again.pk}/accept/", told | {"version": again.version})
    assert answer.status_code == 422
    assert "died on 17 September 2026" in answer.content.decode()


def test_refuse_if_dead__nobody_is_given_the_episode_and_nothing_is_booked(door: FrontDoor, accepted: Referral) -> None:
    died(door, accepted)
    episode = Episode.objects.get()
    for call in (
        lambda: allocate_episode(
            by=door.actor("lead"), episode_id=episode.pk, coordinator_id=door.users["carol"].pk, reason="Leave"
        ),
        lambda: ask_onward(
            by=door.actor("lead"), case_id=accepted.case_id, service="falls", asked_of="Falls", why="x", chase_at=NOW
        ),
        lambda: ask_liaison(by=door.actor("spa"), case_id=accepted.case_id, concern="Low mood", asked_of="Liaison"),
    ):
        with pytest.raises(RuleBroken) as refused:
            call()
        assert refused.value.code == "person_died"


def test_refuse_if_dead__a_discharge_is_not_confirmed(door: FrontDoor, accepted: Referral) -> None:
    died(door, accepted)
    ward = register_at(door, -1, nhs_number="9991234004", direction=Direction.STEP_DOWN, urgency=Urgency.PLANNED)
    with pytest.raises(RuleBroken) as refused:
        confirm_discharge(by=door.actor("spa"), referral_id=ward.pk, safe_care_reason="Bed is ready")
    assert refused.value.code == "person_died"
