"""The board split by urgency and hospital, its whole list on paper and as a file: one query for all."""

import csv
import io
import json
import re
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Place
from audit.models import AccessLog
from casework.domain import BoardView, Looked, Tab, read_view
from casework.presenters.lists import plain
from casework.presenters.words import first_of
from casework.queries import board
from casework.queries.counts import counts
from referrals.commands import add_row, change_section
from referrals.domain import Caller, Direction, Hospital, LocationKind, LocationNow, Urgency
from referrals.models import Person
from referrals.queries.referrals import latest
from tests.factories.casework import NOW, full_board, open_board, register_at, signed_in
from tests.factories.partners import partner_of
from tests.factories.referrals import FrontDoor

pytestmark = pytest.mark.django_db
HOSPITALS = [{"code": "southport", "words": "Southport Hospital"}, {"code": "aintree", "words": "Aintree Hospital"}]
LOOKED = Looked(NOW)


@pytest.fixture
def door() -> FrontDoor:
    made = open_board()
    place = Place.objects.get()
    place.words = place.words | {"hospitals": HOSPITALS}
    place.save()
    return made


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def names(door: FrontDoor, query: str, who: str = "triage") -> list[str]:
    page = signed_in(door.users[who]).get(f"/board/{query}").content.decode()
    return re.findall(r'class="ic-name" href="[^"]*" id="open-[^>]*>([^<]*)<', page)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?hospital=southport", ["Ernest Testworth"]),
        ("?hospital=aintree", []),
        ("?hospital=unknown", []),
        ("?urgency=planned&zone=southport&tab=step-down", ["Ernest Testworth"]),
        ("?urgency=crisis&zone=bootle", ["Albert Mockford"]),
        ("?urgency=planned&zone=bootle", []),
    ],
)
def test_filter_board__by_hospital_and_urgency_as_codes(door: FrontDoor, query: str, expected: list[str]) -> None:
    full_board(door)
    assert names(door, query) == expected
    for view in (read_view({"urgency": "crisis"}), read_view({"hospital": "southport"})):
        found = counts(door.actor("triage"), view, LOOKED, NOW)
        for tab in (Tab.ALL, Tab.TWO_HOUR, Tab.NEW, Tab.STEP_DOWN):
            page = board.page(door.actor("triage"), view.with_(tab=tab), LOOKED, NOW, None)
            assert len(page.rows) == found.tabs[tab], (view, tab)


def test_filter_board__chips_hold_codes_and_switch_themselves_off(door: FrontDoor) -> None:
    words = signed_in(door.users["triage"]).get("/board/?hospital=southport").content.decode()
    assert 'href="?hospital=aintree"' in words
    assert 'href="?tab=all" aria-current="true"><span>Southport Hospital' in words
    assert BoardView(urgency="crisis", hospital="aintree").query() == "?urgency=crisis&hospital=aintree"
    assert read_view({"urgency": "nonsense"}).urgency == ""


def test_print_board__says_who_where_what_and_when_it_was_printed_by_whom(door: FrontDoor) -> None:
    full_board(door)
    words = signed_in(door.users["triage"]).get("/board/print/?zone=crosby").content.decode()
    for told in ("Ruby Sampleton", "4 Mar 1947", "07700 900 318", "14 Prooflane", "14:40", "14:32 BST, by Priya Demo"):
        assert told in words, told
    assert "Albert Mockford" not in words
    assert len(AccessLog.objects.get(what="board.print").ids) == 2


def warned(door: FrontDoor, who: str) -> None:
    """Give the person of this last name what whoever goes there must know."""
    place = Place.objects.get()
    place.words = place.words | {"warnings": [{"code": "violence", "words": "Risk of violence"}]}
    place.save()
    by, person_id = door.actor("spa"), Person.objects.get(family_name=who).pk
    told = {"kind": "violence", "detail": "the son", "review": "month"}
    add_row(by=by, person_id=person_id, kind="visit_warnings", values=told)
    values = {"interpreter": "yes", "language": "Polish", "contact_method": "no_telephone"}
    change_section(by=by, person_id=person_id, section="communication", values=values)
    health = {"allergies": "has", "allergy_words": "Penicillin", "dnacpr": "yes", "paper_place": "Hall drawer"}
    change_section(by=by, person_id=person_id, section="health", values=health)


