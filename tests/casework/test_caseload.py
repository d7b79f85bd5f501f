"""A caseload: whose, in which order, what each row says, alerts first."""

import re
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.domain import Duty
from audit.domain import SYSTEM
from audit.models import AccessLog
from casework.queries.caseload import unanswered
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in, visit_at
from tests.factories.referrals import FrontDoor, put_on_duty
from timelimits.commands import sweep

pytestmark = pytest.mark.django_db
URL = "/caseload/"


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def carried(door: FrontDoor, minutes_ago: float, name: str, seen: bool = False) -> Any:
    """Let Alice carry somebody."""
    referral = register_at(door, minutes_ago, name, born_on=date(1940, 1, 1 + int(minutes_ago) % 28))
    accept_at(door, referral, minutes_ago - 1)
    if seen:
        visit_at(door, referral, minutes_ago - 2)
    return referral


def names(client: Client, query: str = "") -> list[str]:
    """Return the names on a caseload, in the order shown."""
    return re.findall(r'class="ic-name" href="[^"]*" data-row-link>([^<]*)<', client.get(URL + query).content.decode())


def test_show_caseload__next_deadline_first_with_service_task_and_last_contact(door: FrontDoor) -> None:
    carried(door, 60, "Seen Already", seen=True)
    carried(door, 30, "Not Seenyet")
    client = signed_in(door.users["alice"])
    assert names(client) == ["Not Seenyet", "Seen Already"]
    words = client.get(URL).content.decode()
    for told in ("2-hour urgent (UCR)", "Day 0 of 42", "On the first visit check", "Visit, 13:34", "None yet"):
        assert told in words, told


def test_show_caseload__own_cases_only_and_logged(door: FrontDoor) -> None:
    referral = carried(door, 30, "Edna Demoworth")
    assert names(signed_in(door.users["carol"])) == []
    assert names(signed_in(door.users["alice"])) == ["Edna Demoworth"]
    assert AccessLog.objects.get(what="caseload").ids == [str(referral.person_id)]


def test_show_caseload__lead_chooses_a_member_of_the_team(door: FrontDoor) -> None:
    carried(door, 30, "Edna Demoworth")
    alice, bob = door.users["alice"].pk, door.users["bob"].pk
    lead = signed_in(door.users["lead"])
    assert names(lead, f"?who={alice}") == ["Edna Demoworth"]
    assert "Caseload of Alice Test" in lead.get(f"{URL}?who={alice}").content.decode()
    assert lead.get(f"{URL}?who={bob}").status_code == 404
    assert names(signed_in(door.users["manager"]), f"?who={alice}") == ["Edna Demoworth"]
    assert signed_in(door.users["carol"]).get(f"{URL}?who={alice}").status_code == 404
    assert signed_in(door.users["triage"]).get(URL).status_code == 403


def test_show_caseload__empty_says_so(door: FrontDoor) -> None:
    assert "You have no open cases" in signed_in(door.users["alice"]).get(URL).content.decode()
    other = signed_in(door.users["lead"]).get(f"{URL}?who={door.users['carol'].pk}").content.decode()
    assert "Nothing is waiting for this person" in other


def test_show_caseload__alerts_to_answer_come_first(door: FrontDoor) -> None:
    put_on_duty(door.crisis, door.users["alice"], Duty.DESK)
    carried(door, 115, "Edna Demoworth")
    sweep(by=SYSTEM, now=NOW)
    client = signed_in(door.users["alice"])
    words = client.get(URL).content.decode()
    assert words.index("Answer these first") < words.index("Next task")
    answer = re.search(r'action="(/alerts/[^"]*/acknowledge/)"', words)
    assert answer
    client.post(answer[1])
    alerts = unanswered(door.actor("alice"))
    assert [ringing for ringing in alerts if str(ringing.alert.pk) in answer[1]] == []


def test_show_caseload__an_alert_of_a_clock_that_stopped_is_gone(door: FrontDoor) -> None:
    put_on_duty(door.crisis, door.users["alice"], Duty.DESK)
    referral = carried(door, 115, "Edna Demoworth")
    sweep(by=SYSTEM, now=NOW)
    assert unanswered(door.actor("alice")) != []
    visit_at(door, referral)
    assert [r for r in unanswered(door.actor("alice")) if r.alert.event.clock.policy_code == "crisis_response"] == []


def test_show_caseload__same_statements_for_five_rows_and_twenty(door: FrontDoor) -> None:
    client, found = signed_in(door.users["alice"]), []
    for number, first in ((5, 10), (15, 40)):
        for minute in range(number):
            carried(door, first + minute, f"Person{first + minute} Sampleton", seen=minute % 2 == 0)
        client.get(URL)
        with CaptureQueriesContext(connection) as asked:
            client.get(URL)
        found.append(len(asked))
    print("statements of a caseload", found)
    assert found[0] == found[1]


def test_page_caseload__keyset(door: FrontDoor) -> None:
    for minute in range(51):
        carried(door, 5 + minute, f"Person{minute} Sampleton")
    client = signed_in(door.users["alice"])
    page = client.get(URL).content.decode()
    following = re.search(r'href="(\?after=[^"]*)">Next 50', page)
    assert following
    rest = names(client, following[1])
    assert len(rest) == 1
    assert rest[0] not in names(client)
