"""Records that may be of one person."""

from datetime import date
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts.domain import AccessLevel, Permission
from accounts.queries import scope
from audit.commands import require
from audit.domain import Actor
from referrals.domain import Told
from referrals.domain.duplicates import Decision, Likeness
from referrals.domain.finding import Asked as Names
from referrals.domain.finding import (
    Questioner,
    all_of,
    any_of,
    birth_keys,
    dates_near,
    is_near,
    name_words,
    postcode_keys,
    written,
)
from referrals.models import Merge, Person, PossibleDuplicate, Referral
from referrals.queries.finding import ask, looks_same, match_people, sounds_of
from referrals.queries.people import hidden_people, visible_people

MOST_ALIKE = 60
SAME, NEAR_BIRTH = 1, 2


def lookalikes(who: Person) -> dict[Person, Likeness]:
    """Return the records that may be of the same person: same name and birth date, or both nearly.

    Nobody is like somebody of whom nothing is known. Names count with their other forms and by sound. With birth dates
    far apart they are two people, and so they are with two NHS numbers, unless name and birth date are the same.
    """
    found = {}
    steps = ask(_questions(who), MOST_ALIKE * 3, MOST_ALIKE)
    for other in Person.objects.filter(pk__in=steps, merged_into=None).exclude(pk=who.pk).order_by("pk"):
        why = _why(who, other, steps[other.pk])
        if why is not None:
            found[other] = why
    return found


def _questions(who: Person) -> list[str]:
    names = _names(who)
    questioner = Questioner(Names(), sounds_of(names))
    sounding = [any_of(questioner.sounding(name)) for name in names]
    nearly = [*sounding, any_of(f"d:{day:%Y%m%d}" for day in dates_near(who.born_on))] if who.born_on else []
    neighbours = [*sounding, any_of(postcode_keys(who.postcode))] if who.postcode and len(names) > 1 else []
    return [_same(who), all_of(nearly) or _NOBODY, all_of(neighbours) or _NOBODY]


_NOBODY = "'-'"


def _names(who: Person) -> list[str]:
    return [*name_words(who.given_name)[:1], *name_words(who.family_name)]


def _same(who: Person) -> str:
    """Return the question that records of the same name and birth date answer."""
    if who.born_on is None:
        return _NOBODY
    return all_of([*(any_of(written(name)) for name in _names(who)), any_of(birth_keys(who.born_on))])


def _why(who: Person, other: Person, step: int) -> Likeness | None:
    if step == SAME:
        return Likeness.SAME_NAME_AND_BIRTH
    if who.nhs_number and other.nhs_number and who.nhs_number != other.nhs_number:
        return None
    return Likeness.NEAR if step == NEAR_BIRTH or _births_agree(who.born_on, other.born_on) else None


def _births_agree(one: date | None, other: date | None) -> bool:
    return one is None or other is None or is_near(one, other)


def open_duplicates(by: Actor, most: int, after: int | None = None) -> list[PossibleDuplicate]:
    """Return pairs that nobody has decided on, the latest found first, both of them in the actor's sight."""
    require(by, Permission.PERSON_MERGE)
    rows = _in_sight(by, _undecided()).order_by("-id")
    if after is not None:
        rows = rows.filter(pk__lt=after)
    return list(rows[:most])


def kept_apart(by: Actor, *pair: UUID, most: int = 10) -> list[PossibleDuplicate]:
    """Return pairs, or this one, that somebody said are two people, the latest first; none that was taken apart."""
    require(by, Permission.PERSON_MERGE)
    made_one = Q(winner=OuterRef("one"), loser=OuterRef("other")) | Q(winner=OuterRef("other"), loser=OuterRef("one"))
    rows = PossibleDuplicate.objects.filter(decision=Decision.DIFFERENT).exclude(Exists(Merge.objects.filter(made_one)))
    rows = rows.filter(one=pair[0], other=pair[1]) if pair else rows
    return list(_in_sight(by, rows).order_by("-decided_at", "-pk")[:most])


def _in_sight(by: Actor, rows: QuerySet[PossibleDuplicate]) -> QuerySet[PossibleDuplicate]:
    """Keep pairs of which the actor may see both."""
    rows = rows.select_related("one", "other")
    if by.place_wide:
        hidden = hidden_people(by)
        return rows.exclude(one__in=hidden).exclude(other__in=hidden)
    seen = visible_people(by.where_it_may(Permission.PERSON_MERGE))
    return rows.filter(one__in=seen, other__in=seen)


def _undecided() -> QuerySet[PossibleDuplicate]:
    return PossibleDuplicate.objects.filter(
        decision=Decision.OPEN, one__merged_into__isnull=True, other__merged_into__isnull=True
    )


def pair_of(one: UUID, other: UUID) -> tuple[UUID, UUID]:
    """Return two ids in the order in which a pair is kept."""
    low, high = sorted((one, other))
    return low, high


def alike_referrals(by: Actor, referral: Referral) -> list[str]:
    """Return the references of referrals in the actor's sight whose person has the same name and birth date.

    The newest come first. Nothing is said of anybody that the actor has not referred, and only records count that were
    made of what was told, this one and those: of a record found by its number no name or birth date is confirmed.
    """
    who = referral.person
    made_now = who.created_at >= referral.recorded_at
    same = ask([_same(who)], MOST_ALIKE, MOST_ALIKE) if who.born_on and made_now else {}
    if set(same) <= {who.pk}:
        return []
    levels = (AccessLevel.FULL, AccessLevel.STATUS)
    told = Referral.objects.filter(person__in=same, person__created_at__gte=F("recorded_at")).exclude(person=who)
    rows = scope(told, by, levels=levels)
    return list(rows.order_by("-received_at").values_list("reference", flat=True)[:MOST_ALIKE])


def known_already(by: Actor, told: Told) -> list[Person]:
    """Return who is very likely meant by somebody's details, in the actor's sight; the reading is logged.

    It is the same NHS number, or the same name and birth date.
    """
    if not by.may(Permission.PERSON_FIND):
        return []
    return [person for person in match_people(by, told) if looks_same(person, told)]
