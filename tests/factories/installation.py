"""A whole ICRAS to be broken on purpose: its own PostgreSQL and Valkey, web server, worker and beat as script/run has.

Nothing of it is shared with the database of the other tests: it is asked over HTTP and looked at in SQL. The sweep runs
every second, so that an outage of two seconds is a long one.
"""

import base64
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from uuid import uuid4

import psycopg

from icras.embedded import CHECKOUT, Postgres, Valkey
from icras.healthcheck import answers
from icras.processes import kill_session
from icras.serve import PLACE, Programs
from notifications.delivery import message_id
from tests.factories.partners import referral

PREPARE = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_place", {place!r}, verbosity=0)
"""
SHIFTED_CLOCK = """
import os
from datetime import UTC, datetime, timedelta
import time_machine
wrong_by = timedelta(seconds=float(os.environ["CLOCK_WRONG_BY"]))
time_machine.travel(datetime.now(UTC) + wrong_by).start()
"""
QUICK = ("fsync=off", "full_page_writes=off")  # what is committed is written: only power cuts are not survived
HOUR = timedelta(hours=1)
PATIENCE = 60
Answer = tuple[int, dict[str, Any]]


@dataclass(frozen=True)
class Breach:
    """One breach as recorded: of which limit, when it should have been met, when it is said to have been missed."""

    policy: str
    received_at: datetime
    due_at: datetime
    happened_at: datetime
    noticed_at: datetime


class Installation:
    """One ICRAS of its own. `programs.running` holds "web", "worker" and "beat" while they run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "pgdata", folder / "run", folder / "log" / "postgres.log", QUICK)
        self.valkey = Valkey(folder / "valkey", folder / "run", folder / "log" / "valkey.log")
        self.port, self.token = free_port(), ""
        self.programs = Programs(folder, self._environ())

    def _environ(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return kept | {
            "DJANGO_SETTINGS_MODULE": "icras.settings",
            "ICRAS_MODE": "demo",
            "ICRAS_HOME": str(self.folder),
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "SECRET_KEY": secrets.token_urlsafe(50),
            "ICRAS_SWEEP_SECONDS": "1",
            "ICRAS_DELIVER_SECONDS": "1",
            "ICRAS_API_RATE": "100000/min",
        }

    # Start and stop -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Start the two servers and load the demonstration place."""
        self.postgres.start()
        self.valkey.start()
        code = PREPARE.format(place=str(PLACE))
        subprocess.run([sys.executable, "-c", code], check=True, env=self.programs.environ, cwd=CHECKOUT)

    def start_web(self) -> None:
        """Start the web server on its port; returns when it answers."""
        self.programs.start_web(self.port)
        self.until(lambda: self.programs.running["web"].poll() is not None or answers(self.port))
        assert self.programs.running["web"].poll() is None, self.last_words()
        self.token = self.token or self._token()

    def start_worker(self) -> None:
        """Start the worker; returns when it has swept."""
        self.programs.start_worker()

    def start_beat(self, name: str = "beat") -> None:
        """Start a beat."""
        self.programs.start_beat(name)

    def running(self, *names: str) -> None:
        """See to it that these run: start what does not."""
        starts = {"web": self.start_web, "worker": self.start_worker, "beat": self.start_beat}
        for name in names:
            process = self.programs.running.get(name)
            if process is None or process.poll() is not None:
                starts[name]()

    def kill(self, name: str) -> None:
        """Kill -9 a program and all its processes, as a power cut would."""
        process = self.programs.running.pop(name)
        kill_session(process.pid)
        process.wait()

    def freeze(self, *names: str) -> None:
        """Stop the processors of these programs, as a machine that falls asleep does."""
        for name in names:
            os.killpg(self.programs.running[name].pid, signal.SIGSTOP)

    def wake(self, *names: str) -> None:
        """Let them run on."""
        for name in names:
            os.killpg(self.programs.running[name].pid, signal.SIGCONT)

    @contextmanager
    def wrong_clock(self, by: timedelta) -> Iterator[None]:
        """Let what is started inside have a clock that is wrong by so much, against the database's and the others'."""
        (self.folder / "sitecustomize.py").write_text(SHIFTED_CLOCK)
        right = self.programs.environ
        wrong = {"PYTHONPATH": str(self.folder), "CLOCK_WRONG_BY": str(by.total_seconds())}
        self.programs.environ = {**right, **wrong}
        yield
        self.programs.environ = right

    def stop(self) -> None:
        """Kill the programs, stop the servers, remove everything."""
        for name in list(self.programs.running):
            self.kill(name)
        self.valkey.stop()
        self.postgres.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Ask and send ---------------------------------------------------------------------------------------------

    def _token(self) -> str:
        basic = base64.b64encode(b"demo-partner:demo-partner-secret").decode()
        asked = Request(
            f"http://127.0.0.1:{self.port}/o/token/",
            b"grant_type=client_credentials",
            {"Authorization": f"Basic {basic}"},
        )
        with urlopen(asked, timeout=PATIENCE) as answer:
            return str(json.load(answer)["access_token"])

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Answer | None:
        """Send a body as the demonstration partner; None when the connection broke before there was an answer."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named |= {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        asked = Request(f"http://127.0.0.1:{self.port}{path}", json.dumps(body).encode(), named)
        try:
            with urlopen(asked, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except HTTPError as refused:
            return refused.code, json.loads(refused.read() or b"{}")
        except (OSError, HTTPException):
            return None

    def refer(self, what: str, key: str = "", late_by: timedelta | None = None) -> Answer | None:
        """Make a two-hour referral about `what` (its words); `late_by` says how long its two hours are over already."""
        received_at = datetime.now(UTC) - (2 * HOUR + late_by) if late_by is not None else None
        told = {"received_at": received_at.isoformat()} if received_at else {}
        return self.post("/api/v1/referrals/", referral(summary=what, **told), Idempotency_Key=key or uuid4().hex)

    def refer_many(self, number: int, what: str, due_in: timedelta) -> None:
        """Make so many referrals whose two hours end at about the same moment, soon."""
        with ThreadPoolExecutor(4) as pool:
            made = list(pool.map(lambda _: self.refer(what, late_by=-due_in), range(number)))
        assert [answer and answer[0] for answer in made] == [201] * number

    def until_made(self, what: str, key: str) -> None:
        """Send the same referral with the same key until it is answered 201, as a careful partner does."""
        self.until(lambda: (self.refer(what, key) or (0, {}))[0] == 201, every=0.05)

    # Look -----------------------------------------------------------------------------------------------------

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection of our own to the database."""
        return psycopg.connect(self.postgres.url)

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        with self.connect() as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[call-overload, no-any-return]

    def one(self, query: str, *values: object) -> Any:
        """Return the only value that a query finds."""
        ((value,),) = self.rows(query, *values)
        return value

    def until(self, ready: Callable[[], object], seconds: float = PATIENCE, every: float = 0.1) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < deadline, self.last_words()
            time.sleep(every)

    def until_overdue(self, what: str, by: float) -> None:
        """Wait until the two hours of every referral about this have been over for so many seconds."""
        last = self.one("select max(received_at) from referrals_referral where summary = %s", what)
        over = last + 2 * HOUR + timedelta(seconds=by)
        self.until(lambda: datetime.now(UTC) > over)

    def waits_for_a_lock(self) -> bool:
        """Say whether some program stands inside a transaction before a lock that we hold."""
        return bool(self.one("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"))

    def last_words(self) -> str:
        """Return the ends of the logs, for a test that failed."""
        logs = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}" for log in logs)

    def referrals(self, what: str) -> int:
        """Return how many referrals about this there are, being sure that each is whole."""
        halves = self.rows(WHOLE, what)
        assert [row for row in halves if row[1:] != (1, 1, 2, 1, 1)] == []
        return len(halves)

    def breaches(self, what: str) -> list[Breach]:
        """Return the breaches recorded of referrals about this."""
        return [Breach(*row) for row in self.rows(BREACHES, what)]

    def expect_breaches(self, what: str, number: int) -> list[Breach]:
        """Wait for so many two-hour breaches and be sure of each.

        Recorded once, with the instant at which it was due, in the case's events too, and told to somebody.
        """
        self.until(lambda: len(self.two_hours(what)) >= number)
        time.sleep(1.2)  # one more sweep, which must find nothing
        found = self.two_hours(what)
        assert len(found) == number
        assert {b.happened_at - b.due_at for b in found} == {timedelta(0)}
        assert {b.due_at - b.received_at for b in found} == {2 * HOUR}
        every = self.breaches(what)
        assert self.one(CASE_EVENTS, what) == len(every)
        assert self.one(UNTOLD, what) == 0
        return found

    def two_hours(self, what: str) -> list[Breach]:
        """Return the breaches of the two hours."""
        return [breach for breach in self.breaches(what) if breach.policy == "crisis_response"]

    def sent(self, what: str) -> Counter[str]:
        """Return how often each message about these referrals was sent, by the key that its receiver sees."""
        keys = {row[0] for row in self.rows(KEYS, what)}
        return Counter({key: times for key, times in self.mail().items() if key in keys})

    def expect_all_sent(self, what: str) -> Counter[str]:
        """Wait until every message about these referrals has gone out, and return how often each did."""
        self.until(lambda: self.one(UNSENT, what) == 0)
        sent = self.sent(what)
        assert set(sent) == {row[0] for row in self.rows(KEYS, what)}
        return sent

    def mail(self) -> Counter[str]:
        """Return how often each key was sent. The Message-ID is made of the key, so that a receiver drops doubles."""
        found: Counter[str] = Counter()
        for file in (self.folder / "mail").glob("*.log"):
            for text in file.read_bytes().split(b"\n" + b"-" * 79 + b"\n"):
                if text.strip():
                    mail = message_from_bytes(text)
                    key = str(mail["X-ICRAS-Key"]).strip()
                    assert mail["Message-ID"] == message_id(key)
                    found[key] += 1
        return found


