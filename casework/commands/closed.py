"""A restriction that a merge brought to the cases of the other record goes again when the two are taken apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.models import CaseAccess, RestrictedCase
from casework.queries.merge import Relation
from referrals.models import Merge, Person, Referral

CLOSED, NAMED = "closed_cases", "named_on_cases"


@dataclass(frozen=True)
class Closed:
    """Which cases of somebody are restricted, each with its restriction, and every access given to any."""

    cases: frozenset[tuple[str, str]]
    access: frozenset[int]


def closed_cases(*people: Person) -> Closed:
    """Return the restricted cases and records of these people, and the access to all of them."""
    records = [person.pk for person in people]  # a record stands among the cases under its own id
    cases = [*records, *Referral.objects.filter(person__in=people).values_list("case_id", flat=True)]
    closed = RestrictedCase.objects.filter(case_id__in=cases).values_list("case_id", "restriction_id")
    access = CaseAccess.objects.filter(case_id__in=cases).values_list("pk", flat=True)
    return Closed(frozenset((str(case), str(restriction)) for case, restriction in closed), frozenset(access))


def newly_closed(before: Closed, after: Closed) -> dict[str, list[Any]]:
    """Return what the merge restricted, and the access that came with it, as the merge keeps it."""
    cases = sorted(after.cases - before.cases)
    if not cases:
        return {}
    return {CLOSED: [list(each) for each in cases], NAMED: sorted(after.access - before.access)}


def open_again(merge: Merge, going: Sequence[tuple[Relation, Any]]) -> None:
    """Take away what the merge restricted, where that restriction still holds; and access that came with it.

    A referral of the winner made since was restricted for the loser's sake: it is open again as well.
    """
    closed = merge.filled.get(CLOSED, [])
    for case_id, restriction in closed:
        RestrictedCase.objects.filter(case_id=case_id, restriction=restriction).delete()
    CaseAccess.objects.filter(pk__in=merge.filled.get(NAMED, [])).delete()
    back = {row.case_id for relation, row in going if relation.model is Referral}
    own = {(UUID(case_id), restriction) for case_id, restriction in closed if UUID(case_id) not in back}
    since = Referral.objects.filter(person_id=merge.winner_id).exclude(case_id__in=back).values("case_id")
    for restriction in {restriction for _, restriction in own}:
        RestrictedCase.objects.filter(case_id__in=since, restriction=restriction).delete()
