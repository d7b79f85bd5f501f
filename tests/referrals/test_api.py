"""The single point of access for partner systems: the contract as it is written, and every way to break it."""

import json
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.domain import Scope
from audit.commands import now
from audit.models import AccessLog, CaseEvent
from referrals.models import CrewWait, IdempotencyKey, Person, Referral
from tests.factories.partners import REFERRALS, Partner, partner_of, referral
from tests.factories.referrals import open_front_door, register
from tests.factories.words import says
from timelimits.models import Clock

pytestmark = pytest.mark.django_db
CONTRACT = {"id", "reference", "case_id", "status", "version", "clocks", "links"}
CLOCK = {"id", "policy", "started_at", "due_at", "stopped_at", "status", "reason"}
WHOLE = {
    "person": {
        "nhs_number": "9991234004",
        "family_name": "Testalder",
        "given_name": "Maud",
        "born_on": "1935-02-01",
        "address_lines": ["1 Sample Street", "Crosby"],
        "postcode": "l239zz",
        "phone": "01632 960011",
        "gp_practice": "Sample Surgery",
    },
    "received_at": "2026-05-11T14:32:00+01:00",
    "direction": "step_down",
    "urgency": "planned",
    "location_now": {
        "kind": "hospital",
        "address_lines": ["Ward 4"],
        "postcode": "L23 9ZY",
        "phone": "01632 960012",
        "access": "Ask at the desk",
    },
    "who_is_with_them": "Daughter",
    "contact_person": {"name": "Pat Proof", "relationship": "Daughter", "phone": "07700 900318"},
    "person_agrees": "lacks_capacity",
    "hospital": {"site": "Sample Hospital", "ward": "Ward 4", "ready_on": "2026-05-12"},
    "source": {"kind": "gp", "organisation": "Sample Surgery", "referrer_name": "Dr Stub", "phone": "01632 960018"},
    "reason": "falls",
    "summary": "Ready to go home with help.",
    "medically_stable": True,
    "medicines_addressed": False,
}


@pytest.fixture
def door():
    return open_front_door()


@pytest.fixture
def partner(door):
    return partner_of(door.spa.organisation)


@pytest.fixture
def stranger(door):
    return partner_of(door.elsewhere.organisation, name="Partner of the council")


def problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert set(told) == {"type", "title", "status", "code", "detail", "errors"}
    assert (told["status"], told["code"]) == (status, code), told
    return {error["field"]: error["message"] for error in told["errors"]}


# Making a referral


def test_register_referral__answers_as_the_contract_says(partner):
    response = partner.refer()
    told = response.json()
    assert response.status_code == 201
    assert set(told) == CONTRACT | {"possible_duplicates"}
    assert response["ETag"] == '"1"'
    assert response["Location"] == told["links"]["self"] == f"{REFERRALS}{told['id']}/"
    assert "no-store" in response["Cache-Control"]
    assert {clock["policy"]: clock["status"] for clock in told["clocks"]} == {
        "crisis_response": "running",
        "spa_triage": "running",
    }
    assert all(set(clock) == CLOCK for clock in told["clocks"])
    made = Referral.objects.get()
    assert (str(made.pk), made.reference, str(made.case_id)) == (told["id"], told["reference"], told["case_id"])
    assert (told["status"], told["version"], made.channel) == ("new", 1, "api")


def test_register_referral__keeps_everything_that_was_told(partner):
    assert partner.refer(WHOLE).status_code == 201
    made = Referral.objects.select_related("person").get()
    who = made.person
    assert (who.nhs_number, who.family_name, who.given_name, str(who.born_on)) == (
        "9991234004", "Testalder", "Maud", "1935-02-01",
    )  # fmt: skip
    assert (who.address_lines, who.postcode) == (["1 Sample Street", "Crosby"], "L23 9ZZ")
    assert made.received_at == datetime(2026, 5, 11, 13, 32, tzinfo=UTC)
    assert (made.location_kind, made.location_lines, made.access) == ("hospital", ["Ward 4"], "Ask at the desk")
    assert (made.contact_name, made.contact_relationship, made.contact_phone) == (
        "Pat Proof", "Daughter", "07700 900318",
    )  # fmt: skip
    assert (made.source_kind, made.caller_name, made.ring_back) == ("gp", "Dr Stub", "01632 960018")
    assert (made.agrees, made.who_is_with_them, str(made.ready_on)) == ("lacks_capacity", "Daughter", "2026-05-12")
    assert (made.medically_stable, made.medicines_addressed) == (True, False)


