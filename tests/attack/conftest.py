"""What every attack shares: the place, at a fixed time, built once for each module and put back after each test."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from accounts.models import User
from tests.attack.grounds import Grounds, make_grounds
from tests.attack.surface import Form, all_forms
from tests.factories.casework import NOW


@contextmanager
def undone() -> Iterator[None]:
    """Undo whatever is written in the block."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@dataclass
class Site:
    """The place, a client for each of its people and one for nobody, and every form of the product."""

    grounds: Grounds
    clients: dict[User | None, Client]

    @cached_property
    def forms(self) -> dict[str, Form]:
        """Return every form, by route: read from the pages when it is first asked for, which takes seconds."""
        with undone():
            return all_forms(self.grounds, self.clients)

    def send(self, form: Form, **changes: Any) -> HttpResponse:
        """Send a form, filled in well but for the changes."""
        return self.post(form.user, form.address, form.good(**changes))

    def post(self, user: User | None, address: str, body: Any, **more: Any) -> HttpResponse:
        """Send something as somebody, who keeps the session they had: what is sent may end or change it."""
        client = self.clients[user]
        kept = client.cookies
        client.cookies = deepcopy(kept)
        try:
            return client.post(address, body, **more)
        finally:
            client.cookies = kept


def signed_in(user: User, **options: Any) -> Client:
    """Return a client signed in as somebody, whose faults become answers."""
    client = Client(raise_request_exception=False, **options)
    client.force_login(user)
    return client


@pytest.fixture(scope="module")
def built(django_db_setup: None, django_db_blocker: Any) -> Iterator[Site]:
    """Build the place once for a module."""
    with django_db_blocker.unblock(), time_machine.travel(NOW, tick=True), undone():
        grounds = make_grounds()
        nobody: dict[User | None, Client] = {None: Client(raise_request_exception=False)}
        clients = {user: signed_in(user) for user in grounds.insiders} | nobody
        yield Site(grounds, clients)


@pytest.fixture
def site(built: Site, db: None) -> Site:
    """Return the place as it was built; what a test changes is undone."""
    cache.clear()
    return built
