"""One case: before and after acceptance, joined referrals together, what happened in words, who may open it."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.domain import SYSTEM
from audit.models import AccessLog
from casework.commands import decline_referral, end_episode, withdraw_referral
from casework.domain import TimelineFilter
from casework.presenters.case import case_words, timeline_words
from casework.queries.around import around
from casework.queries.case import case, events
from pathways.commands import allocate_episode, promise_task
from pathways.domain import ContactKind, EndReason, Way
from referrals.commands import ask_information
from referrals.models import Referral
from tests.factories.casework import NOW, accept_at, full_board, open_board, register_at, signed_in, take_at, visit_at
from tests.factories.referrals import FrontDoor
from timelimits.commands import sweep
from timelimits.models import Clock

pytestmark = pytest.mark.django_db
MOST_STATEMENTS = 12
NOWHERE = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def text(client: Client, referral: Referral, query: str = "") -> str:
    """Return the page without its tags, spaces squeezed."""
    answer = client.get(f"/cases/{referral.case_id}/{query}")
    assert answer.status_code == 200
    body = answer.content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", body).split())


def test_show_case__referral_before_acceptance(door: FrontDoor) -> None:
    referral = full_board(door)[3]
    words = text(signed_in(door.users["triage"]), referral)
    for told in (
        "Ruby Sampleton, 79",
        "999 123 4012",
        "Pat Proof, Neighbour, 07700 900 318",
        "Key with the neighbour",
        "Priya Demo, since 14:31",
        "Accept A",
        "8 min left",
        "“Ken went off in the ambulance",
        "Referral received. Within 2 hours.",
        "Time limits started: 2-hour visit, Triage.",
    ):
        assert told.replace(" ", "\xa0") in words or told in words, told


def test_show_case__episode_with_day_count_co_ordinator_and_last_seen(door: FrontDoor) -> None:
    referral = register_at(door, 3 * 24 * 60, "Maud Testalder")
    accept_at(door, referral, 3 * 24 * 60 - 20)
    visit_at(door, referral, 3 * 24 * 60 - 60, about="Up with a frame.", with_whom="Maud")
    words = text(signed_in(door.users["alice"]), referral)
    for told in (
        "Day 3 of 42, 2-hour urgent (UCR)",
        "Alice Test, UCR South, duty 0151 496 0100",
        "Last seen Mon 15:32",
        "Visit, seen. With Maud. Up with a frame.",
        "Met with 1 h",
        "Log contact C",
        "Visit: seen V",
        "Task T",
        "Episode begun. Co-ordinator: Alice Test.",
        "Accepted. Seen by the crew.",
    ):
        assert told in words, told


def test_show_case__first_visit_is_offered_while_it_is_waited_for(door: FrontDoor) -> None:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    words = text(signed_in(door.users["alice"]), referral)
    assert "First visit: seen V" in words
    assert "No answer at the door X" in words


def test_show_case__joined_referral_shows_the_episode_with_both(door: FrontDoor) -> None:
    first = register_at(door, 600, "Joan Trialby", nhs_number="9991234004", summary="Slid from the chair.")
    accept_at(door, first, 500)
    second = register_at(door, 30, "Joan Trialby", nhs_number="9991234004", summary="Fell again in the kitchen.")
    accept_at(door, second, 10)
    client = signed_in(door.users["alice"])
    for referral in (first, second):
        words = text(client, referral)
        assert "Slid from the chair." in words
        assert "Fell again in the kitchen." in words
        assert words.count("Referral received.") == 2


@pytest.mark.parametrize("before", ["0.²", f"0.{'9' * 40}", "0.x", "."])
def test_show_case__before_what_is_no_event_is_a_page(door: FrontDoor, before: str) -> None:
    held = register_at(door, 5)
    assert signed_in(door.users["spa"]).get(f"/cases/{held.case_id}/", {"before": before}).status_code == 200


KEY = "9d3f3f6e-0000-4000-8000-000000000000"
NO_PLACES = [
    "²",
    "50",
    "x",
    "___",
    f"2026-09-17_x_2026-09-17T09:00:00+00:00_{KEY}",
    f"2026-09-17_2026-09-17_2026-09-17_{KEY}",
]
NO_PLACES += [
    f"9999-12-31_9999-12-31_9999-12-31T23:59:59-23:59_{KEY}",
    f"0001-01-01_0001-01-01_0001-01-01T00:00:00+23:59_{KEY}",
]


def test_board__of_what_is_done_goes_on_behind_no_row_without_an_instant(door: FrontDoor) -> None:
    page = signed_in(door.users["spa"]).get("/board/", {"tab": "done", "after": f"none.{KEY}"})
    assert page.status_code == 200


@pytest.mark.parametrize("after", NO_PLACES)
def test_discharge_list__after_what_is_no_place_is_a_page(door: FrontDoor, after: str) -> None:
    assert signed_in(door.users["spa"]).get("/discharge/", {"after": after}).status_code == 200


def test_show_case__ended_says_when_and_why(door: FrontDoor) -> None:
    referral = register_at(door, 300)
    episode = accept_at(door, referral, 250).episode
    visit_at(door, referral, 240)
    end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.COMPLETED)
    words = text(signed_in(door.users["alice"]), referral)
    assert "Ended Thu 17 Sep: support finished" in words
    assert "Visit: seen" not in words


def test_show_case__declined_and_withdrawn_keep_their_reasons(door: FrontDoor) -> None:
    declined, withdrawn = register_at(door, 30), register_at(door, 20, "Edna Demoworth")
    decline_referral(
        by=door.actor("triage"), referral_id=declined.pk, reason="needs_hospital", signpost="ambulance_999", note="Told"
    )
    withdraw_referral(by=door.actor("triage"), referral_id=withdrawn.pk, reason="Went to her son")
    client = signed_in(door.users["triage"])
    assert "Declined. Needs hospital care now. 999. Told." in text(client, declined)
    assert "Withdrawn. Went to her son." in text(client, withdrawn)
    assert "Cancelled" in text(client, withdrawn)


def test_show_case__breach_asks_the_lead_for_a_reason(door: FrontDoor) -> None:
    referral = register_at(door, 180)
    accept_at(door, referral, 170)
    sweep(by=SYSTEM, now=NOW)
    visit_at(door, referral)
    lead = signed_in(door.users["lead"]).get(f"/cases/{referral.case_id}/").content.decode()
    clock = Clock.objects.get(case_id=referral.case_id, policy_code="crisis_response")
    assert f"/clocks/missed/?clock={clock.pk}" in lead
    assert "give reason" in lead
    words = text(signed_in(door.users["alice"]), referral)
    assert "2-hour visit overdue. Not done in time." in words
    assert "give reason" not in words


def test_show_case__late_entry_keeps_both_times(door: FrontDoor) -> None:
    referral = register_at(door, 180)
    accept_at(door, referral, 170)
    visit_at(door, referral, 0, occurred_at=NOW - timedelta(minutes=100))
    words = text(signed_in(door.users["alice"]), referral)
    assert "12:52 Visit, seen. Written down Thu 17 Sep 14:32." in words


def test_show_case__every_kind_of_contact_in_words(door: FrontDoor) -> None:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    for changes in (
        {"kind": ContactKind.PHONE, "way": Way.IN, "with_whom": "Jean"},
        {"kind": ContactKind.PHONE, "with_whom": "Dr Fictive", "attended": False},
        {"kind": ContactKind.VIDEO, "with_whom": "Maud"},
        {"kind": ContactKind.LETTER},
        {"kind": ContactKind.FACE_TO_FACE, "attended": False},
    ):
        visit_at(door, referral, **changes)
    words = text(signed_in(door.users["alice"]), referral, "?show=contacts")
    for told in ("Jean rang.", "Rang Dr Fictive, no reply.", "Video call Maud.", "Letter sent.", "Visit, no answer."):
        assert told in words, told
    assert "Contacts (5)" in words
    assert "Referral received" not in words


def test_show_case__next_things_due_with_a_button_for_tasks(door: FrontDoor) -> None:
    referral = register_at(door, 30, medically_stable=True, medicines_addressed=True)
    accept_at(door, referral, 20)
    due_at = NOW + timedelta(minutes=30)
    promise_task(by=door.actor("alice"), case_id=referral.case_id, what="Ring Jean", due_at=due_at)
    client = signed_in(door.users["alice"])
    page = client.get(f"/cases/{referral.case_id}/").content.decode()
    assert page.index("Ring Jean (Alice Test)") < page.index("16:02 today")
    done = re.search(r'action="(/tasks/[^"]*)"', page)
    assert done
    assert client.post(done[1]).status_code == 302
    assert "Ring Jean (Alice Test)" not in client.get(f"/cases/{referral.case_id}/").content.decode()


@pytest.mark.parametrize(
    ("show", "there", "not_there"),
    [
        ("", "Referral received", "Nothing recorded"),
        ("clocks", "started", "Referral received"),
        ("decisions", "Accepted.", "Support plan started"),
        ("nonsense", "Referral received", "Nothing recorded"),
    ],
)
def test_filter_timeline__by_code_in_the_address(door: FrontDoor, show: str, there: str, not_there: str) -> None:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    words = text(signed_in(door.users["alice"]), referral, f"?show={show}").split("Timeline", 1)[1]
    assert there in words
    assert not_there not in words


def long_case(door: FrontDoor, contacts: int = 300) -> Referral:
    """Make a case with a long story."""
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    for minute in range(contacts):
        visit_at(door, referral, minute / 100, kind=ContactKind.PHONE, with_whom=f"Caller {minute}")
    return referral


def test_page_timeline__earlier_by_keyset_without_gap_or_repeat(door: FrontDoor) -> None:
    referral = long_case(door, 70)
    held, seen, before = case(door.actor("alice"), referral.case_id), [], None
    for _ in range(10):
        found = events(held, TimelineFilter.ALL, before)
        seen += [event.pk for event in found.rows]
        before = found.following
        if before is None:
            break
    assert len(seen) == len(set(seen)) == held.counts[TimelineFilter.ALL]
    page = signed_in(door.users["alice"]).get(f"/cases/{referral.case_id}/?show=contacts").content.decode()
    earlier = re.search(r'href="\?(show=contacts&amp;before=[^"#]*)', page)
    assert earlier
    assert "Caller 45" in text(signed_in(door.users["alice"]), referral, f"?{earlier[1].replace('&amp;', '&')}")


def statements(door: FrontDoor, referral: Referral) -> tuple[int, int]:
    """Return how many statements the case's own reads take, and the whole page."""
    by, client = door.actor("alice"), signed_in(door.users["alice"])
    client.get(f"/cases/{referral.case_id}/")
    with CaptureQueriesContext(connection) as own:
        held = case(by, referral.case_id)
        found = events(held, TimelineFilter.ALL, None)
        place = around(by).words
        case_words(held, place, by, NOW)
        timeline_words(held, place, found, TimelineFilter.ALL, NOW)
    with CaptureQueriesContext(connection) as whole:
        client.get(f"/cases/{referral.case_id}/")
    return len(own), len(whole)


