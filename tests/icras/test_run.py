"""script/run's own program: it starts everything, and nothing outlives it."""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from icras import embedded
from icras.processes import alive

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120
STOP_SECONDS = 30
pytestmark = pytest.mark.chaos


class Running:
    """One `python -m icras.serve` with a folder of state of its own."""

    def __init__(self, state, *arguments, **environ):
        self.state, self.port, self.said = state, _free_port(), ""
        kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG", "ICRAS_PG_BINDIR") if key in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "icras.serve", "--port", str(self.port), *arguments],
            cwd=ROOT,
            env={**kept, "ICRAS_HOME": str(state), **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def until(self, words):
        deadline = time.monotonic() + START_SECONDS
        while words not in self.said:
            line = self.process.stdout.readline()
            self.said += line
            assert line, f"it ended before it said {words!r}:\n{self.said}"
            assert time.monotonic() < deadline, self.said
        return self

    def ends(self):
        self.said += self.process.communicate(timeout=START_SECONDS)[0]
        return self.process.returncode

    def all_processes(self):
        found, todo = set(), [self.process.pid]
        while todo:
            found.add(pid := todo.pop())
            todo += [child for child, parent in _parents().items() if parent == pid]
        return found

    def connect(self):
        return psycopg.connect(embedded.database_url(embedded.runtime_dir(self.state)))


def _parents():
    stats = [file for file in Path("/proc").glob("[0-9]*/stat") if file.exists()]
    found = {}
    for file in stats:
        try:
            found[int(file.parent.name)] = int(file.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _all_gone(pids, within=STOP_SECONDS):
    deadline = time.monotonic() + within
    while left := [pid for pid in pids if alive(pid)]:
        assert time.monotonic() < deadline, [Path(f"/proc/{pid}/cmdline").read_text() for pid in left]
        time.sleep(0.1)


@pytest.fixture(scope="module")
def started_once():
    """The folder of an ICRAS that has been started and stopped, to spare each test the first start's work."""
    folder = Path("/tmp") / f"icras-run-{secrets.token_hex(4)}"
    running = Running(folder).until("ICRAS is running on")
    running.process.send_signal(signal.SIGINT)
    assert running.ends() == 0, running.said
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def state(started_once):
    folder = Path("/tmp") / f"icras-run-{secrets.token_hex(4)}"
    subprocess.run(["cp", "-a", started_once, folder], check=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(embedded.runtime_dir(folder), ignore_errors=True)


@pytest.fixture
def run(state):
    started = []

    def start(*arguments, **environ):
        started.append(Running(state, *arguments, **environ))
        return started[-1]

    yield start
    for each in started:
        pids = each.all_processes() if each.process.poll() is None else set()
        each.process.terminate()
        each.process.communicate()
        _all_gone(pids)


def test_run__starts_all_stops_on_ctrl_c_and_starts_again_on_the_same_data(run, state):
    first = run().until("ICRAS is running on")
    pids = first.all_processes()
    names = " ".join(Path(f"/proc/{pid}/cmdline").read_text() for pid in pids)
    assert all(part in names for part in ("postgres", "valkey", "granian", "worker", "beat"))
    with first.connect() as connection:
        connection.execute("create table kept (word text)")
        connection.execute("insert into kept values ('still here')")
    first.process.send_signal(signal.SIGINT)
    assert first.ends() == 0, first.said
    assert "was killed" not in first.said
    _all_gone(pids, within=1)

    second = run().until("ICRAS is running on")
    with second.connect() as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def test_run__killed_leaves_no_process_and_the_next_start_works(run):
    first = run().until("ICRAS is running on")
    pids = first.all_processes()
    assert len(pids) > 6
    first.process.kill()
    first.ends()
    again = run()  # at once, while what is left is still going away
    _all_gone(pids)
    again.until("ICRAS is running on")


@pytest.mark.parametrize("part", ["granian", "worker", "beat", "postgres", "valkey"])
def test_run__ends_with_an_error_when_a_part_dies(run, part):
    running = run().until("ICRAS is running on")
    words = {pid: Path(f"/proc/{pid}/cmdline").read_text() for pid in running.all_processes()}
    pids = running.all_processes()
    victim = min(
        pid for pid, line in words.items() if re.search(rf"(^|[\0/]){part}", line) and "icras.serve" not in line
    )
    os.kill(victim, signal.SIGKILL)
    assert running.ends() == 1, running.said
    assert "ended by itself" in running.said
    _all_gone(pids)


def test_check__shows_the_breach_that_the_worker_recorded_and_who_was_told_and_ends(run):
    checked = run("--check", ICRAS_SWEEP_SECONDS="1")
    assert checked.ends() == 0, checked.said
    assert re.search(r"R-\d\d-\d{5}: a 2-hour referral", checked.said)
    assert "limit passed" in checked.said
    assert re.search(r"told: \S+.* on duty", checked.said)


def test_run__refuses_a_second_one_on_the_same_folder(run):
    run().until("ICRAS is running on")
    second = run()
    assert second.ends() == 1
    assert "already running" in second.said


def test_run__refuses_a_port_in_use_before_anything_is_started(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run("--port", str(taken.getsockname()[1]))
        assert refused.ends() == 1
    assert "cannot be used (Address already in use)" in refused.said
    assert "is up" not in refused.said


def test_run__uses_the_servers_it_is_given(run, valkey):
    name = f"given_{secrets.token_hex(4)}"
    server = psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname="postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
    url = os.environ["DATABASE_URL"].replace("/icras?", f"/{name}?")
    running = run(DATABASE_URL=url, REDIS_URL=valkey.url).until("ICRAS is running on")
    running.process.send_signal(signal.SIGTERM)
    assert running.ends() == 0
    assert "is up" not in running.said
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database {name}")
