"""The whole API, as its description says, asked by every kind of caller: no fault, no answer that is not described, no way
past a token or a scope. ICRAS_FUZZ=50 tries fifty cases for each operation and caller where the suite tries six.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from accounts.domain import Scope
from icras.wsgi import application
from referrals.models import Referral
from tests.attack.conftest import undone
from tests.factories.partners import Partner, partner_of, referral
from tests.factories.referrals import open_front_door
from tests.icras.test_api_contract import DOCUMENT, OPERATIONS

pytestmark = pytest.mark.django_db
TRIES = int(os.environ.get("ICRAS_FUZZ", "6"))
STEPS = int(os.environ.get("ICRAS_FUZZ", "8"))
AS_DESCRIBED = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
STRANGERS = {"without a token": None, "with a made-up token": "Bearer nothing", "with a password": "Basic eDp5"}


def patiently(tries: int, **more):
    return hypothesis_settings(
        max_examples=tries,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        **more,
    )


@contextmanager
def one_connection():
    """Keep the test's connection, as Django's own test client does: requests here come over plain WSGI."""
    signals = (request_started, request_finished)
    [signal.disconnect(close_old_connections) for signal in signals]
    yield
    [signal.connect(close_old_connections) for signal in signals]


@dataclass(frozen=True)
class World:
    """A partner of each scope elsewhere, one of ours with every scope, and real ids of ours by parameter."""

    ours: Partner
    elsewhere: dict[Scope, Partner]
    ids: dict[str, list[str]]
    coordinator: str


@pytest.fixture(scope="module")
def built_world(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """Build it once for the module."""
    with django_db_blocker.unblock(), undone():
        door = open_front_door()
        ours = partner_of(door.crisis.organisation, name="Whose rows they are")
        done = ours.move(ours.refer().json(), "accept", {"team": "ucr-south"}).json()
        fresh = ours.refer().json()
        ids = {
            "referral_id": [fresh["id"], done["id"]],
            "episode_id": [done["episode"]["id"]],
            "clock_id": [fresh["clocks"][0]["id"]],
            "person_id": [str(Referral.objects.get(pk=done["id"]).person_id)],
        }
        theirs = {scope: partner_of(door.elsewhere.organisation, scope, name=str(scope)) for scope in Scope}
        yield World(ours, theirs, ids, str(door.users["carol"].pk))


@pytest.fixture
def world(built_world: World, db: None, settings: Any) -> World:
    settings.ICRAS_API_RATE = "1000000/min"
    return built_world


def described(name: str):
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = application
    path, method, said = OPERATIONS[name]
    return schema[path][method.upper()], said


def ask(name: str, headers: dict[str, str], ids: dict[str, list[str]], judge) -> None:
    """Send an operation's cases, good and bad, some about real rows; `judge` says what each answer must be."""
    operation, _ = described(name)
    cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode])

    @given(case=cases, data=st.data())
    @patiently(TRIES)
    def sends(case, data):
        for parameter, known in ids.items():
            if parameter in (case.path_parameters or {}) and data.draw(st.booleans()):
                case.path_parameters[parameter] = data.draw(st.sampled_from(known))
        case.headers = {**{n: v for n, v in (case.headers or {}).items() if n.lower() != "authorization"}, **headers}
        with undone():
            response = case.call()
            case.validate_response(response, checks=AS_DESCRIBED)
            judge(case, response)

    with one_connection():
        sends()


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_stranger__gets_401_and_nothing_else(world, name):
    def judge(case, response):
        assert response.status_code in {401, 404, 405, 406}, response.status_code

    for header in STRANGERS.values():
        ask(name, {"Authorization": header} if header else {}, world.ids, judge)


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_partner__of_one_scope_gets_what_the_description_allows_it(world, name, scope):
    """Where the description names other scopes the answer is 403, whatever is sent and whether the row is there or not."""
    _, said = described(name)
    allowed = any(str(scope) in need.get("partner", []) for need in said["security"])

    def judge(case, response):
        if not allowed:
            assert response.status_code in {403, 404, 405, 406}, response.status_code
        if response.status_code == 404:
            assert str(response.json()["code"]) == "not_found"

    ask(name, world.elsewhere[scope].headers(), world.ids, judge)


def test_journey__of_one_referral_is_as_described_at_every_step(world):
    """Sent, accepted, seen, handed over; another sent and withdrawn; and what may not follow is refused as described."""

    def step(name: str, expected: int, body: Any = None, made: Any = None, **parts: str) -> Any:
        operation, _ = described(name)
        more = {"Idempotency_Key": uuid4().hex} | ({"If_Match": f'"{made["version"]}"'} if made else {})
        content = {} if body is None else {"body": body, "media_type": "application/json"}
        case = operation.Case(path_parameters=parts, headers=world.ours.headers(**more), **content)
        answer = case.call()
        case.validate_response(answer, checks=AS_DESCRIBED)
        assert answer.status_code == expected, (name, answer.text)
        return answer.json()

    with one_connection():
        sent = step("register_referral", 201, referral())
        here = {"referral_id": sent["id"]}
        accepted = step("accept_referral", 200, {"team": "ucr-south", "coordinator": world.coordinator}, sent, **here)
        episode = accepted["episode"]
        there = {"episode_id": episode["id"]}
        step("record_contact", 201, {"kind": "face_to_face", "attended": True}, **there)
        step("decline_referral", 409, {"reason": "needs_hospital", "signpost": "gp"}, accepted, **here)
        step("read_episode", 200, **there)
        other = step("register_referral", 201, referral(person={"family_name": "Sampleton", "given_name": "Ivy"}))
        gone = {"referral_id": other["id"]}
        step("withdraw_referral", 412, {"reason": "gone"}, other | {"version": 99}, **gone)
        step("withdraw_referral", 200, {"reason": "gone"}, other, **gone)
        assert step("read_referral", 200, **gone)["status"] == "withdrawn"


def test_journey__through_the_whole_description_keeps_to_it(world):
    """Calls that follow each other: what one answers the next takes (links that the description lets one infer)."""
    schema = schemathesis.openapi.from_dict(DOCUMENT)
    schema.app = application
    answered: dict[str, set[int]] = {}

    class Journey(schema.as_state_machine()):
        def setup(self) -> None:
            self.kept = transaction.savepoint()

        def teardown(self) -> None:
            transaction.savepoint_rollback(self.kept)

        def before_call(self, case) -> None:
            case.headers = {**(case.headers or {}), **world.ours.headers(Idempotency_Key=uuid4().hex)}
            if "If-Match" in case.headers:
                case.headers["If-Match"] = "*"

        def validate_response(self, response, case, **kwargs) -> None:
            answered.setdefault(case.operation.definition.raw["operationId"], set()).add(response.status_code)
            case.validate_response(response, checks=AS_DESCRIBED)

    with one_connection():
        Journey.run(settings=patiently(STEPS, stateful_step_count=8))
    assert len(answered) >= 3, answered
    assert any(status < 300 for statuses in answered.values() for status in statuses), answered
