"""Make clocks fall due: running ones are moved so that their limit passed in the seconds before an instant."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from bench.stand import Stand
from timelimits.domain import History
from timelimits.domain.local_time import TICK
from timelimits.models import Policy
from timelimits.queries.book import Book, policy_in_force
from timelimits.rules import Terms, reckon

# Which limits pass, and their share: two that count elapsed time, one opening hours, one calendar days
MIXTURE = (("crisis_response", "", 0.4), ("spa_triage", "crisis", 0.2), ("spa_triage", "planned", 0.2),
           ("support_plan", "", 0.2))  # fmt: skip
STARTS = 40
LONGEST = timedelta(days=60)
MOVE = """
WITH chosen AS (
    SELECT id, row_number() OVER (ORDER BY md5(id::text || %(seed)s)) AS place FROM timelimits_clock
    WHERE stopped_at IS NULL AND policy_id = %(policy)s ORDER BY 2 LIMIT %(wanted)s)
UPDATE timelimits_clock c SET started_at = (%(starts)s::timestamptz[])[1 + place %% %(kinds)s],
    due_at = (%(dues)s::timestamptz[])[1 + place %% %(kinds)s],
    soon_at = (%(soons)s::timestamptz[])[1 + place %% %(kinds)s],
    next_check_at = (%(dues)s::timestamptz[])[1 + place %% %(kinds)s] + interval '1 microsecond', faults = 0
FROM chosen WHERE c.id = chosen.id RETURNING c.case_id
"""
PARK = """
UPDATE timelimits_clock SET next_check_at = %(at)s + interval '30 days' WHERE next_check_at <= %(at)s
"""
DEADLINES = """
UPDATE timelimits_casedeadline d SET next_due_at = found.due_at
FROM (SELECT case_id, min(due_at) AS due_at FROM timelimits_clock
      WHERE case_id = ANY(%s) AND stopped_at IS NULL GROUP BY case_id) found
WHERE d.case_id = found.case_id AND d.next_due_at IS DISTINCT FROM found.due_at
"""


def fall_due(
    stand: Stand,
    count: int,
    at: datetime,
    *,
    seed: int,
    within: timedelta = timedelta(seconds=20),
    mixture: Sequence[tuple[str, str, float]] = MIXTURE,
) -> None:
    """Let no other limit be due, and the limits of `count` running clocks pass in the time `within` before `at`."""
    stand.use()
    with connection.cursor() as cursor:
        cursor.execute(PARK, {"at": at})
    cases = []
    for code, variant, share in mixture:
        policy = policy_in_force(code, variant, at)
        rows = list(_starts(policy, at, within))
        starts, dues, soons = (list(column) for column in zip(*rows, strict=True))
        given: dict[str, Any] = {
            "policy": policy.pk,
            "wanted": round(count * share),
            "seed": str(seed),
            "kinds": len(rows),
        }
        with connection.cursor() as cursor:
            cursor.execute(MOVE, given | {"kinds": len(rows), "starts": starts, "dues": dues, "soons": soons})
            cases += [case for (case,) in cursor.fetchall()]
    if len(cases) != count:
        raise AssertionError(f"only {len(cases)} of {count} clocks could be made due")
    with connection.cursor() as cursor:
        cursor.execute(DEADLINES, [cases])


def _starts(policy: Policy, at: datetime, within: timedelta) -> Iterator[tuple[datetime, datetime, datetime | None]]:
    """Yield starts whose limit passes before `at`, spread over the time `within`, with what the rules say of them."""
    terms = Book().terms(policy)
    for step in range(STARTS):
        start = _latest_start(terms, at - TICK - within * (step / STARTS))
        reckoning = reckon(History(start), terms)
        assert reckoning.due_at is not None
        yield start, reckoning.due_at, reckoning.soon_at


def _latest_start(terms: Terms, due_before: datetime) -> datetime:
    """Return the latest start, to the microsecond, from which the limit has passed at the instant."""
    early, late = due_before - LONGEST, due_before
    while late - early > TICK:
        middle = early + (late - early) / 2
        due_at = reckon(History(middle), terms).due_at
        early, late = (middle, late) if due_at is not None and due_at <= due_before else (early, middle)
    return early
