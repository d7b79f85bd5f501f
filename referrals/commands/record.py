"""Write a person's record: a section, or a row of one kind. Every field keeps its history; nothing is ever demanded."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken
from referrals import queries
from referrals.commands import reviews
from referrals.commands.people import lock_number
from referrals.commands.stale import refuse_stale
from referrals.domain import clean_nhs_number, clean_postcode
from referrals.domain.duplicates import NumberStatus, first_status, number_status_fits
from referrals.domain.sections import BY_ROW_KIND, BY_SECTION, Field, Kind, RowKind, faults_of
from referrals.models import Person
from timelimits.domain.local_time import local_date

Values = Mapping[str, Any]
ERROR_REASON = 200


@command
def change_section(*, by: Actor, person_id: UUID, section: str, values: Values, version: int | None = None) -> Any:
    """Change fields of one section; those not named stay. The same values again change nothing, quietly.

    `version` is that of the section when it was opened (0: nothing held yet). Raises Stale with who changed it and
    when, RuleBroken with the field at fault, NotPermitted, NotFound.
    """
    require(by, Permission.PERSON_EDIT)
    shape = BY_SECTION.get(section)
    if shape is None:
        raise NotFound
    person = queries.lock_person(by.where_it_may(Permission.PERSON_EDIT), person_id)
    row = queries.section_row(shape, person)
    told = _clean(shape.fields, values)
    if section == "details":
        _check_details(person, told)
    changed = _differing(row, told)
    if not changed:
        return row
    refuse_stale(row, version)
    _set(row, told, changed)
    if section == "health":
        _check_allergies(row)
    stamp(by, row)
    note(by, person.pk, "person.changed", section=section, fields=sorted(changed))
    return row


@command
def add_row(*, by: Actor, person_id: UUID, kind: str, values: Values) -> Any:
    """Add a row: somebody around them, a warning, what matters… The same row once more is returned, quietly.

    Raises RuleBroken with the field at fault, NotPermitted, NotFound.
    """
    shape = _row_kind(by, kind)
    person = queries.lock_person(by.where_it_may(permission_of(shape)), person_id)
    told = _clean(shape.fields, values, whole=True)
    _check_row(shape, told)
    if (same := _same_row(shape, person, told)) is not None:
        return same
    row: Any = queries.model_of(shape)(person=person, version=0, created_at=now(), created_label=by.label)
    _set(row, told, set(told))
    if kind == "visit_warnings":
        reviews.set_review(row)
        _take_from_told(by, person, row.kind)
    stamp(by, row)
    if kind == "visit_warnings":
        reviews.settle_reviews(by=by, person_id=person.pk)
    note(by, person.pk, "person.row_added", kind=kind, row=row.pk)
    return row


@command
def change_row(
    *, by: Actor, person_id: UUID, kind: str, row_id: int, values: Values, version: int | None = None
) -> Any:
    """Change a row that stands. Raises Stale, RuleBroken (also for a kind that is kept as it was written)."""
    shape = _row_kind(by, kind)
    row = _lock_row(by, shape, person_id, row_id)
    told = _clean(shape.fields, values)
    changed = _differing(row, told)
    if not changed:
        return row
    if shape.kept or row.ended_at is not None:
        raise RuleBroken("kept", "This can't be done because it is kept as it was written. Strike it out instead.")
    refuse_stale(row, version)
    _check_row(shape, queries.values_of(shape, row) | told)
    _set(row, told, changed)
    if kind == "visit_warnings" and "review" in changed:
        reviews.stop_review(by=by, warning=row)
        reviews.set_review(row)
    stamp(by, row)
    if kind == "visit_warnings":
        reviews.settle_reviews(by=by, person_id=row.person_id)
    note(by, row.person_id, "person.row_changed", kind=kind, row=row.pk, fields=sorted(changed))
    return row


@command
def end_row(*, by: Actor, person_id: UUID, kind: str, row_id: int, version: int | None = None) -> Any:
    """Say that a row is no longer so, from now on. Ended already: quiet."""
    shape = _row_kind(by, kind)
    row = _lock_row(by, shape, person_id, row_id)
    if row.ended_at is not None:
        return row
    refuse_stale(row, version)
    if shape.kept:
        raise RuleBroken("kept", "This can't be done because it happened. If it did not, strike it out as an error.")
    row.ended_at, row.ended_label = now(), by.label
    stamp(by, row)
    if kind == "visit_warnings":
        reviews.stop_review(by=by, warning=row)
    note(by, row.person_id, "person.row_ended", kind=kind, row=row.pk)
    return row


@command
def strike_row(*, by: Actor, person_id: UUID, kind: str, row_id: int, reason: str, version: int | None = None) -> Any:
    """Mark a row as entered in error, with the reason: struck through, kept, out of lists and letters.

    The same again is quiet. Raises NotPermitted, NotFound, IllegalMove (struck out already), Stale, RuleBroken.
    """
    shape = _row_kind(by, kind)
    row = _lock_row(by, shape, person_id, row_id)
    if row.in_error and row.error_reason == reason.strip()[:ERROR_REASON]:
        return row
    if row.in_error:
        raise IllegalMove(
            "struck_already", f"This can't be done because {row.changed_label} has struck it out already."
        )
    refuse_stale(row, version)
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say what is wrong with it.", "reason")
    row.in_error, row.error_reason = True, reason.strip()[:ERROR_REASON]
    row.ended_at, row.ended_label = row.ended_at or now(), row.ended_label or by.label
    stamp(by, row)
    if kind == "visit_warnings":
        reviews.drop_review(by=by, warning=row)
    note(by, row.person_id, "person.row_struck", kind=kind, row=row.pk)
    return row


def permission_of(shape: RowKind) -> Permission:
    """Return what writing a row of this kind needs."""
    return Permission.PERSON_CAPACITY if shape.code == "capacity" else Permission.PERSON_EDIT


def stamp(by: Actor, row: Any) -> None:
    """Write a part with its next version, and who changed it when."""
    row.version += 1
    row.changed_at, row.changed_label = now(), by.label
    row.save()


def note(by: Actor, person_id: UUID, event: str, **codes: Any) -> None:
    """Write one event on the person's open case, else the last: codes and ids, never words."""
    if (case_id := queries.latest_case(person_id)) is not None:
        record(case_id=case_id, event=event, subject=f"person:{person_id}", **codes)


