"""A thousand pairs of records made one and taken apart again: everything is as it was, and what one act costs."""

import random
import time
from typing import Any

from django.db import connection

from accounts.domain import Role
from accounts.models import Membership
from accounts.queries import actor_for
from audit.acting import acting, now
from audit.domain import SYSTEM, Actor
from bench.figures import Samples
from bench.frame import Bench
from casework.commands.merge import merge_people, unmerge_people
from casework.queries.merge import relations
from referrals.commands import register_referral
from referrals.domain import Direction, PersonDetails, ReferralDetails, Urgency
from referrals.models import Person, RelatedPerson

PAIRS = 1000


def run(bench: Bench) -> None:
    """Merge and take apart, pair by pair, on the largest stand; fail on the first column that is not as it was."""
    stand = bench.largest.use()
    by, dice = _manager(), random.Random(1)
    pairs = [(_somebody(dice), _somebody(dice)) for _ in range(PAIRS)]
    took: dict[str, Samples] = {"merge": Samples(wall=[[]]), "unmerge": Samples(wall=[[]])}
    rows = 0
    for winner, loser in pairs:
        before = everything(winner, loser)
        began = time.perf_counter()
        merge = merge_people(by=by, winner_id=winner.pk, loser_id=loser.pk, reason="Bench")
        took["merge"].wall[-1].append(time.perf_counter() - began)
        if Person.objects.get(pk=loser.pk).merged_into_id != winner.pk:
            raise AssertionError("the loser is no pointer")
        began = time.perf_counter()
        rows += len(unmerge_people(by=by, merge_id=merge.pk, reason="Bench").standing.back)
        took["unmerge"].wall[-1].append(time.perf_counter() - began)
        if everything(winner, loser) != before:
            raise AssertionError("something is not as it was before the merge")
    bench.fact(f"merge and unmerge, {PAIRS:,} pairs as they were", PAIRS, "pairs", on=stand)
    bench.fact("rows that moved and went back", rows, "rows", on=stand)
    for name, samples in took.items():
        bench.fact(f"{name}, median", samples.median * 1000, "ms", on=stand)


def _manager() -> Actor:
    found = Membership.objects.filter(role=Role.SERVICE_MANAGER).select_related("user").order_by("pk").first()
    assert found is not None
    return actor_for(found.user)


def _somebody(dice: random.Random) -> Person:
    """Register somebody with one to three referrals, and write down up to two related people."""
    told = PersonDetails(
        family_name="Benchmerge",
        given_name=dice.choice(["Ada", "Bea", "Cy"]),
        postcode=dice.choice(["", "L23 9ZZ"]),
        phone=dice.choice(["", "07700900318"]),
        warnings=tuple(dice.sample(["dog", "oxygen", "smokes"], dice.randrange(4))),
    )
    details = ReferralDetails(direction=Direction.STEP_UP, urgency=Urgency.PLANNED, summary="Bench")
    who = register_referral(by=SYSTEM, details=details, person=told).person
    for _ in range(dice.randrange(3)):
        register_referral(by=SYSTEM, details=details, person_id=who.pk)
    with acting(SYSTEM):
        for number in range(dice.randrange(3)):
            stamp = {"created_at": now(), "changed_at": now(), "created_label": "Bench", "changed_label": "Bench"}
            RelatedPerson.objects.create(person=who, name=f"Jo {number}", **stamp)
    return who


def everything(*people: Person) -> dict[str, Any]:
    """Return every column of every row of two people, the counters of changes left out."""
    keys = [who.pk for who in people]
    found: dict[str, list[Any]] = {
        each.label: [*each.rows.filter(**{f"{each.field}__in": keys}).values()] for each in relations()
    }
    found["person"] = [*Person.objects.filter(pk__in=keys).order_by("pk").values()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT keys::text FROM referrals_personkeys WHERE person_id = ANY(%s) ORDER BY person_id", [keys]
        )
        found["keys"] = [{"keys": text} for (text,) in cursor.fetchall()]
    return {label: [{k: v for k, v in row.items() if k != "version"} for row in rows] for label, rows in found.items()}
