"""Whatever is sent in any field of any body of the API: refused with the field and words, or kept as it was sent.

The fields are read from the API's own description, so a new one is covered when it is described.
"""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from tests.attack.conftest import undone
from tests.attack.stored import row_counts, texts_with
from tests.attack.test_schema import World, built_world, world
from tests.factories.partners import REFERRALS, referral
from tests.icras.test_api_contract import DOCUMENT, OPERATIONS

__all__ = ["built_world", "world"]
pytestmark = pytest.mark.django_db
MARK = "zq7"
MARKUP = f"={MARK}<b>\"'&\u202eשא"
BAD = {
    "nul": f"{MARK}\0",
    "surrogate": f"{MARK}\ud800",
    "long": MARK + "é" * 6000,
    "object": {"a": []},
    "no day": "2026-02-31",
    "future": "2199-12-31T23:59:00Z",
}
POSTED = sorted(name for name, (_, method, said) in OPERATIONS.items() if method == "post" and "requestBody" in said)


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema or "allOf" in schema:
        schema = (
            schema["allOf"][0]
            if "allOf" in schema
            else DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        )
    return schema


def body_of(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the schema of an operation's body, and its first example."""
    content = OPERATIONS[name][2]["requestBody"]["content"]["application/json"]
    example = next(iter(content.get("examples", {}).values()), {}).get("value", {})
    return resolved(content["schema"]), deepcopy(example)


def fields(schema: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    for name, said in schema.get("properties", {}).items():
        inner = resolved(said)
        if inner.get("type") == "object":
            yield from fields(inner, (*path, name))
        yield (*path, name), inner


def put(body: dict[str, Any], path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed = deepcopy(body)
    inner = changed
    for name in path[:-1]:
        inner[name] = inner.get(name) if isinstance(inner.get(name), dict) else {}
        inner = inner[name]
    inner[path[-1]] = value
    return changed


def send(world: World, name: str, body: Any):
    path = OPERATIONS[name][0]
    for parameter, known in world.ids.items():
        path = path.replace(f"{{{parameter}}}", known[0])
    raw = json.dumps(body)  # escapes every letter beyond ASCII, lone surrogates too
    return world.ours.post(path, raw, If_Match="*", Idempotency_Key=uuid4().hex)


def not_that(described: dict[str, Any], answer, path: tuple[str, ...]) -> str:
    """Say what is wrong with an answer to what is no value of this field: none of BAD is a number, a day or a time."""
    if described.get("type", "string") == "string" and described.get("format") not in {"date", "date-time"}:
        return ""
    if answer.status_code != 422:
        return f"no such value, and answered {answer.status_code}"
    told = [error["field"] for error in answer.json()["errors"]]
    return "" if any(field.startswith(".".join(path)) for field in told) else f"refused at {told}"


def judge(answer, path: tuple[str, ...], before: dict[str, int], value: Any) -> str:
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    if answer.status_code < 300:
        kept = not isinstance(value, str) or MARK not in value or any(value in text for text in texts_with(MARK))
        return "" if kept else "accepted, but kept as something else"
    if row_counts() != before:
        return "refused, and yet something is saved"
    if answer.status_code != 422:
        return f"answered {answer.status_code}"
    told = answer.json()["errors"]
    if not told or not all(error["field"] and error["message"] for error in told):
        return "refused without a field or words"
    fits = isinstance(value, str) and "\0" not in value and "\ud800" not in value and len(value) < 6000
    here = any(error["field"].startswith(path[0]) for error in told)
    return "" if here or fits else f"refused at {told}"  # good words may be at odds with another field


@pytest.mark.parametrize("name", POSTED)
def test_every_field__of_a_body(world, name):
    schema, example = body_of(name)
    if "coordinator" in example:
        example |= {"coordinator": world.coordinator, "team": "ucr-south"}
    wrong, tried = [], 0
    for path, described in fields(schema):
        for kind, value in {"markup": MARKUP, **BAD}.items():
            with undone():
                before = row_counts()
                answer = send(world, name, put(example, path, value))
                said = judge(answer, path, before, value) or not_that(described, answer, path)
            tried += 1
            if said:
                wrong.append(f"{'.'.join(path)} {kind}: {said}")
    assert not wrong, "\n" + "\n".join(wrong)
    assert tried


@pytest.mark.parametrize("name", POSTED)
def test_every_body__with_a_field_that_is_none_is_refused_by_its_name(world, name):
    """Nothing is set that is not meant to be: ids, versions, status, organisation, who it was."""
    schema, example = body_of(name)
    for extra in sorted(
        {"id", "version", "status", "organisation", "is_superuser", "actor", "created_at", "__proto__"}
        - set(schema["properties"])
    ):
        with undone():
            before = row_counts()
            answer = send(world, name, put(example, (extra,), "x"))
            assert row_counts() == before
        assert answer.status_code == 422, f"{extra}: {answer.status_code}"
        assert extra in {error["field"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"person": ' + b"[" * 100_000, 400),
        (json.dumps({"summary": {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": 1}}}}}}}}}).encode(), 400),
        (b"x" * 10_000_000, 413),
        (json.dumps({"summary": "x" * 10_000_000}).encode(), 413),
        (b'{"summary": "\xed\xa0\x80"}', 400),
        (b"\xff\xfe{", 400),
        (b'{"summary": NaN}', 400),
        (b'{"summary": "a", "summary": "b"}', 400),
        (b"", 422),
        (b"[]", 422),
        (b"null", 422),
    ],
)
def test_body__that_is_no_good_json_is_refused_and_saves_nothing(world, raw, status):
    before = row_counts()
    answer = world.ours.post(REFERRALS, raw, Idempotency_Key=uuid4().hex)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert row_counts() == before


@pytest.mark.parametrize("value", ["x" * 5000, "a\0b", "=1<b>", "שא\u202e", "../../etc", "%00", "'; DROP TABLE x; --"])
def test_every_header_and_query__of_odd_words_does_no_harm(world, value):
    for address in (f"{REFERRALS}?cursor={value}", f"{REFERRALS}?limit={value}", f"{REFERRALS}?status={value}"):
        assert world.ours.get(address).status_code in {200, 400, 422}
    plain = value.encode("ascii", "ignore").decode().replace("\0", "")
    answer = world.ours.post(REFERRALS, referral(), Idempotency_Key=plain)
    assert answer.status_code in {201, 400, 422}
    made = world.ids["referral_id"][0]
    assert world.ours.post(f"{REFERRALS}{made}/withdraw/", {"reason": "x"}, If_Match=plain).status_code in {
        400,
        412,
        409,
        200,
    }
