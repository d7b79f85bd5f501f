"""The whole API against its own description: valid, complete, read by people, and nothing answered that it does not say."""

import json
import re
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import RequestFactory
from django.urls import get_resolver, reverse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from oauth2_provider.models import AccessToken
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.commands import add_partner
from accounts.domain import SCOPES, Scope
from accounts.models import User
from audit.commands import now
from audit.domain import SYSTEM
from icras.wsgi import application
from pathways.domain import MOVES as EPISODE_MOVES
from referrals.api.people import ROW_ENDPOINTS, SECTION_ENDPOINTS
from referrals.domain import MOVES as REFERRAL_MOVES
from referrals.models import Referral
from tests.factories.partners import REFERRALS, partner_of, referral
from tests.factories.referrals import open_front_door

DOCUMENT = SchemaGenerator().get_schema(request=None, public=True)
OPERATIONS = {
    said["operationId"]: (path, method, said)
    for path, methods in DOCUMENT["paths"].items()
    for method, said in methods.items()
}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    negative_data_rejection,
    ignored_auth,
]
patiently = hypothesis_settings(
    max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
def door(db):
    return open_front_door()


@pytest.fixture
def partner(door):
    return partner_of(door.spa.organisation)


@contextmanager
def one_connection():
    """Keep the test's connection, as Django's own test client does: requests here come over plain WSGI."""
    signals = (request_started, request_finished)
    [signal.disconnect(close_old_connections) for signal in signals]
    yield
    [signal.connect(close_old_connections) for signal in signals]


def problem(response, status, code):
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert set(told) == {"type", "title", "status", "code", "detail", "errors"}
    assert (told["type"], told["status"], told["code"]) == ("about:blank", status, code)
    assert told["detail"]
    return told


# The description


def test_description__is_valid_openapi():
    validate_schema(DOCUMENT)


def test_description__has_every_endpoint_named_by_its_verb():
    verbs = {"list_referrals", "read_referral", "read_episode", "read_episode_of_referral", "explain_clock"}
    assert set(OPERATIONS) == verbs | {
        "register_referral", "triage_referral", "accept_referral", "decline_referral", "withdraw_referral",
        "allocate_episode", "record_contact", "read_person", "read_person_of_referral",
    } | {f"change_person_{each}" for each in SECTION_ENDPOINTS} | {f"add_person_{each}" for each in ROW_ENDPOINTS}  # fmt: skip
    moves = [move for move in (*REFERRAL_MOVES, *EPISODE_MOVES) if ":" in move.endpoint]
    assert {name.split("_")[0] for name in OPERATIONS} >= {m.verb for m in moves if m.verb != "contact"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation__says_who_may_what_it_refuses_and_why(name):
    path, method, said = OPERATIONS[name]
    assert all(len(said[part]) > 10 for part in ("summary", "description"))
    assert said["security"]
    assert all(scope in set(SCOPES) for need in said["security"] for scope in need["partner"])
    assert set(said["responses"]) >= {"401", "403", "406", "429"}
    for status, answer in said["responses"].items():
        kind = "application/json" if status < "300" else "application/problem+json"
        assert list(answer["content"]) == [kind]
    if method == "post":
        assert said["requestBody"]["content"]["application/json"]["examples"]
        assert set(said["responses"]) >= {"400", "413", "415", "422"}
    if "{" in path:
        assert "404" in said["responses"]


def test_description__refuses_unknown_fields_of_every_body():
    bodies = {name: schema for name, schema in DOCUMENT["components"]["schemas"].items() if name.endswith("Request")}
    assert len(bodies) >= 11
    assert all(schema["additionalProperties"] is False for schema in bodies.values())


def test_description__has_examples_that_the_api_accepts(partner):
    content = OPERATIONS["register_referral"][2]["requestBody"]["content"]["application/json"]
    for example in content["examples"].values():
        assert partner.refer(example["value"]).status_code == 201


@pytest.mark.django_db
def test_schema__is_for_those_who_signed_in_or_hold_a_token(client, partner):
    response = client.get("/api/schema/")
    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="icras"')
    assert partner.get("/api/schema/").status_code == 200
    client.force_login(User.objects.get(email="tom.trial@icras.example"))
    assert b"register_referral" in client.get("/api/schema/").content


# The page for people


def test_docs__ask_a_stranger_to_sign_in(client, db):
    for headers in ({}, {"Authorization": "Bearer nothing"}):
        response = client.get("/api/docs/", headers=headers)
        assert (response.status_code, response["Location"]) == (302, "/account/login/?next=/api/docs/")


def test_docs__show_every_operation_field_and_example_without_script(client, partner):
    client.force_login(User.objects.get(email="tom.trial@icras.example"))
    page = client.get("/api/docs/").content.decode()
    assert partner.get("/api/docs/").status_code == 200
    for name, (path, method, said) in OPERATIONS.items():
        assert f'id="{name}"' in page
        assert f"{method.upper()} {path}" in page
        assert said["summary"] in page
    for words in ("person.nhs_number", "clocks[].due_at", "Idempotency-Key", "referrals:write", "Fell in the bathroom"):
        assert words in page
    main = page[page.index("<main") : page.index("</main>")]
    assert "<script" not in main
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    assert client.post("/api/docs/").status_code == 405


# A token


def ask_token(client, **asked):
    return client.post("/o/token/", {"grant_type": "client_credentials"} | asked)


@pytest.fixture
def credentials(door):
    made, secret = add_partner(
        by=SYSTEM, name="With a secret", organisation_id=door.spa.organisation_id, scopes=[Scope.REFERRALS_READ]
    )
    return {"client_id": made.application.client_id, "client_secret": secret}


def test_token__is_given_for_a_secret_and_opens_what_its_scopes_carry(client, credentials):
    told = ask_token(client, **credentials).json()
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 3600, "referrals:read")
    headers = {"Authorization": f"Bearer {told['access_token']}"}
    assert client.get(REFERRALS, headers=headers).json() == {"results": [], "next": None}
    problem(client.post(REFERRALS, {}, headers=headers), 403, "not_permitted")


def test_token__is_not_given_for_another_secret_or_for_more_than_the_client_may(client, credentials):
    assert ask_token(client, **credentials | {"client_secret": "guess"}).status_code == 401
    response = ask_token(client, **credentials, scope="referrals:write")
    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


def test_token__taken_back_is_none_at_once(client, credentials):
    token = ask_token(client, **credentials).json()["access_token"]
    assert client.post("/o/revoke_token/", {"token": token} | credentials).status_code == 200
    problem(client.get(REFERRALS, headers={"Authorization": f"Bearer {token}"}), 401, "authentication_failed")


# One shape for every refusal


def test_refused__without_a_token(client, db):
    response = client.get(REFERRALS)
    problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == 'Bearer realm="icras"'


@pytest.mark.parametrize("header", ["Bearer nothing", "Bearer ", "bearer \u00e9", "Bearer a b"])
def test_refused__with_a_token_that_is_none(client, db, header):
    problem(client.get(REFERRALS, headers={"Authorization": header}), 401, "authentication_failed")


def test_refused__with_a_token_that_has_ended(partner):
    AccessToken.objects.update(expires=now() - timedelta(seconds=1))
    problem(partner.get(REFERRALS), 401, "authentication_failed")


def test_refused__when_the_client_was_stopped(partner):
    partner.client.is_active = False
    partner.client.save()
    problem(partner.get(REFERRALS), 401, "authentication_failed")


def test_refused__with_a_token_in_the_address_or_the_body(client, partner):
    problem(client.get(REFERRALS, {"access_token": partner.token}), 401, "not_authenticated")
    problem(client.post(REFERRALS, {"access_token": partner.token}), 401, "not_authenticated")


def test_refused__a_stranger_before_the_body_is_read(client, db):
    raw = b"{" + b"x" * 2_000_000
    problem(client.post(REFERRALS, raw, content_type="application/json"), 401, "not_authenticated")


def test_refused__a_signed_in_user_who_is_no_partner(client, door):
    client.force_login(door.users["spa"])
    problem(client.get(REFERRALS), 401, "not_authenticated")


def test_refused__without_the_scope(door):
    narrow = partner_of(door.spa.organisation, Scope.EPISODES_READ, name="Narrow")
    problem(narrow.get(REFERRALS), 403, "not_permitted")


@pytest.mark.parametrize(
    "address", ["/api/", "/api/v2/referrals/", "/api/v1/referrals", "/api/v1/persons/", "/api/v1/episodes/7/"]
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_refused__at_an_address_that_is_none(client, partner, address, method):
    problem(getattr(client, method)(address, headers=partner.headers()), 404, "not_found")
    problem(getattr(client, method)(address), 401, "not_authenticated")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_refused__with_a_method_that_is_none(client, partner, method):
    response = getattr(client, method)(REFERRALS, headers=partner.headers())
    problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD" or set(response["Allow"].split(", ")) == {"GET", "HEAD", "POST"}


def test_refused__when_another_kind_of_answer_is_wanted(client, partner):
    response = client.get(REFERRALS, headers=partner.headers(Accept="text/html"))
    problem(response, 406, "not_acceptable")


def test_refused__for_every_other_reason_in_the_same_shape(partner):
    made = partner.refer().json()
    own = made["links"]["self"]
    problem(partner.post(REFERRALS, "{", Idempotency_Key="k"), 400, "parse_error")
    problem(partner.get(f"{REFERRALS}{uuid4()}/"), 404, "not_found")
    problem(partner.post(f"{own}withdraw/", {"reason": "x"}, If_Match='"9"'), 412, "stale")
    problem(partner.refer(summary="x" * 200_000), 413, "body_too_large")
    problem(
        partner.http.post(REFERRALS, {}, headers=partner.headers(Idempotency_Key="k")), 415, "unsupported_media_type"
    )
    told = problem(partner.refer(urgency="soon"), 422, "invalid")
    assert [error["field"] for error in told["errors"]] == ["urgency"]
    problem(partner.post(f"{own}withdraw/", {"reason": "x"}), 428, "if_match_missing")


def send_in_chunks(partner, body):
    """Send as a server hands on what came in chunks: its end is known, its length is not. Return status and answer."""
    raw = json.dumps(body).encode()
    sent = RequestFactory().post(
        REFERRALS, raw, content_type="application/json", headers=partner.headers(Idempotency_Key=uuid4().hex)
    )
    more = {"wsgi.input": BytesIO(raw), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
    answered = []
    with one_connection():
        told = application(sent.environ | more | {"CONTENT_LENGTH": ""}, lambda *start: answered.append(start))
        return answered[0][0][:3], json.loads(b"".join(told))


def test_body__in_chunks_is_read_to_its_end(partner):
    status, told = send_in_chunks(partner, referral())
    assert (status, told["status"]) == ("201", "new")


def test_body__in_chunks_that_is_too_long_is_refused(partner):
    status, told = send_in_chunks(partner, referral(summary="x" * 3_000_000))
    assert (status, told["code"]) == ("413", "body_too_large")


def test_refused__says_fifty_faults_at_most(partner):
    body = referral() | {f"field{number}": 1 for number in range(500)}
    assert len(problem(partner.refer(body), 422, "invalid")["errors"]) == 50


def test_refused__after_too_many_calls_until_the_time_is_over(settings, partner, door, time_machine):
    settings.ICRAS_API_RATE = "3/min"
    other = partner_of(door.spa.organisation, name="Another")
    at = now().replace(second=10, microsecond=0)
    AccessToken.objects.update(expires=at + timedelta(hours=1))
    time_machine.move_to(at, tick=False)
    assert [partner.get(REFERRALS).status_code for _ in range(3)] == [200, 200, 200]
    response = partner.get(REFERRALS)
    problem(response, 429, "throttled")
    assert response["Retry-After"] == "50"
    assert other.get(REFERRALS).status_code == 200
    time_machine.move_to(at + timedelta(seconds=50), tick=False)
    assert partner.get(REFERRALS).status_code == 200


def test_limit__counts_calls_that_are_refused_too(settings, door):
    settings.ICRAS_API_RATE = "2/hour"
    narrow = partner_of(door.spa.organisation, Scope.EPISODES_READ, name="Narrow")
    assert [narrow.get(REFERRALS).status_code for _ in range(3)] == [403, 403, 429]


def test_routes__of_the_api_are_all_described():
    routes = {name for name in get_resolver().reverse_dict if isinstance(name, str) and name.startswith("api")}
    assert routes == set()
    described = {re.sub(r"{\w+}", str(uuid4()), path) for path in DOCUMENT["paths"]}
    names = ["referrals_api:list", "pathways_api:accept", "pathways_api:of_referral", "timelimits_api:explain"]
    for name in names:
        path = reverse(name, args=[] if name.endswith("list") else [uuid4()])
        shape = re.sub(r"[0-9a-f-]{36}", "*", path)
        assert shape in {re.sub(r"[0-9a-f-]{36}", "*", known) for known in described}


# Everything that can be sent


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_operation__answers_whatever_is_sent_as_described(name, partner, settings):
    settings.ICRAS_API_RATE = "1000000/min"
    path, method, said = OPERATIONS[name]
    done = partner.move(partner.refer().json(), "accept", {"team": "ucr-south"}).json()
    fresh = partner.refer().json()
    known = {
        "referral_id": st.sampled_from([fresh["id"], done["id"], str(uuid4())]),
        "episode_id": st.sampled_from([done["episode"]["id"], str(uuid4())]),
        "person_id": st.sampled_from([str(Referral.objects.get(pk=fresh["id"]).person_id), str(uuid4())]),
        "clock_id": st.sampled_from([fresh["clocks"][0]["id"], str(uuid4())]),
    }
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = application
    operation = schema[path][method.upper()]
    ids = {parameter["name"] for parameter in said.get("parameters", ()) if parameter["in"] == "path"}

    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode])

    @given(case=cases, data=st.data())
    @patiently
    def sends(case, data):
        for parameter in ids:
            if data.draw(st.booleans()):
                case.path_parameters[parameter] = data.draw(known[parameter])
        case.headers["Authorization"] = f"Bearer {partner.token}"
        if "If-Match" in case.headers and data.draw(st.booleans()):
            case.headers["If-Match"] = data.draw(st.sampled_from(['"1"', '"2"', "*"]))
        case.call_and_validate(checks=CHECKS)

    with one_connection():
        sends()
