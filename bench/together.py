"""The board and a referral sent while the sweep is at work, beside the same when it is quiet; two sweepers at once."""

import time
from collections.abc import Mapping

from django.db import connection

from audit.commands import now
from bench.board import PATH, officer
from bench.figures import Samples, compared
from bench.frame import Bench, Run
from bench.load import OPEN_EVERY
from bench.partner import token
from bench.post import sends
from bench.sweep import DUE, WRITTEN, Arena
from bench.sweeper import Sweeper

BUSY_DUE = 40_000
TWICE = "SELECT count(*) - count(DISTINCT ({keys})) FROM {table} WHERE {which}"
ONCE = {
    "timelimits_clockevent": "clock_id",
    "timelimits_alert": "event_id, recipient_id",
    "notifications_message": "user_id, link",
    "notifications_outbox": "recipient_id, link",
}


def run(bench: Bench) -> None:
    """Measure on the largest stand."""
    _beside_quiet(bench)
    _two_sweepers(bench)


def _beside_quiet(bench: Bench) -> None:
    stand = bench.largest
    arena = Arena(stand, min(BUSY_DUE, stand.size // OPEN_EVERY * 4 // 5), now())
    board = stand.get(PATH, cookie=officer(stand))
    sides = {"SPA board": board, "Referral sent": sends(stand, token(stand))}
    quiet, busy = ({name: Samples() for name in sides} for _ in range(2))
    sweeper, each = Sweeper(stand.url), -(-bench.requests // bench.rounds)
    for _ in range(bench.rounds):
        arena.prepare(check=False)
        _ask(sides, quiet, each)
        sweeper.go(arena.at)
        _ask(sides, busy, each, sweeper)
        sweeper.done()
    sweeper.close()
    for name in sides:
        measure = f"{name}, during a sweep"
        bench.keep(compared(measure, stand.size, busy[name], quiet[name], 1.5, "itself when quiet"))


def _ask(sides: Mapping[str, Run], taken: Mapping[str, Samples], each: int, sweeper: Sweeper | None = None) -> None:
    """Ask for all in turn, `each` times, or until the sweeper is done."""
    for samples in taken.values():
        samples.wall.append([])
    for _ in range(each):
        for name, side in sides.items():
            began = time.perf_counter()
            side()
            taken[name].wall[-1].append(time.perf_counter() - began)
        if sweeper is not None and not sweeper.busy:
            return


def _two_sweepers(bench: Bench) -> None:
    """Two processes at the same clocks: together they see each once, and nothing is written twice."""
    stand = bench.largest
    arena = Arena(stand, min(DUE, stand.size // OPEN_EVERY // 2), now())
    arena.prepare(check=False)
    sweepers = [Sweeper(stand.url), Sweeper(stand.url)]
    for sweeper in sweepers:
        sweeper.go(arena.at)
    seen = [sweeper.done() for sweeper in sweepers]
    for sweeper in sweepers:
        sweeper.close()
    twice = 0
    with connection.cursor() as cursor:
        for table, which in WRITTEN.items():
            cursor.execute(TWICE.format(keys=ONCE[table], table=table, which=which))
            twice += cursor.fetchone()[0]
    bench.fact("two sweepers, rows written twice", twice, "rows", at_most=0, on=stand, against=f"they saw {seen}")
    bench.fact("two sweepers, clocks left or seen twice", abs(sum(seen) - arena.due), "clocks", at_most=0, on=stand)
