"""The two-hour report: what is counted, by zone, in one statement, without people."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.refusals import NotPermitted
from casework.commands import record_not_wanted
from referrals.commands import triage_referral
from referrals.domain import LocationNow, Service, Urgency
from reporting.domain import Tally
from reporting.queries import two_hour
from tests.factories.casework import NOW, accept_at, full_board, open_board, register_at, signed_in, visit_at
from tests.factories.referrals import FrontDoor

pytestmark = pytest.mark.django_db
URL = "/reports/two-hour/"


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def seen(door: FrontDoor, received: float, visited: float, **changes: Any) -> None:
    """Let somebody be referred, accepted and seen, so many minutes ago."""
    referral = register_at(door, received, **changes)
    accept_at(door, referral, received - 1)
    visit_at(door, referral, visited)


def test_count_two_hour__met_missed_running_cancelled_by_zone(door: FrontDoor) -> None:
    bootle = LocationNow(postcode="L20 9ZZ")
    seen(door, 300, 200)
    seen(door, 300, 100)
    register_at(door, 130)
    register_at(door, 30)
    record_not_wanted(by=door.actor("spa"), referral_id=register_at(door, 60).pk, note="No")
    seen(door, 300, 180, location=bootle)
    register_at(door, 30, urgency=Urgency.PLANNED)
    register_at(door, 40, location=LocationNow(postcode="M1 1AA"), postcode="M1 1AA")
    assert two_hour(door.actor("manager"), NOW) == [
        Tally("", running=1),
        Tally("bootle", met=1),
        Tally("crosby", met=1, missed=2, running=1, cancelled=1),
    ]


def test_count_two_hour__exactly_two_hours_is_met(door: FrontDoor) -> None:
    seen(door, 180, 60)
    assert two_hour(door.actor("manager"), NOW) == [Tally("crosby", met=1)]


def test_count_two_hour__counts_28_days_from_when_the_limit_began(door: FrontDoor) -> None:
    with time_machine.travel(NOW - timedelta(days=29), tick=False):
        register_at(door, 29 * 24 * 60)
    assert two_hour(door.actor("manager"), NOW) == []


def test_count_two_hour__made_planned_is_cancelled_not_missed(door: FrontDoor) -> None:
    referral = register_at(door, 60)
    triage_referral(
        by=door.actor("triage"),
        referral_id=referral.pk,
        urgency=Urgency.PLANNED,
        service=Service.HOME,
        reason="Can wait",
    )
    assert two_hour(door.actor("manager"), NOW) == [Tally("crosby", cancelled=1)]


def test_count_two_hour__urgency_changed_and_changed_back_is_one_referral(door: FrontDoor) -> None:
    referral = register_at(door, 180)
    for minutes, urgency in ((30, Urgency.PLANNED), (20, Urgency.CRISIS), (10, Urgency.PLANNED), (5, Urgency.CRISIS)):
        with time_machine.travel(NOW - timedelta(minutes=minutes), tick=False):
            triage_referral(
                by=door.actor("triage"), referral_id=referral.pk, urgency=urgency, service=Service.HOME, reason="x"
            )
    assert two_hour(door.actor("manager"), NOW) == [Tally("crosby", missed=1)]


def test_count_two_hour__one_statement(door: FrontDoor) -> None:
    full_board(door)
    by = door.actor("manager")
    with CaptureQueriesContext(connection) as asked:
        two_hour(by, NOW)
    assert len(asked) == 1


def test_show_report__lead_sees_figures_and_share(door: FrontDoor) -> None:
    seen(door, 300, 200)
    seen(door, 300, 100)
    words = signed_in(door.users["manager"]).get(URL).content.decode()
    assert "50%" in words
    assert "of 2" in words
    assert "1 to 7" not in words.split("What this counts")[0]


def test_show_report__commissioner_sees_no_small_figure_and_no_person(door: FrontDoor) -> None:
    for _ in range(3):
        seen(door, 300, 200)
    words = signed_in(door.users["commissioner"]).get(URL).content.decode()
    assert "1 to 7" in words
    assert "100%" not in words
    assert "Testalder" not in words
    assert not re.search(r'data-label="[^"]*">[1-7]<', words)


def test_show_report__empty_says_so(door: FrontDoor) -> None:
    words = signed_in(door.users["manager"]).get(URL).content.decode()
    assert "No 2-hour referrals in these 28 days" in words
    assert "What this counts" in words


def test_show_report__permission(door: FrontDoor) -> None:
    assert signed_in(door.users["spa"]).get(URL).status_code == 403
    assert Client().get(URL).status_code == 302
    with pytest.raises(NotPermitted):
        two_hour(door.actor("spa"), NOW)
