"""A shift handed to the next: what it lists, by one and accepted by another, people worried about."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.domain import RestrictReason, Role
from accounts.models import Membership
from accounts.queries import actor_for
from audit.models import AccessLog, CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from casework.closing import open_work
from casework.commands.restrict import restrict_person
from casework.commands.shifts import accept_shift, hand_over_shift
from casework.queries.shifts import open_items
from pathways.commands import add_blocker, promise_task
from referrals.commands import ask_information, change_section
from referrals.commands.shifts import add_worry, settle_worry
from referrals.domain import Direction, Hospital, Urgency
from referrals.models import HandOver, InformationRequest, Referral, Worry
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, person_at

pytestmark = pytest.mark.django_db
URL = "/handover/"


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def busy(door: FrontDoor) -> Referral:
    """Register an open two-hour referral with a question out, two promises and a worry."""
    referral = register_at(door, 30, "Maud Testalder")
    by = door.actor("spa")
    ask_information(by=by, referral_id=referral.pk, asked_of="GP", question="Blood thinners?")
    for what, hours in (("Ring the daughter", 2), ("Ring the GP next week", 72)):
        promise_task(
            by=by, case_id=referral.case_id, what=what, due_at=NOW + timedelta(hours=hours), owner_id=by.user_id
        )
    add_worry(by=by, case_id=referral.case_id, why="Alone until Friday")
    return referral


def page(door: FrontDoor, who: str = "triage") -> str:
    return signed_in(door.users[who]).get(URL).content.decode()


def test_hand_over__lists_what_the_next_shift_must_know(door: FrontDoor) -> None:
    busy(door)
    register_at(door, 30, "George Fauxley", urgency=Urgency.PLANNED)
    words = page(door)
    for told in ("Maud Testalder", "Blood thinners?", "Ring the daughter", "Alone until Friday", "GP, asked by"):
        assert told in words, told
    for other in ("George Fauxley", "Ring the GP next week"):
        assert other not in words, other
    assert AccessLog.objects.filter(what="handover").count() == 1


def test_hand_over__says_what_whoever_rings_or_goes_there_must_know(door: FrontDoor) -> None:
    referral = busy(door)
    values = {"interpreter": "yes", "language": "Polish"}
    change_section(by=door.actor("spa"), person_id=referral.person_id, section="communication", values=values)
    assert page(door).count("Interpreter: Polish") == 4  # in each of the four lists
    assert page(door, "lead").count("Interpreter: Polish") == 0


def test_hand_over__a_restricted_two_hour_item_is_a_row_without_a_name(door: FrontDoor) -> None:
    """What vanished would be forgotten: it stands with its clock, as on the board."""
    referral = busy(door)
    officer = actor_for(person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))
    why = {"reason": RestrictReason.AT_RISK, "words": "Looked for", "team_ids": []}
    restrict_person(by=officer, person_id=referral.person_id, **why)
    words = page(door, "manager")
    assert "Testalder" not in words
    assert words.count(f"/people/{referral.person_id}/break-glass/") == 1
    assert "Alone until Friday" not in words
    assert not AccessLog.objects.filter(what="handover").exists()
    team = door.users["manager"].memberships.get().team
    assert hand_over_shift(by=door.actor("manager"), team_id=team.pk).listed["two_hour"] == [str(referral.case_id)]


def test_hand_over__keeps_what_was_listed_as_ids_and_waits(door: FrontDoor) -> None:
    referral = busy(door)
    client = signed_in(door.users["triage"])
    answer = client.post(URL, {"team": str(door.spa.pk), "note": "Keys for Maud are with the neighbour"})
    assert answer.status_code == 302
    row = HandOver.objects.get()
    question, worry = InformationRequest.objects.get(), Worry.objects.get()
    assert row.listed["two_hour"] == [str(referral.case_id)]
    assert row.listed["questions"] == [str(question.pk)]
    assert row.listed["worries"] == [str(worry.pk)]
    assert len(row.listed["calls"]) == 1
    words = client.get(URL).content.decode()
    assert "Accepted by nobody yet" in words
    assert "a colleague accepts it" in words
    assert "Keys for Maud" in words
    event = CaseEvent.objects.get(event="shift.handed_over")
    assert (event.case_id, event.data["two_hour"]) == (door.spa.pk, 1)


def test_hand_over__what_comes_while_it_waits_is_marked(door: FrontDoor) -> None:
    busy(door)
    hand_over_shift(by=door.actor("triage"), team_id=door.spa.pk)
    assert "since the hand-over</span>" not in page(door)
    register_at(door, 1, "Edna Demoworth")
    assert page(door).count("since the hand-over</span>") == 1


def test_accept_shift__by_a_colleague_from_the_page(door: FrontDoor) -> None:
    row = hand_over_shift(by=door.actor("triage"), team_id=door.spa.pk)
    answer = signed_in(door.users["triage2"]).post(f"{URL}{row.pk}/accept/")
    assert answer.status_code == 302
    row.refresh_from_db()
    assert row.accepted_by == door.users["triage2"]
    assert accept_shift(by=door.actor("triage2"), hand_over_id=row.pk).accepted_at == row.accepted_at
    assert "Accepted by <b>Sam Second</b>" in page(door)
    assert hand_over_shift(by=door.actor("triage2"), team_id=door.spa.pk).pk != row.pk


def test_accept_shift__never_by_who_handed_it_over(door: FrontDoor) -> None:
    row = hand_over_shift(by=door.actor("triage"), team_id=door.spa.pk)
    with pytest.raises(IllegalMove):
        accept_shift(by=door.actor("triage"), hand_over_id=row.pk)
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        HandOver.objects.filter(pk=row.pk).update(accepted_by=row.by, accepted_at=NOW)


def test_accept_shift__not_what_somebody_else_accepted_nor_of_another_team(door: FrontDoor) -> None:
    row = hand_over_shift(by=door.actor("triage"), team_id=door.spa.pk)
    with pytest.raises(NotFound):
        accept_shift(by=door.actor("lead"), hand_over_id=row.pk)
    accept_shift(by=door.actor("triage2"), hand_over_id=row.pk)
    with pytest.raises(IllegalMove):
        accept_shift(by=door.actor("spa"), hand_over_id=row.pk)


def test_hand_over__again_is_quiet_and_another_waits_for_the_first(door: FrontDoor) -> None:
    first = hand_over_shift(by=door.actor("triage"), team_id=door.spa.pk, note="All calm")
    assert hand_over_shift(by=door.actor("triage"), team_id=door.spa.pk, note="All calm") == first
    with pytest.raises(IllegalMove):
        hand_over_shift(by=door.actor("triage2"), team_id=door.spa.pk)
    with pytest.raises(IntegrityError, match="one_waiting"), transaction.atomic():
        HandOver.objects.create(team=door.spa, by=door.users["spa"], handed_at=NOW)
    answer = signed_in(door.users["triage2"]).post(URL, {"team": str(door.spa.pk), "note": "Typed and kept"})
    assert answer.status_code == 409
    assert "Typed and kept" in answer.content.decode()


def test_hand_over__a_lead_hands_over_their_own_teams_cases_only(door: FrontDoor) -> None:
    accept_at(door, register_at(door, 60, "Maud Testalder"), 50)
    register_at(door, 5, "Edna Demoworth")
    found = open_items(door.actor("lead"), door.crisis, NOW)
    assert [row.family_name for row in found.two_hour] == ["Testalder"]
    assert len(open_items(door.actor("triage"), door.spa, NOW).two_hour) == 2
    with pytest.raises(NotFound):
        hand_over_shift(by=door.actor("lead"), team_id=door.spa.pk)
    assert Client().get(URL).status_code == 302


@pytest.mark.parametrize("who", ["alice", "auditor", "commissioner"])
def test_hand_over__not_without_the_permission(door: FrontDoor, who: str) -> None:
    assert signed_in(door.users[who]).get(URL).status_code == 403
    with pytest.raises(NotPermitted):
        hand_over_shift(by=door.actor(who), team_id=door.spa.pk)


def test_worry__added_on_the_case_page_and_settled_there(door: FrontDoor) -> None:
    referral = register_at(door, 5)
    client = signed_in(door.users["triage"])
    case = f"/cases/{referral.case_id}/"
    assert f"{case}worries/new/" in client.get(case).content.decode()
    assert client.post(f"{case}worries/new/", {"why": ""}).status_code == 422
    assert client.post(f"{case}worries/new/", {"why": "Not drinking"}).status_code == 302
    assert "Not drinking" in client.get(case).content.decode()
    row = Worry.objects.get()
    assert client.post(f"/worries/{row.pk}/settle/").status_code == 302
    words = client.get(case).content.decode()
    assert "Not drinking" not in words
    assert "A worry is settled." in words


def test_worry__said_twice_is_written_once_and_settled_twice_is_quiet(door: FrontDoor) -> None:
    by, referral = door.actor("spa"), register_at(door, 5)
    row = add_worry(by=by, case_id=referral.case_id, why=" Not drinking ")
    assert add_worry(by=by, case_id=referral.case_id, why="Not drinking") == row
    ended = settle_worry(by=by, worry_id=row.pk).ended_at
    assert settle_worry(by=by, worry_id=row.pk).ended_at == ended
    assert CaseEvent.objects.filter(event__startswith="worry.").count() == 2
    for wrong in ("", "x" * 301):
        with pytest.raises(RuleBroken):
            add_worry(by=by, case_id=referral.case_id, why=wrong)


def test_worry__not_by_somebody_who_may_not_see_the_case(door: FrontDoor) -> None:
    referral = register_at(door, 5)
    with pytest.raises(NotFound):
        add_worry(by=door.actor("bob"), case_id=referral.case_id, why="Not drinking")
    row = add_worry(by=door.actor("spa"), case_id=referral.case_id, why="Not drinking")
    with pytest.raises(NotFound):
        settle_worry(by=door.actor("bob"), worry_id=row.pk)
    with pytest.raises(NotPermitted):
        add_worry(by=door.actor("auditor"), case_id=referral.case_id, why="Not drinking")


def test_worry__stands_in_what_ends_with_the_case(door: FrontDoor) -> None:
    referral = busy(door)
    words = [item.words for item in open_work(door.actor("triage"), [referral.case_id])]
    assert "Worried about: Alone until Friday" in words


def test_hand_over__every_role_of_the_front_door_and_every_lead(door: FrontDoor) -> None:
    for role in (Role.SPA_OFFICER, Role.TRIAGE_PRACTITIONER, Role.TEAM_LEAD, Role.SERVICE_MANAGER):
        user = door.users["charlie"]
        Membership.objects.filter(user=user).update(role=role)
        assert signed_in(user).get(URL).status_code == 200, role


@pytest.mark.django_db(transaction=True)
def test_hand_over__of_two_at_once_one_is_made_and_of_two_acceptances_one_counts(door: FrontDoor) -> None:
    one, other, third = (door.actor(name) for name in ("triage", "triage2", "spa"))
    answers = race(
        lambda: hand_over_shift(by=one, team_id=door.spa.pk),
        lambda: hand_over_shift(by=other, team_id=door.spa.pk),
    )
    row = HandOver.objects.get()
    assert sorted(isinstance(answer, IllegalMove) for answer in answers) == [False, True]
    takers = [actor for actor in (one, other, third) if actor.user_id != row.by_id]
    answers = race(*(lambda by=by: accept_shift(by=by, hand_over_id=row.pk) for by in takers))
    assert sorted(isinstance(answer, IllegalMove) for answer in answers) == [False, True]


def test_hand_over__tells_what_is_in_the_way_of_leaving_once_it_is_late(door: FrontDoor) -> None:
    """R045."""
    hospital = Hospital(site="Southport Hospital", ward="Ward 7B")
    referral = register_at(door, 30, "Maud Testalder", direction=Direction.STEP_DOWN, hospital=hospital)
    told = {"referral_id": referral.pk, "owner_id": door.users["spa"].pk}
    for what, hours in (("Key safe", 1), ("Bath board", 9)):
        add_blocker(by=door.actor("spa"), what=what, due_at=NOW + timedelta(hours=hours), **told)
    assert "Key safe" not in page(door)
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        words = page(door)
    assert "In the way of leaving hospital: Key safe" in words
    assert "Bath board" not in words
