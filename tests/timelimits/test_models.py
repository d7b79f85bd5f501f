"""What the database itself refuses, and how rows name themselves in logs: by codes and ids."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from audit.domain import SYSTEM
from tests.factories.timelimits import on_list, publish, start, uk, user
from timelimits.commands import stop_clock
from timelimits.models import Alarm, Alert, CaseDeadline, ClockEvent, Extension, Override, Pause

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
T0 = uk("2026-05-11 10:00")


def refused(change):
    with pytest.raises(IntegrityError), transaction.atomic():
        change()


@pytest.fixture
def clock():
    publish()
    return start(at=T0)


def save(row, **changes):
    for name, value in changes.items():
        setattr(row, name, value)
    row.save()


@pytest.mark.parametrize(
    "changes",
    [
        {"stopped_at": T0},
        {"outcome": "met"},
        {"due_at": None},
        {"stopped_at": T0, "stop_recorded_at": T0, "outcome": "met"},
        {"stopped_at": T0 + 3 * HOUR, "stop_recorded_at": T0, "outcome": "met", "next_check_at": None},
        {"stopped_at": T0 + HOUR, "stop_recorded_at": T0, "outcome": "breached", "next_check_at": None},
        {"stopped_at": T0, "stop_recorded_at": T0, "outcome": "cancelled", "next_check_at": None},
        {"stopped_at": T0, "stop_recorded_at": T0, "outcome": "lost", "next_check_at": None},
        {"cancel_reason": "bored"},
    ],
)
def test_clock__is_refused_when_its_columns_disagree(clock, changes):
    refused(lambda: save(clock, **changes))


def test_clock__one_running_for_each_subject_and_limit(clock):
    again = start(at=T0)
    refused(lambda: save(again, subject=clock.subject))


def test_pause__second_person_forward_in_time_and_one_open(clock):
    given = {"clock": clock, "paused_at": T0, "reason": "x", "asked_by": "user:1", "asked_label": "A"}
    Pause.objects.create(**given)
    refused(lambda: Pause.objects.create(**given))
    refused(lambda: Pause.objects.create(**given, resumed_at=T0 - HOUR))
    refused(lambda: Pause.objects.create(**given, resumed_at=T0, approved_by="user:1"))


def test_extension__approved_by_another_and_later(clock):
    given = {"clock": clock, "agreed_at": T0, "reason": "clinically_needed", "asked_by": "user:1", "asked_label": "A"}
    later = {"new_due_at": T0 + HOUR, "approved_label": "B"}
    refused(lambda: Extension.objects.create(**given, **later, approved_by="user:1"))
    refused(lambda: Extension.objects.create(**given, **later, approved_by=""))
    refused(lambda: Extension.objects.create(**given, **(later | {"new_due_at": T0}), approved_by="user:2"))
    refused(lambda: Extension.objects.create(**(given | {"reason": "because"}), **later, approved_by="user:2"))


def test_clock_event__once_for_each_stage_and_due_instant(clock):
    given = {"clock": clock, "case_id": clock.case_id, "stage": "breach", "due_at": T0}
    given |= {"happened_at": T0, "noticed_at": T0}
    event = ClockEvent.objects.create(**given)
    refused(lambda: ClockEvent.objects.create(**given))
    refused(lambda: save(event, acknowledged_at=T0))
    ClockEvent.objects.create(**(given | {"due_at": T0 + HOUR}))
    told = {"event_id": ClockEvent.objects.first().pk, "rung": 0, "recipient": user("dora"), "sent_at": T0}
    Alert.objects.create(**told, duty="desk")
    refused(lambda: Alert.objects.create(**told, duty="desk"))
    refused(lambda: Alert.objects.create(**(told | {"rung": 1}), duty="king"))


def test_case_deadline__without_a_due_instant_needs_a_reason(clock):
    on_list(clock.case_id)
    refused(lambda: CaseDeadline.objects.update(next_due_at=None))


def test_override__confirmed_by_another():
    given = {"case_id": user("x").pk, "permission": "p", "asked_by": "user:1", "starts_at": T0, "confirm_by": T0}
    row = Override.objects.create(**given, ends_at=T0 + HOUR)
    refused(lambda: save(row, confirmed_at=T0, confirmed_by="user:1"))
    refused(lambda: save(row, confirmed_at=T0, confirmed_by=""))
    refused(lambda: Override.objects.create(**given, ends_at=T0))


def test_alarm__is_open_once():
    given = {"kind": "row_raised", "subject": "clock:1", "raised_at": T0, "last_at": T0}
    Alarm.objects.create(**given)
    refused(lambda: Alarm.objects.create(**given))


def test_rows__name_themselves_without_anything_about_a_person(clock):
    stop_clock(by=SYSTEM, subject=clock.subject, policy="two_hours", stopped_at=T0)
    for app in ("timelimits", "notifications"):
        for model in apps.get_app_config(app).get_models():
            assert str(model()) is not None