def _row_kind(by: Actor, kind: str) -> RowKind:
    shape = BY_ROW_KIND.get(kind)
    if shape is None:
        raise NotFound
    require(by, permission_of(shape))
    return shape


def _lock_row(by: Actor, shape: RowKind, person_id: UUID, row_id: int) -> Any:
    person = queries.lock_person(by.where_it_may(permission_of(shape)), person_id)
    rows: Any = queries.model_of(shape)._default_manager.select_for_update()
    row = rows.filter(person=person, pk=row_id).first()
    if row is None:
        raise NotFound
    return row


def _clean(fields: tuple[Field, ...], values: Values, *, whole: bool = False) -> dict[str, Any]:
    """Return the values that were given, trimmed. Raises RuleBroken for the first fault, naming its field."""
    told = {each.name: _trim(each, values.get(each.name)) for each in fields if whole or each.name in values}
    lists = {name: tuple(words) for name, words in queries.place_lists(fields).items()}
    for name, words in faults_of(fields, told, lists).items():
        raise RuleBroken("value_unfit", f"{words}.", name)
    return told


def _trim(each: Field, value: Any) -> Any:
    if each.kind is Kind.DAY:
        return value
    if each.kind in (Kind.MANY, Kind.LINES):
        return [str(one).strip() for one in value or () if str(one).strip()]
    return str(value or "").strip()


def _differing(row: Any, told: Values) -> set[str]:
    return {name for name, value in told.items() if _held(row, name) != value}


def _held(row: Any, name: str) -> Any:
    if name == "organisation" and hasattr(row, "organisation_id"):
        return str(row.organisation_id or "")
    held = getattr(row, name)
    return "" if held is None and name == "nhs_number" else held


