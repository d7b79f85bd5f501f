"""Valkey down and back, with all it held lost: referrals are taken all the while, and no breach is missed."""

import shutil
from datetime import timedelta

import pytest

from tests.factories.installation import Installation

pytestmark = pytest.mark.chaos


@pytest.fixture
def icras(installed: Installation) -> Installation:
    installed.running("web", "worker", "beat")
    return installed


def test_broker_down__referrals_are_taken_and_every_breach_is_seen_when_it_is_back(
    icras: Installation, what: str
) -> None:
    icras.refer_many(10, what, due_in=timedelta(seconds=2))
    icras.valkey.stop()
    shutil.rmtree(icras.valkey.data)  # its messages are lost for ever
    icras.refer_many(10, what, due_in=timedelta(seconds=1))
    icras.until_overdue(what, by=1)
    assert not icras.two_hours(what)
    icras.valkey.start()
    icras.expect_breaches(what, 20)
    assert icras.referrals(what) == 20
    assert set(icras.expect_all_sent(what).values()) == {1}
    for name in ("worker", "beat"):
        assert icras.programs.running[name].poll() is None  # they found it again by themselves