WHOLE = """
SELECT r.reference,
       (SELECT count(*) FROM referrals_referraltransition t WHERE t.referral_id = r.id),
       (SELECT count(*) FROM audit_caseevent e WHERE e.case_id = r.case_id AND e.event = 'referral.registered'),
       (SELECT count(*) FROM timelimits_clock c WHERE c.case_id = r.case_id),
       (SELECT count(*) FROM timelimits_casedeadline d WHERE d.case_id = r.case_id),
       (SELECT count(*) FROM referrals_idempotencykey k WHERE k.answer->>'reference' = r.reference AND k.status = 201)
FROM referrals_referral r WHERE r.summary = %s
"""
BREACHES = """
SELECT c.policy_code, r.received_at, e.due_at, e.happened_at, e.noticed_at
FROM timelimits_clockevent e JOIN timelimits_clock c ON c.id = e.clock_id
JOIN referrals_referral r ON r.case_id = e.case_id WHERE e.stage = 'breach' AND r.summary = %s
"""
CASE_EVENTS = """
SELECT count(*) FROM audit_caseevent e JOIN referrals_referral r ON r.case_id = e.case_id
WHERE e.event = 'clock.breached' AND r.summary = %s
"""
UNTOLD = """
SELECT count(*) FROM timelimits_clockevent e JOIN timelimits_clock c ON c.id = e.clock_id
JOIN referrals_referral r ON r.case_id = e.case_id
WHERE e.stage = 'breach' AND c.policy_code = 'crisis_response' AND r.summary = %s
AND NOT EXISTS (SELECT FROM timelimits_alert a WHERE a.event_id = e.id)
"""
OF_THESE = """
FROM notifications_outbox o
JOIN timelimits_clockevent e ON e.id::text = split_part(o.key, ':', 2) AND o.key LIKE 'alert:%%'
JOIN referrals_referral r ON r.case_id = e.case_id WHERE r.summary = %s
"""
KEYS = f"SELECT o.key {OF_THESE}"
UNSENT = f"SELECT count(*) {OF_THESE} AND o.sent_at IS NULL"


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Make the calls at the same time and return what each gave."""
    with ThreadPoolExecutor(len(calls)) as pool:
        return [made.result() for made in [pool.submit(call) for call in calls]]
