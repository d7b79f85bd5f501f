"""script/run: the whole of ICRAS on one machine, and its end. `python -m icras.serve [--port N] [--check]`.

Starts PostgreSQL and Valkey of our own (or uses DATABASE_URL and REDIS_URL), migrates, loads the demo place and its
people, starts the web server, the Celery worker and the beat, and stops all of them in order. Exits 1 when one dies.
"""

import argparse
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections

from icras.embedded import CHECKOUT, EmbeddedError, Postgres, Valkey, home, own_folder, runtime_dir, sole_use
from icras.healthcheck import answers
from icras.processes import end, spawn

HOST = "127.0.0.1"
PLACE = CHECKOUT / "places" / "sefton"
PORT_TRIES = 15
WEB_SECONDS = 60
LOG_LINES = 15
PATIENCE = 20  # seconds for a child to finish what it holds


class StopAsked(Exception):
    """Ctrl-C or a polite kill."""


class Failed(RuntimeError):
    """ICRAS cannot run on; the message is for the user."""


class Narrator:
    """Prints what happens, with the seconds since the start."""

    def __init__(self) -> None:
        self.began = time.monotonic()

    def __call__(self, words: str) -> None:
        print(f"[{time.monotonic() - self.began:5.1f} s] {words}", flush=True)


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/run", description="Run the whole of ICRAS on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="where the site listens on 127.0.0.1 (8000)")
    parser.add_argument("--check", action="store_true", help="prove that a late referral is noticed, then stop")
    return parser.parse_args(argv)


def _on_signal(number: int, _frame: FrameType | None) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # stopping is under way: a second Ctrl-C must not cut it short
    raise StopAsked(signal.Signals(number).name)


def _refuse_taken(port: int) -> None:
    """Raise Failed unless we may listen; after a kill the web server before us may still be going away."""
    for _ in range(PORT_TRIES):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
                return
            except OSError as error:
                reason = error.strerror
        time.sleep(0.2)
    raise Failed(f"Port {port} cannot be used ({reason}). Choose another: script/run --port {port + 1}")


def _secret_key(state: Path) -> str:
    """Return this machine's own key, made the first time, so that a restart signs nobody out."""
    file = state / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()


def _servers(stack: ExitStack, state: Path, programs: "Programs", say: Narrator) -> None:
    run = runtime_dir(state)
    if not os.environ.get("DATABASE_URL"):
        database = Postgres(state / "pgdata", run, state / "log" / "postgres.log")
        stack.callback(database.stop)
        programs.watch("postgres", database.start())
        os.environ["DATABASE_URL"] = database.url
        say(f"PostgreSQL is up on {database.data}")
    if not os.environ.get("REDIS_URL"):
        broker = Valkey(state / "valkey", run, state / "log" / "valkey.log")
        stack.callback(broker.stop)
        programs.watch("valkey", broker.start())
        os.environ["REDIS_URL"] = broker.url
        say("Valkey is up")


def _prepare(say: Narrator) -> None:
    """Bring the database to this version and load the place and its people; all of it may be repeated."""
    django.setup()
    call_command("migrate", verbosity=0)
    say("Database migrated")
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("load_place", str(PLACE), verbosity=0)
    say(f"Place {PLACE.name} loaded")
    call_command("demo", verbosity=0)
    say("Made-up cases are there")
    connections.close_all()


