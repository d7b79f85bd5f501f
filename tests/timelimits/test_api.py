"""Explain a clock by REST."""

from datetime import timedelta

import pytest
from oauth2_provider.models import AccessToken

from accounts.commands import grant_access
from accounts.domain import AccessLevel
from audit.commands import now
from audit.domain import SYSTEM
from tests.factories.accounts import make_partner
from tests.factories.timelimits import publish, start, uk
from timelimits.commands import sweep

pytestmark = pytest.mark.django_db
T0 = uk("2026-05-11 10:00")


@pytest.fixture
def partner():
    return make_partner()


@pytest.fixture
def ask(client, partner):
    AccessToken.objects.create(
        application=partner.application,
        token="t",
        expires=now() + timedelta(hours=1),
        scope="referrals:read referrals:write",
    )

    def get(clock, token="t"):
        return client.get(f"/api/v1/clocks/{clock.pk}/explain/", headers={"Authorization": f"Bearer {token}"})

    return get


def test_explain_clock__of_a_case_in_sight(ask, partner):
    publish()
    clock = start(at=T0)
    sweep(by=SYSTEM, now=T0 + timedelta(hours=3))
    grant_access(
        by=SYSTEM,
        case_id=clock.case_id,
        organisation_id=partner.organisation_id,
        level=AccessLevel.STATUS,
        why="referred",
    )
    body = ask(clock).json()
    assert body["status"] == "breached"
    assert (body["started_at"], body["due_at"], body["stopped_at"]) == (
        "2026-05-11T09:00:00Z",
        "2026-05-11T11:00:00Z",
        None,
    )
    assert (body["unit"], body["allowed"]) == ("seconds", 7200)
    assert body["pieces"][0]["kind"] == "counts"
    assert body["breaches"][0]["noticed_at"] == "2026-05-11T12:00:00Z"


def test_explain_clock__out_of_sight_or_without_token(ask):
    publish()
    clock = start(at=T0)
    assert ask(clock).status_code == 404
    assert ask(clock, "other").status_code in (401, 403)
