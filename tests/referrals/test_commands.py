"""Verbs of the single point of access, on a real database."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction

from accounts.domain import Role
from accounts.models import CaseAccess
from accounts.queries import actor_for
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from casework import commands as ending
from referrals import commands
from referrals.domain import Answer, Identity, Service, Status, Urgency
from referrals.models import InformationRequest, Person, Referral, ReferralTransition
from referrals.presenters import warnings_of
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db
MAUD_BORN = date(1935, 2, 1)
NOON = datetime(2026, 5, 11, 11, 0, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)


@pytest.fixture(autouse=True)
def noon():
    with time_machine.travel(NOON, tick=False):
        yield


def clocks(referral: Referral) -> dict[str, Clock]:
    return {c.policy_code: c for c in Clock.objects.filter(subject=f"referral:{referral.pk}", outcome="")}


# register


def test_register__sent_twice_by_somebody_who_sees_no_referral_is_one(door: FrontDoor):
    referrer = actor_for(person_at(door.elsewhere, "Ray Refer", Role.REFERRER))
    sent = {"by": referrer, "details": details(), "person": person(), "form_id": uuid4()}
    assert commands.register_referral(**sent) == commands.register_referral(**sent)


def test_register__the_page_that_somebody_out_of_sight_sent_is_kept_for_whoever_sends_it_next(door: FrontDoor):
    """Two people at one computer: the second goes back to the page of the first, types anew and sends twice."""
    ann, cat = (actor_for(person_at(door.elsewhere, name, Role.REFERRER)) for name in ("Ann Refer", "Cat Refer"))
    form_id = uuid4()
    first = commands.register_referral(by=ann, details=details(), person=person(), form_id=form_id)
    sent = {"by": cat, "details": details(), "person": person(given_name="Albert"), "form_id": form_id}
    second = commands.register_referral(**sent)
    assert second != first
    assert commands.register_referral(**sent) == second
    assert Referral.objects.count() == 2


def test_register__starts_both_clocks_from_receipt_and_puts_it_on_the_board(door: FrontDoor):
    """R032, R126: from receipt, whatever the channel; never from when it was typed."""
    received = NOON - timedelta(minutes=25)
    referral = register(door.actor("spa"), received_at=received)
    assert referral.status == Status.NEW
    assert clocks(referral)["crisis_response"].due_at == received + TWO_HOURS
    assert clocks(referral)["spa_triage"].due_at == received + timedelta(minutes=30)
    deadline = CaseDeadline.objects.get(case_id=referral.case_id)
    assert deadline.next_due_at == received + timedelta(minutes=30)
    assert (deadline.responsible_team, deadline.responsible_user, deadline.zone) == (door.spa, None, "crosby")
    assert (deadline.crisis, deadline.step_down) == (True, False)


def test_register__planned_has_no_two_hour_clock(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED)
    assert set(clocks(referral)) == {"spa_triage"}


def test_register__gives_a_reference_a_case_an_event_and_sight_to_the_front_door(door: FrontDoor):
    first, second = register(door.actor("spa")), register(door.actor("spa"), person(family_name="Mockford"))
    assert first.reference.startswith("R-26-")
    assert first.reference != second.reference
    event = CaseEvent.objects.get(case_id=first.case_id, event="referral.registered")
    assert event.actor_label == "Tom Trial"
    assert "Testalder" not in str(event.data)
    assert CaseAccess.objects.get(case_id=first.case_id).team == door.spa


@pytest.mark.parametrize("name", ["alice", "bob", "charlie", "commissioner"])
def test_register__others_may_not(door: FrontDoor, name: str):
    with pytest.raises(NotPermitted):
        register(door.actor(name))
    assert not Referral.objects.exists()


def test_register__later_than_now_is_refused_and_sixty_seconds_is_now(door: FrontDoor):
    assert register(door.actor("spa"), received_at=NOON + timedelta(seconds=59)).received_at == NOON
    with pytest.raises(RuleBroken) as refusal:
        register(door.actor("spa"), received_at=NOON + timedelta(seconds=61))
    assert (refusal.value.code, refusal.value.field) == ("received_in_future", "received_at")


@pytest.mark.parametrize(
    ("who", "changes", "code", "field"),
    [
        (person(nhs_number="9991234005"), {}, "nhs_number_invalid", "person.nhs_number"),
        (person(family_name="  "), {}, "name_missing", "person.family_name"),
        (person(born_on=NOON.date() + timedelta(days=1)), {}, "born_later_than_today", "person.born_on"),
        (person(), {"summary": " "}, "summary_missing", "summary"),
    ],
)
def test_register__bad_input_names_its_field_and_saves_nothing(door, who, changes, code, field):
    with pytest.raises(RuleBroken) as refusal:
        register(door.actor("spa"), who, **changes)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not Referral.objects.exists()
    assert not Person.objects.exists()


def test_register__same_nhs_number_is_the_same_person(door: FrontDoor):
    first = register(door.actor("spa"), person(nhs_number="999 123 4004"))
    again = register(door.actor("spa"), person(nhs_number="9991234004", born_on=None, given_name="M"))
    assert first.person_id == again.person_id
    assert Person.objects.count() == 1


def test_register__same_number_other_birth_date_is_somebody_else_and_says_so(door: FrontDoor):
    """A typing error never loses a referral and never puts it on the wrong person."""
    register(door.actor("spa"), person(nhs_number="9991234004"))
    other = register(door.actor("spa"), person(nhs_number="9991234004", born_on=NOON.date().replace(year=1940)))
    assert other.identity == Identity.NUMBER_CONFLICT
    assert other.person.nhs_number is None


@pytest.mark.parametrize(
    ("given", "family", "born_on", "identity"),
    [
        ("Olive", "Proofson", None, Identity.UNCHECKED),
        ("M", "Proofson", None, Identity.UNCHECKED),
        ("Maud", "Proofson", None, Identity.AS_TOLD),
        ("", "Testaldr", None, Identity.AS_TOLD),
        ("Olive", "Proofson", MAUD_BORN, Identity.AS_TOLD),
    ],
)
def test_register__same_number_another_name_is_marked_to_be_checked(door, given, family, born_on, identity):
    """The number may be a slip: nothing is put on somebody's record unmarked when only the number speaks for it."""
    first = register(door.actor("spa"), person(nhs_number="9991234004", born_on=MAUD_BORN))
    told = person(nhs_number="9991234004", given_name=given, family_name=family, born_on=born_on)
    other = register(door.actor("spa"), told)
    assert (other.person_id, other.identity) == (first.person_id, identity)
    said = "Only as told so far: check who this is" in warnings_of(other, ())
    assert said == (identity == Identity.UNCHECKED)


