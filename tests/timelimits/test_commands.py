"""Clocks as rows: start, stop, cancel, pause, extend, and the one row of the case that each keeps right."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from accounts.domain.rota import LONDON
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from notifications.models import Message
from tests.factories.timelimits import (
    extend,
    member,
    on_list,
    policy_definition,
    publish,
    publish_second_person,
    start,
    team,
    uk,
    user,
)
from timelimits.commands import (
    cancel_clocks,
    close_case,
    correct_start,
    extend_clock,
    give_breach_reason,
    hand_over,
    pause_clock,
    publish_policy,
    reopen_clock,
    resume_clock,
    start_clock,
    stop_clock,
    sweep,
)
from timelimits.models import BreachReason, CaseDeadline, Clock, ClockEvent
from timelimits.queries import counts, limbo

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
T0 = uk("2026-05-11 10:00")


@pytest.fixture
def alice():
    return member("alice", "service_manager", team())


@pytest.fixture
def two_hours():
    return publish(pause_reasons=["question_out"])


def stop(clock, at):
    return stop_clock(by=SYSTEM, subject=clock.subject, policy=clock.policy_code, stopped_at=at)


def events(clock):
    return list(CaseEvent.objects.filter(case_id=clock.case_id).order_by("id").values_list("event", flat=True))


# start


def test_start_clock__runs_under_the_version_of_its_start(two_hours):
    clock = start(at=T0)
    assert (clock.due_at, clock.policy, clock.outcome) == (T0 + 2 * HOUR, two_hours, "")
    assert clock.next_check_at == T0 + HOUR
    assert clock.soon_at == T0 + 90 * MINUTE
    assert events(clock) == ["clock.started"]


def test_start_clock__twice_is_the_same_clock(two_hours):
    clock = start(at=T0)
    again = start(at=T0 + HOUR, subject=clock.subject, case_id=clock.case_id)
    assert again == clock
    assert Clock.objects.count() == 1
    assert events(clock) == ["clock.started"]


def test_start_clock__without_such_a_limit_is_refused(two_hours):
    with pytest.raises(RuleBroken) as refused:
        start("moon", at=T0)
    assert refused.value.code == "no_such_limit"


def test_start_clock__picks_version_by_local_date_of_the_start(two_hours):
    newer = publish(version=2, limit="3 h", effective_from=uk("2026-06-01 12:00").date())
    assert start(at=uk("2026-05-31 23:59")).policy == two_hours
    assert start(at=uk("2026-06-01 00:30")).policy == newer
    assert start(at=uk("2019-06-01 00:30")).policy == two_hours


# stop and cancel


@pytest.mark.parametrize(("late", "outcome"), [(timedelta(0), "met"), (timedelta(microseconds=1), "breached")])
def test_stop_clock__to_the_microsecond(two_hours, late, outcome):
    clock = stop(start(at=T0), T0 + 2 * HOUR + late)
    assert (clock.outcome, clock.next_check_at) == (outcome, None)
    said = ["clock.started", *(["clock.breached"] if late else []), "clock.stopped"]
    assert events(clock) == said


def test_stop_clock__again_is_quiet(two_hours):
    clock = stop(start(at=T0), T0 + HOUR)
    assert stop(clock, T0 + 9 * HOUR).stopped_at == T0 + HOUR
    assert stop_clock(by=SYSTEM, subject="referral:none", policy="two_hours", stopped_at=T0) is None


def test_stop_clock__what_happened_earlier_and_was_told_later_counts(two_hours):
    clock = start(at=T0)
    sweep(by=SYSTEM, now=T0 + 3 * HOUR)
    assert stop(clock, T0 + 3 * HOUR).outcome == "breached"
    told_later = stop(clock, T0 + HOUR)
    assert (told_later.outcome, told_later.stopped_at) == ("met", T0 + HOUR)
    assert ClockEvent.objects.get(clock=clock, stage="breach").annotation == "stopped_in_time"


def test_stop_clock__cancelled_stays_cancelled(two_hours):
    clock = start(at=T0)
    cancel_clocks(by=SYSTEM, subject=clock.subject, reason="withdrawn", at=T0 + HOUR)
    assert stop(clock, T0).outcome == "cancelled"


def test_stop_clock__stops_the_one_that_runs_whatever_was_cancelled_after_it(two_hours):
    clock = start(at=T0)
    cancel_clocks(by=SYSTEM, subject=clock.subject, reason="not_needed", at=T0 + MINUTE)
    later = start(at=T0 + 2 * MINUTE, subject=clock.subject, case_id=clock.case_id)
    cancel_clocks(by=SYSTEM, subject=clock.subject, reason="not_needed", at=T0 + 3 * MINUTE)
    reopen_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", started_at=T0, reason="urgency_changed")
    assert (stop(clock, T0 + HOUR).pk, stop(clock, T0 + 59 * MINUTE).pk) == (clock.pk, clock.pk)
    clock.refresh_from_db()
    assert (clock.outcome, clock.stopped_at) == ("met", T0 + 59 * MINUTE)
    assert Clock.objects.get(pk=later.pk).outcome == "cancelled"


def test_stop_clock__in_the_future_is_refused(two_hours):
    with pytest.raises(RuleBroken, match="later than now"):
        stop(start(at=T0), uk("2035-01-01 10:00"))


def test_stop_clock__before_the_start_is_met(two_hours):
    assert stop(start(at=T0), T0 - HOUR).outcome == "met"


def test_stop_clock__late_entry_annotates_the_breach_and_never_deletes_it(two_hours):
    clock = start(at=T0)
    sweep(by=SYSTEM, now=T0 + 3 * HOUR)
    stopped = stop(clock, T0 + HOUR)
    breach = ClockEvent.objects.get(clock=clock, stage="breach")
    assert stopped.outcome == "met"
    assert (breach.annotation, breach.happened_at, breach.climb_at) == ("stopped_in_time", T0 + 2 * HOUR, None)


def test_cancel_clocks__in_time_is_cancelled_and_late_stays_breached(two_hours):
    publish(code="other")
    late, other = start(at=T0), start("other", at=T0)
    cancel_clocks(by=SYSTEM, subject=late.subject, reason="died")
    cancel_clocks(by=SYSTEM, subject=other.subject, reason="not_wanted", policies=["other"], at=T0 + HOUR)
    late.refresh_from_db()
    other.refresh_from_db()
    assert (late.outcome, late.cancel_reason) == ("breached", "died")
    assert (other.outcome, other.cancel_reason) == ("cancelled", "not_wanted")


def test_cancel_clocks__leaves_other_limits_of_the_subject(two_hours):
    clock = start(at=T0)
    assert cancel_clocks(by=SYSTEM, subject=clock.subject, reason="died", policies=["other"]) == []
    with pytest.raises(ValueError, match="bored"):
        cancel_clocks(by=SYSTEM, subject=clock.subject, reason="bored")


def test_reopen_clock__runs_on_as_if_never_stopped(two_hours):
    clock = stop(start(at=T0), T0 + HOUR)
    again = reopen_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", reason="entered_in_error")
    assert (again.stopped_at, again.outcome, again.due_at) == (None, "", T0 + 2 * HOUR)
    assert reopen_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", reason="x").pk == clock.pk
    assert reopen_clock(by=SYSTEM, subject="referral:none", policy="two_hours", reason="x") is None


# pause


def test_pause_clock__leaves_no_due_instant_until_it_runs_on(two_hours, alice):
    clock = start(at=T0)
    bob = member("bob", "service_manager", team()).user_id
    paused = pause_clock(by=alice, clock_id=clock.pk, reason="question_out", approver=bob, at=T0 + HOUR)
    assert (paused.due_at, paused.paused_at, paused.next_check_at) == (None, T0 + HOUR, None)
    resumed = resume_clock(by=alice, clock_id=clock.pk, at=T0 + 90 * MINUTE)
    assert (resumed.due_at, resumed.paused_at) == (T0 + 150 * MINUTE, None)
    assert events(clock) == ["clock.started", "clock.paused", "clock.resumed"]
    assert resume_clock(by=alice, clock_id=clock.pk).due_at == T0 + 150 * MINUTE


def test_pause_clock__who_is_named_as_having_agreed_may_pause_it_and_is_told(two_hours, alice):
    clock = start(at=T0)
    given = {"by": alice, "clock_id": clock.pk, "reason": "question_out", "at": T0 + HOUR}
    for role, words in (("care_worker", "may not agree"), ("case_coordinator", "does not see this case")):
        with pytest.raises(RuleBroken, match=words) as refused:
            pause_clock(**given, approver=member(role, role, team("elsewhere")).user_id)
        assert (refused.value.code, refused.value.field) == ("approver_may_not", "approver")
    pause_clock(**given, approver=member("bob", "service_manager", team()).user_id)
    told = Message.objects.get()
    assert (told.user, told.template, told.link) == (user("bob"), "pause_agreed", f"/clocks/{clock.pk}/explain/")


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("not_a_pause_reason", {"reason": "tired"}),
        ("second_person_needed", {"approver": "self"}),
        ("second_person_needed", {"approver": uuid4()}),
        ("pause_out_of_range", {"at": T0 - HOUR}),
        ("pause_out_of_range", {"at": uk("2035-01-01 10:00")}),
    ],
)
def test_pause_clock__refuses(two_hours, alice, code, changes):
    clock = start(at=T0)
    given = {"by": alice, "clock_id": clock.pk, "reason": "question_out", "at": T0 + HOUR} | changes
    if given.get("approver") == "self":
        given["approver"] = alice.user_id
    with pytest.raises(RuleBroken) as refused:
        pause_clock(**given)
    assert refused.value.code == code


def test_pause_clock__a_limit_that_never_pauses_is_refused(alice):
    publish()
    with pytest.raises(RuleBroken, match="never paused"):
        pause_clock(by=alice, clock_id=start(at=T0).pk, reason="question_out")


def test_pause_clock__twice_or_after_the_end_is_illegal(two_hours, alice):
    clock = start(at=T0)
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=T0 + HOUR)
    with pytest.raises(IllegalMove, match="paused already"):
        pause_clock(by=alice, clock_id=clock.pk, reason="question_out")
    stop(clock, T0 + 90 * MINUTE)
    with pytest.raises(IllegalMove, match="has ended"):
        pause_clock(by=alice, clock_id=clock.pk, reason="question_out")


def test_resume_clock__before_the_pause_is_refused(two_hours, alice):
    clock = start(at=T0)
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=T0 + HOUR)
    with pytest.raises(RuleBroken, match="ends after it began"):
        resume_clock(by=alice, clock_id=clock.pk, at=T0)


def test_stop_clock__while_paused_is_met_and_closes_the_pause(two_hours, alice):
    clock = start(at=T0)
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=T0 + HOUR)
    stopped = stop(clock, T0 + 5 * HOUR)
    assert (stopped.outcome, stopped.due_at, stopped.paused_at) == ("met", T0 + 6 * HOUR, None)


def test_stop_clock__before_a_recorded_pause_takes_the_pause_away(two_hours, alice):
    clock = start(at=T0)
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=T0 + HOUR)
    stopped = stop(clock, T0 + 30 * MINUTE)
    assert (stopped.outcome, stopped.due_at) == ("met", T0 + 2 * HOUR)


# extend, correct


def lead_bob():
    return member("bob", "team_lead", team()).user_id


def extendable(**more):
    publish_second_person()
    publish(code="stay", kind="working_days", limit="5 days", stages=[], **more)
    return start("stay", at=uk("2034-05-08 10:00"))


def test_extend_clock__moves_the_due_instant_and_keeps_who_agreed(alice):
    moved = extend(alice, extendable(), uk("2034-05-22 10:00").date(), reason="remaining_potential")
    assert moved.due_at == uk("2034-05-23 00:00") - timedelta(microseconds=1)
    assert moved.extensions.get().approved_label == "Bob"


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("not_later", {"new_due_on": uk("2034-05-15 10:00").date()}),
        ("not_later", {"new_due_on": uk("2034-05-12 10:00")}),
        ("day_does_not_count", {"new_due_on": uk("2034-05-20 10:00").date()}),
        ("not_an_extension_reason", {"reason": "because"}),
        ("second_person_needed", {"approver_id": uuid4()}),
        ("day_does_not_count", {"new_due_on": uk("2050-05-20 10:00").date()}),
    ],
)
def test_extend_clock__refuses(alice, code, changes):
    given = {"reason": "remaining_potential", "approver_id": lead_bob()}
    given |= {"new_due_on": uk("2034-05-22 10:00").date()}
    with pytest.raises(RuleBroken) as refused:
        extend_clock(by=alice, clock_id=extendable().pk, **(given | changes))
    assert refused.value.code == code


@pytest.mark.parametrize("role", ["care_worker", "commissioner"])
def test_extend_clock__is_agreed_by_somebody_who_may_extend(alice, role):
    """R131: another name is no second opinion unless it is a lead's."""
    clock, bob = extendable(), member("bob", role, team())
    given = {"reason": "remaining_potential", "new_due_on": uk("2034-05-22 10:00").date()}
    with pytest.raises(RuleBroken) as refusal:
        extend_clock(by=alice, clock_id=clock.pk, approver_id=bob.user_id, **given)
    assert (refusal.value.code, refusal.value.field) == ("approver_may_not", "approver")


