"""A backup is worth what its restore has shown."""

import json
from uuid import uuid4

import psycopg
import pytest
from django.db import connection

from accounts.models import Organisation
from icras import backup


@pytest.fixture
def url(transactional_db):
    connection.ensure_connection()
    wanted = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo("", **{k: wanted[k] for k in ("dbname", "user", "host") if k in wanted})


@pytest.fixture
def archive(url, tmp_path):
    Organisation.objects.create(code="trust", name="A trust’s name: é ✓", kind="nhs")
    file = tmp_path / "kept" / "icras.dump"
    backup.make(url, file)
    return file


@pytest.fixture
def fresh(url):
    name = f"restored_{uuid4().hex}"
    yield name
    with psycopg.connect(backup.address_of(url, "postgres"), autocommit=True) as server:
        server.execute(f"drop database if exists {name}")


def test_restore__brings_back_every_row_of_every_table(url, archive, fresh):
    Organisation.objects.create(code="later", name="Made after the backup", kind="nhs")
    found = backup.restore(url, archive, fresh)
    assert found["accounts_organisation"].rows == 1
    assert found["django_migrations"].rows > 1
    with psycopg.connect(backup.address_of(url, fresh)) as restored:
        assert restored.execute("select name from accounts_organisation").fetchall() == [("A trust’s name: é ✓",)]


def test_restore__keeps_the_database_rules(url, archive, fresh):
    triggers = "select count(*) from pg_trigger where not tgisinternal"
    constraints = "select count(*) from pg_constraint where connamespace = 'public'::regnamespace"
    backup.restore(url, archive, fresh)
    with psycopg.connect(url) as present, psycopg.connect(backup.address_of(url, fresh)) as restored:
        for counted in (triggers, constraints):
            assert restored.execute(counted).fetchone() == present.execute(counted).fetchone()


def test_restore__refuses_an_archive_that_differs_from_its_list(url, archive, fresh):
    listed = json.loads(backup.manifest_of(archive).read_text())
    listed["accounts_organisation"][0] += 1
    backup.manifest_of(archive).write_text(json.dumps(listed))
    with pytest.raises(backup.BackupError, match="differs from the backup in: accounts_organisation"):
        backup.restore(url, archive, fresh)


def test_restore__refuses_a_changed_row_though_the_count_is_right(url, archive, fresh):
    listed = json.loads(backup.manifest_of(archive).read_text())
    listed["accounts_organisation"][1] = "1"
    backup.manifest_of(archive).write_text(json.dumps(listed))
    with pytest.raises(backup.BackupError, match="differs"):
        backup.restore(url, archive, fresh)


def test_restore__refuses_a_damaged_archive(url, archive, fresh):
    archive.write_bytes(archive.read_bytes()[:-400])
    with pytest.raises(backup.BackupError):
        backup.restore(url, archive, fresh)


def test_backup__may_be_read_by_its_owner_only(archive):
    assert {file.stat().st_mode & 0o777 for file in (archive, backup.manifest_of(archive))} == {0o600}


def test_backup__leaves_no_half_written_archive(url, tmp_path, monkeypatch):
    monkeypatch.setenv("ICRAS_PG_BINDIR", str(tmp_path))
    (tmp_path / "postgres").touch()
    (tmp_path / "pg_dump").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "pg_dump").chmod(0o700)
    with pytest.raises(backup.BackupError, match="pg_dump failed"):
        backup.make(url, tmp_path / "icras.dump")
    assert not (tmp_path / "icras.dump").exists()


def test_backup__refuses_a_database_without_tables(url, fresh, tmp_path):
    with psycopg.connect(backup.address_of(url, "postgres"), autocommit=True) as server:
        server.execute(f"create database {fresh}")
    with pytest.raises(backup.BackupError, match="Is DATABASE_URL set"):
        backup.make(backup.address_of(url, fresh), tmp_path / "icras.dump")
    assert list(tmp_path.iterdir()) == []


def test_swap__puts_the_restored_database_in_place_and_keeps_the_other(url, archive, fresh):
    backup.restore(url, archive, fresh)
    kept, present = f"{fresh}_kept", backup.address_of(url, f"{fresh}_present")
    with psycopg.connect(backup.address_of(url, "postgres"), autocommit=True) as server:
        server.execute(f"create database {fresh}_present")
        with psycopg.connect(present), pytest.raises(backup.BackupError, match="still running"):
            backup.swap(present, fresh, kept)
        backup.swap(present, fresh, kept)
        with psycopg.connect(present) as swapped:
            assert swapped.execute("select count(*) from accounts_organisation").fetchone() == (1,)
        server.execute(f"drop database {kept}")
        server.execute(f"drop database {fresh}_present")


def test_restore__says_what_stopped_it(url, archive, fresh, tmp_path):
    archive.write_bytes(b"not an archive")
    with pytest.raises(backup.BackupError, match="cannot be read"):
        backup.restore(url, archive, fresh)


def test_restore__leaves_out_a_setting_that_an_older_server_does_not_know():
    sent = list(backup.known_to_older_servers([b"SET lock_timeout = 0;\n", b"SET transaction_timeout = 0;\n", b"x\n"]))
    assert sent == [b"SET lock_timeout = 0;\n", b"x\n"]


def test_restore__keeps_the_same_words_when_somebody_typed_them():
    lines = [b"--\n"] * 50 + [b"SET transaction_timeout = 0;\n"]
    assert list(backup.known_to_older_servers(lines)) == lines
