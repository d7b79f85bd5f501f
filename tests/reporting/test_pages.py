"""The page of two-hour figures."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pathways.commands import accept_referral, record_contact
from pathways.domain import ContactDetails, ContactKind
from reporting import queries
from reporting.domain import TwoHour
from tests.factories.referrals import FrontDoor, open_front_door, person, register

pytestmark = pytest.mark.django_db
ADDRESS = "/reports/two-hour/"


@pytest.fixture
def door() -> FrontDoor:
    return open_front_door()


def signed_in(door: FrontDoor, name: str) -> Client:
    client = Client()
    client.force_login(door.users[name])
    return client


def test_two_hour__counts_by_zone_in_one_statement(door: FrontDoor):
    """R126: met, and running apart."""
    referral = register(door.actor("spa"))
    register(door.actor("spa"), person(postcode="M1 1AA"))
    accept_referral(by=door.actor("triage"), referral_id=referral.pk, team_id=door.crisis.pk)
    seen = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
    record_contact(by=door.actor("spa"), case_id=referral.case_id, details=seen)
    by = door.actor("commissioner")
    with CaptureQueriesContext(
        connection,
    ) as statements:
        found = queries.two_hour(by, referral.recorded_at)
    assert found == {"crosby": TwoHour(met=1, running=1)}
    assert len(statements) == 1


def test_two_hour__shows_a_commissioner_no_small_number_and_no_person(door: FrontDoor):
    register(door.actor("spa"))
    page = signed_in(door, "commissioner").get(ADDRESS).content.decode()
    assert "1 to 7" in page
    assert "Testalder" not in page


def test_two_hour__is_not_for_an_officer(door: FrontDoor):
    assert signed_in(door, "spa").get(ADDRESS).status_code == 403


def test_two_hour__empty_says_what_happens_next(door: FrontDoor):
    assert "No two-hour referral" in signed_in(door, "commissioner").get(ADDRESS).content.decode()