def test_extend_clock__while_paused_is_illegal(alice):
    clock = extendable(pause_reasons=["question_out"])
    Clock.objects.filter(pk=clock.pk).update(started_at=T0)
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=T0)
    with pytest.raises(IllegalMove, match="paused"):
        extend_clock(
            by=alice,
            clock_id=clock.pk,
            reason="remaining_potential",
            approver_id=lead_bob(),
            new_due_on=uk("2034-05-22 10:00").date(),
        )


def test_correct_start__recomputes_and_annotates(two_hours, alice):
    clock = start(at=T0)
    sweep(by=SYSTEM, now=T0 + 3 * HOUR)
    moved = correct_start(by=alice, clock_id=clock.pk, started_at=T0 + HOUR, reason="told_earlier")
    assert moved.due_at == T0 + 3 * HOUR
    assert ClockEvent.objects.get(clock=clock, stage="breach").annotation == "due_moved"
    with pytest.raises(RuleBroken, match="later than now"):
        correct_start(by=alice, clock_id=clock.pk, started_at=uk("2035-01-01 10:00"), reason="typed_wrong")
    with pytest.raises(RuleBroken, match="Choose a reason"):
        correct_start(by=alice, clock_id=clock.pk, started_at=T0, reason="x")


def test_correct_start__not_to_later_than_the_stop(two_hours, alice):
    clock = stop(start(at=T0), T0 + HOUR)
    with pytest.raises(RuleBroken) as refused:
        correct_start(by=alice, clock_id=clock.pk, started_at=T0 + HOUR + MINUTE, reason="typed_wrong")
    assert (refused.value.code, refused.value.field) == ("started_after_stop", "at")
    assert correct_start(by=alice, clock_id=clock.pk, started_at=T0 + HOUR, reason="typed_wrong").outcome == "met"


