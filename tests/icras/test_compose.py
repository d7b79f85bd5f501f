"""docker-compose.yml, checked as far as it can be without an engine: read, its settings built, its commands started."""

import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml

from icras.environment import database
from icras.processes import end, spawn

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::([?-])([^}]*))?\}")
ENVIRONMENT = {
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "icras.example",
    "ICRAS_SITE_URL": "https://icras.example",
    "POSTGRES_PASSWORD": "a-long-random-word",
    "EMAIL_HOST": "mail.example",
    "DEFAULT_FROM_EMAIL": "icras@icras.example",
}
REQUIRED = {name: words for name, kind, words in VARIABLE.findall(TEXT) if kind == "?"}
OURS = ("migrate", "web", "worker", "beat")
START_SECONDS = 40


class MissingVariable(LookupError):
    """What compose says when a variable is not set."""


def compose(environment):
    """Return the file as compose reads it with this environment: parsed first, then every text filled in."""

    def value(match):
        name, kind, words = match.groups()
        if environment.get(name):
            return environment[name]
        if kind == "?":
            raise MissingVariable(f"{name}: {words}")
        return words or ""

    def filled(node):
        if isinstance(node, dict):
            return {key: filled(inner) for key, inner in node.items()}
        if isinstance(node, list):
            return [filled(inner) for inner in node]
        return VARIABLE.sub(value, node) if isinstance(node, str) else node

    return filled(yaml.safe_load(TEXT))


def settings_of(service, **changed):
    """Return the environment a service's process has, this machine's database and broker put in."""
    given = {key: str(word) for key, word in compose(ENVIRONMENT)["services"][service]["environment"].items()}
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "LANG") if key in os.environ}
    return {**kept, **given, "ICRAS_HOME": os.environ["ICRAS_HOME"], **changed}


def run(service, *argv, **changed):
    environment = settings_of(service, **changed)
    return subprocess.run(
        [sys.executable, *argv], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def empty_database():
    """A database that nothing has touched, as a new deployment has."""
    name = f"compose_{secrets.token_hex(4)}"
    url = os.environ["DATABASE_URL"]
    server = psycopg.conninfo.make_conninfo(url, dbname="postgres")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield urlsplit(url)._replace(path=f"/{name}").geturl()
        connection.execute(f"drop database {name} with (force)")


def test_compose__has_every_part_of_the_design():
    services = compose(ENVIRONMENT)["services"]
    assert set(services) == {"postgres", "valkey", *OURS}
    assert services["postgres"]["image"] == "postgres:18"
    assert services["web"]["deploy"]["replicas"] > 1
    assert services["worker"]["deploy"]["replicas"] > 1
    assert services["beat"]["deploy"]["replicas"] == 1
    assert services["migrate"]["restart"] == "no"


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_compose__starts_nothing_before_the_migration_has_ended(service):
    waits = compose(ENVIRONMENT)["services"][service]["depends_on"]
    assert waits["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_compose__missing_variable_stops_the_start_with_a_hint(name):
    with pytest.raises(MissingVariable, match=f"{name}: set it to"):
        compose({**ENVIRONMENT, name: ""})


def test_compose__asks_for_all_that_has_no_safe_default():
    assert set(ENVIRONMENT) == set(REQUIRED)


def test_compose__database_password_reaches_the_settings():
    found = database(settings_of("web")["DATABASE_URL"])
    assert (found["HOST"], found["NAME"], found["PASSWORD"]) == ("postgres", "icras", "a-long-random-word")


def test_compose__only_the_web_has_a_connection_pool():
    assert [name for name in OURS if "ICRAS_DB_POOL" in settings_of(name)] == ["web"]


def test_compose__settings_are_safe_for_production():
    done = run("web", "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "ICRAS_SITE_URL"])
def test_settings__missing_one_stops_the_start_with_its_name(name):
    done = run("web", "manage.py", "check", **{name: ""})
    assert done.returncode != 0
    assert name in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("key", ["short", "demo-only-not-a-secret"])
def test_settings__weak_secret_stops_the_start(key):
    done = run("web", "manage.py", "check", SECRET_KEY=key)
    assert done.returncode != 0
    assert "SECRET_KEY" in done.stderr


def test_docker__copies_what_it_installs_from():
    lines = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in lines
    for name in ("requirements.lock", "requirements-installer.lock"):
        assert name in lines
        assert (ROOT / name).exists()


@pytest.mark.parametrize("name", [".env", "sign-in.env", "icras.env"])
def test_docker__leaves_files_of_secrets_out_of_the_image(name):
    """Those that docker-compose.yml and docs/deploy.md read, which lie in the folder that is copied."""
    left_out = (ROOT / ".dockerignore").read_text().split()
    assert any(fnmatch(name, pattern) for pattern in left_out)
    assert any(fnmatch(name, pattern) for pattern in (ROOT / ".gitignore").read_text().split())


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _command(service, **replaced):
    words = [str(word) for word in compose(ENVIRONMENT)["services"][service]["command"]]
    return [sys.executable, *(replaced.get(f"_{word}", word) for word in words[1:])]


@pytest.mark.chaos
def test_compose__commands_run_on_an_empty_database(empty_database, valkey, tmp_path):
    """Migrate, then web, worker and beat, each with the very command and settings of the file."""
    real = {"DATABASE_URL": empty_database, "REDIS_URL": valkey.url}
    done = run("migrate", *_command("migrate")[1:], **real)
    assert done.returncode == 0, done.stderr
    port = _free_port()
    collected = {**real, "ICRAS_STATIC_ROOT": str(tmp_path / "static")}
    assert run("web", "manage.py", "collectstatic", "--noinput", **collected).returncode == 0
    beat = {"_/tmp/beat-schedule": str(tmp_path / "beat-schedule")}
    argv = {"web": _command("web", _8000=str(port)), "worker": _command("worker"), "beat": _command("beat", **beat)}
    running = {}
    try:
        for name, words in argv.items():
            with (tmp_path / f"{name}.log").open("wb") as log:
                running[name] = spawn(words, log, env=settings_of(name, **collected), cwd=ROOT)
        _until(lambda: run("web", "-m", "icras.healthcheck", str(port), **collected).returncode == 0, tmp_path, running)
        _until(lambda: "celery@" in (tmp_path / "worker.log").read_text(), tmp_path, running)
        _until(lambda: "Scheduler: Sending" in (tmp_path / "beat.log").read_text(), tmp_path, running)
        _until(lambda: "succeeded" in (tmp_path / "worker.log").read_text(), tmp_path, running)
    finally:
        stopped = {name: end(process, signal.SIGTERM, patience=20) for name, process in running.items()}
    assert stopped == {"web": True, "worker": True, "beat": True}


def _until(true, logs, running):
    deadline = time.monotonic() + START_SECONDS
    while not true():
        ended = [name for name, process in running.items() if process.poll() is not None]
        if ended or time.monotonic() > deadline:
            pytest.fail("\n".join(f"{file.name}:\n{file.read_text()[-3000:]}" for file in logs.glob("*.log")))
        time.sleep(0.3)