def test_register__no_number_is_never_matched_on_emptiness(door: FrontDoor):
    first, second = register(door.actor("spa")), register(door.actor("spa"))
    assert first.person_id != second.person_id


def test_register__rolls_back_whole_when_the_audit_cannot_be_written(door: FrontDoor):
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE audit_caseevent ADD CONSTRAINT broken CHECK (event <> 'referral.registered') NOT VALID"
        )
    with pytest.raises(IntegrityError):
        register(door.actor("spa"))
    assert not Referral.objects.exists()
    assert not Clock.objects.exists()


def test_nhs_number__the_database_refuses_what_the_form_refuses(door: FrontDoor):
    for wrong in ("9991234005", "1111111111", "999123400", "99912340ab"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO referrals_person (id, nhs_number, family_name, given_name, address_lines, postcode, phone,"
                " gp_practice, warnings, created_at, version) VALUES"
                " (gen_random_uuid(), %s, 'A', '', '{}', '', '', '', '{}', now(), 1)",
                [wrong],
            )


# take, ask, answer


def test_take__says_who_has_it_and_since_when(door: FrontDoor):
    referral = register(door.actor("spa"))
    taken = commands.take_referral(by=door.actor("triage"), referral_id=referral.pk)
    assert (taken.held_by, taken.held_at) == (door.users["triage"], NOON)
    assert CaseDeadline.objects.get(case_id=referral.case_id).responsible_user == door.users["triage"]


def test_ask__no_clock_stops_and_the_answer_brings_it_back(door: FrontDoor):
    referral = register(door.actor("spa"))
    before = {name: clock.due_at for name, clock in clocks(referral).items()}
    asked = commands.ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Tablets?")
    assert asked.status == Status.WAITING
    assert {name: clock.due_at for name, clock in clocks(referral).items()} == before
    assert CaseDeadline.objects.get(case_id=referral.case_id).phase == "waiting"
    answered = commands.answer_information(
        by=door.actor("spa"), referral_id=referral.pk, answer="Apixaban", medicines_addressed=True
    )
    assert (answered.status, answered.medicines_addressed) == (Status.NEW, True)
    assert InformationRequest.objects.get().answered_at == NOON


# triage


def test_triage__made_crisis_on_the_same_facts_counts_from_receipt(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, received_at=NOON - timedelta(hours=1))
    commands.triage_referral(
        by=door.actor("triage"), referral_id=referral.pk, urgency=Urgency.CRISIS, service=Service.CRISIS, reason="Alone"
    )
    assert clocks(referral)["crisis_response"].started_at == NOON - timedelta(hours=1)


def test_triage__made_planned_counts_from_receipt_whatever_is_said(door: FrontDoor):
    referral = register(door.actor("spa"), received_at=NOON - timedelta(hours=1))
    commands.triage_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        urgency=Urgency.PLANNED,
        service=Service.HOME,
        reason="Can wait",
        worse_since=NOON,
    )
    assert clocks(referral)["spa_triage"].started_at == referral.received_at


