"""The board: who sees what in which order, counts, pages, polls, and the same statements for five rows and fifty."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audit.models import AccessLog
from casework.commands import record_not_wanted, withdraw_referral
from casework.domain import PAGE, BoardView, Looked, Show, Tab
from casework.queries import board
from casework.queries.counts import counts as counts_of
from referrals.commands import ask_information
from referrals.domain import Direction, Urgency
from tests.factories.casework import (
    NOW,
    accept_at,
    full_board,
    heartbeat,
    open_board,
    register_at,
    several,
    signed_in,
    take_at,
    visit_at,
)
from tests.factories.referrals import FrontDoor
from timelimits.models import CaseDeadline, ClockEvent

pytestmark = pytest.mark.django_db
URL = "/board/"
LOOKED = Looked(NOW)
POLL = {"HX-Request": "true", "HX-Target": "board-live", "X-ICRAS-Poll": "1"}


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def names(client: Client, query: str = "") -> list[str]:
    """Return the names on the board, in the order shown."""
    return re.findall(r'class="ic-name" href="[^"]*" id="open-[^>]*>([^<]*)<', client.get(URL + query).content.decode())


def counts(door: FrontDoor, who: str = "triage", view: BoardView | None = None) -> dict[str, int]:
    found = counts_of(door.actor(who), view or BoardView(), LOOKED, NOW)
    return {str(tab): n for tab, n in found.tabs.items()}


def test_show_board__next_deadline_first_whatever_the_limit(door: FrontDoor) -> None:
    full_board(door)
    shown = names(signed_in(door.users["triage"]))
    assert shown[:4] == ["Maud Testalder", "Albert Mockford", "Edna Demoworth", "Ruby Sampleton"]
    assert shown[4] == "Ernest Testworth"


def test_show_board__row_says_all_there_is_to_know(door: FrontDoor) -> None:
    full_board(door)
    heartbeat()
    words = signed_in(door.users["triage"]).get(URL).content.decode()
    for told in (
        "Overdue by 12 min",
        "At home",
        "<b>Southport</b>",
        "Oxygen in the home",
        "999 not confirmed",
        "0151 496 0172",
        "<b>Not seen yet</b>",
        "You, 14:31",
        "Nobody, 13:59",
        "Deadlines checked 9 s ago",
        "New, step-down",
    ):
        assert told in words, told


def test_show_board__at_most_three_warnings_the_worst_first(door: FrontDoor) -> None:
    full_board(door)
    words = signed_in(door.users["triage"]).get(f"{URL}?zone=southport&tab=new").content.decode()
    row = words[words.index("Wilhelmina") :]
    assert row.index("Oxygen in the home") < row.index("Two to visit") < row.index("Lives alone")
    assert "Dog" not in row[: row.index("</tr>")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?tab=two-hour", ["Maud Testalder", "Albert Mockford", "Edna Demoworth", "Ruby Sampleton"]),
        ("?tab=accepted", ["Maud Testalder"]),
        ("?tab=step-down", ["Ernest Testworth"]),
        ("?tab=waiting", []),
        ("?zone=bootle", ["Albert Mockford"]),
        ("?show=mine", ["Ruby Sampleton"]),
        ("?tab=two-hour&show=nobody", ["Albert Mockford", "Edna Demoworth"]),
        ("?show=unseen", []),
        ("?zone=nowhere", []),
    ],
)
def test_filter_board__codes_in_the_address(door: FrontDoor, query: str, expected: list[str]) -> None:
    full_board(door)
    assert names(signed_in(door.users["triage"]), query) == expected


def test_count_tabs__agree_with_the_lists(door: FrontDoor) -> None:
    made = full_board(door)
    ask_information(by=door.actor("spa"), referral_id=made[1].pk, asked_of="GP", question="Blood thinners?")
    assert counts(door) == {
        "all": 6, "two-hour": 4, "new": 4, "waiting": 1, "accepted": 1, "step-down": 1, "done": 0,
    }  # fmt: skip
    visit_at(door, made[0])
    record_not_wanted(by=door.actor("spa"), referral_id=made[3].pk, note="Daughter is coming")
    assert counts(door) == {
        "all": 4, "two-hour": 2, "new": 3, "waiting": 1, "accepted": 0, "step-down": 1, "done": 2,
    }  # fmt: skip
    assert counts(door, view=BoardView(zone="bootle"))["all"] == 1
    for tab in (Tab.ALL, Tab.TWO_HOUR, Tab.NEW, Tab.WAITING, Tab.ACCEPTED, Tab.STEP_DOWN, Tab.DONE):
        page = board.page(door.actor("triage"), BoardView(tab=tab), LOOKED, NOW, None)
        assert len(page.rows) == counts(door)[tab], tab


def test_count_filters__who_has_it_and_how_many_are_late(door: FrontDoor) -> None:
    full_board(door)
    found = counts_of(door.actor("triage"), BoardView(), Looked(NOW - timedelta(minutes=30)), NOW)
    assert (found.overdue, found.nobody, found.mine, found.unseen) == (2, 4, 1, 2)


def test_show_board__people_see_their_teams_cases_only(door: FrontDoor) -> None:
    made = full_board(door)
    assert names(signed_in(door.users["alice"])) == ["Maud Testalder"]
    assert counts(door, "alice")["all"] == 1
    assert names(signed_in(door.users["bob"])) == []
    assert len(names(signed_in(door.users["auditor"]))) == len(made)


def test_show_board__nobody_without_the_permission(door: FrontDoor) -> None:
    assert signed_in(door.users["commissioner"]).get(URL).status_code == 403
    assert Client().get(URL).status_code == 302


def test_show_board__logs_one_reading_with_the_people_shown(door: FrontDoor) -> None:
    made = full_board(door)
    signed_in(door.users["triage"]).get(URL)
    read = AccessLog.objects.get(what="board")
    assert sorted(read.ids) == sorted(str(referral.person_id) for referral in made)


def poll(client: Client, **chosen: str) -> str:
    """Fetch the list again as the open page does."""
    page = client.get(URL).content.decode()
    held = dict(re.findall(r'"(since|shown)": "([^"]*)"', page))
    return client.get(URL, held | chosen, headers=POLL).content.decode()


def test_poll_board__same_people_are_not_logged_twice(door: FrontDoor) -> None:
    full_board(door)
    client = signed_in(door.users["triage"])
    poll(client)
    assert AccessLog.objects.filter(what="board").count() == 1


def test_poll_board__another_set_of_people_or_a_forged_proof_is_logged(door: FrontDoor) -> None:
    full_board(door)
    client = signed_in(door.users["triage"])
    client.get(URL)
    client.get(URL, {"shown": "forged:abc:def"}, headers=POLL)
    assert AccessLog.objects.filter(what="board").count() == 2


def test_poll_board__logs_again_after_five_minutes(door: FrontDoor) -> None:
    people, by = [register_at(door, 5).person_id], door.actor("triage")
    proof = board.log_list(by, people)
    for minutes, logged in ((4, 1), (6, 2)):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            board.log_list(by, people, proof)
        assert AccessLog.objects.filter(what="board").count() == logged


def test_poll_board__answers_the_list_and_every_count_only(door: FrontDoor) -> None:
    full_board(door)
    words = poll(signed_in(door.users["triage"]))
    assert "<html" not in words
    assert 'id="board-live"' in words
    assert 'id="count-two-hour" hx-swap-oob="true"' in words
    assert 'id="count-nobody" hx-swap-oob="true"' in words
    assert "data-announce" not in words


def test_poll_board__says_that_a_two_hour_referral_came_in(door: FrontDoor) -> None:
    client = signed_in(door.users["triage"])
    page = client.get(URL).content.decode()
    held = dict(re.findall(r'"(since|shown)": "([^"]*)"', page))
    register_at(door, -0.1, "Edna Demoworth")
    register_at(door, -0.1, "George Fauxley", urgency=Urgency.PLANNED, direction=Direction.STEP_UP)
    with time_machine.travel(NOW + timedelta(seconds=15), tick=False):
        words = client.get(URL, held, headers=POLL).content.decode()
    assert 'data-announce="1 new 2-hour referral"' in words


def test_poll_board__keeps_the_chosen_row(door: FrontDoor) -> None:
    chosen = full_board(door)[3]
    words = poll(signed_in(door.users["triage"]), chosen=str(chosen.pk))
    assert re.search(rf'id="row-{chosen.pk}" aria-current="true"', words)


def test_mark_unseen__until_it_is_opened_or_all_are_marked(door: FrontDoor) -> None:
    client = signed_in(door.users["triage"])
    client.get(URL)
    first, second = register_at(door, -1, "Edna Demoworth"), register_at(door, -1, "Mary Specimen")
    with time_machine.travel(NOW + timedelta(minutes=2), tick=False):
        assert client.get(URL).content.decode().count(">unseen<") == 2
        client.get(reverse("casework:panel", args=[first.pk]), headers={"HX-Request": "true"})
        assert names(client, "?show=unseen") == ["Mary Specimen"]
        answer = client.post(reverse("casework:looked"), {"tab": "new", "zone": "crosby"})
        assert answer["Location"] == "/board/?tab=new&zone=crosby"
        assert names(client, "?show=unseen") == []
    assert second.pk


def test_page_board__keyset_over_equal_deadlines_and_undated_cases(door: FrontDoor) -> None:
    with time_machine.travel(NOW - timedelta(minutes=5), tick=False):
        for _ in range(3):
            register_at(door, 5, "Same Moment")
    made = several(door, PAGE + 4)
    CaseDeadline.objects.filter(case_id__in=[r.case_id for r in made[:3]]).update(
        next_due_at=None, no_clock_reason="all_paused"
    )
    seen, after, pages = [], None, 0
    while pages < 5:
        page = board.page(door.actor("triage"), BoardView(), LOOKED, NOW, after)
        seen += [row.case_id for row in page.rows]
        after, pages = page.following, pages + 1
        if after is None:
            break
    assert pages == 2
    assert len(seen) == len(set(seen)) == PAGE + 7
    assert set(seen[-3:]) == {r.case_id for r in made[:3]}


def test_page_board__link_to_the_next_page_and_back(door: FrontDoor) -> None:
    several(door, PAGE + 1)
    client = signed_in(door.users["triage"])
    words = client.get(URL).content.decode()
    following = re.search(r'href="(\?after=[^"]*)">Next 50', words)
    assert following
    assert len(names(client, following[1])) == 1
    assert "Back to the first" in client.get(URL + following[1]).content.decode()


def test_show_done_today__latest_first_with_how_it_ended(door: FrontDoor) -> None:
    made = full_board(door)
    visit_at(door, made[0], 30)
    accepted = accept_at(door, made[1], 20)
    withdraw_referral(by=door.actor("triage"), referral_id=accepted.referral.pk, reason="Went to her son")
    client = signed_in(door.users["triage"])
    words = client.get(f"{URL}?tab=done").content.decode()
    assert names(client, "?tab=done") == ["Albert Mockford", "Maud Testalder"]
    assert "Withdrawn" in words
    assert "Met with" in words


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "Nobody is waiting"),
        ("?tab=two-hour", "Nobody is waiting for a 2-hour visit"),
        ("?tab=done", "Nothing done yet today"),
        ("?zone=crosby", "Nothing fits these filters"),
    ],
)
def test_show_board__empty_says_what_it_means_and_what_next(door: FrontDoor, query: str, words: str) -> None:
    page = signed_in(door.users["spa"]).get(URL + query).content.decode()
    assert words in page
    assert "Take a call" in page
    assert "No one chosen" in page


def test_missed_limit__is_told_on_board_and_case_while_nothing_sweeps(door: FrontDoor) -> None:
    """What is late is worked out when it is shown: a dead worker hides nothing."""
    heartbeat(seconds_ago=3 * 3600)
    held = register_at(door, 150)
    accept_at(door, held, minutes_ago=145)
    assert not ClockEvent.objects.filter(stage="breach").exists()
    on_board = signed_in(door.users["triage"]).get(URL).content.decode()
    on_case = signed_in(door.users["alice"]).get(f"/cases/{held.case_id}/").content.decode()
    for page in (on_board, on_case):
        assert "Overdue by 30 min" in re.sub(r"<[^>]*>", "", page)
        assert "deadlines last checked 3 h ago" in page


def test_show_board__paused_case_says_so(door: FrontDoor) -> None:
    held = register_at(door, 5)
    CaseDeadline.objects.filter(case_id=held.case_id).update(next_due_at=None, no_clock_reason="all_paused")
    assert "Paused" in signed_in(door.users["triage"]).get(URL).content.decode()


def test_show_board__a_call_half_written_is_not_forgotten(door: FrontDoor) -> None:
    client = signed_in(door.users["spa"])
    call = {"form_id": str(uuid4()), "family_name": "Testalder"}
    client.post(reverse("referrals:draft"), call)
    page = client.get(URL).text
    assert "1 call half written." in page
    assert re.search(r'href="/referrals/new/\?draft=\d+">Carry on with Testalder', page)
    assert "half written" not in signed_in(door.users["triage"]).get(URL).text
    client.post(reverse("referrals:draft"), call | {"throw": "1"})
    assert "half written" not in client.get(URL).text


def statements(door: FrontDoor, client: Client) -> tuple[int, int]:
    """Return how many statements the board's own reads take, and the whole page."""
    by, view = door.actor("triage"), BoardView()
    with CaptureQueriesContext(connection) as own:
        counts_of(by, view, LOOKED, NOW)
        page = board.page(by, view, LOOKED, NOW, None)
        board.log_list(by, page.people)
    with CaptureQueriesContext(connection) as whole:
        client.get(URL)
    return len(own), len(whole)


