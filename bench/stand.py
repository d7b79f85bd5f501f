"""A stand: one database of a given size, and the web server that is asked for its pages."""

import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from select import select
from subprocess import Popen
from urllib.parse import quote

from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench.processor import Meter, backends, threads_of
from icras.embedded import CHECKOUT
from icras.healthcheck import answers
from icras.processes import end, spawn

HOST = "127.0.0.1"
WEB_SECONDS = 60


class Unanswered(AssertionError):
    """The server said something else than was expected."""


@dataclass
class Line:
    """One kept-alive connection. As little work as HTTP/1.1 allows, so that the asker is not what is measured."""

    port: int
    _socket: socket.socket | None = None

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and return the status and the body."""
        self._send(request)
        head, _, body = self._until(b"\r\n\r\n", b"")
        status = int(head[9:12])
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                return status, self._exactly(int(line[15:]), body)
            if line.startswith(b"transfer-encoding:"):
                return status, self._chunks(body)
        return status, body

    def _send(self, request: bytes) -> None:
        """Send it on the kept connection, or on a new one when the server has hung up meanwhile."""
        if self._socket is not None and select([self._socket], [], [], 0)[0]:
            self._socket.close()
            self._socket = None
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self.port), timeout=60)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(request)

    def _until(self, mark: bytes, had: bytes) -> tuple[bytes, bytes, bytes]:
        while mark not in had:
            had += self._more()
        return had.partition(mark)

    def _exactly(self, length: int, had: bytes) -> bytes:
        while len(had) < length:
            had += self._more()
        return had

    def _chunks(self, had: bytes) -> bytes:
        body = b""
        while True:
            size, _, had = self._until(b"\r\n", had)
            had = self._exactly(int(size, 16) + 2, had)
            body, had = body + had[: int(size, 16)], had[int(size, 16) + 2 :]
            if int(size, 16) == 0:
                return body

    def _more(self) -> bytes:
        assert self._socket is not None
        if not (found := self._socket.recv(262_144)):
            raise Unanswered("the server hung up")
        return found


@dataclass(eq=False)
class Stand:
    """One database of `size` referrals (5 % open, 500 open for each team), and its web server of `workers`."""

    size: int
    database: str
    run: Path
    state: Path
    workers: int = 2
    _web: Popen[bytes] | None = None
    _line: Line | None = None
    _session: BaseDatabaseWrapper | None = None
    _meter: Meter | None = None

    @property
    def url(self) -> str:
        """The address of the database."""
        return f"postgresql://icras@/{self.database}?host={quote(str(self.run / 'pg'), safe='')}"

    def use(self) -> "Stand":
        """Let this process's Django work on the database of this stand, by a session that is kept."""
        if self._session is None:
            self._session = connections.create_connection(DEFAULT_DB_ALIAS)
            self._session.settings_dict = {**self._session.settings_dict, "NAME": self.database}
        connections[DEFAULT_DB_ALIAS] = self._session
        self._session.ensure_connection()
        return self

    @property
    def port(self) -> int:
        """Where the web server listens; it is started when it is first asked for."""
        return self._started().port

    def _started(self) -> Line:
        if self._line is None:
            with socket.socket() as probe:
                probe.bind((HOST, 0))
                port = probe.getsockname()[1]
            place = ("--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", str(self.workers))
            argv = [sys.executable, "-m", "granian", *place, "--blocking-threads", "8", "--log-level", "warning"]
            env = {**os.environ, "DATABASE_URL": self.url, "ICRAS_DB_POOL": "1"}
            with (self.state / f"web-{self.size}.log").open("wb") as log:
                self._web = spawn([*argv, "icras.wsgi:application"], log, env=env, cwd=CHECKOUT)
            deadline = time.monotonic() + WEB_SECONDS
            while not answers(port, "readyz"):
                if self._web.poll() is not None or time.monotonic() > deadline:
                    raise Unanswered((self.state / f"web-{self.size}.log").read_text(errors="replace")[-2000:])
                time.sleep(0.1)
            self._line = Line(port)
        return self._line

    def close(self) -> None:
        """Stop the web server, end the session."""
        if self._session is not None:
            self._session.close()
        if self._web is not None:
            end(self._web, signal.SIGTERM, patience=10)
            self._web = self._line = None

    def cookie(self, email: str) -> str:
        """Return the Cookie header of somebody signed in."""
        self.use()
        client = Client()
        client.force_login(User.objects.get(email=email))
        return "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())

    def get(self, path: str, *, cookie: str = "", expect: int = 200, **headers: str) -> Callable[[], bytes]:
        """Return a side that asks for the page and refuses any other answer."""
        return self.asks("GET", path, cookie=cookie, expect=expect, headers=headers)

    def asks(
        self,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        cookie: str = "",
        expect: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> Callable[[], bytes]:
        """Return a side that sends this request. Headers are named with underscores: content_type="…"."""
        line = self._started()
        named = {"Host": f"{HOST}:{line.port}", **({"Cookie": cookie} if cookie else {})}
        named |= {name.replace("_", "-").title(): value for name, value in (headers or {}).items()}
        if body or method != "GET":
            named["Content-Length"] = str(len(body))
        head = "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{name}: {value}\r\n" for name, value in named.items())])
        request = f"{head}\r\n".encode() + body

        def ask() -> bytes:
            status, answer = line.ask(request)
            if status != expect:
                raise Unanswered(f"{method} {path} answered {status}: {answer[:300]!r}")
            return answer

        return ask

    def post(
        self, path: str, body: Callable[[], bytes], *, expect: int, cookie: str = "", **headers: str
    ) -> Callable[[], bytes]:
        """Return a side that sends a body made anew each time."""

        def ask() -> bytes:
            return self.asks("POST", path, body=body(), expect=expect, cookie=cookie, headers=headers)()

        return ask

    def statements(self, path: str, email: str) -> int:
        """Return how many statements a page takes, asked for in this process and warm."""
        self.use()
        client = Client()
        client.force_login(User.objects.get(email=email))
        client.get(path)
        with CaptureQueriesContext(connection) as caught:
            client.get(path)
        return len([query for query in caught if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))])

    def cpu_seconds(self) -> float:
        """Return the processor time that the web server and its database sessions have used so far."""
        self._meter = self._meter or Meter(lambda: threads_of([*self._pids(), *backends(self.database)]))
        return self._meter.seconds()

    def memory_mib(self) -> list[float]:
        """Return the memory (proportional set) of each web worker."""
        found = []
        for pid in self._pids()[1:]:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            found.append(next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024)
        return found

    def _pids(self) -> list[int]:
        """Return the granian master and its workers."""
        if self._web is None:
            return []
        children = Path(f"/proc/{self._web.pid}/task/{self._web.pid}/children").read_text().split()
        return [self._web.pid, *map(int, children)]
