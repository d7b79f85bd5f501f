"""Verbs of episodes, on a real database."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from accounts.domain import Duty, Role
from accounts.models import CaseAccess, Membership, Place
from accounts.queries import actor_for
from audit.domain import SYSTEM
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from casework import commands as ending
from notifications.models import Message
from pathways import commands, queries
from pathways.commands.tasks import see_to_needs
from pathways.domain import ContactDetails, ContactKind, EndReason
from pathways.models import Contact, CoordinatorTerm, Episode, Spell, Task, Waiting
from pathways.tasks import needs
from referrals.commands import change_section, triage_referral
from referrals.domain import FirstVisitCheck, Service, Urgency
from referrals.models import Referral
from referrals.queries import for_actor as referrals_for
from tests.factories.referrals import FrontDoor, person, person_at, put_on_duty, register
from timelimits.models import Approval, CaseDeadline, Clock

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 11, 11, 0, tzinfo=UTC)
SEEN = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _noon(clock):
    return clock


def accept(door: FrontDoor, referral: Referral, who: str = "triage", **changes):
    told = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk, **changes}
    return commands.accept_referral(by=door.actor(who), referral_id=referral.pk, **told)


def outcome(subject: str, policy: str) -> str:
    return Clock.objects.get(subject=subject, policy_code=policy).outcome


# accept


def test_accept__opens_an_episode_with_its_coordinator_in_the_same_act(door: FrontDoor):
    """R084, R088: exactly one named co-ordinator from acceptance on."""
    referral = register(door.actor("spa"))
    accepted = accept(door, referral)
    episode = accepted.episode
    assert not accepted.joined
    assert (episode.coordinator, episode.team) == (door.users["alice"], door.crisis)
    assert episode.terms.get().period.lower == NOON
    assert episode.spells.get().service == "crisis"
    subject = f"episode:{episode.pk}"
    running = set(Clock.objects.filter(case_id=episode.case_id, outcome="").values_list("policy_code", flat=True))
    assert running == {"crisis_response", "support_plan", "crisis_spell", "intermediate_care", "transition_plan"}
    assert Clock.objects.get(subject=subject, policy_code="support_plan").started_at == NOON
    assert outcome(f"referral:{referral.pk}", "spa_triage") == "met"
    deadline = CaseDeadline.objects.get(case_id=referral.case_id)
    assert (deadline.responsible_user, deadline.responsible_team) == (door.users["alice"], door.crisis)


def test_accept__an_officer_may_not(door: FrontDoor):
    referral = register(door.actor("spa"))
    with pytest.raises(NotPermitted):
        accept(door, referral, "spa")
    assert not Episode.objects.exists()


def test_accept__the_coordinator_must_work_in_the_team(door: FrontDoor):
    with pytest.raises(RuleBroken) as refusal:
        accept(door, register(door.actor("spa")), coordinator_id=door.users["bob"].pk)
    assert refusal.value.code == "coordinator_not_in_team"


def test_accept__without_a_name_takes_the_lightest(door: FrontDoor):
    accept(door, register(door.actor("spa"), person(family_name="First")))
    second = accept(door, register(door.actor("spa"), person(family_name="Second")), coordinator_id=None)
    assert second.episode.coordinator == door.users["carol"]


def test_accept__out_of_hours_is_the_duty_coordinator_until_confirmed(door: FrontDoor, clock):
    clock.move_to(datetime(2026, 5, 11, 22, 0, tzinfo=UTC))
    put_on_duty(door.crisis, door.users["carol"], Duty.CO_ORDINATOR, time(20), time(8))
    episode = accept(door, register(door.actor("spa")), coordinator_id=None).episode
    assert (episode.coordinator, episode.coordinator_confirmed) == (door.users["carol"], False)
    commands.confirm_coordinator(by=door.actor("lead"), episode_id=episode.pk)
    episode.refresh_from_db()
    assert episode.coordinator_confirmed


def test_accept__not_known_never_stops_a_crisis_and_the_first_visit_checks(door: FrontDoor):
    """R035, R052: the practitioner, the reason and the task are kept."""
    referral = register(door.actor("spa"))
    check = FirstVisitCheck(practitioner=door.users["carol"].pk, reason="Caller could not say")
    accept(door, referral, check=check)
    task = Task.objects.get(kind="first_visit_check")
    assert task.owner == door.users["carol"]
    assert "Caller could not say" in task.what
    assert task.due_at == referral.received_at + timedelta(hours=2)


@pytest.mark.parametrize(
    "changes",
    [{"urgency": Urgency.PLANNED}, {"medically_stable": False}, {"urgency": Urgency.PLANNED, "medically_stable": True}],
)
def test_accept__an_open_medical_question_is_refused_with_a_way_on(door: FrontDoor, changes):
    referral = register(door.actor("spa"), **changes)
    with pytest.raises(RuleBroken) as refusal:
        accept(door, referral)
    assert refusal.value.code == "medical_question_open"
    assert accept(door, referral, safe_care_reason="Nurse on the line says it is safe").episode


def test_accept__planned_waits_with_somebody_named_to_keep_the_person_safe(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, medically_stable=True, medicines_addressed=True)
    episode = accept(door, referral).episode
    assert not Spell.objects.exists()
    assert "UCR South" in Waiting.objects.get(episode=episode).kept_safe_by


def test_accept__a_live_episode_is_joined_and_each_clock_runs_from_its_own_receipt(door: FrontDoor, clock):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    episode = accept(door, first).episode
    clock.shift(timedelta(hours=1))
    second = register(door.actor("spa"), person(nhs_number="9991234004"))
    joined = accept(door, second, coordinator_id=door.users["carol"].pk)
    second.refresh_from_db()
    assert joined.joined
    assert joined.episode == episode
    assert second.joined_case_id == episode.case_id
    assert Episode.objects.count() == 1
    assert (
        Clock.objects.get(subject=f"referral:{second.pk}", policy_code="crisis_response").started_at
        == second.received_at
    )
    assert sorted(Spell.objects.values_list("main", flat=True)) == [False, True]
    assert CaseDeadline.objects.get(case_id=second.case_id).responsible_user == door.users["alice"]


def test_accept__twice_is_quiet_and_makes_one_episode(door: FrontDoor):
    referral = register(door.actor("spa"))
    first, again = accept(door, referral), accept(door, referral)
    assert first.episode == again.episode
    assert CoordinatorTerm.objects.count() == 1


def test_accept__after_a_decline_says_who_declined(door: FrontDoor):
    referral = register(door.actor("spa"))
    ending.withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="Caller rang back")
    with pytest.raises(IllegalMove, match="Tom Trial"):
        accept(door, referral)


def test_database__refuses_a_second_live_episode_and_a_second_coordinator(door: FrontDoor):
    episode = accept(door, register(door.actor("spa"))).episode
    other = register(door.actor("spa"))
    with pytest.raises(IntegrityError), transaction.atomic():
        Episode.objects.create(
            reference="E-x", case_id=other.case_id, person=episode.person, opened_by=other,
            coordinator=door.users["bob"], team=door.other_crisis, accepted_at=NOON,
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        CoordinatorTerm.objects.create(
            episode=episode, coordinator=door.users["bob"], team=door.crisis,
            period=episode.terms.get().period, reason="x", actor_id="x", actor_label="x",
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Episode.objects.filter(pk=episode.pk).update(coordinator=None)


# contact


def test_contact__first_face_to_face_meets_the_two_hours_at_the_time_it_happened(door: FrontDoor, clock):
    """R126."""
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    clock.shift(timedelta(hours=3))
    happened = NOON + timedelta(minutes=90)
    details = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True, occurred_at=happened, by_profession="nurse")
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=details)
    two_hours = Clock.objects.get(subject=f"referral:{referral.pk}", policy_code="crisis_response")
    assert (two_hours.outcome, two_hours.stopped_at) == ("met", happened)
    assert Contact.objects.get().recorded_at == NOON + timedelta(hours=3)
    assert CaseDeadline.objects.get(case_id=episode.case_id).phase == "active"


def test_contact__late_is_breached_and_the_instant_of_the_limit_counts(door: FrontDoor, clock):
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    clock.move_to(NOON + timedelta(hours=2))
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=SEEN)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == "met"


def test_contact__one_microsecond_late_is_breached(door: FrontDoor, clock):
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    clock.move_to(NOON + timedelta(hours=2, microseconds=1))
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=SEEN)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == "breached"


@pytest.mark.parametrize(
    ("kind", "attended"),
    [(ContactKind.FACE_TO_FACE, False), (ContactKind.PHONE, True), (ContactKind.VIDEO, True)],
)
def test_contact__no_access_or_by_phone_leaves_the_clock_running(door: FrontDoor, kind, attended):
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    details = ContactDetails(kind=kind, attended=attended)
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=details)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == ""
    assert Contact.objects.count() == 1


def test_contact__later_than_now_is_refused(door: FrontDoor):
    episode = accept(door, register(door.actor("spa"))).episode
    details = ContactDetails(kind=ContactKind.PHONE, attended=True, occurred_at=NOON + timedelta(minutes=2))
    with pytest.raises(RuleBroken):
        commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=details)


def test_contact__meets_the_joined_referral_too_and_takes_it_off_the_lists(door: FrontDoor):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    episode = accept(door, first).episode
    second = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, second)
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=SEEN)
    assert outcome(f"referral:{second.pk}", "crisis_response") == "met"
    assert not CaseDeadline.objects.filter(case_id=second.case_id).exists()


def test_contact__an_earlier_visit_told_later_is_the_first(door: FrontDoor, clock):
    """R126: the first visit counts, not the first one that was typed."""
    referral = register(door.actor("spa"))
    accept(door, referral)
    clock.shift(timedelta(minutes=130))
    commands.record_contact(by=door.actor("alice"), case_id=referral.case_id, details=SEEN)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == "breached"
    earlier = replace(SEEN, occurred_at=NOON + timedelta(minutes=60))
    commands.record_contact(by=door.actor("alice"), case_id=referral.case_id, details=earlier)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == "met"


def test_contact__before_the_person_got_worse_does_not_meet_the_two_hours(door: FrontDoor, clock):
    """R126: made crisis because the person got worse, a visit from before that is no answer to it."""
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED)
    clock.shift(timedelta(hours=3))
    worse = NOON + timedelta(hours=2, minutes=30)
    triage_referral(
        by=door.actor("triage"), referral_id=referral.pk, urgency=Urgency.CRISIS, service=Service.CRISIS,
        reason="Not eating now", worse_since=worse,
    )  # fmt: skip
    accept(door, referral)
    before = replace(SEEN, occurred_at=NOON + timedelta(hours=1))
    commands.record_contact(by=door.actor("alice"), case_id=referral.case_id, details=before)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == ""
    assert CaseDeadline.objects.get(case_id=referral.case_id).phase == "accepted"
    commands.record_contact(by=door.actor("alice"), case_id=referral.case_id, details=replace(SEEN, occurred_at=worse))
    assert outcome(f"referral:{referral.pk}", "crisis_response") == "met"


@pytest.mark.parametrize(("minutes", "ended"), [(50, "met"), (-1, "")])
def test_contact__made_before_acceptance_counts_from_receipt_on(door: FrontDoor, clock, minutes, ended):
    """R126: a visit waits for no decision."""
    referral = register(door.actor("spa"))
    clock.shift(timedelta(minutes=50))
    visit = replace(SEEN, occurred_at=NOON + timedelta(minutes=minutes))
    commands.record_contact(by=door.actor("spa"), case_id=referral.case_id, details=visit)
    clock.shift(timedelta(minutes=90))
    accept(door, referral)
    assert outcome(f"referral:{referral.pk}", "crisis_response") == ended
    assert CaseDeadline.objects.get(case_id=referral.case_id).phase == ("active" if ended else "accepted")


def test_promises__of_a_far_year_are_refused(door: FrontDoor):
    told = {"by": door.actor("alice"), "case_id": accept(door, register(door.actor("spa"))).episode.case_id}
    far = NOON + timedelta(days=800)
    with pytest.raises(RuleBroken, match="more than two years ahead") as refused:
        commands.promise_task(**told, what="Ring", due_at=far)
    assert refused.value.field == "due_at"
    with pytest.raises(RuleBroken, match="more than two years ahead") as refused:
        commands.record_contact(
            **told, details=ContactDetails(kind=ContactKind.PHONE, attended=False, ring_back_at=far)
        )
    assert refused.value.field == "ring_back_at"
    assert not Task.objects.filter(kind__in=["task", "ring_back"]).exists()


def test_contact__ring_back_becomes_my_task(door: FrontDoor):
    episode = accept(door, register(door.actor("spa"), medically_stable=True, medicines_addressed=True)).episode
    at = NOON + timedelta(hours=4)
    details = ContactDetails(kind=ContactKind.PHONE, attended=True, with_whom="Jean", about="Rail", ring_back_at=at)
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=details)
    task = Task.objects.get()
    assert (task.owner, task.due_at) == (door.users["alice"], at)


@pytest.mark.parametrize("name", ["bob", "charlie"])
def test_contact__on_another_teams_case_is_not_there(door: FrontDoor, name: str):
    episode = accept(door, register(door.actor("spa"))).episode
    with pytest.raises(NotFound):
        commands.record_contact(by=door.actor(name), case_id=episode.case_id, details=SEEN)


def test_contact__an_auditor_who_also_does_care_work_records_for_their_own_team_only(door: FrontDoor):
    """Sight of the whole place does not carry the permissions of another role."""
    mixed = person_at(door.other_crisis, "Mixed Test", Role.CARE_WORKER)
    Membership.objects.create(user=mixed, team=door.elsewhere, role=Role.AUDITOR, starts_on=NOON.date())
    theirs = accept(door, register(door.actor("spa"))).episode
    own = accept(
        door, register(door.actor("spa")), team_id=door.other_crisis.pk, coordinator_id=door.users["bob"].pk
    ).episode
    by = actor_for(mixed)
    assert queries.get(by, theirs.pk) == theirs
    with pytest.raises(NotFound):
        commands.record_contact(by=by, case_id=theirs.case_id, details=SEEN)
    assert commands.record_contact(by=by, case_id=own.case_id, details=SEEN)


# allocate


def test_allocate__terms_touch_and_the_plan_clock_is_not_restarted(door: FrontDoor, clock):
    """R084, R132."""
    episode = accept(door, register(door.actor("spa"))).episode
    clock.shift(timedelta(hours=1))
    commands.allocate_episode(
        by=door.actor("lead"), episode_id=episode.pk, coordinator_id=door.users["carol"].pk, reason="Leave"
    )
    first, second = episode.terms.order_by("period")
    assert first.period.upper == second.period.lower == NOON + timedelta(hours=1)
    plan = Clock.objects.get(subject=f"episode:{episode.pk}", policy_code="support_plan")
    assert plan.started_at == NOON
    assert CaseDeadline.objects.get(case_id=episode.case_id).responsible_user == door.users["carol"]


def test_allocate__needs_a_reason_and_a_fresh_page(door: FrontDoor):
    episode = accept(door, register(door.actor("spa"))).episode
    known = {"by": door.actor("lead"), "episode_id": episode.pk, "coordinator_id": door.users["carol"].pk}
    with pytest.raises(RuleBroken):
        commands.allocate_episode(**known, reason=" ")
    with pytest.raises(Stale):
        commands.allocate_episode(**known, reason="Leave", version=99)


def test_allocate__to_another_team_lets_it_in(door: FrontDoor, clock):
    episode = accept(door, register(door.actor("spa"))).episode
    clock.shift(timedelta(hours=1))
    commands.allocate_episode(
        by=door.actor("lead"), episode_id=episode.pk, coordinator_id=door.users["bob"].pk,
        team_id=door.other_crisis.pk, reason="Moved to her son in the north",
    )  # fmt: skip
    assert CaseAccess.objects.filter(case_id=episode.case_id, team=door.other_crisis, ends_at=None).exists()


def move_north(door: FrontDoor, episode) -> None:
    commands.allocate_episode(
        by=door.actor("lead"), episode_id=episode.pk, coordinator_id=door.users["bob"].pk,
        team_id=door.other_crisis.pk, reason="Moved to her son in the north",
    )  # fmt: skip


def test_allocate__the_team_that_hands_over_sees_the_case_for_a_day_more(door: FrontDoor, clock):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    episode = accept(door, first).episode
    joined = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, joined)
    clock.shift(timedelta(hours=1))
    move_north(door, episode)
    clock.shift(timedelta(hours=24) - timedelta(microseconds=1))
    assert set(referrals_for(door.actor("alice"))) == {first, joined}
    clock.shift(timedelta(microseconds=1))
    assert set(referrals_for(door.actor("alice"))) == set()
    assert set(referrals_for(door.actor("bob"))) == {first, joined}
    assert not CaseAccess.objects.filter(team=door.spa).exclude(ends_at=None).exists()  # the front door keeps its sight


def test_allocate__back_within_the_day_the_team_keeps_its_sight(door: FrontDoor, clock):
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    clock.shift(timedelta(hours=1))
    move_north(door, episode)
    clock.shift(timedelta(hours=1))
    commands.allocate_episode(
        by=door.actor("lead"), episode_id=episode.pk, coordinator_id=door.users["alice"].pk,
        team_id=door.crisis.pk, reason="Back home",
    )  # fmt: skip
    clock.shift(timedelta(hours=30))
    assert set(referrals_for(door.actor("alice"))) == {referral}
    assert set(referrals_for(door.actor("bob"))) == set()


def test_allocate__how_long_is_said_by_the_place(door: FrontDoor, clock):
    place = Place.objects.get()
    place.words = place.words | {"periods": [{"code": "sight_hours", "words": "Hours", "number": 2}]}
    place.save()
    episode = accept(door, register(door.actor("spa"))).episode
    clock.shift(timedelta(hours=1))
    move_north(door, episode)
    ends = CaseAccess.objects.get(case_id=episode.case_id, team=door.crisis).ends_at
    assert ends == NOON + timedelta(hours=3)


def test_allocate__a_front_door_that_co_ordinated_keeps_its_sight(door: FrontDoor, clock):
    own = person_at(door.spa, "Dora Door", Role.CASE_COORDINATOR)
    episode = accept(door, register(door.actor("spa")), team_id=door.spa.pk, coordinator_id=own.pk).episode
    clock.shift(timedelta(hours=1))
    commands.allocate_episode(
        by=actor_for(own), episode_id=episode.pk, coordinator_id=door.users["bob"].pk,
        team_id=door.other_crisis.pk, reason="Handed over",
    )  # fmt: skip
    assert not CaseAccess.objects.filter(case_id=episode.case_id, team=door.spa).exclude(ends_at=None).exists()


def test_allocate__the_new_team_sees_what_joined_and_is_done(door: FrontDoor, clock):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    episode = accept(door, first).episode
    second = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, second)
    clock.shift(timedelta(hours=1))
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=SEEN)
    commands.allocate_episode(
        by=door.actor("lead"), episode_id=episode.pk, coordinator_id=door.users["bob"].pk,
        team_id=door.other_crisis.pk, reason="Moved to her son in the north",
    )  # fmt: skip
    assert set(referrals_for(door.actor("bob"))) == {first, second}


# withdraw, end


def test_withdraw__after_acceptance_ends_the_episode_it_opened(door: FrontDoor):
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    ending.withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="Daughter has come")
    episode.refresh_from_db()
    assert (episode.status, episode.end_reason) == ("ended", "withdrawn")
    assert outcome(f"referral:{referral.pk}", "crisis_response") == "cancelled"
    assert not Clock.objects.filter(case_id=referral.case_id, outcome="").exists()
    assert not CaseDeadline.objects.filter(case_id=referral.case_id).exists()


def test_withdraw__not_while_another_referral_has_joined_its_episode(door: FrontDoor):
    """Nobody who still waits for a visit loses the episode that holds it."""
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    episode = accept(door, first).episode
    second = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, second)
    withdraw = {"by": door.actor("spa"), "reason": "Daughter has come"}
    with pytest.raises(IllegalMove) as refusal:
        ending.withdraw_referral(referral_id=first.pk, **withdraw)
    assert refusal.value.code == "others_joined"
    ending.withdraw_referral(referral_id=second.pk, **withdraw)
    ending.withdraw_referral(referral_id=first.pk, **withdraw)
    episode.refresh_from_db()
    assert episode.status == "ended"


def test_withdraw__of_a_joined_referral_ends_what_it_brought_and_nothing_else(door: FrontDoor):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    episode = accept(door, first).episode
    second = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, second)
    ending.withdraw_referral(by=door.actor("spa"), referral_id=second.pk, reason="Rang twice")
    assert Spell.objects.get(period__upper_inf=True).referral == first
    assert set(Task.objects.filter(done_at=None).values_list("case_id", flat=True)) == {first.case_id}
    still = Clock.objects.filter(outcome="", policy_code__in=("crisis_response", "crisis_spell")).values_list("subject")
    assert {subject for (subject,) in still} == {f"referral:{first.pk}", f"spell:{episode.spells.get(main=True).pk}"}
    assert set(CaseDeadline.objects.values_list("case_id", flat=True)) == {first.case_id}


def test_withdraw__of_the_joined_crisis_that_came_first_ends_the_limits_it_began(door: FrontDoor, clock):
    """The six weeks count from the first spell: when that was an error, from the next."""
    who = {"nhs_number": "9991234004"}
    known = {"medically_stable": True, "medicines_addressed": True}
    first = register(door.actor("spa"), person(**who), urgency=Urgency.PLANNED, **known)
    episode = accept(door, first).episode
    second = register(door.actor("spa"), person(**who))
    accept(door, second)
    six_weeks = Clock.objects.filter(policy_code__in=("intermediate_care", "transition_plan"), stopped_at=None)
    assert set(six_weeks.values_list("started_at", flat=True)) == {NOON}
    clock.shift(timedelta(hours=1))
    ending.withdraw_referral(by=door.actor("spa"), referral_id=second.pk, reason="Rang twice")
    assert not six_weeks.exists()
    clock.shift(timedelta(minutes=1))
    accept(door, register(door.actor("spa"), person(**who)))
    begun = [(row.policy_code, row.started_at) for row in six_weeks.order_by("policy_code")]
    later = NOON + timedelta(minutes=61)
    assert begun == [("intermediate_care", later), ("transition_plan", later)]
    ending.end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.ADMITTED)
    assert not six_weeks.exists()


def test_withdraw__of_a_joined_referral_leaves_nobody_asked_to_agree_to_it(door: FrontDoor):
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    accept(door, first)
    second = register(door.actor("spa"), person(nhs_number="9991234004"), urgency=Urgency.PLANNED)
    accept(door, second, safe_care_reason="The crew has seen her")
    asked = Approval.objects.get(subject=f"referral:{second.pk}")
    ending.withdraw_referral(by=door.actor("spa"), referral_id=second.pk, reason="Rang twice")
    asked.refresh_from_db()
    assert (asked.verdict, outcome(f"approval:{asked.pk}", "second_person")) == ("lapsed", "cancelled")


def test_withdraw__is_too_late_once_the_person_was_seen(door: FrontDoor):
    referral = register(door.actor("spa"))
    episode = accept(door, referral).episode
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=SEEN)
    with pytest.raises(IllegalMove):
        ending.withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="x")


def test_end__closes_spells_clocks_tasks_and_lists(door: FrontDoor, clock):
    episode = accept(door, register(door.actor("spa"))).episode
    commands.record_contact(by=door.actor("alice"), case_id=episode.case_id, details=SEEN)
    clock.shift(timedelta(hours=5))
    ending.end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.COMPLETED)
    assert not Clock.objects.filter(case_id=episode.case_id, outcome="").exists()
    assert not Spell.objects.filter(period__upper_inf=True).exists()
    assert not Task.objects.filter(done_at=None).exists()
    assert not CaseDeadline.objects.exists()
    again = register(door.actor("spa"), person(nhs_number="9993104272"))
    assert not accept(door, again).joined


def test_end__not_while_a_referral_waits_for_its_first_visit(door: FrontDoor):
    episode = accept(door, register(door.actor("spa"))).episode
    with pytest.raises(RuleBroken) as refusal:
        ending.end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.COMPLETED)
    assert refusal.value.code == "not_seen_yet"


# tasks


def test_task__is_promised_and_done_once(door: FrontDoor):
    episode = accept(door, register(door.actor("spa"), medically_stable=True, medicines_addressed=True)).episode
    by = door.actor("alice")
    due = NOON + timedelta(days=1)
    task = commands.promise_task(by=by, case_id=episode.case_id, what="Order rail", due_at=due)
    commands.finish_task(by=by, task_id=task.pk)
    commands.finish_task(by=by, task_id=task.pk)
    task.refresh_from_db()
    assert (task.done_at, task.done_by) == (NOON, "Alice Test")
    with pytest.raises(NotFound):
        commands.finish_task(by=door.actor("bob"), task_id=task.pk)


# who is told


def told(user) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("created_at").values_list("template", flat=True))


def test_accept__tells_the_coordinator_and_so_does_a_referral_that_joins(door: FrontDoor, clock):
    accept(door, register(door.actor("spa"), person(nhs_number="9991234004")))
    assert told(door.users["alice"]) == ["case_handed_over"]
    clock.shift(timedelta(minutes=5))
    accept(door, register(door.actor("spa"), person(nhs_number="9991234004")))
    assert told(door.users["alice"]) == ["case_handed_over", "case_changed"]


def test_allocate__tells_the_new_coordinator_but_not_somebody_who_takes_it_themselves(door: FrontDoor, clock):
    episode = accept(door, register(door.actor("spa"))).episode
    clock.shift(timedelta(hours=1))
    carol, known = door.users["carol"], {"episode_id": episode.pk, "reason": "Leave"}
    commands.allocate_episode(by=door.actor("carol"), coordinator_id=carol.pk, **known)
    assert told(carol) == []
    clock.shift(timedelta(hours=1))
    commands.allocate_episode(by=door.actor("carol"), coordinator_id=door.users["alice"].pk, **known)
    assert told(door.users["alice"]) == ["case_handed_over", "case_handed_over"]


def test_accept__makes_a_task_of_each_need_of_the_person(door: FrontDoor):
    """R063: an interpreter and information in another format are somebody's task from acceptance on."""
    referral = register(door.actor("spa"))
    values = {"formats": ["braille", "easy_read"], "interpreter": "yes", "language": "Polish"}
    change_section(by=door.actor("spa"), person_id=referral.person_id, section="communication", values=values)
    accept(door, referral)
    owed = Task.objects.filter(kind="information_need", owner=door.users["alice"]).order_by("what")
    assert list(owed.values_list("what", flat=True)) == [
        "Book an interpreter: Polish",
        "Give information in this format: Braille",
        "Give information in this format: Easy Read",
    ]
    assert set(owed.values_list("due_at", flat=True)) == {NOON + timedelta(days=1)}