def test_show_board__same_statements_for_five_rows_and_fifty(door: FrontDoor) -> None:
    client = signed_in(door.users["triage"])
    several(door, 5)
    client.get(URL)
    few = statements(door, client)
    several(door, PAGE, first=10)
    for referral in several(door, 3, first=60):
        take_at(door, referral)
    many = statements(door, client)
    print("statements: own, whole page", few, many)
    assert few == many
    assert few == (3, 7)


def test_poll_board__same_statements_for_five_rows_and_fifty(door: FrontDoor) -> None:
    client = signed_in(door.users["triage"])
    found = []
    for number, first in ((5, 1), (PAGE, 10)):
        several(door, number, first=first)
        poll(client)
        with CaptureQueriesContext(connection) as asked:
            client.get(URL, headers=POLL)
        found.append(len(asked))
    print("statements of a poll", found)
    assert found[0] == found[1]


def test_open_panel__no_script_is_the_board_with_the_row_chosen(door: FrontDoor) -> None:
    chosen = full_board(door)[3]
    client = signed_in(door.users["triage"])
    answer = client.get(reverse("casework:panel", args=[chosen.pk]))
    assert answer["Location"] == f"/board/?chosen={chosen.pk}"
    words = client.get(answer["Location"]).content.decode()
    assert "As told" in words
    assert "Ken went off in the ambulance" in words
    assert AccessLog.objects.filter(what="referral", ids=[str(chosen.person_id)]).exists()