def test_register_referral__takes_null_for_everything_optional(partner):
    optional = set(WHOLE) - {"person", "direction", "urgency", "source", "reason", "summary", "person_agrees"}
    person = dict.fromkeys(WHOLE["person"]) | {"family_name": "Testalder"}
    source = dict.fromkeys(WHOLE["source"]) | {"kind": "gp"}
    inner = {"location_now": {"address_lines": None, "postcode": None}, "hospital": {"site": None, "ready_on": None}}
    body = referral(person=person, source=source) | dict.fromkeys(optional) | inner
    assert partner.refer(body).status_code == 201
    assert (Referral.objects.get().medically_stable, Person.objects.get().nhs_number) == (None, None)


def test_register_referral__with_a_known_number_and_another_birth_date_makes_a_new_person(partner):
    partner.refer(WHOLE)
    other = WHOLE | {"person": WHOLE["person"] | {"born_on": "1944-04-04"}}
    assert partner.refer(other).status_code == 201
    assert [r.identity for r in Referral.objects.order_by("recorded_at")] == ["as_told", "number_conflict"]


def test_register_referral__that_is_late_says_breached_and_still_runs(partner):
    told = partner.refer(received_at=(now() - timedelta(hours=3)).isoformat()).json()
    clock = next(clock for clock in told["clocks"] if clock["policy"] == "crisis_response")
    assert (clock["status"], clock["stopped_at"]) == ("breached", None)
    assert datetime.fromisoformat(clock["due_at"]) - datetime.fromisoformat(clock["started_at"]) == timedelta(hours=2)


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(seconds=50)])
def test_register_referral__received_a_little_ahead_is_received_now(partner, ahead):
    before = now()
    assert partner.refer(received_at=(before + ahead).isoformat()).status_code == 201
    assert Referral.objects.get().received_at <= now()


def test_register_referral__received_later_than_now_is_refused(partner):
    response = partner.refer(received_at=(now() + timedelta(seconds=90)).isoformat())
    assert "received_at" in problem(response, 422, "received_in_future")
    assert not Referral.objects.exists()


@pytest.mark.parametrize(
    "received_at",
    [
        "2026-05-11T14:32:00", "2026-05-11", "2026-02-30T10:00:00Z", "2026-05-11T25:00:00Z", "0001-01-01T00:00:00+01:00",
        "1899-12-31T23:59:59Z", "9999-12-31T23:59:59-01:00", 1778509920, "", "now", "2026-05-11T14:32:00+99:00", True, [],
        "２０２６-05-11T14:32:00Z", "\ud800",
    ],
)  # fmt: skip
def test_register_referral__refuses_an_instant_that_is_none(partner, received_at):
    assert list(problem(partner.refer(received_at=received_at), 422, "invalid")) == ["received_at"]


@pytest.mark.parametrize(
    "received_at", ["1987-06-05T04:03:02.123456-05:00", "1900-01-02T00:00:00Z", "2016-02-29T12:00z"]
)
def test_register_referral__takes_any_past_instant(partner, received_at):
    assert partner.refer(received_at=received_at).status_code == 201


