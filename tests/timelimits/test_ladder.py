"""Who is told: the person on duty on each rung, climbing until somebody answers."""

from datetime import timedelta

import pytest

from accounts.models import Cover
from audit.domain import SYSTEM
from audit.models import CaseEvent
from audit.refusals import NotFound, NotPermitted
from notifications.models import Message, Outbox
from tests.factories.timelimits import LADDER, member, on_list, publish, shift, start, team, uk, user
from timelimits.commands import acknowledge, climb_ladders, stop_clock, sweep
from timelimits.models import Alarm, Alert, Clock, ClockEvent
from timelimits.queries.health import open_alarms

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
T0 = uk("2026-05-11 10:00")
LATE = T0 + 2 * HOUR + MINUTE
FOUR = [*LADDER, {"duty": "on_call", "minutes": 15}]


@pytest.fixture
def spa():
    spa = team()
    for name, duty in (("dora", "desk"), ("leo", "lead"), ("olga", "on_call")):
        shift(name, duty, spa, T0 - HOUR, hours=100)
    return spa


def breached(user_id=None, **more):
    publish(ladder=FOUR, stages=[])
    clock = start(at=T0)
    on_list(clock.case_id, user_id=user_id, **more)
    sweep(by=SYSTEM, now=LATE)
    return clock


def told():
    return list(Alert.objects.order_by("sent_at", "recipient__name").values_list("duty", "recipient__name"))


def climb(at):
    return climb_ladders(by=SYSTEM, now=at)


def test_ladder__before_allocation_begins_at_the_desk(spa):
    breached()
    assert told() == [("desk", "Dora")]
    assert not Alarm.objects.exists()


def test_ladder__climbs_when_nobody_answers(spa):
    breached(user("cora").pk)
    assert told() == [("co_ordinator", "Cora")]
    assert climb(LATE + 4 * MINUTE) == 0
    climb(LATE + 5 * MINUTE)
    climb(LATE + 10 * MINUTE)
    climb(LATE + 20 * MINUTE)
    assert told() == [("co_ordinator", "Cora"), ("desk", "Dora"), ("lead", "Leo"), ("on_call", "Olga")]
    assert climb(LATE + 99 * HOUR) == 0
    assert Message.objects.count() == Outbox.objects.count() == 4


def test_ladder__the_cover_answers_for_somebody_away(spa):
    cora = user("cora")
    Cover.objects.create(user=cora, covered_by=user("cyril"), starts_at=T0 - HOUR, ends_at=T0 + 9 * HOUR)
    breached(cora.pk)
    assert told() == [("co_ordinator", "Cyril")]


def test_ladder__a_co_ordinator_who_left_is_passed_over_and_alarmed(spa):
    cora = user("cora")
    cora.is_active = False
    cora.save()
    breached(cora.pk)
    assert told() == [("desk", "Dora")]
    assert Alarm.objects.get().subject == f"team:{spa.pk}:co_ordinator"


def test_ladder__an_empty_rung_is_passed_over_and_alarmed():
    spa = team()
    shift("leo", "lead", spa, T0, hours=9)
    breached()
    assert told() == [("lead", "Leo")]
    assert Alarm.objects.get().kind == "rung_empty"
    assert ClockEvent.objects.get().rung == 2


def test_ladder__everybody_on_the_duty_is_told(spa):
    shift("dan", "desk", spa, T0, hours=9)
    breached()
    assert told() == [("desk", "Dan"), ("desk", "Dora")]


def test_ladder__a_lead_is_also_looked_for_in_the_team_above():
    above = team("above")
    shift("leo", "lead", above, T0, hours=9)
    below = team("below", parent=above)
    breached(team_id=below.pk)
    assert told() == [("lead", "Leo")]


def test_ladder__the_manager_on_call_is_found_in_any_management_team():
    management = team("management", kind="management")
    shift("olga", "on_call", management, T0, hours=9)
    breached()
    assert told() == [("on_call", "Olga")]
    assert Alarm.objects.count() == 2