def test_open_panel__says_what_is_missing_and_who_could_co_ordinate(door: FrontDoor) -> None:
    chosen = full_board(door)[3]
    words = signed_in(door.users["triage"]).get(f"{URL}?chosen={chosen.pk}").content.decode()
    for told in (
        "999\xa0123\xa04012",
        "Red flags: 2 asked, none yes, 1 not known",
        "Is the person medically stable?",
        "None of this holds up accepting",
        "No episode before.",
        "Suggested",
        "Key with the neighbour",
        'href="tel:07700900318"',
    ):
        assert told in words, told


def test_open_panel__acts_by_role_from_the_table(door: FrontDoor) -> None:
    chosen = full_board(door)[3]
    officer = signed_in(door.users["spa"]).get(f"{URL}?chosen={chosen.pk}").content.decode()
    assert "Ask for information" in officer
    assert "Decline" not in officer
    assert ">Accept <" not in officer
    assert ">Accept, " not in officer.replace("Accepted, ", "")
    assert ">Accept, " in signed_in(door.users["triage"]).get(f"{URL}?chosen={chosen.pk}").content.decode()
    auditor = signed_in(door.users["auditor"]).get(f"{URL}?chosen={chosen.pk}").content.decode()
    assert "As told" in auditor
    assert "Ask for information" not in auditor