def test_accept__joining_a_live_episode_makes_what_is_not_owed_yet(door: FrontDoor):
    """R063: needs told with a later referral are somebody's task too; what is owed already is not asked for twice."""
    first = register(door.actor("spa"), person(nhs_number="9991234004"))
    say = {"by": door.actor("spa"), "person_id": first.person_id, "section": "communication"}
    change_section(**say, values={"formats": ["braille"]})
    episode = accept(door, first).episode
    change_section(**say, values={"formats": ["braille"], "interpreter": "yes", "language": "Polish"})
    again = register(door.actor("spa"), person(nhs_number="9991234004"))
    assert accept(door, again).joined
    owed = Task.objects.filter(case_id=episode.case_id, kind="information_need").order_by("what")
    assert list(owed.values_list("what", flat=True)) == [
        "Book an interpreter: Polish",
        "Give information in this format: Braille",
    ]


def test_needs_told_after_acceptance__are_somebodys_task_and_asked_for_once(door: FrontDoor, clock):
    """R063: a crisis is accepted first and asked afterwards; what is met is not owed again by another change."""
    episode = accept(door, register(door.actor("spa"))).episode
    assert see_to_needs(by=SYSTEM) == 0
    say = {"by": door.actor("alice"), "person_id": episode.person_id, "section": "communication"}
    clock.shift(timedelta(hours=5))
    change_section(**say, values={"formats": ["braille"], "interpreter": "yes", "language": "Polish"})
    needs()
    owed = Task.objects.filter(case_id=episode.case_id, kind="information_need").order_by("what")
    told = ["Book an interpreter: Polish", "Give information in this format: Braille"]
    assert list(owed.values_list("what", "owner_id")) == [(what, door.users["alice"].pk) for what in told]
    assert see_to_needs(by=SYSTEM) == 0
    commands.finish_task(by=door.actor("alice"), task_id=owed[1].pk)
    clock.shift(timedelta(hours=1))
    change_section(**say, values={"formats": ["braille", "audio"]})
    assert see_to_needs(by=SYSTEM) == 1
    assert [row.what for row in owed if row.done_at is None] == [told[0], "Give information in this format: Audio"]