def test_show_case__same_statements_for_a_short_and_a_long_story(door: FrontDoor) -> None:
    short = register_at(door, 300, "Edna Demoworth")
    accept_at(door, short, 250)
    visit_at(door, short, 240)
    few, many = statements(door, short), statements(door, long_case(door, 300))
    print("statements: own, whole page", few, many)
    assert many <= few
    assert max(few[1], many[1]) <= MOST_STATEMENTS


def test_open_case__logged_once_with_the_person(door: FrontDoor) -> None:
    referral = register_at(door, 30)
    signed_in(door.users["triage"]).get(f"/cases/{referral.case_id}/")
    assert AccessLog.objects.get(what="case").ids == [str(referral.person_id)]


def test_open_case__not_yours_is_as_if_it_were_not_there(door: FrontDoor) -> None:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    for who, status in {
        "alice": 200,
        "spa": 200,
        "auditor": 200,
        "bob": 404,
        "charlie": 404,
        "commissioner": 403,
    }.items():
        client = signed_in(door.users[who])
        assert client.get(f"/cases/{referral.case_id}/").status_code == status, who
        assert client.get(f"/cases/{NOWHERE}/").status_code == (403 if status == 403 else 404), who
    bob = signed_in(door.users["bob"])
    yours, nowhere = bob.get(f"/cases/{referral.case_id}/"), bob.get(f"/cases/{NOWHERE}/")
    assert re.sub(r'value="[^"]*"|"X-CSRF[^}]*}', "", yours.content.decode()) == re.sub(
        r'value="[^"]*"|"X-CSRF[^}]*}', "", nowhere.content.decode()
    )