def test_triage__made_crisis_because_worse_counts_from_when_told(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, received_at=NOON - timedelta(hours=5))
    worse = NOON - timedelta(minutes=10)
    commands.triage_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        urgency=Urgency.CRISIS,
        service=Service.CRISIS,
        reason="Cannot stand since this morning",
        worse_since=worse,
    )
    assert clocks(referral)["crisis_response"].started_at == worse
    assert referral.received_at < worse


def triage_to(door: FrontDoor, referral: Referral, urgency: Urgency, **told):
    service = Service.CRISIS if urgency == Urgency.CRISIS else Service.HOME
    given = {"urgency": urgency, "service": service, "reason": "Looked at again", **told}
    commands.triage_referral(by=door.actor("triage"), referral_id=referral.pk, **given)


def test_triage__made_crisis_because_worse_and_planned_again_stops_when_it_is_decided(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, received_at=NOON - timedelta(hours=1))
    triage_to(door, referral, Urgency.CRISIS, worse_since=NOON - timedelta(minutes=5))
    triage_to(door, referral, Urgency.PLANNED)
    decline(door, referral)
    assert not Clock.objects.filter(subject=f"referral:{referral.pk}", stopped_at=None).exists()
    assert Clock.objects.get(policy_code="spa_triage", cancel_reason="").outcome == "met"


def test_triage__made_planned_cancels_the_two_hours_apart_from_met(door: FrontDoor):
    referral = register(door.actor("spa"))
    commands.triage_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        urgency=Urgency.PLANNED,
        service=Service.HOME,
        reason="Not urgent",
    )
    ended = Clock.objects.get(subject=f"referral:{referral.pk}", policy_code="crisis_response")
    assert ended.outcome == "cancelled"
    assert not CaseDeadline.objects.get(case_id=referral.case_id).crisis


def test_triage__needs_a_reason_and_a_practitioner(door: FrontDoor):
    referral = register(door.actor("spa"))
    known = {"referral_id": referral.pk, "urgency": Urgency.PLANNED, "service": Service.HOME}
    with pytest.raises(NotPermitted):
        commands.triage_referral(by=door.actor("spa"), reason="x", **known)
    with pytest.raises(RuleBroken) as refusal:
        commands.triage_referral(by=door.actor("triage"), reason=" ", **known)
    assert refusal.value.field == "reason"


# decline, redirect, not wanted


def decline(door: FrontDoor, referral: Referral, who: str = "triage", **changes):
    told = {"reason": "needs_hospital", "signpost": "ambulance_999", **changes}
    return ending.decline_referral(by=door.actor(who), referral_id=referral.pk, **told)


