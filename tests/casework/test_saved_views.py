"""Views of the board kept under a name, who opened a referral, and several rows at once."""

import csv
import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.commands import note_read
from audit.domain import Actor
from audit.models import AccessLog
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from casework.commands.saved_views import MOST_VIEWS, forget_view, open_with_view, save_view
from casework.domain import BoardView, Show, Tab
from casework.queries.panel import opened_by
from casework.queries.saved_views import saved_views
from referrals.models import Referral, SavedView
from tests.factories.casework import NOW, accept_at, full_board, open_board, register_at, signed_in, take_at
from tests.factories.races import race
from tests.factories.referrals import FrontDoor

pytestmark = pytest.mark.django_db
CROSBY = BoardView(tab=Tab.NEW, zone="crosby", show=Show.NOBODY)


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def board(client: Client, query: str = "?tab=all") -> str:
    return client.get(f"/board/{query}").content.decode()


# Views kept under a name


def test_save_view__is_read_back_whole_by_its_owner_alone(door: FrontDoor) -> None:
    save_view(by=door.actor("triage"), name="  Crosby   nobody ", view=CROSBY)
    (held,) = saved_views(door.actor("triage"))
    assert (held.name, held.view, held.first) == ("Crosby nobody", CROSBY, False)
    assert saved_views(door.actor("spa")) == []


def test_save_view__same_name_is_replaced_and_twelve_are_the_most(door: FrontDoor) -> None:
    by = door.actor("triage")
    save_view(by=by, name="Mine", view=CROSBY)
    save_view(by=by, name="MINE", view=BoardView())
    assert [(saved.name, saved.view) for saved in saved_views(by)] == [("MINE", BoardView())]
    for number in range(MOST_VIEWS - 1):
        save_view(by=by, name=f"View {number}", view=CROSBY)
    with pytest.raises(IllegalMove, match="Forget one first"):
        save_view(by=by, name="One more", view=CROSBY)
    save_view(by=by, name="View 3", view=BoardView())  # one of the twelve may still be replaced


@pytest.mark.parametrize("name", ["", "   ", "x" * 41])
def test_save_view__needs_a_name(door: FrontDoor, name: str) -> None:
    with pytest.raises(RuleBroken, match="name"):
        save_view(by=door.actor("triage"), name=name, view=CROSBY)


def test_save_view__is_for_those_who_see_a_board(door: FrontDoor) -> None:
    with pytest.raises(NotPermitted):
        save_view(by=door.actor("commissioner"), name="A", view=CROSBY)


def test_open_with_view__one_is_the_first_and_another_takes_its_place(door: FrontDoor) -> None:
    by = door.actor("triage")
    one = save_view(by=by, name="One", view=CROSBY, first=True)
    two = save_view(by=by, name="Two", view=BoardView(), first=True)
    assert [saved.first for saved in saved_views(by)] == [False, True]
    open_with_view(by=by, view_id=one.pk, first=True)
    open_with_view(by=by, view_id=one.pk, first=True)
    assert [saved.first for saved in saved_views(by)] == [True, False]
    open_with_view(by=by, view_id=one.pk, first=False)
    assert not any(saved.first for saved in saved_views(by))
    with transaction.atomic(), pytest.raises(IntegrityError, match="one_first"):
        SavedView.objects.filter(pk__in=[one.pk, two.pk]).update(first=True)


def test_forget_view__of_another_is_not_found(door: FrontDoor) -> None:
    row = save_view(by=door.actor("triage"), name="One", view=CROSBY)
    for act in (lambda: forget_view(by=door.actor("spa"), view_id=row.pk),
                lambda: open_with_view(by=door.actor("spa"), view_id=row.pk, first=True)):  # fmt: skip
        with pytest.raises(NotFound):
            act()
    forget_view(by=door.actor("triage"), view_id=row.pk)
    assert saved_views(door.actor("triage")) == []


@pytest.mark.django_db(transaction=True)
def test_save_view__raced_keeps_one_of_a_name(door: FrontDoor) -> None:
    by = door.actor("triage")
    race(lambda: save_view(by=by, name="Mine", view=CROSBY), lambda: save_view(by=by, name="mine", view=BoardView()))
    assert SavedView.objects.count() == 1


