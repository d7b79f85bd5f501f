"""Reads of a person's record: its sections and rows, always through a case that the actor may see."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from accounts.domain import CodeListName, Permission
from accounts.domain.rota import LONDON
from accounts.models import Organisation, Place, RestrictedCase
from accounts.queries import code_lists, scope
from audit.commands import note_read, now, require
from audit.domain import Actor
from referrals import models
from referrals.domain.circle import Around, Shared, may_leave
from referrals.domain.sections import (
    BY_ROW_KIND,
    BY_SECTION,
    ROW_KINDS,
    SECTIONS,
    Field,
    Kind,
    Known,
    RowKind,
    Section,
    ToAsk,
    still_to_ask,
)
from referrals.models import KeySafeCode, Person, Referral, ToldDifference
from referrals.queries.people import get_person, refuse_erased
from timelimits.models import CaseDeadline

R = TypeVar("R", bound=Model)
NEEDS_LISTS = (CodeListName.COMMUNICATION_SUPPORT, CodeListName.WARNINGS)
AROUND = ("name", "relationship", "phone", "roles", "consent", "limits", "authority_seen_on")
MOST_ROWS = 200
MOST_REFERRALS = 10


@dataclass(frozen=True)
class Record:
    """Everything held of a person but the code of the key safe: sections by code, rows by kind (newest first)."""

    person: Person
    sections: Mapping[str, Any]
    rows: Mapping[str, list[Any]]
    told: tuple[ToldDifference, ...]
    has_key_code: bool

    def current(self, kind: str) -> list[Any]:
        """Return the rows of a kind that stand: not ended, not an error."""
        return [row for row in self.rows[kind] if row.ended_at is None]


def model_of(shape: Section | RowKind) -> type[Model]:
    """Return the model that holds a section or a kind of row."""
    found: type[Model] = getattr(models, shape.model)
    return found


def lock_person(by: Actor, person_id: UUID) -> Person:
    """Return a person the actor may see, locked: changes of one record wait for each other.

    Raises NotFound, IllegalMove (erased).
    """
    person = Person.objects.select_for_update().get(pk=get_person(by, person_id).pk)
    return lock_person(by, person_id) if person.merged_into_id else refuse_erased(person)  # merged while we waited


def lock_with_cases(by: Actor, person_id: UUID) -> tuple[Person, list[UUID]]:
    """Return a person the actor may see and every case of theirs, referrals and then the record locked, as in a merge.

    The cases are read last: a merge or a new referral that was on its way is waited for, and the next one waits.
    Raises NotFound, IllegalMove (erased).
    """
    found = get_person(by, person_id)
    list(Referral.objects.select_for_update().filter(person=found).order_by("pk").values("pk"))
    person = Person.objects.select_for_update().get(pk=found.pk)
    if person.merged_into_id:
        return lock_with_cases(by, person_id)  # merged while we waited
    cases = Referral.objects.filter(person=person).order_by("pk").values_list("case_id", flat=True)
    return refuse_erased(person), list(cases)


def open_record(by: Actor, person_id: UUID) -> Record:
    """Return the whole record and log the reading. Raises NotPermitted, NotFound."""
    require(by, Permission.PERSON_READ)
    person = get_person(by, person_id)
    note_read(by=by, what="person.record", ids=[person.pk])
    return record_of(person)


def record_of(person: Person) -> Record:
    """Return the record of a person that the actor was let see."""
    return Record(
        person=person,
        sections={shape.code: section_row(shape, person) for shape in SECTIONS},
        rows={kind.code: list(_rows(kind, person)) for kind in ROW_KINDS},
        told=tuple(open_differences(person)),
        has_key_code=KeySafeCode.objects.filter(person=person).exists(),
    )


def section_row(shape: Section, person: Person) -> Any:
    """Return the row of a section; one that is not saved yet, version 0, where nothing was asked."""
    if shape.model == "Person":
        return person
    held: Any = model_of(shape)._default_manager.filter(person=person).first()
    return held or model_of(shape)(person=person, version=0)


def _rows(kind: RowKind, person: Person) -> Any:
    rows: Any = model_of(kind)._default_manager.filter(person=person)
    rows = rows.select_related("organisation") if kind.code == "sharing" else rows
    return rows.order_by("-created_at", "-pk")[:MOST_ROWS]


def row_of(by: Actor, kind: RowKind, person_id: UUID, row_id: int) -> Any:
    """Return one row of a person the actor may see, or None."""
    person = get_person(by, person_id)
    rows: Any = model_of(kind)._default_manager.filter(person=person, pk=row_id)
    return rows.first()


def open_differences(person: Person) -> Iterable[ToldDifference]:
    """Return what was told differently and nobody has answered yet, oldest first."""
    return ToldDifference.objects.filter(person=person, answer="").select_related("referral").order_by("pk")


def told_with(referral: Referral) -> Iterable[ToldDifference]:
    """Return what differs from the record, for a referral's page; of a closed record what came with this one alone."""
    rows = ToldDifference.objects.filter(person=referral.person_id, answer="").select_related("referral")
    return (rows.filter(referral=referral) if referral.person.closed else rows).order_by("pk")


