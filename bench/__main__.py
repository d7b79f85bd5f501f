"""script/bench [name…] [--size N,N…] [--page]: measure on a PostgreSQL of our own, as durable as in production.

The figures are printed, and written to var/bench.json; with --page they are put into docs/performance.md as well.
"""

import argparse
import importlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command
from django.db import connections

from bench import page
from icras.embedded import CHECKOUT, Postgres

# Pages before the sweeps, which leave the largest database with thousands of limits that have just passed
NAMES = ("board", "case", "listing", "post", "session", "sweep", "together", "lag", "find", "merge")
SIZES = (10_000, 100_000, 1_000_000)
FIGURES = CHECKOUT / "var" / "bench.json"
SETTINGS = ("shared_buffers=1GB", "max_wal_size=8GB", "checkpoint_timeout=30min", "track_commit_timestamp=on",
            "wal_compression=off", "autovacuum=off")  # fmt: skip


def main(argv: Sequence[str]) -> int:
    """Run the named measures, all when none is named; return 1 when one failed or a limit was not shown to be kept."""
    options = _arguments(argv)
    if options.read:
        page.refresh(json.loads(options.read.read_text()))
        return 0
    with _cluster(options.keep) as (server, state):
        bench = _bench(server, state, options)
        try:
            failed = [name for name in options.names if not _measured(name, bench)]
        finally:  # what was found before somebody stopped it is shown all the same
            _report(bench, options)
            for stand in bench.stands:
                stand.close()
            connections.close_all()
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return int(bool(failed) or any(each.missed for each in bench.figures))


def _measured(name: str, bench: Any) -> bool:
    """Run one measure and say whether it ran to its end; one that fails stops none of the others."""
    print(f"\n{name}", flush=True)
    began, bench.measuring = time.monotonic(), name
    try:
        importlib.import_module(f"bench.{name}").run(bench)
    except Exception:  # noqa: BLE001  (whatever it is, it is shown, and the run ends with 1)
        traceback.print_exc()
        return False
    print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    return True


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measure, each thing beside its floor.")
    there = [name for name in NAMES if (Path(__file__).parent / f"{name}.py").exists()]
    parser.add_argument("names", nargs="*", metavar="name", help=f"all of these when none is named: {', '.join(there)}")
    parser.add_argument("--size", default=",".join(map(str, SIZES)), help="numbers of referrals, by commas")
    parser.add_argument("--workers", type=int, default=2, help="web workers of each server (2)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=300, help="of each side, over all rounds")
    parser.add_argument("--json", type=Path, default=FIGURES, metavar="FILE", help="where the figures are written")
    parser.add_argument("--page", action="store_true", help="put the figures into docs/performance.md")
    parser.add_argument("--read", type=Path, metavar="FILE", help="measure nothing: put these figures into that page")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the databases there and use them again")
    options = parser.parse_args(argv)
    options.names = options.names or there
    if unknown := set(options.names) - set(there):
        parser.error(f"not a measure: {', '.join(sorted(unknown))}; there are {', '.join(there)}")
    options.sizes = sorted(int(size) for size in options.size.split(","))
    return options


@contextmanager
def _cluster(kept: Path | None) -> Iterator[tuple[Postgres, Path]]:
    """Give a PostgreSQL that waits for the disk at every commit, and the folder of its state."""
    folder = kept or Path(tempfile.mkdtemp(prefix="icras-bench-", dir="/tmp"))
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    server = Postgres(folder / "pgdata", folder / "run", folder / "postgres.log", SETTINGS)
    try:
        server.start()
        yield server, folder
    finally:
        server.stop()
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


def _bench(server: Postgres, state: Path, options: argparse.Namespace) -> Any:
    """Make the place once, and a stand with its database for each size."""
    os.environ |= {"DATABASE_URL": server.url, "ICRAS_MODE": "demo", "ICRAS_HOME": str(state)}
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.settings"
    django.setup()
    frame, stand, load = (importlib.import_module(f"bench.{name}") for name in ("frame", "stand", "load"))
    call_command("migrate", verbosity=0)
    call_command("load_place", str(CHECKOUT / "places" / "sefton"), verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    stands = [stand.Stand(size, f"bench_{size}", server.run, state, options.workers) for size in options.sizes]
    base = connections["default"]
    for each in stands:
        filled = state / f"{each.database}.filled"
        if filled.exists():
            each.use()
            call_command("migrate", verbosity=0)
        else:
            began = time.monotonic()
            _make(base, each.database)
            load.fill(each)
            filled.touch()
            seconds = time.monotonic() - began
            print(f"{each.size:,} referrals loaded in {seconds:.0f} s", flush=True)
    return frame.Bench(stands, rounds=options.rounds, requests=options.requests)


def _make(base: Any, name: str) -> None:
    """Make a copy of the place's database; nobody may be in it meanwhile."""
    connections["default"] = base
    base.close()
    place, base.settings_dict["NAME"] = base.settings_dict["NAME"], "postgres"
    with base.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {place}")
    base.close()
    base.settings_dict["NAME"] = place


def _report(bench: Any, options: argparse.Namespace) -> None:
    figures = importlib.import_module("bench.figures")
    print(f"\n{figures.table(bench.figures)}\n\n{_machine()}")
    found = {"machine": _machine(), "figures": [each.as_json() for each in bench.figures]}
    options.json.parent.mkdir(exist_ok=True)
    options.json.write_text(json.dumps(found, indent=1) + "\n")
    if options.page:
        page.refresh(found)


def _machine() -> str:
    words = ["git", "-C", str(CHECKOUT), "rev-parse", "--short", "HEAD"]
    asked = subprocess.run(words, check=False, capture_output=True, text=True)
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{os.cpu_count()} processors, Python {platform.python_version()}, load {load}, "
        f"commit {asked.stdout.strip() or 'unknown'}, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