def test_show_board__opens_with_the_first_view_and_all_is_one_click_away(door: FrontDoor) -> None:
    full_board(door)
    client = signed_in(door.users["triage"])
    told = {"name": "Crosby", "first": "on", "tab": "new", "zone": "crosby"}
    assert client.post("/board/views/", told)["Location"] == "/board/?tab=new&zone=crosby"
    assert client.get("/board/")["Location"] == "/board/?tab=new&zone=crosby"
    words = board(client, "?tab=new&zone=crosby")
    assert 'href="?tab=new&amp;zone=crosby" aria-current="true"><span>Crosby</span>' in words
    assert "Albert Mockford" not in words
    assert "Albert Mockford" in board(client)
    row = SavedView.objects.get()
    client.post(f"/board/views/{row.pk}/first/", {"first": "no"})
    assert client.get("/board/").status_code == 200
    client.post(f"/board/views/{row.pk}/forget/")
    assert not SavedView.objects.exists()


def test_show_saved_views__says_what_each_shows_and_what_is_wrong(door: FrontDoor) -> None:
    client = signed_in(door.users["triage"])
    client.post("/board/views/", {"name": "Crosby", "tab": "new", "zone": "crosby", "show": "nobody"})
    words = client.get("/board/views/?tab=two-hour").content.decode()
    assert "New, Crosby, nobody has it" in words
    assert "2-hour" in words
    wrong = client.post("/board/views/", {"name": " ", "zone": "bootle"})
    assert wrong.status_code == 422
    assert 'name="zone" value="bootle"' in wrong.content.decode()


# Who opened it