def open_cases(person_id: UUID) -> list[UUID]:
    """Return the person's cases that are on somebody's list, the latest first; an episode counts once."""
    told = Referral.objects.filter(person_id=person_id).order_by("-received_at")
    cases = [joined or own for own, joined in told.values_list("case_id", "joined_case_id")]
    on_list = set(CaseDeadline.objects.filter(case_id__in=cases).values_list("case_id", flat=True))
    return [case for case in dict.fromkeys(cases) if case in on_list]


def latest_case(person_id: UUID) -> UUID | None:
    """Return the case on whose timeline a change of the record stands: the open one, else the last."""
    if cases := open_cases(person_id):
        return cases[0]
    last = Referral.objects.filter(person_id=person_id).order_by("-received_at").first()
    return (last.joined_case_id or last.case_id) if last else None


def values_of(shape: Section | RowKind, row: Any) -> dict[str, Any]:
    """Return the fields of a row as forms and comparisons take them: codes, lists, days; no None but for days."""
    return {each.name: _value(each, row) for each in shape.fields}


def _value(each: Field, row: Any) -> Any:
    if each.name == "organisation" and hasattr(row, "organisation_id"):
        return str(row.organisation_id or "")
    value = getattr(row, each.name)
    if each.kind in (Kind.MANY, Kind.LINES):
        return list(value)
    return value if each.kind is Kind.DAY else str(value or "")


def place_lists(fields: Iterable[Field]) -> dict[str, dict[str, str]]:
    """Return the choices that the place gives, field → code → words: its coded lists, its organisations."""
    fields = tuple(fields)
    held = code_lists(*{each.listed for each in fields if each.listed}) if any(f.listed for f in fields) else {}
    found = {each.name: {code.code: code.words for code in held[each.listed]} for each in fields if each.listed}
    if any(each.name == "organisation" and each.kind is Kind.ONE for each in fields):
        found["organisation"] = {str(pk): name for pk, name in Organisation.objects.values_list("pk", "name")}
    return found


def to_ask(record: Record) -> tuple[ToAsk, ...]:
    """Return what is still to ask of this person, in the order of the record."""
    today = now().astimezone(LONDON).date()
    words = place_lists(BY_ROW_KIND["visit_warnings"].fields)["kind"]
    dated = [(words.get(row.kind, row.detail), row.review_on) for row in record.current("visit_warnings")]
    undated = [(words.get(code, code), None) for code in record.person.warnings]
    known = Known(
        values={code: values_of(BY_SECTION[code], row) for code, row in record.sections.items()},
        warnings=(*dated, *undated),
        has_statement=bool(record.current("statements")),
        has_circle=bool(record.current("related")),
        sharing_recorded=bool(record.current("sharing")),
        today=today,
    )
    return still_to_ask(known)


def shareable(by: Actor, person: Person) -> frozenset[str]:
    """Return the kinds of information that may go to the actor's organisation today (R070)."""
    if person.closed:
        return frozenset()
    rows = models.SharingBasis.objects.filter(person=person, ended_at=None)
    named = [row for row in rows if row.organisation_id in (None, by.organisation)]
    today = now().astimezone(LONDON).date()
    return may_leave([Shared(frozenset(row.categories), row.basis, row.ends_on) for row in named], today)


@dataclass(frozen=True, slots=True)
class Needs:
    """How to reach a person and write to them: what letters, calls and visits must meet (R063)."""

    contact_method: str = ""
    formats: tuple[str, ...] = ()
    support: tuple[str, ...] = ()
    interpreter: bool = False
    language: str = ""
    note: str = ""
    called: str = ""
    support_words: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    smokes_with_oxygen: bool = False
    allergies: str = ""
    papers: tuple[str, ...] = ()
    paper_place: str = ""
    died_on: date | None = None
    told_warnings: tuple[str, ...] = ()
    circle: tuple[Around, ...] = ()
    going_there: Mapping[str, Any] = field(default_factory=dict)
    restricted: bool = False