def test_needs_told_after_the_end__are_nobodys_task(door: FrontDoor, clock):
    episode = accept(door, register(door.actor("spa"))).episode
    ending.end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.ADMITTED)
    clock.shift(timedelta(hours=1))
    values = {"formats": ["braille"]}
    change_section(by=door.actor("spa"), person_id=episode.person_id, section="communication", values=values)
    assert see_to_needs(by=SYSTEM) == 0


def test_accept__of_somebody_with_no_such_need_makes_no_task(door: FrontDoor):
    referral = register(door.actor("spa"))
    change_section(
        by=door.actor("spa"), person_id=referral.person_id, section="communication", values={"formats": ["none"]}
    )
    accept(door, referral)
    assert not Task.objects.filter(kind="information_need").exists()


def test_accept__of_a_crisis_keeps_who_confirmed_that_the_person_is_stable(door: FrontDoor):
    """R052: by name; not known is left to the named practitioner of the first visit."""
    told = register(door.actor("spa"), medically_stable=True)
    assert accept(door, told).referral.stable_confirmed_by == "Priya Demo"
    unknown = register(door.actor("spa"), person(family_name="Other", nhs_number=""), medically_stable=None)
    assert accept(door, unknown).referral.stable_confirmed_by == ""
    assert Task.objects.filter(case_id=unknown.case_id, kind="first_visit_check").exists()
