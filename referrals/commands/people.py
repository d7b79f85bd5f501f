"""Who it is about: found or new."""

from uuid import UUID

from django.db import connection

from audit.commands import now
from audit.domain import Actor
from audit.refusals import RuleBroken
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