def test_start_clock__told_in_londons_zone_counts_hours_that_pass(two_hours):
    """Two hours after 01:30 BST on the night the clocks go back are 02:30 GMT, whatever zone the start is told in."""
    told = datetime(2026, 10, 25, 1, 30, tzinfo=LONDON)
    assert start(at=told).due_at == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


# reasons


def test_give_breach_reason__one_for_many_clocks(two_hours, alice):
    clocks = [start(at=T0), start(at=T0)]
    give_breach_reason(by=alice, clock_ids=[c.pk for c in clocks], reason="no_capacity")
    assert BreachReason.objects.values("batch").distinct().count() == 1
    assert BreachReason.objects.count() == 2


@pytest.mark.parametrize(
    ("code", "changes"),
    [("not_a_miss_reason", {"reason": "x"}), ("note_missing", {"reason": "other"}), ("not_missed", {})],
)
def test_give_breach_reason__refuses(two_hours, alice, code, changes):
    clock = stop(start(at=T0), T0 + HOUR)
    with pytest.raises(RuleBroken) as refused:
        give_breach_reason(by=alice, **({"clock_ids": [clock.pk], "reason": "travel"} | changes))
    assert refused.value.code == code


# scope and permission


def test_clock_verbs__without_permission_or_out_of_sight(two_hours):
    clock = start(at=T0)
    officer = member("olive", "spa_officer", team())
    with pytest.raises(NotPermitted):
        pause_clock(by=officer, clock_id=clock.pk, reason="question_out")
    elsewhere = member("charlie", "team_lead", team("elsewhere"))
    for verb in (pause_clock, resume_clock):
        with pytest.raises(NotFound):
            verb(by=elsewhere, clock_id=clock.pk, **({"reason": "question_out"} if verb is pause_clock else {}))
    with pytest.raises(NotFound):
        give_breach_reason(by=elsewhere, clock_ids=[clock.pk], reason="travel")


