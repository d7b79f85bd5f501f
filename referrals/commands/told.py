"""What is told of somebody we know and is not what we hold: kept beside the record until a person decides."""

from datetime import date
from typing import Any
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound
from referrals import queries
from referrals.commands.record import change_section, note, stamp
from referrals.domain import PersonDetails
from referrals.domain.told import differences
from referrals.domain.typed import read_address
from referrals.models import Person, Referral, ToldDifference, VisitWarning

TAKEN, LEFT = "taken", "left"


@command
def note_told(*, by: Actor, referral: Referral, details: PersonDetails, names: bool) -> list[ToldDifference]:
    """Keep every detail told with a referral that differs from the record; `names`: the name was told whole.

    Nothing is overwritten and nothing is dropped. What is open already with the same words is not asked twice.
    """
    person = referral.person
    found = differences(_held(person, standing=bool(details.warnings)), details, names=names)
    open_ones = {(each.field, each.told) for each in queries.open_differences(person)} if found else set()
    return [
        ToldDifference.objects.create(
            person=person, referral=referral, field=field, told=told[:1000], told_at=referral.received_at
        )
        for field, told in found.items()
        if (field, told) not in open_ones
    ]


def _held(person: Person, *, standing: bool) -> PersonDetails:
    rows = VisitWarning.objects.filter(person=person, ended_at=None) if standing else VisitWarning.objects.none()
    return PersonDetails(
        family_name=person.family_name,
        given_name=person.given_name,
        nhs_number=person.nhs_number or "",
        born_on=person.born_on,
        address_lines=tuple(person.address_lines),
        postcode=person.postcode,
        phone=person.phone,
        gp_practice=person.gp_practice,
        warnings=(*person.warnings, *rows.values_list("kind", flat=True)),
    )


@command
def answer_told(*, by: Actor, person_id: UUID, difference_id: int, answer: str) -> ToldDifference:
    """Take what was told over into the record, or leave the record as it is. The same answer again is quiet.

    Raises NotPermitted, NotFound, IllegalMove when somebody answered otherwise, RuleBroken when it cannot be taken.
    """
    require(by, Permission.PERSON_EDIT)
    person = queries.lock_person(by.where_it_may(Permission.PERSON_EDIT), person_id)
    told = ToldDifference.objects.select_for_update().filter(person=person, pk=difference_id).first()
    if told is None or answer not in (TAKEN, LEFT):
        raise NotFound
    if told.answer == answer:
        return told
    if told.answer:
        raise IllegalMove("answered", f"This can't be done because {told.answered_label} answered it already.")
    if answer == TAKEN:
        _take(by, person, told)
    told.answer, told.answered_at, told.answered_label = answer, now(), by.label
    told.save()
    note(by, person.pk, "person.told_answered", field=told.field, answer=answer)
    return told


def _take(by: Actor, person: Person, told: ToldDifference) -> None:
    if told.field == "warnings":
        person.warnings = list(dict.fromkeys([*person.warnings, *told.told.split("\n")]))
        stamp(by, person)
        return
    change_section(by=by, person_id=person.pk, section="details", values=_values(told))


def _values(told: ToldDifference) -> dict[str, Any]:
    if told.field == "address":
        found = read_address(told.told)
        values = {"address_lines": found.lines, "postcode": found.postcode}
        return {name: value for name, value in values.items() if value}
    if told.field == "born_on":
        return {"born_on": date.fromisoformat(told.told)}
    return {told.field: told.told}