def test_offer_acts__by_permission(door: FrontDoor) -> None:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    assert "Change co-ordinator" in text(signed_in(door.users["alice"]), referral)
    officer = text(signed_in(door.users["spa"]), referral)
    assert "Log contact" in officer
    assert "Change co-ordinator" not in officer
    auditor = text(signed_in(door.users["auditor"]), referral)
    assert "Log contact" not in auditor
    assert "Task T" not in auditor


def test_show_case__change_of_co_ordinator_and_questions_in_words(door: FrontDoor) -> None:
    referral = register_at(door, 30)
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Blood thinners?")
    take_at(door, referral)
    episode = accept_at(door, referral).episode
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        allocate_episode(
            by=door.actor("alice"), episode_id=episode.pk, coordinator_id=door.users["carol"].pk, reason="On leave"
        )
        words = text(signed_in(door.users["alice"]), referral)
    for told in ("Co-ordinator changed. Now Carol Test.", "Information asked for.", "Taken."):
        assert told in words, told


@pytest.mark.parametrize(("words", "went"), [("First visit: seen", "seen"), ("No answer at the door", "no_answer")])
def test_offer_acts__one_tap_opens_the_form_filled_in(door: FrontDoor, words: str, went: str) -> None:
    referral = register_at(door, 30)
    accept_at(door, referral, 20)
    client = signed_in(door.users["alice"])
    page = client.get(f"/cases/{referral.case_id}/").content.decode()
    link = re.search(rf'href="([^"]*)"[^>]*><svg[^>]*><use[^>]*/></svg><span>{words}<', page)
    assert link
    form = client.get(link[1]).content.decode()
    assert re.search(r'value="face_to_face" checked', form)
    assert re.search(rf'value="{went}" checked', form)
