"""How long after its limit passed a breach is written and seen by others, with the real beat and worker."""

import os
import signal
import sys
import time
from contextlib import ExitStack
from datetime import timedelta

from django.conf import settings
from django.db import connection

from audit.commands import now
from bench.due import fall_due
from bench.frame import Bench
from bench.load import OPEN_EVERY
from bench.sweep import clear
from icras.embedded import CHECKOUT, Valkey
from icras.processes import end, spawn

ELAPSED = (("crisis_response", "", 0.6), ("spa_triage", "crisis", 0.4))
SECONDS = 60
START_UP = 12
RUNNING = 100_000
# Copies of running clocks on further subjects of their cases, until there are so many
TOP_UP = """
INSERT INTO timelimits_clock (id, case_id, subject, policy_id, policy_code, started_at, start_recorded_at, outcome,
                              cancel_reason, due_at, soon_at, next_check_at, stopped_label, faults)
SELECT gen_random_uuid(), case_id, 'further:' || id, policy_id, policy_code, started_at, start_recorded_at, '', '',
       due_at, soon_at, next_check_at, '', 0
FROM timelimits_clock WHERE stopped_at IS NULL
LIMIT greatest(0, %s - (SELECT count(*) FROM timelimits_clock WHERE stopped_at IS NULL))
"""
# From the limit to the commit that others can see, by PostgreSQL's own account of commits
LAGS = """
SELECT count(*), coalesce(percentile_cont(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY lag), '{}') FROM (
    SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - happened_at)::float AS lag
    FROM timelimits_clockevent WHERE stage = 'breach') found
"""


def run(bench: Bench) -> None:
    """Let limits pass for a minute on the largest stand, and look at when each was seen."""
    stand = bench.largest.use()
    due = min(10_000, stand.size // OPEN_EVERY // 3)
    with connection.cursor() as cursor:
        clear(cursor)
        if stand.size >= RUNNING:
            cursor.execute(TOP_UP, [RUNNING])
        cursor.execute("SELECT count(*) FROM timelimits_clock WHERE stopped_at IS NULL")
        bench.fact("running clocks", cursor.fetchone()[0], "clocks", on=stand)
    last = now() + timedelta(seconds=START_UP + SECONDS)
    fall_due(stand, due, last, seed=1, within=timedelta(seconds=SECONDS), mixture=ELAPSED)
    with ExitStack() as stack:
        broker = Valkey(stand.state / "valkey", stand.run, stand.state / "valkey.log")
        stack.callback(broker.stop)
        broker.start()
        env = {**os.environ, "DATABASE_URL": stand.url, "REDIS_URL": broker.url}
        log = stack.enter_context((stand.state / "celery.log").open("wb"))
        for words in (
            ["worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--without-heartbeat"],
            ["beat", "--schedule", str(stand.state / "beat-schedule"), "--pidfile", ""],
        ):
            argv = [sys.executable, "-m", "celery", "-A", "icras", words[0], "--loglevel", "WARNING", *words[1:]]
            process = spawn(argv, log, env=env, cwd=CHECKOUT)
            stack.callback(end, process, signal.SIGTERM, 20)
        while now() < last + timedelta(seconds=settings.ICRAS_SWEEP_SECONDS + 10):
            time.sleep(1)
    with connection.cursor() as cursor:
        cursor.execute(LAGS)
        seen, lags = cursor.fetchone()
    bench.fact("limits passed in a minute and not seen", due - seen, "clocks", at_most=0, on=stand)
    bench.fact("detection lag, median", lags[0], "s", on=stand)
    bench.fact("detection lag, p99", lags[1], "s", at_most=25, on=stand)