def test_ladder__nobody_anywhere_is_alarmed_and_stops():
    breached()
    assert told() == []
    assert Alarm.objects.filter(kind="rung_empty").count() == 3
    assert climb(LATE + 99 * HOUR) == 0


def test_ladder__an_alarm_names_the_team_and_the_duty():
    breached()
    assert "SPA: duty desk" in {about for _, _, about in open_alarms()}


def test_ladder__stops_when_the_clock_is_stopped(spa):
    clock = breached()
    stop_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", stopped_at=LATE)
    assert climb(LATE + 99 * HOUR) == 0


def test_ladder__a_climb_left_on_an_ended_clock_is_taken_away(spa):
    clock = breached()
    Clock.objects.filter(pk=clock.pk).update(
        stopped_at=LATE, stop_recorded_at=LATE, outcome="breached", next_check_at=None
    )
    assert climb(LATE + 5 * MINUTE) == 1
    assert told() == [("desk", "Dora")]
    assert ClockEvent.objects.get().climb_at is None


def test_acknowledge__stops_climbing_and_is_on_the_timeline(spa):
    breached()
    dora = member("dora", "spa_officer", spa)
    event = acknowledge(by=dora, alert_id=Alert.objects.get().pk)
    again = acknowledge(by=dora, alert_id=Alert.objects.get().pk)
    assert event.acknowledged_by == again.acknowledged_by == dora.id
    assert event.acknowledged_at == again.acknowledged_at
    assert climb(LATE + 99 * HOUR) == 0
    assert CaseEvent.objects.filter(event="alert.acknowledged").count() == 1


def test_acknowledge__cover_from_another_team_who_was_told_can_answer(spa):
    away, cover = user("alice"), member("charlie", "practitioner", team("elsewhere"))
    Cover.objects.create(user=away, covered_by=user("charlie"), starts_at=T0 - HOUR, ends_at=T0 + 9 * HOUR)
    breached(user_id=away.pk)
    alert = Alert.objects.get(recipient=user("charlie"))
    assert acknowledge(by=cover, alert_id=alert.pk).acknowledged_by == cover.id


def test_acknowledge__without_permission_or_out_of_sight(spa):
    breached()
    alert = Alert.objects.get()
    with pytest.raises(NotPermitted):
        acknowledge(by=member("carl", "commissioner", spa), alert_id=alert.pk)
    with pytest.raises(NotFound):
        acknowledge(by=member("charlie", "team_lead", team("elsewhere")), alert_id=alert.pk)


def test_ladder__one_message_for_each_rung_and_recipient(spa):
    breached()
    event = ClockEvent.objects.get()
    for _ in range(2):
        ClockEvent.objects.update(climb_at=LATE, rung=0)
        climb(LATE + MINUTE)
    assert told() == [("desk", "Dora")]
    assert list(Message.objects.values_list("key", flat=True)) == [f"alert:{event.pk}:1:{user('dora').pk}:bell"]


def test_ladder__teams_with_one_team_above_share_its_lead():
    above = team("above")
    shift("leo", "lead", above, T0, hours=9)
    publish(ladder=LADDER, stages=[])
    for code in ("below", "beside"):
        on_list(start(at=T0).case_id, team(code, parent=above))
    sweep(by=SYSTEM, now=LATE)
    assert told() == [("lead", "Leo")] * 2


def test_ladder__of_a_co_ordinator_only_waits_in_silence_before_there_is_one():
    publish(ladder=LADDER[:1], stages=[])
    on_list(start(at=T0).case_id)
    sweep(by=SYSTEM, now=LATE)
    assert told() == []
    assert not Alarm.objects.exists()
    assert ClockEvent.objects.get().climb_at is None


def test_ladder__two_cases_of_one_co_ordinator_warned_and_missed(spa):
    cora = user("cora").pk
    publish(ladder=FOUR)
    for at in (T0, T0 + HOUR):
        on_list(start(at=at).case_id, user_id=cora)
    sweep(by=SYSTEM, now=LATE)
    assert told() == [("co_ordinator", "Cora")] * 2
    assert set(Message.objects.values_list("template", flat=True)) == {"limit_breached", "limit_warning"}
