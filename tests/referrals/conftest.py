"""A front door for every test here."""

import pytest

from tests.factories.referrals import FrontDoor, open_front_door


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_front_door()