def test_decline__only_a_triage_practitioner_with_coded_reason_and_signpost(door: FrontDoor):
    referral = register(door.actor("spa"))
    with pytest.raises(NotPermitted):
        decline(door, referral, "spa")
    for field in ("reason", "signpost"):
        with pytest.raises(RuleBroken) as refusal:
            decline(door, referral, **{field: "because"})
        assert refusal.value.field == field
    declined = decline(door, referral)
    assert (declined.status, declined.done_at) == (Status.DECLINED, NOON)
    assert CaseDeadline.objects.get(case_id=referral.case_id).phase == "signposted"
    by_policy = {c.policy_code: c.outcome for c in Clock.objects.filter(subject=f"referral:{referral.pk}")}
    assert by_policy == {"spa_triage": "met", "crisis_response": "cancelled"}


def test_decline__twice_is_quiet_and_writes_once(door: FrontDoor):
    referral = register(door.actor("spa"))
    decline(door, referral)
    decline(door, referral)
    assert ReferralTransition.objects.filter(referral=referral, verb="decline").count() == 1


def test_decline__the_database_wants_reason_and_signpost_too(door: FrontDoor):
    referral = register(door.actor("spa"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ReferralTransition.objects.create(
            referral=referral, verb="decline", to_status="declined", actor_id="x", actor_label="x",
            occurred_at=NOON, recorded_at=NOON,
        )  # fmt: skip


def test_not_wanted__is_the_persons_own_outcome(door: FrontDoor):
    referral = register(door.actor("spa"))
    ended = ending.record_not_wanted(by=door.actor("spa"), referral_id=referral.pk, note="Wants to wait for the GP")
    assert ended.status == Status.NOT_WANTED
    clock = Clock.objects.get(subject=f"referral:{referral.pk}", policy_code="crisis_response")
    assert (clock.outcome, clock.cancel_reason) == ("cancelled", "not_wanted")


def test_redirect__an_officer_may_signpost(door: FrontDoor):
    referral = register(door.actor("spa"))
    ended = ending.redirect_referral(by=door.actor("spa"), referral_id=referral.pk, signpost="gp", note="Rash only")
    assert ended.status == Status.REDIRECTED


def test_second_decision__is_told_who_was_first_and_when(door: FrontDoor):
    referral = register(door.actor("spa"))
    decline(door, referral)
    with pytest.raises(IllegalMove) as refusal:
        ending.redirect_referral(by=door.actor("spa"), referral_id=referral.pk, signpost="gp", note="x")
    assert "Priya Demo" in refusal.value.message
    assert "12:00" in refusal.value.message  # 11:00 UTC is noon in May


def test_stale_version__says_who_changed_it(door: FrontDoor):
    referral = register(door.actor("spa"))
    commands.take_referral(by=door.actor("triage"), referral_id=referral.pk)
    with pytest.raises(Stale, match="Priya Demo changed this referral at 12:00"):
        decline(door, referral, version=referral.version)


# red flags


def test_red_flag__keeps_the_referral_open_until_somebody_confirms(door: FrontDoor):
    referral = register(door.actor("spa"), red_flags=(("chest_pain", Answer.YES),))
    with pytest.raises(RuleBroken) as refusal:
        decline(door, referral)
    assert refusal.value.code == "999_not_confirmed"
    known = {"by": door.actor("spa"), "referral_id": referral.pk, "called_by": "Neighbour"}
    commands.confirm_999(**known, crew_reference="NW4410")
    with pytest.raises(RuleBroken):
        decline(door, referral)
    commands.confirm_999(**known, crew_there=True)
    assert decline(door, referral).status == Status.DECLINED


# scope


@pytest.mark.parametrize("name", ["alice", "bob", "charlie"])
def test_scope__another_teams_referral_is_not_there(door: FrontDoor, name: str):
    referral = register(door.actor("spa"))
    by = door.actor(name)
    with pytest.raises((NotFound, NotPermitted)):
        ending.record_not_wanted(by=by, referral_id=referral.pk, note="x")


def test_keys__older_than_thirty_days_are_forgotten(door: FrontDoor):
    assert commands.forget_old_keys(by=door.actor("spa")) == 0


def test_details_are_frozen() -> None:
    with pytest.raises(AttributeError):
        details().summary = "other"  # type: ignore[misc]