def _set(row: Any, told: Values, names: set[str]) -> None:
    for name in names:
        if name == "organisation" and hasattr(row, "organisation_id"):
            row.organisation_id = told[name] or None
        else:
            setattr(row, name, (told[name] or None) if name == "nhs_number" else told[name])
    if isinstance(row, Person) and row.born_on is not None:
        row.age_about = None
    if isinstance(row, Person) and "nhs_number" in names and "nhs_number_status" not in told:
        row.nhs_number_status = first_status(row.nhs_number or "")


def _check_details(person: Person, told: dict[str, Any]) -> None:
    if "postcode" in told:
        told["postcode"] = clean_postcode(told["postcode"])
    if "phone" in told:
        told["phone"] = "".join(told["phone"].split())
    _not_future(told.get("born_on"), "born_on")
    _check_number(person, told)
    if "nhs_number_status" in told:
        _check_number_status(person, told)


def _check_number(person: Person, told: dict[str, Any]) -> None:
    if "nhs_number" in told:
        try:
            told["nhs_number"] = number = clean_nhs_number(told["nhs_number"])
        except ValueError as wrong:
            raise RuleBroken("nhs_number_invalid", str(wrong), "nhs_number") from wrong
        lock_number(number)
        if number and Person.objects.filter(nhs_number=number, merged_into=None).exclude(pk=person.pk).exists():
            raise RuleBroken(
                "nhs_number_taken", "This NHS number is on somebody else's record. Is it the same person?", "nhs_number"
            )


def _check_number_status(person: Person, told: dict[str, Any]) -> None:
    """Another number is not a traced one; a status without the number it speaks of is refused (domain-facts 9)."""
    held = person.nhs_number or ""
    number, status = told.get("nhs_number", held), told["nhs_number_status"]
    if not status or (number != held and status == person.nhs_number_status):
        told["nhs_number_status"] = first_status(number)
    elif not number_status_fits(number, NumberStatus(status)):
        words = "There is an NHS number." if number else "There is no NHS number."
        raise RuleBroken("number_status_unfit", f"{words} Choose how sure it is to fit.", "nhs_number_status")


def _check_allergies(row: Any) -> None:
    if row.allergies == "has" and not row.allergy_words:
        raise RuleBroken("allergies_not_named", "Say what they are allergic to.", "allergy_words")
    if row.allergies != "has" and row.allergy_words:
        raise RuleBroken("allergies_contradict", "Choose “Has allergies”, or take the words away.", "allergies")


def _check_row(shape: RowKind, told: Values) -> None:
    for each in shape.fields:
        if each.kind is Kind.DAY and each.name != "ends_on":
            _not_future(told.get(each.name), each.name)
    if shape.code == "capacity" and told.get("best_interests") and told.get("outcome") != "lacks_capacity":
        words = "Nothing is decided in the best interests of somebody who can decide."
        raise RuleBroken("best_interests_with_capacity", words, "best_interests")


def _not_future(day: date | None, name: str) -> None:
    if day is not None and day > local_date(now()):
        raise RuleBroken("day_in_future", "This day is later than today.", name)


def _same_row(shape: RowKind, person: Person, told: Values) -> Any:
    """Return the row that says the same and stands: a form that was sent twice makes one."""
    rows: Any = queries.model_of(shape)._default_manager.filter(person=person, ended_at=None)
    if shape.code == "visit_warnings" and told["kind"] != "other":
        same = rows.filter(kind=told["kind"]).first()
        if same is not None and told.get("detail") and told["detail"] != same.detail:
            raise RuleBroken("there_already", "This warning is on the record already: change that one.", field="kind")
        return same
    return next((row for row in rows if not _differing(row, told)), None)


def _take_from_told(by: Actor, person: Person, code: str) -> None:
    """A warning told on a call gets its day of review, and is not shown twice."""
    if code in person.warnings:
        person.warnings = [held for held in person.warnings if held != code]
        stamp(by, person)
