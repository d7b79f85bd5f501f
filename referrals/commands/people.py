"""Who it is about: found or new."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import F

from audit.bulk import add
from audit.commands import now
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals import queries
from referrals.commands.duplicates import offer_duplicate
from referrals.domain import Identity, PersonDetails, clean_nhs_number, clean_postcode
from referrals.domain.duplicates import Likeness, first_status
from referrals.domain.finding import all_words, any_alike, name_words
from referrals.models import Person
from timelimits.domain.local_time import local_date


def settle_person(
    by: Actor, details: PersonDetails | None, person_id: UUID | None, *, somebody_else: bool = False
) -> tuple[Person, Identity]:
    """Return the person chosen, or the one with the same NHS number and no other birth date, or a new one.

    When the NHS number belongs to somebody born on another day, a new person is made without the number and marked
    so: a referral is never lost to a typing error, and never put on the wrong person. Where neither birth date is known
    to agree and no name is alike, it is the holder's, marked to be checked. `somebody_else`: whoever registers saw the
    holder and says that it is not them.
    Raises RuleBroken for an NHS number that cannot be one, NotFound for a person not yours.
    """
    if person_id is not None:
        return queries.refuse_erased(queries.get_person(by, person_id)), Identity.AS_TOLD
    if details is None:
        raise RuleBroken("person_missing", "Say who it is about.", field="person")
    number = _number(details.nhs_number)
    lock_number(number)
    holder = _holder(number)
    if holder is None:
        return _new_person(details, number), Identity.AS_TOLD
    if not somebody_else and (details.born_on is None or holder.born_on in (None, details.born_on)):
        return holder, Identity.AS_TOLD if _could_be(holder, details) else Identity.UNCHECKED
    person = _new_person(details, "")
    offer_duplicate(holder, person, Likeness.SAME_NUMBER)
    return person, Identity.NUMBER_CONFLICT


def _could_be(holder: Person, details: PersonDetails) -> bool:
    """Say whether the birth date, or any name told, speaks for the holder of the number. No name told says nothing."""
    if details.born_on is not None and details.born_on == holder.born_on:
        return True
    told = name_words(details.given_name, details.family_name)
    return not told or any_alike(told, all_words(holder.given_name, holder.family_name))


def _holder(number: str) -> Person | None:
    """Return who has this number, locked: the record that stands for them. An empty number is nobody's."""
    held = Person.objects.filter(nhs_number=number).order_by(F("merged_into").asc(nulls_first=True)) if number else None
    found = held.values_list("pk", flat=True).first() if held is not None else None
    if found is None:
        return None
    person = Person.objects.select_for_update().get(pk=queries.stands_for(found))
    return _holder(number) if person.merged_into_id else person


def _number(typed: str) -> str:
    try:
        return clean_nhs_number(typed)
    except ValueError as wrong:
        raise RuleBroken("nhs_number_invalid", str(wrong), field="person.nhs_number") from wrong


def lock_number(number: str) -> None:
    """Of two who type the same number at once, the second waits here and then finds the first's person."""
    lock_numbers([number])


def lock_numbers(numbers: Iterable[str]) -> None:
    """Lock several at once, always in the same order, so that two who lock many do not wait for each other."""
    if wanted := sorted({int(number) for number in numbers if number}):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(pg_advisory_xact_lock(n)) FROM unnest(%s::bigint[]) AS n", [wanted])


def _new_person(details: PersonDetails, number: str) -> Person:
    if not details.family_name.strip():
        raise RuleBroken("name_missing", "Give at least one name, or what they are called.", field="person.family_name")
    if details.born_on and details.born_on > local_date(now()):
        raise RuleBroken("born_later_than_today", "The birth date is later than today.", field="person.born_on")
    person = Person(
        nhs_number=number or None,
        nhs_number_status=first_status(number),
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
    return add(person)
