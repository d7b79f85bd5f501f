"""Beat-driven work: each task calls commands until nothing is left. A lost message only means a later pass."""

from celery import shared_task

from audit.commands import now
from audit.domain import SYSTEM
from timelimits import commands
from timelimits.queries import sweep_lag

BATCH = 500
MOST_BATCHES = 400


@shared_task(name="timelimits.sweep")
def sweep() -> int:
    """Write every stage that has come, batch by batch, then say that the sweep ran.

    Returns how many clocks were seen.
    """
    at = now()
    lag = sweep_lag(at)
    done = 0
    for _ in range(MOST_BATCHES):
        seen = commands.sweep(by=SYSTEM, now=at, batch=BATCH)
        done += seen
        if seen < BATCH:
            break
    commands.beat(by=SYSTEM, name="sweep", now=now(), done=done, lag_seconds=lag.total_seconds())
    return done


@shared_task(name="timelimits.climb_ladders")
def climb_ladders() -> int:
    """Tell the next rung of every stage that nobody answered, and chase overrides that nobody confirmed."""
    at = now()
    climbed = commands.climb_ladders(by=SYSTEM, now=at)
    commands.chase_overrides(by=SYSTEM)
    commands.beat(by=SYSTEM, name="climb", now=at, done=climbed)
    return climbed


@shared_task(name="timelimits.compact_counts")
def compact_counts() -> None:
    """Keep the roll-up of open cases small."""
    commands.compact_counts(by=SYSTEM)
