"""Beat-driven work: each task calls commands until nothing is left. A lost message only means a later pass."""

from collections.abc import Iterator
from datetime import datetime
from time import monotonic

from celery import shared_task

from audit.commands import acting
from audit.domain import SYSTEM
from timelimits import commands
from timelimits.commands.telling import Watch
from timelimits.queries import sweep_lag
from timelimits.queries.health import database_now

BATCH = 150
LEAST_BATCH, MOST_BATCH = 50, 400
AIM = 0.05  # seconds of one transaction: whoever waits for a row of its batch never waits long
MOST_BATCHES = 2000


@shared_task(name="timelimits.sweep")
def sweep() -> int:
    """Write every stage that has come by the database's clock, batch by batch, then say that the sweep ran.

    Returns how many clocks were seen.
    """
    at = database_now()
    with acting(SYSTEM, at):
        lag = sweep_lag(at)
        done = sum(batches(at))
        commands.beat(by=SYSTEM, name="sweep", now=database_now(), done=done, lag_seconds=lag.total_seconds())
    return done


def batches(at: datetime) -> Iterator[int]:
    """Sweep until nothing is left, each batch a transaction of its own; yield how many clocks each saw."""
    watch, size = Watch(at), LEAST_BATCH
    for _ in range(MOST_BATCHES):
        began = monotonic()
        seen = commands.sweep(by=SYSTEM, now=at, batch=size, watch=watch)
        yield seen
        if seen < size:
            return
        size = next_batch(size, monotonic() - began)


def next_batch(size: int, seconds: float) -> int:
    """Return how many clocks to take after a batch of `size` took so long, so that the next takes about 50 ms.

    Fewer at once, more only by half: one quick batch says little of the next, and a slow one much.
    """
    return max(LEAST_BATCH, min(MOST_BATCH, size + size // 2, int(size * AIM / seconds)))


@shared_task(name="timelimits.climb_ladders")
def climb_ladders() -> int:
    """Tell the next rung of every stage that nobody answered, and chase overrides that nobody confirmed."""
    at, climbed = database_now(), 0
    with acting(SYSTEM, at):
        for _ in range(MOST_BATCHES):
            seen = commands.climb_ladders(by=SYSTEM, now=at, batch=BATCH)
            climbed += seen
            if seen < BATCH:
                break
        commands.chase_overrides(by=SYSTEM)
        commands.beat(by=SYSTEM, name="climb", now=at, done=climbed)
    return climbed


@shared_task(name="timelimits.compact_counts")
def compact_counts() -> None:
    """Keep the roll-up of open cases small."""
    commands.compact_counts(by=SYSTEM)
