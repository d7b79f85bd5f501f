"""script/backup and script/restore: `python -m icras.backup make FILE` and `… restore FILE [--replace]`.

A backup is PostgreSQL's own archive with a list beside it of every table's rows and their sum, taken from the same
snapshot. A restore always goes into a fresh database, is compared with that list row for row, and only then, with
--replace, takes the place of the present one, which is kept under another name.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from icras.embedded import EmbeddedError, Postgres, database_url, home, postgres_bindir, runtime_dir, sole_use

SAME_TEXT = "-c TimeZone=UTC -c DateStyle=ISO -c extra_float_digits=3"
TABLES = "select schemaname, tablename from pg_tables where schemaname = 'public' order by 2"
CONTENT = "select count(*), coalesce(sum(hashtextextended(row::text, 0)::numeric), 0)::text from {} as row"
HEADER_LINES = 40
NEWER_SETTINGS = {b"SET transaction_timeout = 0;\n"}  # of PostgreSQL 17; a server of 15 or 16 refuses it
SESSIONS = "select count(*) from pg_stat_activity where datname = %s and pid <> pg_backend_pid()"


class BackupError(RuntimeError):
    """A backup or restore that must not be trusted; the message is for the user."""


@dataclass(frozen=True)
class Content:
    """How many rows a table has, and the order-free sum of their hashes."""

    rows: int
    sum: str


Contents = dict[str, Content]
Connection = psycopg.Connection[tuple[object, ...]]


@contextmanager
def reachable_database() -> Iterator[str]:
    """Give the address of the database: DATABASE_URL, else script/run's, which is started when it is not running."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    state = home()
    with sole_use(state) as alone:
        if not alone:
            yield database_url(runtime_dir(state))
            return
        server = Postgres(state / "pgdata", runtime_dir(state), state / "log" / "postgres.log")
        server.start()
        try:
            yield server.url
        finally:
            server.stop()


def contents(connection: Connection) -> Contents:
    """Return what every table holds, as this transaction sees it."""
    found = {}
    for schema, table in connection.execute(TABLES).fetchall():
        row = connection.execute(sql.SQL(CONTENT).format(sql.Identifier(str(schema), str(table)))).fetchone()
        assert row is not None  # noqa: S101  (an aggregate always answers)
        found[str(table)] = Content(int(str(row[0])), str(row[1]))
    return found


def manifest_of(file: Path) -> Path:
    """Return where the list that belongs to an archive is kept."""
    return file.with_name(f"{file.name}.json")


def make(url: str, file: Path) -> Contents:
    """Write the archive and its list, readable by their owner only; nothing half-written under the final name."""
    partial = file.with_name(f"{file.name}.partial")
    file.parent.mkdir(parents=True, exist_ok=True)
    with psycopg.connect(url, options=SAME_TEXT) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = connection.execute("select pg_export_snapshot()").fetchone()
        held = contents(connection)
        if not held:
            raise BackupError("This database is empty, so nothing was written. Is DATABASE_URL set to yours?")
        partial.touch(mode=0o600)
        snapshot_option = f"--snapshot={snapshot[0]}" if snapshot else ""
        _program("pg_dump", "--format=custom", "--no-owner", "--no-acl", snapshot_option, f"--file={partial}", url)
    _write_private(manifest_of(file), json.dumps({name: [c.rows, c.sum] for name, c in held.items()}, indent=1))
    partial.rename(file)
    return held


def restore(url: str, file: Path, database: str) -> Contents:
    """Restore into the new database `database` and compare. Raises BackupError when anything differs."""
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("create database {} template template0").format(sql.Identifier(database)))
        except psycopg.errors.InsufficientPrivilege:
            raise BackupError(
                f"To restore, the role needs it for the while: ALTER ROLE {connection.info.user} CREATEDB;"
            ) from None
    fresh = address_of(url, database)
    _replay(file, fresh)
    with psycopg.connect(fresh, options=SAME_TEXT) as connection:
        found = contents(connection)
    _compare(_read_manifest(file), found)
    return found


