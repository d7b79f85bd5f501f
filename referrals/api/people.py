"""A person's record for partner systems: what has a recorded basis goes out, and nothing else (R070)."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.clients import actor_of
from accounts.api.document import described
from accounts.api.endpoint import Body, Day, Endpoint, Text, answer, instant, read_body, version_matched
from accounts.domain import Permission
from audit.commands import note_read
from audit.domain import Actor
from referrals import queries
from referrals.api.endpoints import KEY_IF_WANTED, Made, answered_once
from referrals.api.inputs import Lines
from referrals.commands import add_row, change_section
from referrals.domain.circle import Around, Category, may_talk
from referrals.domain.sections import BY_ROW_KIND, SECTIONS, Field, Kind, RowKind, Section
from referrals.models import Person
from referrals.queries import Record

WRITTEN_ROWS = ("statements", "related", "known_to", "visit_warnings", "given")
NEVER_SENT = frozenset({"key_safe_place"})  # nor the code, which is not of the section at all


class PersonSharedSerializer(serializers.Serializer[Any]):
    """What may leave of a person. A kind without a basis is not there at all, and is named in `left_out`."""

    id = serializers.UUIDField()
    version = serializers.IntegerField(help_text="The same as the ETag: of name and address.")
    shared = serializers.ListField(child=serializers.ChoiceField(choices=[str(each) for each in Category]))
    left_out = serializers.ListField(child=serializers.ChoiceField(choices=[str(each) for each in Category]))
    identity = serializers.DictField(required=False)
    contact = serializers.DictField(required=False)
    communication = serializers.DictField(required=False)
    preferences = serializers.DictField(required=False)
    background = serializers.DictField(required=False)
    health = serializers.DictField(required=False)
    going_there = serializers.DictField(required=False)
    people = serializers.DictField(required=False)


class PartSerializer(serializers.Serializer[Any]):
    """A part as it was written."""

    person = serializers.UUIDField()
    part = serializers.CharField()
    version = serializers.IntegerField(help_text="The same as the ETag.")
    changed_at = serializers.DateTimeField()


SHARED = OpenApiExample(
    "Communication alone has a basis",
    {
        "id": "5b1f8a52-6e0e-4f0b-9f6e-0f2f3a1f7c55",
        "version": 3,
        "shared": ["communication"],
        "left_out": ["identity", "contact", "preferences", "background", "health", "going_there", "people"],
        "communication": {"contact_method": "telephone", "formats": ["easy_read"], "interpreter": "yes"},
    },
    response_only=True,
    status_codes=["200"],
)


def shared_record(by: Actor, person: Person) -> dict[str, Any]:
    """Return what may go to the actor's organisation today, and log it. No key-safe code, ever.

    Nothing at all of a restricted record that is closed to them: it looks like one of which nothing may leave.
    """
    allowed = queries.shareable(by, person)
    record = queries.record_of(person)
    note_read(by=by, what="person.shared", ids=[person.pk])
    kinds = {str(category): make(record) for category, make in MAKERS.items() if category in allowed}
    return {
        "id": str(person.pk),
        "version": person.version,
        "shared": list(kinds),
        "left_out": [str(category) for category in Category if category not in allowed],
        **kinds,
    }


def _fields(record: Record, code: str, names: tuple[str, ...] = ()) -> dict[str, Any]:
    shape = next(section for section in SECTIONS if section.code == code)
    values = queries.values_of(shape, record.sections[code])
    kept = {name: value for name, value in values.items() if name not in NEVER_SENT}
    return {name: _plain(value) for name, value in kept.items() if not names or name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return value or (value if isinstance(value, list) else None)


def _identity(record: Record) -> dict[str, Any]:
    return _fields(record, "details", ("given_name", "family_name", "called", "born_on", "nhs_number"))


def _contact(record: Record) -> dict[str, Any]:
    return _fields(record, "details", ("address_lines", "postcode", "phone", "email", "gp_practice"))


def _preferences(record: Record) -> dict[str, Any]:
    said = [{"said_on": row.said_on.isoformat(), "words": row.words} for row in record.current("statements")]
    return _fields(record, "preferences") | {"what_matters": said}


def _background(record: Record) -> dict[str, Any]:
    return _fields(record, "background") | _fields(record, "circumstances")


def _going_there(record: Record) -> dict[str, Any]:
    rows = record.current("visit_warnings")
    warnings = [{"kind": row.kind, "detail": row.detail, "review_on": row.review_on.isoformat()} for row in rows]
    return _fields(record, "going_there") | {"warnings": warnings, "warnings_as_told": list(record.person.warnings)}


def _people(record: Record) -> dict[str, Any]:
    related = [
        {
            "name": row.name,
            "relationship": row.relationship,
            "roles": list(row.roles),
            "phone": row.phone,
            "may_talk": str(
                may_talk(Around(row.name, frozenset(row.roles), row.consent, bool(row.authority_seen_on)))[0]
            ),
        }
        for row in record.current("related")
    ]
    known = [
        {name: getattr(row, name) for name in ("kind", "organisation", "contact_name", "phone")}
        for row in record.current("known_to")
    ]
    return {"related": related, "known_to": known}


MAKERS = {
    Category.IDENTITY: _identity,
    Category.CONTACT: _contact,
    Category.COMMUNICATION: lambda record: _fields(record, "communication"),
    Category.PREFERENCES: _preferences,
    Category.BACKGROUND: _background,
    Category.HEALTH: lambda record: _fields(record, "health"),
    Category.GOING_THERE: _going_there,
    Category.PEOPLE: _people,
}


class PersonOfReferral(Endpoint):
    """The person of one referral."""

    permissions: ClassVar = {"GET": Permission.PERSON_READ}

    @described(
        verb="read_person_of_referral",
        tag="People",
        summary="Read the person of a referral",
        gives=PersonSharedSerializer,
        refuses=(404,),
        etag=True,
        examples=[SHARED],
    )
    def get(self, request: Request, referral_id: UUID) -> Response:
        """Return what may leave of the person of a referral that you may see, by the basis recorded for you (R070).

        Kinds without a basis are left out and named in `left_out`. The key-safe code never leaves.
        """
        by = actor_of(request)
        referral = queries.get(by, referral_id, queries.STATUS_LEVELS)
        return answer(shared_record(by, referral.person), referral.person.version)


class PersonDetail(Endpoint):
    """One person."""

    permissions: ClassVar = {"GET": Permission.PERSON_READ}

    @described(
        verb="read_person",
        tag="People",
        summary="Read a person",
        gives=PersonSharedSerializer,
        refuses=(404,),
        etag=True,
        examples=[SHARED],
    )
    def get(self, request: Request, person_id: UUID) -> Response:
        """Return what may leave of a person of whom you see a case whole, by the basis recorded for you (R070)."""
        by = actor_of(request)
        person = queries.get_person(by, person_id)
        return answer(shared_record(by, person), person.version)


def _input(each: Field) -> serializers.Field[Any, Any, Any, Any]:
    match each.kind:
        case Kind.DAY:
            return Day(required=each.needed, allow_null=not each.needed)
        case Kind.LINES:
            return Lines()
        case Kind.MANY:
            return serializers.ListField(
                child=Text(each.longest, required=True), required=each.needed, max_length=30, help_text=_codes(each)
            )
        case _:
            return Text(each.longest, required=each.needed, help_text=_codes(each))


def _codes(each: Field) -> str:
    codes = ", ".join(str(entry.code) for entry in each.entries)
    return (
        f"{each.label}. {f'One of: {codes}.' if codes else ''}{'A code of the place.' if each.listed else ''}".strip()
    )


def body_of(shape: Section | RowKind) -> type[Body]:
    """Return what a partner sends to write one part: only the fields that are sent are changed; null takes away."""
    names: dict[str, Any] = {each.name: _input(each) for each in shape.fields}
    words = f"{shape.title}. Fields that are not sent stay; null takes away."
    return type(f"Person{_camel(shape.code)}Serializer", (Body,), names | {"__doc__": words})


def example_of(shape: Section | RowKind) -> OpenApiExample:
    """Return what a partner could send: what a row needs, or the first field of a section."""
    needed = [each for each in shape.fields if each.needed] or list(shape.fields[:1])
    return OpenApiExample(shape.title, {each.name: _sample(each) for each in needed}, request_only=True)


def _sample(each: Field) -> Any:
    code = str(each.entries[0].code) if each.entries else "…"
    kinds: dict[Kind, Any] = {Kind.DAY: "2026-05-11", Kind.LINES: ["1 Sample Street"], Kind.MANY: [code]}
    return kinds.get(each.kind, code)


def _camel(code: str) -> str:
    return "".join(word.title() for word in code.split("_"))


def _part_answer(row: Any, person_id: UUID, part: str) -> dict[str, Any]:
    changed_at = instant(row.changed_at)
    return {"person": str(person_id), "part": part, "version": row.version, "changed_at": changed_at}


def section_endpoint(shape: Section) -> type[Endpoint]:
    """Return the endpoint that changes one section."""
    body = body_of(shape)

    class ChangeSection(Endpoint):
        permissions: ClassVar = {"POST": Permission.PERSON_EDIT}

        @described(
            verb=f"change_person_{shape.code}",
            tag="People",
            summary=f"Change: {shape.title.lower()}",
            takes=body,
            gives=PartSerializer,
            matched=True,
            etag=True,
            examples=[example_of(shape)],
        )
        def post(self, request: Request, person_id: UUID) -> Response:
            """Change fields of one section of a person's record; every field keeps its history.

            If-Match is the version of the section: "0" while nothing was ever written, * for any.
            """
            version = version_matched(request)
            by, told = actor_of(request), read_body(request, body)
            row = change_section(by=by, person_id=person_id, section=shape.code, values=told, version=version)
            return answer(_part_answer(row, person_id, shape.code), row.version)

    return ChangeSection


def row_endpoint(shape: RowKind) -> type[Endpoint]:
    """Return the endpoint that adds a row of one kind."""
    body = body_of(shape)

    class AddRow(Endpoint):
        permissions: ClassVar = {"POST": Permission.PERSON_EDIT}

        @described(
            verb=f"add_person_{shape.code}",
            tag="People",
            summary=f"Add: {shape.noun.lower()}",
            takes=body,
            gives=PartSerializer,
            status=status.HTTP_201_CREATED,
            refuses=(404, 409),
            parameters=[KEY_IF_WANTED],
            etag=True,
            examples=[example_of(shape)],
        )
        def post(self, request: Request, person_id: UUID) -> Response:
            """Add a row to the record. The same once more adds nothing. Ending one is done by people, on screen."""

            def make(told: dict[str, Any]) -> Made:
                row = add_row(by=actor_of(request), person_id=person_id, kind=shape.code, values=told)
                return status.HTTP_201_CREATED, _part_answer(row, person_id, shape.code)

            code, data = answered_once(request, body, make, needed=False)
            return answer(data, data["version"], code)

    return AddRow


SECTION_ENDPOINTS = {shape.code: section_endpoint(shape) for shape in SECTIONS}
ROW_ENDPOINTS = {code: row_endpoint(BY_ROW_KIND[code]) for code in WRITTEN_ROWS}
