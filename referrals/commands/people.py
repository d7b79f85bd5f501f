"""Who it is about: found or new."""

from uuid import UUID

from django.db import connection

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import RuleBroken, Stale
from referrals import queries
from referrals.domain import Identity, PersonDetails, clean_nhs_number, clean_postcode
from referrals.models import Person
from timelimits.local_time import local_date


def settle_person(by: Actor, details: PersonDetails | None, person_id: UUID | None) -> tuple[Person, Identity]:
    """Return the person chosen, or the one with the same NHS number and no other birth date, or a new one.

    When the NHS number belongs to somebody born on another day, a new person is made without the number and marked
    so: a referral is never lost to a typing error, and never put on the wrong person.
    Raises RuleBroken for an NHS number that cannot be one, NotFound for a person not yours.
    """
    if person_id is not None:
        return queries.get_person(by, person_id), Identity.AS_TOLD
    if details is None:
        raise RuleBroken("person_missing", "Say who it is about.", field="person")
    number = _number(details.nhs_number)
    _lock_number(number)
    holder = Person.objects.select_for_update().filter(nhs_number=number).first() if number else None
    if holder is None:
        return _new_person(details, number), Identity.AS_TOLD
    if details.born_on is None or holder.born_on in (None, details.born_on):
        return holder, Identity.AS_TOLD
    return _new_person(details, ""), Identity.NUMBER_CONFLICT


def _number(typed: str) -> str:
    try:
        return clean_nhs_number(typed)
    except ValueError as wrong:
        raise RuleBroken("nhs_number_invalid", str(wrong), field="person.nhs_number") from wrong


def _lock_number(number: str) -> None:
    """Of two who type the same number at once, the second waits here and then finds the first's person."""
    if number:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(number)])


def _new_person(details: PersonDetails, number: str) -> Person:
    if not details.family_name.strip():
        raise RuleBroken("name_missing", "Give at least one name, or what they are called.", field="person.family_name")
    if details.born_on and details.born_on > local_date(now()):
        raise RuleBroken("born_later_than_today", "The birth date is later than today.", field="person.born_on")
    person = Person(
        nhs_number=number or None,
        family_name=details.family_name.strip(),
        given_name=details.given_name.strip(),
        born_on=details.born_on,
        age_about=None if details.born_on else details.age_about,
        address_lines=list(details.address_lines),
        postcode=clean_postcode(details.postcode),
        phone="".join(details.phone.split()),
        gp_practice=details.gp_practice,
        warnings=list(details.warnings),
        created_at=now(),
    )
    person.save()
    return person


@command
def edit_person(*, by: Actor, case_id: UUID, person_id: UUID, details: PersonDetails, version: int) -> Person:
    """Change what is known about a person; every field keeps its history.

    Raises Stale when somebody changed them meanwhile, RuleBroken for a number that belongs to somebody else.
    """
    require(by, Permission.PERSON_EDIT)
    queries.get_person(by, person_id)
    number = _number(details.nhs_number)
    _lock_number(number)
    person = Person.objects.select_for_update().get(pk=person_id)
    if person.version != version:
        raise Stale("Somebody changed this person's details after you opened them.")
    if number and Person.objects.filter(nhs_number=number).exclude(pk=person.pk).exists():
        raise RuleBroken("nhs_number_taken", "This NHS number is already on somebody else's record.", "nhs_number")
    person.nhs_number = number or None
    person.family_name, person.given_name = details.family_name.strip(), details.given_name.strip()
    person.born_on, person.age_about = details.born_on, None if details.born_on else details.age_about
    person.address_lines, person.postcode = list(details.address_lines), clean_postcode(details.postcode)
    person.phone, person.gp_practice = "".join(details.phone.split()), details.gp_practice
    person.warnings = list(details.warnings)
    person.version += 1
    person.save()
    record(case_id=case_id, event="person.edited", subject=f"person:{person.pk}")
    return person
