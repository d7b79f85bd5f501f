"""Early pytest plugin (`-p tests.cluster`): one throw-away PostgreSQL for the whole run.

It must be loaded by -p: pytest-django reads the settings before any conftest.py. The workers of xdist inherit the
environment and make one database each. ICRAS_PG_BINDIR chooses other programs, ICRAS_TEST_DATABASE_URL a server of
yours; DATABASE_URL is never used, so that no test run can touch a real database.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from icras.embedded import Postgres
from icras.processes import alive

PREFIX = "icras-test-"
UNSAFE_BUT_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def _sweep_out(folder: Path) -> None:
    """Remove what runs that were killed have left."""
    for left in folder.glob(f"{PREFIX}*"):
        owner = left / "owner.pid"
        if owner.exists() and not alive(int(owner.read_text())):
            shutil.rmtree(left, ignore_errors=True)


def _start() -> None:
    temporary = Path("/tmp")  # a socket's path must stay short
    _sweep_out(temporary)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=temporary))
    folder.chmod(0o755)  # PostgreSQL runs as nobody when we are root
    (folder / "owner.pid").write_text(str(os.getpid()))
    server = Postgres(folder / "pgdata", folder / "run", folder / "postgres.log", UNSAFE_BUT_QUICK)
    server.start()
    owner = os.getpid()

    def finish() -> None:
        if os.getpid() == owner:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(finish)
    os.environ["DATABASE_URL"] = server.url
    os.environ["ICRAS_HOME"] = str(folder)


def _prepare() -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        return
    os.environ["ICRAS_MODE"] = "test"
    if given := os.environ.get("ICRAS_TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = given
    else:
        _start()


_prepare()
