"""The same form from two tabs at once."""

from uuid import uuid4

import pytest

from referrals.commands import register_referral
from referrals.models import Person, Referral
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, details, open_front_door, person


@pytest.fixture
def door(transactional_db: None) -> FrontDoor:
    return open_front_door()


def test_register_referral__one_form_sent_twice_at_once_is_one_referral(door: FrontDoor) -> None:
    by, form_id = door.actor("spa"), uuid4()

    def send() -> Referral:
        return register_referral(by=by, details=details(), person=person(), form_id=form_id)

    first, second, third = race(send, send, send)
    assert {first.pk, second.pk, third.pk} == {Referral.objects.get().pk}
    assert Person.objects.count() == 1
