"""Our own PostgreSQL: what it refuses, and what it survives."""

import os
import secrets
import shutil
import signal
from pathlib import Path

import psycopg
import pytest

from icras import embedded
from icras.embedded import EmbeddedError, Postgres


@pytest.fixture
def folder():
    made = Path("/tmp") / f"icras-embedded-{secrets.token_hex(4)}"
    made.mkdir(mode=0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def server(folder):
    made = Postgres(folder / "pgdata", folder / "run", folder / "postgres.log")
    yield made
    made.stop()


def _value(server, statement):
    with psycopg.connect(server.url) as connection:
        row = connection.execute(statement).fetchone()
        return row and row[0]


def test_postgres__keeps_what_was_committed_when_it_is_killed(server):
    server.start()
    with psycopg.connect(server.url) as connection:
        connection.execute("create table kept as select 'still here'::text as word")
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.start()
    assert _value(server, "select word from kept") == "still here"


def test_postgres__starts_although_its_pid_file_names_a_process_of_somebody_else(server, folder):
    server.start()
    server.stop()
    (folder / "pgdata" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder / 'pgdata'}\n")
    server.start()
    assert _value(server, "select 1") == 1


def test_postgres__ends_an_orphan_on_its_own_data(server, folder):
    server.start()
    again = Postgres(folder / "pgdata", folder / "run", folder / "postgres.log")
    again.start()
    assert server.process.wait(10) == 0
    assert _value(again, "select 1") == 1
    again.stop()


def test_postgres__begins_again_after_a_first_start_cut_short(server, folder):
    half = folder / "pgdata.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server.start()
    assert _value(server, "select 1") == 1


def test_postgres__refuses_files_of_another_version(server, folder):
    (folder / "pgdata").mkdir()
    (folder / "pgdata" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match="made by PostgreSQL 9"):
        server.start()


def test_postgres__listens_on_a_socket_only_its_owner_opens(server, folder):
    server.start()
    assert _value(server, "show listen_addresses") == ""
    assert (folder / "run" / "pg").stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must run PostgreSQL as somebody else")
def test_postgres__under_a_closed_folder_keeps_its_data_outside_and_opens_nothing(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    first = Postgres(closed / "var" / "pgdata", folder / "run", closed / "postgres.log")
    first.start()
    first.stop()
    again = Postgres(closed / "var" / "pgdata", folder / "run", closed / "postgres.log")
    other = Postgres(closed / "other" / "pgdata", folder / "run", closed / "postgres.log")
    assert first.data == again.data != other.data
    assert first.data.parent.parent == Path("/var/tmp")
    assert closed.stat().st_mode & 0o777 == 0o700
    for each in (first, other):
        shutil.rmtree(each.data.parent)


def test_bindir__wrong_one_is_refused_by_name(tmp_path):
    with pytest.raises(EmbeddedError, match="ICRAS_PG_BINDIR"):
        embedded.postgres_bindir({"ICRAS_PG_BINDIR": str(tmp_path)})


def test_own_folder__refuses_a_folder_somebody_else_laid_ready(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can make a folder for somebody else")
    (tmp_path / "trap").mkdir()
    os.chown(tmp_path / "trap", 12345, 12345)
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        embedded.own_folder(tmp_path / "trap")


def test_own_folder__refuses_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(EmbeddedError, match="belongs to somebody else"):
        embedded.own_folder(tmp_path / "link")


def test_home__is_var_unless_moved(tmp_path):
    assert embedded.home({}) == embedded.CHECKOUT / "var"
    assert embedded.home({"ICRAS_HOME": str(tmp_path)}) == tmp_path


def test_runtime_dir__leaves_room_for_the_socket_name_however_deep_the_checkout():
    socket = embedded.runtime_dir(Path("/very/long" * 40)) / "pg" / ".s.PGSQL.5432"
    assert len(str(socket)) < 108
