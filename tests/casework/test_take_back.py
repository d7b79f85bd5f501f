"""A decision that ended a referral in error is taken back: open again as it was, its clocks as if they had run on."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
import time_machine

from accounts.models import Place
from audit.domain import SYSTEM, Actor
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotPermitted, Refusal, Stale
from casework.commands import (
    decline_referral,
    record_not_wanted,
    redirect_referral,
    take_back_decision,
    withdraw_referral,
)
from casework.commands.death import record_death
from referrals.commands import ask_information, take_referral
from referrals.domain import Answer, Status
from referrals.models import DecisionCount, InformationRequest, Referral, Signposting
from referrals.queries.decision import may_go_back
from tests.factories.casework import NOW, accept_at, heartbeat, signed_in
from tests.factories.referrals import FrontDoor, open_front_door, register
from timelimits.commands import sweep
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=20)
WHY = "The wrong row was chosen"


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_front_door()


def decline(by: Actor, referral: Referral) -> Referral:
    return decline_referral(by=by, referral_id=referral.pk, reason="needs_hospital", signpost="gp")


ENDINGS: dict[str, Callable[[Actor, Referral], Referral]] = {
    "decline": decline,
    "redirect": lambda by, row: redirect_referral(by=by, referral_id=row.pk, signpost="gp", note="Their GP can"),
    "not_wanted": lambda by, row: record_not_wanted(by=by, referral_id=row.pk, note="Manages"),
    "withdraw": lambda by, row: withdraw_referral(by=by, referral_id=row.pk, reason="By mistake"),
}


def clocks(referral: Referral) -> list[dict[str, object]]:
    rows = Clock.objects.filter(subject=f"referral:{referral.pk}").order_by("pk")
    return list(rows.values("pk", "started_at", "due_at", "stopped_at", "outcome", "cancel_reason", "next_check_at"))


def refused(by: Actor, referral: Referral, **changes: object) -> Refusal:
    with pytest.raises(Refusal) as found:
        take_back_decision(by=by, referral_id=referral.pk, **{"reason": WHY, **changes})
    return found.value


@pytest.mark.parametrize("verb", list(ENDINGS))
def test_take_back__is_open_as_it_was_and_its_clocks_ran_on(door: FrontDoor, verb: str) -> None:
    by, referral = door.actor("triage"), register(door.actor("spa"))
    take_referral(by=by, referral_id=referral.pk)
    before = clocks(referral)
    listed = CaseDeadline.objects.values("phase", "responsible_user", "responsible_team", "next_due_at", "zone").get()
    ENDINGS[verb](by, referral)
    with time_machine.travel(LATER, tick=False):
        again = take_back_decision(by=door.actor("triage2"), referral_id=referral.pk, reason=WHY)
    assert (again.status, again.done_at, again.received_at) == (Status.NEW, None, referral.received_at)
    assert [{**row, "next_check_at": None} for row in clocks(referral)] == [
        {**row, "next_check_at": None} for row in before
    ]
    after = CaseDeadline.objects.values("phase", "responsible_user", "responsible_team", "next_due_at", "zone").get()
    assert after == listed
    move = again.transitions.latest("id")
    assert (move.verb, move.note, move.kind, move.actor_label) == ("take_back", WHY, verb, "Sam Second")
    assert CaseEvent.objects.filter(event="referral.taken_back").count() == 1
    assert DecisionCount.objects.get(what="taken_back").reason == verb


def test_take_back__a_limit_that_passed_meanwhile_is_late(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    decline(door.actor("triage"), referral)
    with time_machine.travel(NOW + timedelta(hours=3), tick=False):
        take_back_decision(by=door.actor("triage"), referral_id=referral.pk, reason=WHY)
        sweep(by=SYSTEM, now=NOW + timedelta(hours=3))
    visit = Clock.objects.get(policy_code="crisis_response")
    assert visit.stopped_at is None
    assert visit.events.filter(stage="breach").exists()


def test_take_back__the_follow_up_is_cancelled_and_begins_anew_with_another_decline(door: FrontDoor) -> None:
    by, referral = door.actor("triage"), register(door.actor("spa"))
    decline(by, referral)
    take_back_decision(by=by, referral_id=referral.pk, reason=WHY)
    row = Signposting.objects.get()
    assert (row.result, row.ended_by) == ("case_closed", "Priya Demo")
    assert Clock.objects.get(policy_code="signpost_follow_up").outcome == "cancelled"
    decline(by, referral)
    row.refresh_from_db()
    assert (row.result, row.ended_at) == ("", None)
    assert Clock.objects.filter(policy_code="signpost_follow_up", stopped_at=None).count() == 1


def test_take_back__a_question_that_was_out_is_out_again_and_it_waits_for_it(door: FrontDoor) -> None:
    by, referral = door.actor("triage"), register(door.actor("spa"))
    ask_information(by=by, referral_id=referral.pk, asked_of="GP", question="Bloods?")
    decline(by, referral)
    assert InformationRequest.objects.get().closed_at is not None
    with time_machine.travel(LATER, tick=False):
        again = take_back_decision(by=by, referral_id=referral.pk, reason=WHY)
    assert again.status == Status.WAITING
    assert InformationRequest.objects.get().closed_at is None
    assert Clock.objects.filter(policy_code="information_request", stopped_at=None).count() == 1
    assert CaseDeadline.objects.get().phase == "waiting"


def test_take_back__refuses_when_the_person_has_been_referred_since(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    decline(door.actor("triage"), referral)
    newer = register(door.actor("spa"))
    Referral.objects.filter(pk=newer.pk).update(person=referral.person)
    assert newer.reference in refused(door.actor("triage"), referral).message


def test_take_back__refuses_when_too_late_dead_erased_accepted_open_or_unsaid(door: FrontDoor) -> None:
    by = door.actor("triage")
    referral = register(door.actor("spa"))
    assert refused(by, referral).code == "already_new"
    decline(by, referral)
    assert refused(by, referral, reason=" ").code == "reason_missing"
    with time_machine.travel(NOW + timedelta(hours=73), tick=False):
        assert refused(by, referral).code == "too_late"
    accepted = register(door.actor("spa"))
    accept_at(door, accepted)
    withdraw_referral(by=by, referral_id=accepted.pk, reason="By mistake")
    assert refused(by, accepted).code == "was_accepted"
    record_death(by=by, person_id=referral.person_id, died_on=date(2026, 9, 16), told_by="GP")
    assert refused(by, referral).code == "person_died"
    person = referral.person
    type(person).objects.filter(pk=person.pk).update(erased_at=NOW)
    assert refused(by, referral).code == "erased"


def test_take_back__as_long_as_the_place_says(door: FrontDoor) -> None:
    place = Place.objects.get()
    place.words = place.words | {"periods": [{"code": "take_back_hours", "words": "Hours", "number": 2}]}
    place.save()
    by, client = door.actor("triage"), signed_in(door.users["triage"])
    referral = register(door.actor("spa"))
    decline(by, referral)
    heartbeat()
    addresses = [f"/referrals/{referral.pk}/", f"/cases/{referral.case_id}/", f"/board/?chosen={referral.pk}"]
    offered = [f'href="/referrals/{referral.pk}/take_back/"' in client.get(each).text for each in addresses]
    assert offered == [True, True, True]
    assert "taken back for 2 hours" in client.get(f"/referrals/{referral.pk}/take_back/").text
    with time_machine.travel(NOW + timedelta(hours=2, seconds=1), tick=False):
        offered = [f'href="/referrals/{referral.pk}/take_back/"' in client.get(each).text for each in addresses]
        assert offered == [False, False, False]
        assert refused(by, referral).code == "too_late"
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        assert take_back_decision(by=by, referral_id=referral.pk, reason=WHY).status == Status.NEW


def test_take_back__is_for_triage_once_and_from_the_version_that_was_looked_at(door: FrontDoor) -> None:
    by, referral = door.actor("triage"), register(door.actor("spa"))
    ended = decline(by, referral)
    with pytest.raises(NotPermitted):
        take_back_decision(by=door.actor("spa"), referral_id=referral.pk, reason=WHY)
    with pytest.raises(Stale):
        take_back_decision(by=by, referral_id=referral.pk, reason=WHY, version=1)
    for _ in range(2):
        take_back_decision(by=by, referral_id=referral.pk, reason=WHY, version=ended.version)
    assert referral.transitions.filter(verb="take_back").count() == 1
    with pytest.raises(IllegalMove):
        take_back_decision(by=door.actor("triage2"), referral_id=referral.pk, reason=WHY)


def test_page__is_offered_while_it_may_and_says_what_opens_again(door: FrontDoor) -> None:
    referral, client = (
        register(door.actor("spa"), red_flags=(("chest_pain", Answer.NO),)),
        signed_in(door.users["triage"]),
    )
    heartbeat()
    decline(door.actor("triage"), referral)
    page = f"/referrals/{referral.pk}/take_back/"
    for address in (f"/referrals/{referral.pk}/", f"/board/?chosen={referral.pk}"):
        assert f'href="{page}"' in client.get(address).text
    referral.refresh_from_db()
    assert not may_go_back(referral, NOW + timedelta(hours=73))
    assert "Declined by Priya Demo" in client.get(page).text
    faulty = client.post(page, {"version": "2", "reason": ""})
    assert (faulty.status_code, list(faulty.context["form"].errors)) == (422, ["reason"])
    done = client.post(page, {"version": "2", "reason": WHY})
    assert (done.status_code, done["Location"]) == (302, f"/referrals/{referral.pk}/")
    assert "The decision was taken back" in client.get(f"/referrals/{referral.pk}/").text
    assert WHY in client.get(f"/cases/{referral.case_id}/").text