class Programs:
    """The web server, the worker and the beat; and, watched only, the servers they stand on."""

    def __init__(self, state: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.state, self.environ = state, environ
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.watched: dict[str, subprocess.Popen[bytes]] = {}

    def watch(self, name: str, process: subprocess.Popen[bytes]) -> None:
        """Notice the end of a process that is stopped by others."""
        self.watched[name] = process

    def start(self, name: str, *module_and_arguments: str, death: signal.Signals = signal.SIGKILL, **env: str) -> None:
        """Start one; its words go to log/<name>.log. `death` is the signal it gets when we are killed."""
        argv = [sys.executable, "-m", *module_and_arguments]
        self._log(name).parent.mkdir(parents=True, exist_ok=True)
        with self._log(name).open("wb") as log:
            self.running[name] = spawn(argv, log, death_signal=death, env={**self.environ, **env}, cwd=CHECKOUT)

    def start_all(self, port: int) -> None:
        """Start the three, web first."""
        self.start_web(port)
        self.start_worker()
        self.start_beat()

    def start_web(self, port: int) -> None:
        """Start the web server; when we are killed it finishes what it is answering."""
        place = ("--interface", "wsgi", "--host", HOST, "--port", str(port), "--workers", "1")
        threads = ("--blocking-threads", "8", "--log-level", "warning", "icras.wsgi:application")
        self.start("web", "granian", *place, *threads, death=signal.SIGTERM, ICRAS_DB_POOL="1")

    def start_worker(self) -> None:
        """Start the worker."""
        alone = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--concurrency", "2")
        self.start("worker", "celery", "-A", "icras", "worker", "--loglevel", "WARNING", *alone)

    def start_beat(self, name: str = "beat") -> None:
        """Start the beat. A second one, by mistake, needs another name; it does no harm."""
        schedule = ("--schedule", str(self.state / f"{name}-schedule"), "--pidfile", "")
        self.start(name, "celery", "-A", "icras", "beat", "--loglevel", "WARNING", *schedule)

    def refuse_dead(self) -> None:
        """Raise Failed with the last words of a program that has ended."""
        for name, process in (self.watched | self.running).items():
            if (code := process.poll()) is not None:
                last = self._log(name).read_text(errors="replace").splitlines()[-LOG_LINES:]
                raise Failed("\n".join([f"The {name} ended by itself (exit {code}). Its last words:", *last]))

    def stop_all(self) -> None:
        """Stop them, last started first: nothing new is begun, the worker finishes what it holds."""
        for name, process in reversed(self.running.items()):
            if not end(process, signal.SIGTERM, PATIENCE):
                print(f"The {name} did not stop within {PATIENCE} s and was killed.", file=sys.stderr)

    def _log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"


def _wait(what: str, ready: Callable[[], bool], programs: Programs, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        programs.refuse_dead()
        if time.monotonic() > deadline:
            raise Failed(f"{what} did not happen within {seconds:.0f} s; see {programs.state / 'log'}")
        time.sleep(0.1)


def _serve(stack: ExitStack, state: Path, port: int, check: bool, say: Narrator) -> None:
    programs = Programs(state)
    _servers(stack, state, programs, say)
    stack.callback(connections.close_all)
    _prepare(say)
    stack.callback(programs.stop_all)
    programs.start_all(port)
    address = f"http://{HOST}:{port}/"
    _wait("An answer of the web server", lambda: answers(port, "readyz"), programs, WEB_SECONDS)
    call_command("show_logins")
    say(f"ICRAS is running on {address}")
    if check:
        call_command("prove_limits")
        return
    connections.close_all()
    print("Ctrl-C stops it.", flush=True)
    while True:
        programs.refuse_dead()
        time.sleep(0.5)


def main(argv: Sequence[str]) -> int:
    """Run until told to stop; return the exit code."""
    options, say, state = _arguments(argv), Narrator(), own_folder(home(), mode=0o755)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _on_signal)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icras.settings")
    os.environ.setdefault("ICRAS_MODE", "demo")
    os.environ.setdefault("ICRAS_SITE_URL", f"http://{HOST}:{options.port}")
    os.environ["ICRAS_HOME"] = str(state)
    try:
        with ExitStack() as stack:
            if not stack.enter_context(sole_use(state)):
                raise Failed(f"ICRAS is already running on {state}. Stop it, or set ICRAS_HOME to another folder.")
            _refuse_taken(options.port)
            os.environ.setdefault("SECRET_KEY", _secret_key(state))
            _serve(stack, state, options.port, options.check, say)
    except StopAsked:
        say("Stopped")
    except (CommandError, EmbeddedError, ImproperlyConfigured, Failed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
