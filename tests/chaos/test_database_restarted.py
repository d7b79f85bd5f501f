"""PostgreSQL stopped, and crashed, under load: what was answered 201 is there once, and all goes on by itself."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.factories.installation import Installation

pytestmark = pytest.mark.chaos


def stop(icras: Installation) -> None:
    icras.postgres.stop()


def crash(icras: Installation) -> None:
    process = icras.postgres.process
    assert process
    os.kill(process.pid, signal.SIGQUIT)  # PostgreSQL's own crash: nothing is written, the next start recovers
    process.wait()


@pytest.fixture
def icras(installed: Installation) -> Installation:
    installed.running("web", "worker", "beat")
    return installed


@pytest.mark.parametrize("end", [stop, crash])
def test_database_restarted__under_load_every_201_is_there_once_and_every_breach(
    icras: Installation, what: str, end: Callable[[Installation], None]
) -> None:
    keys = [uuid4().hex for _ in range(60)]
    icras.refer_many(10, what, due_in=timedelta(seconds=2))
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(icras.until_made, what, key) for key in keys]
        time.sleep(0.2)
        end(icras)
        told = icras.refer(what)
        icras.postgres.start()
        for each in sent:
            each.result()
    assert told == (503, told and told[1])
    assert told[1]["code"] == "try_again"
    assert icras.referrals(what) == len(keys) + 10
    icras.expect_breaches(what, 10)
    assert set(icras.expect_all_sent(what).values()) == {1}
    for name in ("web", "worker", "beat"):
        assert icras.programs.running[name].poll() is None
