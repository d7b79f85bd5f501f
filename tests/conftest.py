"""What every test shares. The database is made before this file is read: see tests/cluster.py."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from pytest_django.plugin import DjangoDbBlocker

from icras.embedded import Valkey
from tests import browser


def pytest_configure() -> None:
    """Let the emptying of the test database pass the triggers that keep audit append-only; be patient when busy."""
    empty = DatabaseOperations.execute_sql_flush

    def past_the_triggers(operations: DatabaseOperations, statements: list[str]) -> None:
        role = "SET session_replication_role = {}"
        empty(operations, [role.format("replica"), *statements, role.format("origin")])

    DatabaseOperations.execute_sql_flush = past_the_triggers
    hypothesis.settings.register_profile("icras", deadline=None)  # a busy machine is no fault of the code
    hypothesis.settings.load_profile("icras")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a name that differs from worker to worker; skip browser tests where there is no Chromium."""
    unsteady = [item.nodeid for item in items if re.search(r"\{'\w+', ", item.nodeid)]
    if unsteady:
        raise pytest.UsageError(f"A set of several has no order, so it can't name a test: {unsteady[0]}")
    if browser.executable():
        os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright keeps a loop in the test's thread
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason=browser.MISSING))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Where a browser is required, a skipped browser test is a failure."""
    report = yield
    if browser.REQUIRED and report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but ICRAS_REQUIRE_BROWSER=1: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it in one line, not once for each test."""
    if not browser.executable():
        terminalreporter.write_line(browser.MISSING)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Leave nobody in the test database when it is dropped: a live server keeps a browser's connection for a minute."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid, state, left(query, 200), pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """A real broker for the tests of tasks: `valkey.url` is what Celery takes."""
    folder = Path(os.environ["ICRAS_HOME"]) / f"valkey-{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server = Valkey(folder / "data", folder, folder / "valkey.log")
    server.start()
    yield server
    server.stop()
