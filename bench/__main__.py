"""script/bench [name…]: measure on a PostgreSQL of our own, as durable as in production."""

import importlib
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

from icras.embedded import CHECKOUT, Postgres

NAMES = ("sweep", "board")


def main(names: list[str]) -> int:
    """Run the named measures, all of them when none is named; return the exit code."""
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"Not a measure: {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    folder = Path(tempfile.mkdtemp(prefix="icras-bench-", dir="/tmp"))
    folder.chmod(0o755)
    server = Postgres(folder / "pgdata", folder / "run", folder / "postgres.log", ("shared_buffers=256MB",))
    try:
        server.start()
        os.environ |= {"DATABASE_URL": server.url, "ICRAS_MODE": "test", "ICRAS_HOME": str(folder)}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "icras.settings")
        django.setup()
        call_command("migrate", verbosity=0)
        call_command("load_place", str(CHECKOUT / "places" / "sefton"), verbosity=0)
        for name in names or NAMES:
            importlib.import_module(f"bench.{name}").run()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