def test_opened_by__says_who_looked_since_it_arrived_and_not_before(door: FrontDoor) -> None:
    held = register_at(door, 30)
    for who, minutes_ago in (("spa", 50), ("spa", 20), ("manager", 10), ("spa", 5)):
        with time_machine.travel(NOW.timestamp() - minutes_ago * 60, tick=False):
            AccessLog.objects.create(
                at=NOW.fromtimestamp(NOW.timestamp() - minutes_ago * 60, NOW.tzinfo), actor_id=f"user:{door.users[who].pk}",
                actor_label=door.users[who].name, what="referral", ids=[str(held.person_id)],
            )  # fmt: skip
    found = opened_by(held, NOW)
    assert [(name, (NOW - at).seconds // 60) for name, at in found] == [
        (door.users["spa"].name, 20), (door.users["manager"].name, 10),
    ]  # fmt: skip


def test_show_board__says_what_nobody_has_opened_yet(door: FrontDoor) -> None:
    held = register_at(door, 30)
    client = signed_in(door.users["triage"])
    assert "not opened<" in board(client)
    with time_machine.travel(NOW.timestamp() + 1, tick=False):
        panel = client.get(f"/board/?chosen={held.pk}").content.decode()
    assert "You are the first to open it" in panel
    with time_machine.travel(NOW.timestamp() + 60, tick=False):
        again = signed_in(door.users["spa"]).get(f"/board/?chosen={held.pk}").content.decode()
    assert f"Opened by {door.users['triage'].name} 14:32" in again
    assert "not opened<" not in again


def test_show_board__what_a_partner_system_read_is_not_opened_yet(door: FrontDoor) -> None:
    held = register_at(door, 30)
    partner = Actor(id=f"client:{uuid4()}", label="Ward system")
    note_read(by=partner, what="referral", ids=[held.person_id])
    page = board(signed_in(door.users["triage"]), "?tab=all")
    assert "not opened<" in page
    assert not opened_by(held, NOW + timedelta(seconds=1))


def test_open_panel__says_who_triages_it(door: FrontDoor) -> None:
    held = register_at(door, 30)
    client = signed_in(door.users["spa"])
    assert "Nobody has it yet" in board(client, f"?chosen={held.pk}")
    take_at(door, held, 5)
    assert f"Being triaged by {door.users['triage'].name} since 14:27" in board(client, f"?chosen={held.pk}")
    assert "Being triaged by you since" in board(signed_in(door.users["triage"]), f"?chosen={held.pk}")


def test_opened_by__finds_by_index(door: FrontDoor) -> None:
    held = register_at(door, 30)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan TO off")
        with CaptureQueriesContext(connection) as asked:
            opened_by(held, NOW)
        cursor.execute(f"EXPLAIN {asked.captured_queries[-1]['sql']}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "audit_who_opened" in plan, plan


# Several at once


def several(client: Client, act: str, *rows: Referral) -> Any:
    return client.post("/board/several/", {"do": act, "row": [str(row.pk) for row in rows], "back": "?tab=new"})


def told(answer: Any) -> dict[str, str]:
    found = re.findall(r'class="ic-name" href="[^"]*">([^<]*)<.*?<td[^>]*>(.*?)</td>', answer.content.decode(), re.S)
    return {name: re.sub(r"<[^>]*>", "", words).strip() for name, words in found}


def test_do_several__each_goes_through_the_command_and_says_what_happened(door: FrontDoor) -> None:
    one = register_at(door, 30, "Maud Testalder")
    two = register_at(door, 20, "Albert Mockford")
    accept_at(door, two)
    answer = several(signed_in(door.users["triage"]), "take", one, two)
    words = told(answer)
    assert words["Maud Testalder"] == "You have it now."
    assert words["Albert Mockford"].startswith("Not done.")
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.held_by == door.users["triage"]
    assert two.held_by != door.users["triage"] or two.status == "accepted"
    assert 'href="/board/?tab=new"' in answer.content.decode()


def test_do_several__whoever_had_it_is_named(door: FrontDoor) -> None:
    row = register_at(door, 30, "Maud Testalder")
    take_at(door, row, 10, by="spa")
    triage = signed_in(door.users["triage"])
    for words in ("You have it now; Tom Trial had it before.", "You have it now."):
        assert told(several(triage, "take", row)) == {"Maud Testalder": words}


def test_do_several__seen_are_seen_by_this_person(door: FrontDoor) -> None:
    client, other = signed_in(door.users["triage"]), signed_in(door.users["spa"])
    board(client)
    board(other)
    with time_machine.travel(NOW.timestamp() + 60, tick=False):
        rows = [register_at(door, -0.5, "Maud Testalder"), register_at(door, -0.6, "Albert Mockford")]
        assert ">2 new since you looked<" in board(client)
        several(client, "seen", rows[0])
        assert ">1 new since you looked<" in board(client)
        assert ">2 new since you looked<" in board(other)


def test_do_several__file_holds_those_ticked_and_needs_its_permission(door: FrontDoor) -> None:
    one, two = register_at(door, 30, "Maud Testalder"), register_at(door, 20, "Albert Mockford")
    assert several(signed_in(door.users["triage"]), "file", one).status_code == 403
    answer = several(signed_in(door.users["manager"]), "file", two)
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert [row[0] for row in rows] == ["Name", "Albert Mockford"]
    assert AccessLog.objects.filter(what="board.export", ids=[str(two.person_id)]).count() == 1
    assert str(one.person_id) not in answer.content.decode()


@pytest.mark.parametrize("act", ["", "decline", "accept"])
def test_do_several__nothing_is_declined_in_bulk(door: FrontDoor, act: str) -> None:
    held = register_at(door, 30)
    assert several(signed_in(door.users["triage"]), act, held).status_code == 404


def test_do_several__others_rows_are_not_found_and_nobody_ticked_says_so(door: FrontDoor) -> None:
    held = register_at(door, 30)
    answer = several(signed_in(door.users["charlie"]), "seen", held).content.decode()
    assert "Some could not be found" in answer
    assert "Maud" not in answer
    client = signed_in(door.users["triage"])
    assert "Nobody was ticked" in several(client, "take").content.decode()
    away = client.post("/board/several/", {"do": "seen", "row": str(held.pk), "back": "//evil.example/?x"})
    assert "evil" not in away.content.decode()


def test_show_board__ticks_stay_when_the_list_is_fetched_again(door: FrontDoor) -> None:
    one, two = register_at(door, 30, "Maud Testalder"), register_at(door, 20, "Albert Mockford")
    words = board(signed_in(door.users["triage"]), f"?tab=all&row={one.pk}")
    assert re.search(rf'id="pick-{one.pk}"[^>]* checked>', words)
    assert not re.search(rf'id="pick-{two.pk}"[^>]* checked>', words)
