"""The OpenAPI document, laid out for the page /api/docs/."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
LIMITS = (("minLength", "at least {} characters"), ("maxLength", "{} characters at most"), ("maxItems", "{} at most"))
WORDS = {"date-time": "instant with offset", "date": "day", "uuid": "UUID"}
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a body or an answer, or one parameter. Dots lead into objects, [] into lists."""

    name: str
    kind: str
    needed: bool
    words: str


@dataclass(frozen=True, slots=True)
class Example:
    """One body, sent or answered, as JSON."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One status that an operation answers with."""

    status: str
    words: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    name: str
    method: str
    path: str
    title: str
    paragraphs: tuple[str, ...]
    scopes: tuple[str, ...]
    parameters: tuple[Field, ...]
    sent: tuple[Field, ...]
    given: tuple[Field, ...]
    examples: tuple[Example, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Description:
    """The whole API."""

    title: str
    words: str
    token_url: str
    scopes: tuple[tuple[str, str], ...]
    problem: tuple[Field, ...]
    groups: tuple[tuple[str, tuple[Operation, ...]], ...]


@cache
def description() -> Description:
    """Return the API as it is in this version of the product; worked out once for each process."""
    return describe(SchemaGenerator().get_schema(request=None, public=True))


def describe(document: Schema) -> Description:
    """Lay out an OpenAPI document that says what ours does."""
    flow = document["components"]["securitySchemes"]["partner"]["flows"]["clientCredentials"]
    groups: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method in (name for name in METHODS if name in methods):
            found = _operation(document, path, method, methods[method])
            groups.setdefault(methods[method]["tags"][0], []).append(found)
    return Description(
        title=document["info"]["title"],
        words=document["info"]["description"],
        token_url=flow["tokenUrl"],
        scopes=tuple(flow["scopes"].items()),
        problem=tuple(_fields(document, document["components"]["schemas"]["Problem"])),
        groups=tuple((name, tuple(operations)) for name, operations in groups.items()),
    )


def _operation(document: Schema, path: str, method: str, said: Schema) -> Operation:
    body = said.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next(answer for status, answer in said["responses"].items() if status < "300")
    told = good["content"]["application/json"]
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        title=said["summary"],
        paragraphs=tuple(" ".join(_plain(part).split()) for part in said["description"].split("\n\n")),
        scopes=tuple(scope for need in said["security"] for scopes in need.values() for scope in scopes),
        parameters=tuple(_parameter(document, parameter) for parameter in said.get("parameters", ())),
        sent=tuple(_fields(document, body.get("schema", {}))),
        given=tuple(_fields(document, told["schema"])),
        examples=(*_examples("Send", body), *_examples("Answer", told)),
        answers=tuple(Answer(status, _words(status, answer)) for status, answer in sorted(said["responses"].items())),
    )


def _plain(words: str) -> str:
    return words.replace("`", "")


def _words(status: str, answer: Schema) -> str:
    return answer["description"] or ("Made" if status == "201" else "Done")


def _parameter(document: Schema, said: Schema) -> Field:
    kind = f"{_kind(document, said['schema'])}, in the {said['in']}"
    return Field(said["name"], kind, said.get("required", False), _plain(said.get("description", "")))


def _examples(what: str, body: Schema) -> Iterator[Example]:
    for name, example in body.get("examples", {}).items():
        yield Example(f"{what}: {example.get('summary', name)}", json.dumps(example["value"], indent=2))


def _resolved(document: Schema, schema: Schema) -> Schema:
    for part in schema.get("allOf", ()):
        schema = {**_resolved(document, part), **{key: value for key, value in schema.items() if key != "allOf"}}
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _resolved(document, document["components"]["schemas"][name])
    return schema


def _fields(document: Schema, schema: Schema, within: str = "") -> Iterator[Field]:
    schema = _resolved(document, schema)
    for name, said in schema.get("properties", {}).items():
        found = _resolved(document, said)
        inner = _resolved(document, found.get("items", {}))
        listed = found.get("type") == "array"
        path = f"{within}{name}{'[]' if listed else ''}"
        needed, words = name in schema.get("required", ()), _plain(said.get("description", ""))
        yield Field(path, _kind(document, found), needed, words)
        yield from _fields(document, inner if listed else found, f"{path}.")


def _kind(document: Schema, schema: Schema) -> str:
    schema = _resolved(document, schema)
    if schema.get("type") == "array":
        inner = _kind(document, schema["items"])
        parts = [f"list of {inner}"]
    elif "enum" in schema:
        parts = [" | ".join(str(word) for word in schema["enum"] if word is not None)]
    else:
        kind = str(schema.get("type", "anything"))
        parts = [WORDS.get(schema.get("format", ""), kind)]
    if schema.get("nullable"):
        parts.append("or null")
    parts += [words.format(schema[key]) for key, words in LIMITS if schema.get(key, 1) != 1]
    if "minimum" in schema and "maximum" in schema:
        parts.append(f"{schema['minimum']} to {schema['maximum']}")
    return ", ".join(parts)