BROKEN = [
    ({"person": None}, "person"),
    ({"person": []}, "person"),
    ({"person": {}}, "person.family_name"),
    ({"person": {"family_name": "  "}}, "person.family_name"),
    ({"person": {"family_name": 7}}, "person.family_name"),
    ({"person": {"family_name": "x" * 5000}}, "person.family_name"),
    ({"person": {"family_name": "a\x00b"}}, "person.family_name"),
    ({"person": {"family_name": "a\ud800b"}}, "person.family_name"),
    ({"person": {"family_name": "T", "given_name": {"a": 1}}}, "person.given_name"),
    ({"person": {"family_name": "T", "born_on": "1935-02-30"}}, "person.born_on"),
    ({"person": {"family_name": "T", "born_on": "01/02/1935"}}, "person.born_on"),
    ({"person": {"family_name": "T", "born_on": "2999-01-01"}}, "person.born_on"),
    ({"person": {"family_name": "T", "born_on": 19350201}}, "person.born_on"),
    ({"person": {"family_name": "T", "nhs_number": "9991234005"}}, "person.nhs_number"),
    ({"person": {"family_name": "T", "nhs_number": "999"}}, "person.nhs_number"),
    ({"person": {"family_name": "T", "nhs_number": 9991234004}}, "person.nhs_number"),
    ({"person": {"family_name": "T", "address_lines": "1 Street"}}, "person.address_lines"),
    ({"person": {"family_name": "T", "address_lines": ["x"] * 9}}, "person.address_lines"),
    ({"person": {"family_name": "T", "address_lines": ["ok", 5]}}, "person.address_lines.1"),
    ({"person": {"family_name": "T", "postcode": "ß" * 13}}, "person.postcode"),
    ({"person": {"family_name": "T", "id": str(uuid4())}}, "person.id"),
    ({"direction": "sideways"}, "direction"),
    ({"direction": "\ud800"}, "direction"),
    ({"urgency": True}, "urgency"),
    ({"urgency": None}, "urgency"),
    ({"source": {"kind": "martian"}}, "source.kind"),
    ({"source": {"kind": "gp", "colour": "red"}}, "source.colour"),
    ({"source": "gp"}, "source"),
    ({"reason": "boredom"}, "reason"),
    ({"reason": None}, "reason"),
    ({"summary": ""}, "summary"),
    ({"summary": "x" * 5001}, "summary"),
    ({"location_now": {"kind": "moon"}}, "location_now.kind"),
    ({"location_now": {"postcode": "L" * 13}}, "location_now.postcode"),
    ({"hospital": {"ready_on": "soon"}}, "hospital.ready_on"),
    ({"contact_person": {"name": "x" * 121}}, "contact_person.name"),
    ({"person_agrees": "maybe"}, "person_agrees"),
    ({"medically_stable": "true"}, "medically_stable"),
    ({"medicines_addressed": 1}, "medicines_addressed"),
    ({"status": "accepted"}, "status"),
    ({"case_id": str(uuid4())}, "case_id"),
    ({"version": 9}, "version"),
]


@pytest.mark.parametrize(("change", "field"), BROKEN)
def test_register_referral__refuses_what_is_wrong_by_the_name_of_the_field(partner, change, field):
    response = partner.refer(referral(**change))
    assert response.status_code == 422, response.content
    assert field in {error["field"] for error in response.json()["errors"]}
    assert response["Content-Type"] == "application/problem+json"
    assert (Referral.objects.count(), Person.objects.count(), IdempotencyKey.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize("field", ["person", "direction", "urgency", "source", "reason", "summary"])
def test_register_referral__needs_six_fields(partner, field):
    body = referral()
    del body[field]
    assert list(problem(partner.refer(body), 422, "invalid")) == [field]


def test_register_referral__names_every_fault_at_once(partner):
    body = referral(urgency="soon", extra=1, person={"family_name": "", "nhs": ""})
    assert set(problem(partner.refer(body), 422, "invalid")) == {
        "urgency", "extra", "person.family_name", "person.nhs",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "\u202eright to left",
        "Robert'); DROP TABLE",
        '% _ \\ "',
        "😀",
    ],
)
def test_register_referral__keeps_odd_words_literally(partner, text):
    response = partner.refer(person={"family_name": text}, summary=text, who_is_with_them=text)
    assert response.status_code == 201
    made = Referral.objects.select_related("person").get()
    assert (made.person.family_name, made.summary, made.who_is_with_them) == (text, text, text)


RAW = [
    (b"", 422), (b"{", 400), (b"nonsense", 400), (b"\xff\xfe", 400), (b'{"a": NaN}', 400), (b'{"a": 1, "a": 2}', 400),
    (b"[" * 100_000, 400), (b'{"a":' * 20 + b"1" + b"}" * 20, 400), (b"[]", 422), (b'"text"', 422), (b"null", 422),
    (b"9" * 10_000, 400), (b'{"\\ud800": 1}', 400), (b'{"\\u0000": 1}', 400), (b"\xef\xbb\xbf{}", 400), (b"1e999", 422),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "status"), RAW)