def with_needs(rows: QuerySet[R], person: str = "") -> QuerySet[Any]:
    """Read what `needs_in` tells along with these people, or with rows whose field `person` names one."""
    path = f"{person}__" if person else ""
    standing = models.VisitWarning.objects.filter(person=OuterRef(f"{path}pk"), ended_at=None)
    warned = standing.order_by("created_at").values(pair=JSONObject(kind="kind", detail="detail"))
    around = models.RelatedPerson.objects.filter(person=OuterRef(f"{path}pk"), ended_at=None).order_by("created_at")
    circle = around.values(one=JSONObject(**{name: name for name in AROUND}))
    words = [Subquery(Place.objects.values(f"words__{name}")[:1]) for name in NEEDS_LISTS]
    died = models.Death.objects.filter(person=OuterRef(f"{path}pk"), error_at=None).values("died_on")[:1]
    closed = RestrictedCase.objects.filter(case_id=OuterRef(f"{path}pk"))
    return rows.select_related(f"{path}communication", f"{path}going_there", f"{path}health").annotate(
        warned=ArraySubquery(warned),
        circle=ArraySubquery(circle),
        support_list=words[0],
        warnings_list=words[1],
        died_on=Subquery(died),
        restricted=Exists(closed),
    )


def needs_of(person: Person) -> Needs:
    """Return the communication needs and the visiting flags of one person: one statement."""
    if person.closed:
        return Needs()
    row: Any = with_needs(Person.objects.filter(pk=person.pk)).get()
    return needs_in(row, row)


def needs_in(row: Any, person: Any) -> Needs:
    """Return the needs of a person that were read `with_needs` of the row."""
    if getattr(person, "closed", False):
        return Needs()
    held, going = getattr(person, "communication", None), getattr(person, "going_there", None)
    kinds = [(each["kind"], each["detail"]) for each in row.warned]
    words = {each["code"]: each["words"] for codes in (row.support_list, row.warnings_list) for each in codes or ()}
    danger = going is not None and going.smoking == "yes" and going.home_oxygen == "yes"
    warned = tuple(_warned(words.get(kind, ""), detail) for kind, detail in kinds)
    ahead = {"died_on": row.died_on, "restricted": row.restricted, **_decided_ahead(getattr(person, "health", None))}
    ahead["told_warnings"] = tuple(words.get(code, code) for code in person.warnings)
    ahead["circle"] = tuple(around_of(**each) for each in row.circle)
    ahead["going_there"] = values_of(BY_SECTION["going_there"], going) if going is not None else {}
    if held is None:
        return Needs(called=person.called, warnings=warned, smokes_with_oxygen=danger, **ahead)
    support = [code for code in held.support if code != "none"]
    return Needs(
        contact_method=held.contact_method,
        formats=tuple(code for code in held.formats if code != "none"),
        support=tuple(support),
        interpreter=held.interpreter == "yes",
        language=held.language,
        note=held.note,
        called=person.called,
        support_words=tuple(words.get(code, code) for code in support),
        warnings=warned,
        smokes_with_oxygen=danger,
        **ahead,
    )


def _decided_ahead(health: Any) -> dict[str, Any]:
    """Return the allergies, and which decisions made ahead have a paper."""
    if health is None:
        return {}
    papers = (("dnacpr", "DNACPR"), ("respect", "ReSPECT plan"), ("advance_refusal", "Advance decision"))
    held = tuple(words for name, words in papers if getattr(health, name) == "yes")
    return {"allergies": health.allergy_words, "papers": held, "paper_place": health.paper_place}


def around_of(
    name: str, relationship: str, phone: str, roles: Iterable[str], consent: str, limits: str, authority_seen_on: Any
) -> Around:
    """Return one of those around the person, as far as it decides whether we may talk to them."""
    return Around(name, frozenset(roles), consent, bool(authority_seen_on), limits, relationship, phone)


def _warned(words: str, detail: str) -> str:
    return ": ".join(filter(None, (words, detail)))


def key_safe_version(by: Actor, person_id: UUID) -> int:
    """Return the version of the key safe's code, 0 where there is none."""
    person = get_person(by, person_id)
    return KeySafeCode.objects.filter(person=person).values_list("version", flat=True).first() or 0


def referrals_of(by: Actor, person: Person) -> list[Referral]:
    """Return the person's latest referrals that the actor may see."""
    return list(scope(Referral.objects.filter(person=person), by).order_by("-received_at")[:MOST_REFERRALS])