# the case's row


def test_hand_over__keeps_the_least_due_instant_of_running_clocks(two_hours):
    publish(code="long", limit="8 h")
    case_id = uuid4()
    start("long", at=T0, case_id=case_id)
    row = on_list(case_id)
    assert (row.next_due_at, row.no_clock_reason, row.crisis) == (T0 + 8 * HOUR, "", False)
    short = start(at=T0, case_id=case_id)
    assert CaseDeadline.objects.get(pk=case_id).next_due_at == T0 + 2 * HOUR
    stop(short, T0 + HOUR)
    assert CaseDeadline.objects.get(pk=case_id).next_due_at == T0 + 8 * HOUR


def test_hand_over__no_running_clock_needs_a_reason_and_limbo_is_found(two_hours):
    case_id = uuid4()
    clock = start(at=T0, case_id=case_id)
    on_list(case_id)
    stop(clock, T0 + HOUR)
    assert list(limbo().values_list("case_id", flat=True)) == [case_id]
    assert on_list(case_id, no_clock_reason="awaiting_onward_care").no_clock_reason == "awaiting_onward_care"
    assert not limbo().exists()
    assert on_list(case_id, phase="active").no_clock_reason == "awaiting_onward_care"


def test_hand_over__all_paused_says_so(two_hours, alice):
    case_id = uuid4()
    clock = start(at=T0, case_id=case_id)
    on_list(case_id)
    pause_clock(by=alice, clock_id=clock.pk, reason="question_out", at=T0 + HOUR)
    assert CaseDeadline.objects.get(pk=case_id).no_clock_reason == "all_paused"