def address_of(url: str, database: str) -> str:
    """Return the same server's address for another database."""
    return psycopg.conninfo.make_conninfo(url, dbname=database)


def swap(url: str, restored: str, kept: str) -> None:
    """Put the restored database in the place of the present one, which is kept as `kept`. Nobody may be connected."""
    present = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(address_of(url, "postgres")) as connection:
        row = connection.execute(SESSIONS, [present]).fetchone()
        if row and row[0]:
            raise BackupError("ICRAS is still running on this database: stop it, then restore with --replace.")
        rename = sql.SQL("alter database {} rename to {}")
        connection.execute(rename.format(sql.Identifier(str(present)), sql.Identifier(kept)))
        connection.execute(rename.format(sql.Identifier(restored), sql.Identifier(str(present))))


def _compare(wanted: Contents, found: Contents) -> None:
    differing = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if differing:
        raise BackupError(f"The restored database differs from the backup in: {', '.join(differing)}")


def _read_manifest(file: Path) -> Contents:
    try:
        listed = json.loads(manifest_of(file).read_text())
    except FileNotFoundError:
        raise BackupError(f"{manifest_of(file)} is missing: the restore cannot be checked.") from None
    return {name: Content(rows, total) for name, (rows, total) in listed.items()}


def _write_private(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text)


def _program(name: str, *arguments: str) -> None:
    argv = [str(postgres_bindir() / name), *filter(None, arguments)]
    done = subprocess.run(argv, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise BackupError(f"{name} failed: {done.stderr.strip()}")


def _replay(file: Path, url: str) -> None:
    """Run an archive's SQL on a server that may be older than our programs (15 or later)."""
    programs = postgres_bindir()
    read = [str(programs / "pg_restore"), "--no-owner", "--no-acl", "--file=-", str(file)]
    write = [str(programs / "psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", url]
    said = b""
    with (
        suppress(BrokenPipeError),  # psql has stopped at an error, and says which
        subprocess.Popen(read, stdout=subprocess.PIPE) as reader,
        subprocess.Popen(write, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as writer,
    ):
        with suppress(BrokenPipeError):
            _feed(writer, known_to_older_servers(reader.stdout or ()))
        said = writer.stderr.read() if writer.stderr else b""
    if writer.returncode or reader.returncode:
        raise BackupError(f"Restoring failed: {said.decode(errors='replace').strip() or 'the archive cannot be read'}")


def known_to_older_servers(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Leave out the settings at an archive's head that a server of 15 or 16 would refuse."""
    for number, line in enumerate(lines):
        if number > HEADER_LINES or line not in NEWER_SETTINGS:
            yield line


def _feed(program: "subprocess.Popen[bytes]", lines: Iterable[bytes]) -> None:
    if program.stdin:
        program.stdin.writelines(lines)
        program.stdin.close()


def _total(held: Contents) -> str:
    return f"{sum(content.rows for content in held.values())} rows in {len(held)} tables"


def _run(options: argparse.Namespace) -> None:
    stamp = datetime.now(UTC).strftime("%Y%m%d%H%M%S")  # noqa: TID251  (a file's name, not the service's time)
    with reachable_database() as url:
        if options.act == "make":
            file = options.file or home() / "backup" / f"icras-{stamp}.dump"
            print(f"{_total(make(url, file))} are in {file}")
            return
        restored = f"icras_restored_{stamp}"
        print(f"{_total(restore(url, options.file, restored))} are in the database {restored}, all as backed up.")
        if options.replace:
            swap(url, restored, f"icras_before_{stamp}")
            print(f"It is now the database of ICRAS; the one before is kept as icras_before_{stamp}.")


def main(argv: Sequence[str]) -> int:
    """Do what the arguments say; return the exit code."""
    parser = argparse.ArgumentParser(prog="script/backup or script/restore")
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("make").add_argument("file", type=Path, nargs="?")
    back = acts.add_parser("restore")
    back.add_argument("file", type=Path)
    back.add_argument("--replace", action="store_true", help="put it in the place of the present database")
    try:
        _run(parser.parse_args(argv))
    except (BackupError, EmbeddedError, psycopg.Error) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