def test_register_referral__refuses_a_body_that_is_no_object(partner, raw, status):
    response = partner.post(REFERRALS, raw, Idempotency_Key="k")
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"


def test_register_referral__refuses_ten_megabytes(partner):
    response = partner.refer(summary="x" * 10_000_000)
    problem(response, 413, "body_too_large")


def test_register_referral__refuses_a_form(partner):
    response = partner.http.post(REFERRALS, {"a": 1}, headers=partner.headers(Idempotency_Key="k"))
    problem(response, 415, "unsupported_media_type")


# Once, however often it is sent


def test_register_referral__without_a_key_is_refused(partner):
    problem(partner.post(REFERRALS, referral()), 400, "idempotency_key_missing")


@pytest.mark.parametrize("key", ["", "x" * 201, "two words", "caf\u00e9"])
def test_register_referral__with_a_key_that_is_none_is_refused(partner, key):
    problem(partner.post(REFERRALS, referral(), Idempotency_Key=key), 400, "idempotency_key_invalid")


def test_register_referral__again_gives_the_first_answer(partner):
    first = partner.post(REFERRALS, referral(), Idempotency_Key="k-1")
    turned = json.dumps(dict(reversed(referral().items())), indent=1)
    again = partner.post(REFERRALS, turned, Idempotency_Key="k-1")
    assert (again.status_code, again.json(), again["ETag"]) == (201, first.json(), first["ETag"])
    assert again["Location"] == first["Location"]
    assert Referral.objects.count() == 1


def test_register_referral__again_after_a_move_still_gives_the_first_answer(partner):
    first = partner.post(REFERRALS, referral(), Idempotency_Key="k-1").json()
    assert partner.move(first, "withdraw", {"reason": "Not needed."}).status_code == 200
    assert partner.post(REFERRALS, referral(), Idempotency_Key="k-1").json() == first


def test_register_referral__with_the_same_key_and_another_body_is_refused(partner):
    partner.post(REFERRALS, referral(), Idempotency_Key="k-1")
    problem(partner.post(REFERRALS, referral(summary="Another"), Idempotency_Key="k-1"), 409, "key_reused")
    assert Referral.objects.count() == 1


def test_register_referral__refused_keeps_no_key(partner):
    assert partner.post(REFERRALS, referral(reason="boredom"), Idempotency_Key="k-1").status_code == 422
    assert partner.post(REFERRALS, referral(), Idempotency_Key="k-1").status_code == 201


def test_register_referral__keys_are_each_clients_own(partner, stranger):
    first = partner.post(REFERRALS, referral(), Idempotency_Key="k-1").json()
    second = stranger.post(REFERRALS, referral(), Idempotency_Key="k-1").json()
    assert first["id"] != second["id"]


def test_register_referral__replay_needs_the_scope_still(partner):
    partner.post(REFERRALS, referral(), Idempotency_Key="k-1")
    partner.client.scopes = [Scope.EPISODES_READ]
    partner.client.save()
    problem(partner.post(REFERRALS, referral(), Idempotency_Key="k-1"), 403, "not_permitted")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("same", [True, False])