def test_hand_over__moves_the_case_and_keeps_what_is_not_said(two_hours):
    case_id, other = uuid4(), team("other")
    on_list(case_id, step_down=True)
    bob = user("bob")
    hand_over(by=SYSTEM, case_id=case_id, user_id=bob.pk, team_id=other.pk, zone="formby", phase="active")
    row = CaseDeadline.objects.get(pk=case_id)
    assert (row.responsible_user, row.responsible_team, row.phase) == (bob, other, "active")
    assert (row.step_down, row.reference) == (True, "R-26-00001")


def test_hand_over__a_crisis_clock_marks_the_case():
    publish(code="crisis_response")
    clock = start("crisis_response", at=T0)
    assert on_list(clock.case_id).crisis
    stop(clock, T0 + HOUR)
    assert not CaseDeadline.objects.get(pk=clock.case_id).crisis


def test_close_case__takes_it_off_every_list_and_out_of_the_counts(two_hours):
    case_id = uuid4()
    on_list(case_id)
    assert [c.cases for c in counts(SYSTEM)] == [1]
    close_case(by=SYSTEM, case_id=case_id)
    close_case(by=SYSTEM, case_id=case_id)
    assert counts(SYSTEM) == []
    assert not CaseDeadline.objects.exists()


def test_start_clock__is_a_command_only():
    with pytest.raises(TypeError):
        start_clock(case_id=uuid4())
    with pytest.raises(RuleBroken):
        publish_policy(by=SYSTEM, definition=policy_definition(limit="x"))
