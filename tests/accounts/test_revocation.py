"""Nothing of who somebody is, or of what they may, is kept between requests: the very next one is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.commands import disable_partner, disable_person, end_role
from accounts.domain import Role
from accounts.models import User
from audit.commands import now
from audit.domain import SYSTEM
from tests.factories.accounts import make_member, make_place, make_team
from tests.factories.partners import REFERRALS, partner_of

pytestmark = pytest.mark.django_db
BOARD = reverse("casework:board")


@pytest.fixture
def officer() -> User:
    make_place()
    return make_member(Role.SPA_OFFICER, make_team("spa", kind="spa"))


@pytest.fixture
def client(officer: User) -> Client:
    found = Client()
    found.force_login(officer)
    assert found.get(BOARD).status_code == 200
    return found


def test_check_actor__session_user_and_all_they_may_are_three_statements(client: Client) -> None:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(reverse("accounts:extend")).status_code == 200  # reads nothing of its own
    assert len(seen) == 3, [query["sql"][:80] for query in seen]


def test_end_role__next_request_is_refused(client: Client, officer: User) -> None:
    membership = officer.memberships.get()
    yesterday = now().date() - timedelta(days=1)
    type(membership).objects.filter(pk=membership.pk).update(starts_on=yesterday - timedelta(days=9))
    end_role(by=SYSTEM, membership_id=membership.pk, ends_on=yesterday)
    assert client.get(BOARD).status_code == 403


def test_disable_person__next_request_is_sent_to_sign_in(client: Client, officer: User) -> None:
    make_member(Role.ADMINISTRATOR)
    disable_person(by=SYSTEM, user_id=officer.pk)
    answer: Any = client.get(BOARD)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_disable_partner__next_call_is_refused(officer: User) -> None:
    partner = partner_of(make_team().organisation)
    assert partner.get(REFERRALS).status_code == 200
    disable_partner(by=SYSTEM, client_id=partner.client.pk)
    assert partner.get(REFERRALS).status_code == 401