def test_register_referral__many_at_once_make_one_for_each_key(same):
    partner = partner_of(open_front_door().spa.organisation)
    answers, together = [], Barrier(6)

    def send(number):
        mine = Partner(partner.client, partner.token)
        together.wait()
        answers.append(mine.post(REFERRALS, referral(), Idempotency_Key="k" if same else f"k{number}"))
        connections.close_all()

    threads = [Thread(target=send, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {answer.status_code for answer in answers} == {201}
    assert Referral.objects.count() == len({answer.json()["id"] for answer in answers}) == (1 if same else 6)


# Reading


def test_read_referral__says_how_it_stands_and_never_who(partner):
    made = partner.refer(WHOLE).json()
    response = partner.get(made["links"]["self"])
    told = response.json()
    assert (response.status_code, response["ETag"]) == (200, '"1"')
    assert set(told) == CONTRACT | {
        "direction",
        "urgency",
        "service",
        "received_at",
        "recorded_at",
        "joined_case_id",
    } | {"recommendation"}
    assert told["recommendation"]["disposition"] == "accept"
    assert told["received_at"] == "2026-05-11T13:32:00Z"
    for word in ("Testalder", "Maud", "9991234004", "1935", "L23", "Pat Proof", "Dr Stub", "Ready to go", "960011"):
        assert not says(response.content.decode(), word)
    assert AccessLog.objects.filter(what="referral", actor_id=partner.actor.id).count() == 1


def test_read_referral__of_its_referrer_shows_clocks_too(stranger):
    made = stranger.refer().json()
    told = stranger.get(made["links"]["self"]).json()
    assert [clock["policy"] for clock in made["clocks"]] == [clock["policy"] for clock in told["clocks"]]
    assert len(told["clocks"]) == 2
    assert told["recommendation"] is None


@pytest.mark.parametrize("guess", [uuid4(), "1", "%00", "../../x", "not-a-uuid"])
def test_read_referral__that_is_not_there_is_not_found(partner, guess):
    response = partner.get(f"{REFERRALS}{guess}/")
    problem(response, 404, "not_found")


def test_referral_of_another_organisation__is_not_found_for_every_verb(partner, stranger):
    made = partner.refer().json()
    problem(stranger.get(made["links"]["self"]), 404, "not_found")
    bodies = {
        "triage": {"urgency": "crisis", "service": "crisis", "reason": "x"},
        "decline": {"reason": "needs_hospital", "signpost": "gp"},
        "accept": {"team": "ucr-south"},
        "withdraw": {"reason": "x"},
    }
    for verb, body in bodies.items():
        problem(stranger.move(made, verb, body), 404, "not_found")
    assert stranger.get(REFERRALS).json()["results"] == []
    assert Referral.objects.get().version == 1
    assert AccessLog.objects.filter(denied=True, actor_id=stranger.actor.id).count() == 5


def test_referral_seen_by_status_only__is_not_moved_but_by_withdrawing(stranger):
    made = stranger.refer().json()
    problem(stranger.move(made, "decline", {"reason": "needs_hospital", "signpost": "gp"}), 404, "not_found")
    assert stranger.move(made, "withdraw", {"reason": "Family has it in hand."}).json()["status"] == "withdrawn"


def test_list_referrals__goes_through_all_by_cursor_whatever_arrives_meanwhile(door, partner):
    made = [register(door.actor("spa")).pk for _ in range(7)]
    seen, address = [], f"{REFERRALS}?limit=3"
    while address:
        page = partner.http.get(address, headers=partner.headers()).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
        register(door.actor("spa"))
    assert seen[:3] == [str(pk) for pk in reversed(made[-3:])]
    assert sorted(seen) == sorted(str(pk) for pk in made)


def test_list_referrals__filters(door, partner):
    crisis = partner.refer().json()
    planned = partner.refer(urgency="planned").json()
    gone = partner.refer().json()
    partner.move(gone, "withdraw", {"reason": "x"})

    def ids(**query):
        return {row["id"] for row in partner.get(REFERRALS, **query).json()["results"]}

    assert ids() == {crisis["id"], planned["id"], gone["id"]}
    assert ids(status="new") == {crisis["id"], planned["id"]}
    assert ids(status="withdrawn", urgency="crisis") == {gone["id"]}
    assert ids(urgency="planned") == {planned["id"]}
    soon = (now() + timedelta(minutes=45)).isoformat()
    assert ids(due_before=soon) == {crisis["id"]}
    assert ids(due_before=now().isoformat()) == set()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "open"}, "status"), ({"urgency": ""}, "urgency"), ({"due_before": "2026-05-11"}, "due_before"),
        ({"due_before": "2026-05-11T14:00:00"}, "due_before"), ({"limit": "101"}, "limit"), ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"), ({"stauts": "new"}, "stauts"), ({"status": ["new", "waiting"]}, "status"),
    ],
)  # fmt: skip
def test_list_referrals__refuses_a_filter_that_is_none(partner, query, field):
    assert field in problem(partner.get(REFERRALS, **query), 422, "invalid")


@pytest.mark.parametrize("cursor", ["x", "WyIyMDI2Il0:1:2", "\x00", "a" * 300])
def test_list_referrals__refuses_a_cursor_it_did_not_make(partner, cursor):
    assert partner.get(REFERRALS, cursor=cursor).status_code in {400, 422}
    if "\x00" not in cursor:
        problem(partner.get(REFERRALS, cursor=cursor), 400, "cursor_invalid")


