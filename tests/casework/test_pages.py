"""The board, a caseload and a case as pages."""

import pytest
import time_machine
from django.urls import reverse

from tests.factories.casework import NOW, full_board, heartbeat, open_board, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def door():
    return open_board()


@pytest.fixture
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


def test_show_board__next_deadline_first(door, at_now):
    with time_machine.travel(NOW, tick=False):
        full_board(door)
        heartbeat()
    page = signed_in(door.users["triage"]).get(reverse("casework:board"))
    words = page.content.decode()
    print(words)
    assert page.status_code == 200