def test_board__a_warning_of_the_record_stands_on_the_row(door: FrontDoor) -> None:
    full_board(door)
    assert "Risk of violence" not in signed_in(door.users["triage"]).get("/board/").content.decode()
    warned(door, "Mockford")
    page = signed_in(door.users["triage"]).get("/board/").content.decode()
    for words in ("Risk of violence", "Interpreter: Polish"):
        assert page.count(words) == 1, words
    assert "1 more: open it" in page


def test_first_of__none_is_left_out_in_silence() -> None:
    assert first_of(["one", "two", "three"]) == ["one", "two", "three"]
    assert first_of(["one", "two", "three", "four", "five"]) == ["one", "two", "three", "2 more: open it"]


def test_print_board__and_file_say_what_whoever_goes_there_must_know(door: FrontDoor) -> None:
    """The paper is for when nothing else can be opened."""
    full_board(door)
    warned(door, "Mockford")
    page = signed_in(door.users["triage"]).get("/board/print/").content.decode()
    [line] = [row for row in csv.reader(io.StringIO(export(door, "manager").content.decode())) if "Mockford" in row[0]]
    told = ("Risk of violence: the son", "Interpreter: Polish", "Allergies: Penicillin", "DNACPR: paper at hall drawer")
    for words in (*told, "Reach by: not by telephone"):
        assert page.count(words) == 1, words
        assert words in line[4], words


def test_print_board__says_whose_number_it_is(door: FrontDoor) -> None:
    caller = Caller(kind="carer", name="Pat Proof", phone="07700 900318")
    register_at(door, 5, "Ruby Sampleton", caller=caller, phone="01632960240")
    words = signed_in(door.users["triage"]).get("/board/print/").content.decode()
    for told in ("Ring back", ">07700 900 318<", ">own 01632 960 240<"):
        assert told in words, told


def test_print_board__people_see_their_teams_cases_only(door: FrontDoor) -> None:
    full_board(door)
    words = signed_in(door.users["alice"]).get("/board/print/").content.decode()
    assert "Maud Testalder" in words
    assert "Ruby Sampleton" not in words
    assert signed_in(door.users["commissioner"]).get("/board/print/").status_code == 403