def test_list_referrals__takes_an_instant_whose_plus_was_not_escaped(partner):
    made = partner.refer().json()
    later = "2999-01-01T00:00:00+00:00"
    page = partner.http.get(f"{REFERRALS}?due_before={later}", headers=partner.headers()).json()
    assert [row["id"] for row in page["results"]] == [made["id"]]


def test_list_referrals__logs_one_reading_with_the_people_shown(partner):
    partner.refer()
    partner.refer()
    partner.get(REFERRALS)
    log = AccessLog.objects.get(what="referral.list")
    assert sorted(log.ids) == sorted(str(pk) for pk in Person.objects.values_list("pk", flat=True))


# Moves


def test_triage_referral__sets_urgency_and_service(partner):
    made = partner.refer(urgency="planned").json()
    response = partner.move(made, "triage", {"urgency": "crisis", "service": "crisis", "reason": "Cannot stand."})
    told = response.json()
    assert (response.status_code, response["ETag"], told["version"]) == (200, '"2"', 2)
    assert (told["urgency"], told["service"], told["status"]) == ("crisis", "crisis", "new")
    running = {clock["policy"] for clock in told["clocks"] if clock["status"] == "running"}
    assert running == {"crisis_response", "spa_triage"}
    assert {(c["policy"], c["reason"]) for c in told["clocks"] if c["status"] == "cancelled"} == {
        ("spa_triage", "not_needed")
    }


def test_triage_referral__worse_since_starts_the_two_hours_then(partner):
    received, worse = now() - timedelta(hours=5), now() - timedelta(minutes=10)
    made = partner.refer(urgency="planned", received_at=received.isoformat()).json()
    body = {"urgency": "crisis", "service": "crisis", "reason": "Worse.", "worse_since": worse.isoformat()}
    told = partner.move(made, "triage", body).json()
    clock = next(clock for clock in told["clocks"] if clock["policy"] == "crisis_response")
    assert datetime.fromisoformat(clock["started_at"]) == worse


def test_decline_referral__ends_it_with_where_instead(partner):
    made = partner.refer().json()
    told = partner.move(made, "decline", {"reason": "needs_hospital", "signpost": "gp"}).json()
    assert told["status"] == "declined"
    assert {clock["policy"]: clock["status"] for clock in told["clocks"]} == {
        "spa_triage": "met",
        "crisis_response": "cancelled",
        "signpost_follow_up": "running",
    }
    assert {clock["reason"] for clock in told["clocks"]} == {None, "declined"}
    assert set(told["links"]) == {"self"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "because", "signpost": "gp"}, "reason"),
        ({"reason": "needs_hospital", "signpost": "nowhere"}, "signpost"),
        ({"reason": "needs_hospital"}, "signpost"),
        ({"reason": "needs_hospital", "signpost": "gp", "note": "x"}, "note"),
    ],
)
def test_decline_referral__refuses_codes_it_does_not_know(partner, body, field):
    made = partner.refer().json()
    response = partner.move(made, "decline", body)
    assert response.status_code == 422
    assert field in {error["field"] for error in response.json()["errors"]}


def test_move__without_if_match_is_refused(partner):
    made = partner.refer().json()
    problem(partner.post(f"{made['links']['self']}withdraw/", {"reason": "x"}), 428, "if_match_missing")


@pytest.mark.parametrize("tag", ['"1"', "1", 'W/"1"', "*", ' "1" '])
def test_move__takes_the_etag_however_it_is_written(partner, tag):
    made = partner.refer().json()
    response = partner.post(f"{made['links']['self']}withdraw/", {"reason": "x"}, If_Match=tag)
    assert response.status_code == 200


@pytest.mark.parametrize("tag", ["", '"one"', '"1", "2"', '"-1"', "\u00b9", '"9999999999"'])
def test_move__with_an_if_match_that_is_none_is_refused(partner, tag):
    made = partner.refer().json()
    response = partner.post(f"{made['links']['self']}withdraw/", {"reason": "x"}, If_Match=tag)
    problem(response, 400, "if_match_invalid")


