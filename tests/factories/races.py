"""Two people at once: each call in a thread with a connection of its own, let go together or one behind the other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import Any

from django.db import connection, transaction

from audit.refusals import Refusal


def race(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls at the same moment and return what each returned, or the refusal it raised."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return call()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def behind(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Begin the second call when the first is done but not committed; commit once it waits, or is done.

    Returns what the second returned.
    """

    def run() -> Any:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            later, patience = pool.submit(run), monotonic() + 10
            while not later.done() and not _waited_for() and monotonic() < patience:
                sleep(0.01)
        return later.result()


def _waited_for() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)))"
        )
        (waits,) = cursor.fetchone()
    return bool(waits)