def test_print_board__says_when_there_are_more(door: FrontDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    full_board(door)
    monkeypatch.setattr(board, "MOST_WHOLE", 2)
    found = board.whole(door.actor("triage"), BoardView(), LOOKED)
    assert (len(found.rows), found.more) == (2, True)
    assert "there are more" in signed_in(door.users["triage"]).get("/board/print/").content.decode()


def export(door: FrontDoor, who: str, **view: str) -> Any:
    return signed_in(door.users[who]).post("/board/export/", view)


def test_export_board__is_the_list_of_the_view_and_logged(door: FrontDoor) -> None:
    full_board(door)
    answer = export(door, "manager", zone="southport", urgency="planned")
    assert answer["Content-Disposition"] == 'attachment; filename="board-20260917-1332.csv"'
    rows = list(csv.reader(io.StringIO(answer.content.decode())))
    assert rows[0][0] == "Name"
    assert [row[0] for row in rows[1:]] == names(door, "?zone=southport&urgency=planned", "manager")
    assert len(AccessLog.objects.get(what="board.export").ids) == len(rows) - 1


def test_export_board__no_cell_is_a_formula(door: FrontDoor) -> None:
    register_at(door, 5, "=HYPERLINK(1) Sampleton", summary="@SUM(A1)")
    register_at(
        door, 5, "Ernest Testworth", urgency=Urgency.PLANNED, direction=Direction.STEP_DOWN,
        location=LocationNow(kind=LocationKind.HOSPITAL), hospital=Hospital(site="Aintree Hospital", ward="-1"),
    )  # fmt: skip
    rows = list(csv.reader(io.StringIO(export(door, "manager").content.decode())))
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r") and cell]
    assert [plain(text) for text in ("=1", "+44", "-1", "@a", "plain")] == ["'=1", "'+44", "'-1", "'@a", "plain"]


@pytest.mark.parametrize("who", ["spa", "triage", "alice", "auditor"])
def test_export_board__by_leads_only(door: FrontDoor, who: str) -> None:
    full_board(door)
    assert export(door, who).status_code == 403
    assert signed_in(door.users["lead"]).get("/board/export/").status_code == 405
    assert export(door, "lead").status_code == 200


HISTORY = """INSERT INTO referrals_referral SELECT (jsonb_populate_record(NULL::referrals_referral, to_jsonb(r) || jsonb_build_object(
    'id', gen_random_uuid(), 'case_id', gen_random_uuid(), 'form_id', NULL, 'reference', 'H-' || n,
    'status', 'withdrawn', 'done_at', r.received_at - interval '30 days'))).*
FROM (SELECT * FROM referrals_referral WHERE hospital_site = 'Southport Hospital' LIMIT 1) r,
    generate_series(1, 5000) n"""


def pages_read(plan: dict[str, Any], table: str) -> int:
    """Pages that the scans of one table read, itself and all plans under it."""
    own = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] if plan.get("Relation Name") == table else 0
    return int(own) + sum(pages_read(part, table) for part in plan.get("Plans", []))


def test_filter_board__of_a_hospital_reads_by_index_whatever_its_history(door: FrontDoor) -> None:
    full_board(door)
    by, view = door.actor("triage"), read_view({"hospital": "southport"})
    with connection.cursor() as cursor:
        cursor.execute(HISTORY)
        cursor.execute("ANALYZE referrals_referral")
        cursor.execute("SELECT pg_relation_size('referrals_referral') / 8192")
        whole = cursor.fetchone()[0]
        with CaptureQueriesContext(connection) as asked:
            assert len(board.page(by, view, LOOKED, NOW, None).rows) == 1
            counts(by, view, LOOKED, NOW)
        for statement in asked.captured_queries:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement['sql']}")
            read = pages_read(cursor.fetchone()[0][0]["Plan"], "referrals_referral")
            assert read < whole / 4, (read, whole, statement["sql"])


ASKED: list[dict[str, Any]] = [
    {},
    {"zone": "southport"},
    {"urgency": "crisis"},
    {"urgency": "planned", "zone": "bootle"},
    {"hospital": "southport"},
    {"hospital": "southport", "urgency": "planned", "zone": "southport"},
    {"hospital": "unknown"},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_list__board_file_and_rest_are_one(door: FrontDoor, asked: dict[str, Any]) -> None:
    full_board(door)
    by = door.actor("manager")
    shown = {row.id for row in board.page(by, read_view(asked), LOOKED, NOW, None).rows}
    filed = {row.id for row in board.whole(by, read_view(asked), LOOKED).rows}
    told = {row.pk for row in latest(by, limit=100, open=True, **asked)}
    assert shown == filed == told
    assert asked == {"hospital": "unknown"} or shown or asked.get("urgency") == "planned"


def test_list_over_rest__takes_zone_hospital_and_open(door: FrontDoor) -> None:
    made = full_board(door)
    partner = partner_of(door.spa.organisation)
    for query, number in (("open=true", len(made)), ("open=true&hospital=southport", 1), ("zone=bootle", 1)):
        answer = partner.get(f"/api/v1/referrals/?{query}")
        assert answer.status_code == 200, answer.content
        assert len(json.loads(answer.content)["results"]) == number, query
    assert partner.get("/api/v1/referrals/?hospital=a b").status_code == 422