def test_move__on_what_somebody_changed_meanwhile_is_refused_and_says_who(partner):
    made = partner.refer().json()
    partner.move(made, "triage", {"urgency": "crisis", "service": "home", "reason": "x"})
    response = partner.move(made, "withdraw", {"reason": "x"})
    problem(response, 412, "stale")
    assert partner.client.name in response.json()["detail"]


def test_move__from_a_wrong_state_is_refused(partner):
    made = partner.refer().json()
    gone = partner.move(made, "withdraw", {"reason": "x"}).json()
    body = {"urgency": "crisis", "service": "home", "reason": "x"}
    problem(partner.move(gone, "triage", body), 409, "already_withdrawn")


def test_move__made_again_is_quiet(partner):
    made = partner.refer().json()
    gone = partner.move(made, "withdraw", {"reason": "x"}).json()
    again = partner.move(gone, "withdraw", {"reason": "x"})
    assert (again.status_code, again.json()) == (200, gone)


def test_moves__leave_their_events(partner):
    made = partner.refer().json()
    partner.move(made, "decline", {"reason": "needs_hospital", "signpost": "gp"})
    events = CaseEvent.objects.filter(
        case_id=made["case_id"], subject=f"referral:{made['id']}", event__startswith="ref"
    )
    assert sorted(events.values_list("event", flat=True)) == ["referral.declined", "referral.registered"]
    assert set(events.values_list("actor_label", flat=True)) == {partner.client.name}


NEEDS = [
    (Scope.REFERRALS_WRITE, "register", {"list", "read", "register", "withdraw"}),
    (Scope.REFERRALS_READ, "read", {"list", "read"}),
    (Scope.TRIAGE_WRITE, "triage", {"triage", "decline"}),
    (Scope.EPISODES_READ, "episode", set()),
]


@pytest.mark.parametrize(("scope", "name", "allowed"), NEEDS)
def test_scope__allows_what_it_carries_and_nothing_else(door, partner, scope, name, allowed):
    made = partner.refer().json()
    narrow = partner_of(door.spa.organisation, scope, name=name)
    calls = {
        "list": lambda: narrow.get(REFERRALS),
        "read": lambda: narrow.get(made["links"]["self"]),
        "register": narrow.refer,
        "withdraw": lambda: narrow.move(made, "withdraw", {"reason": ""}),
        "triage": lambda: narrow.move(made, "triage", {}),
        "decline": lambda: narrow.move(made, "decline", {}),
    }
    refused = {verb for verb, call in calls.items() if call().status_code == 403}
    assert refused == set(calls) - allowed


# What it costs: a ceiling, so that nothing is added unseen


@pytest.mark.parametrize(("body", "most"), [(referral(), 21), (WHOLE, 26)], ids=["least", "whole"])
def test_register_referral__costs_so_many_statements(partner, body, most):
    partner.refer()
    with CaptureQueriesContext(connection) as seen:
        assert partner.refer(body).status_code == 201
    assert len(seen) <= most, "\n".join(query["sql"][:150] for query in seen)


@pytest.mark.parametrize("rows", [5, 50])
def test_list_referrals__costs_the_same_for_five_rows_and_fifty(door, partner, rows):
    for _ in range(rows):
        register(door.actor("spa"))
    with CaptureQueriesContext(connection) as seen:
        assert len(partner.get(REFERRALS).json()["results"]) == rows
    assert len(seen) <= 10, "\n".join(query["sql"][:150] for query in seen)


def test_register_referral__of_an_ambulance_system_says_that_a_crew_waits(partner):
    for since in ("2199-12-31T23:59:00Z", "0001-01-01T00:00:00Z"):
        far = partner.refer(WHOLE | {"crew_on_scene": {"since": since}})
        assert (far.status_code, far.json()["errors"][0]["field"]) == (422, "crew_on_scene.since")
    made = partner.refer(WHOLE | {"crew_on_scene": {"phone": "01632 960111", "since": None}})
    assert made.status_code == 201
    waits = CrewWait.objects.get(referral_id=made.json()["id"])
    assert (waits.phone, waits.told_at) == ("01632 960111", None)
    assert Clock.objects.filter(case_id=made.json()["case_id"], policy_code="crew_waiting").exists()