def test_open_panel__live_episode_is_joined(door: FrontDoor) -> None:
    first = register_at(door, 60, "Joan Trialby", nhs_number="9991234004")
    accept_at(door, first, 50)
    second = register_at(door, 5, "Joan Trialby", nhs_number="9991234004")
    words = signed_in(door.users["triage"]).get(f"{URL}?chosen={second.pk}").content.decode()
    assert "<b>Live episode</b>" in words
    assert "Accepting joins it" in words
    assert first.reference in words


def test_open_panel__not_yours_is_as_if_it_were_not_there(door: FrontDoor) -> None:
    chosen = full_board(door)[3]
    client = signed_in(door.users["bob"])
    headers = {"HX-Request": "true"}
    nothing = client.get(reverse("casework:panel", args=["11111111-1111-4111-8111-111111111111"]), headers=headers)
    assert client.get(reverse("casework:panel", args=[chosen.pk]), headers=headers).status_code == 404
    assert nothing.status_code == 404
    assert client.get(f"{URL}?chosen={chosen.pk}").status_code == 404
    assert client.get(f"{URL}?chosen=nonsense").status_code == 200


def test_show_board__unseen_filter_has_its_button(door: FrontDoor) -> None:
    words = signed_in(door.users["triage"]).get(f"{URL}?show=unseen").content.decode()
    assert "I have seen these" in words
    assert Show.UNSEEN in words
