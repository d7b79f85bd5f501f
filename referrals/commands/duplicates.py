"""Offering records that may be of one person, and keeping apart those that are not."""

from uuid import UUID

from accounts.domain import Permission
from audit.bulk import insert
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import NotFound
from referrals import queries
from referrals.domain.duplicates import Decision, Likeness
from referrals.models import Person, PersonKeys, PossibleDuplicate
from referrals.queries.duplicates import kept_apart, lookalikes, pair_of

LOT = 100
COLUMNS = ("one", "other", "why", "found_at", "decision", "decided_by")


def offer_duplicate(one: Person, other: Person, why: Likeness) -> None:
    """Put two records on the list of possible duplicates, once; what somebody decided on them stands."""
    row = [*pair_of(one.pk, other.pk), why, now(), Decision.OPEN, ""]
    insert(PossibleDuplicate, COLUMNS, [row], returning=["id"], skip_existing=True)


@command
def compare_people(*, by: Actor, lot: int = LOT) -> int:
    """Look for each record that is new or changed whether another may be of the same person; return how many.

    Of two registered at the same moment each sees the other here, since both are there by then.
    """
    waiting = PersonKeys.objects.select_for_update(skip_locked=True, of=("self",)).filter(compared_at=None)
    found = list(waiting.select_related("person").order_by("person")[:lot])
    for keys in found:
        if keys.leads_to is None:
            for other, why in lookalikes(keys.person).items():
                offer_duplicate(keys.person, other, why)
    PersonKeys.objects.filter(pk__in=[keys.pk for keys in found]).update(compared_at=now())
    return len(found)


@command
def keep_apart(*, by: Actor, one_id: UUID, other_id: UUID) -> PossibleDuplicate:
    """Say that two records are of two people: they are never offered again. Raises NotPermitted, NotFound."""
    require(by, Permission.PERSON_MERGE)
    seen = by.where_it_may(Permission.PERSON_MERGE)
    people = [queries.get_person(seen, one_id), queries.get_person(seen, other_id)]
    return decide(by, people[0], people[1], Decision.DIFFERENT)


@command
def offer_again(*, by: Actor, one_id: UUID, other_id: UUID) -> PossibleDuplicate:
    """Take back that two records are of two people: they wait for a decision again.

    Two that were made one and taken apart are never offered again. Raises NotPermitted, NotFound.
    """
    require(by, Permission.PERSON_MERGE)
    low, high = pair_of(one_id, other_id)
    waiting = PossibleDuplicate.objects.select_for_update().filter(one=low, other=high)
    pair = waiting.filter(pk__in=[row.pk for row in kept_apart(by, low, high)]).first()
    if pair is None:
        raise NotFound
    pair.decision, pair.decided_at, pair.decided_by = Decision.OPEN, None, ""
    pair.save()
    return pair


def decide(by: Actor, one: Person, other: Person, decision: Decision) -> PossibleDuplicate:
    """Write down what was decided on two records; the latest decision stands."""
    low, high = pair_of(one.pk, other.pk)
    row, _ = PossibleDuplicate.objects.get_or_create(
        one_id=low, other_id=high, defaults={"why": Likeness.NEAR, "found_at": now()}
    )
    row.decision, row.decided_at, row.decided_by = decision, now(), by.label
    row.save()
    return row
