"""The same form from two tabs at once; two who write the same detail."""

from uuid import uuid4

import pytest

from audit.refusals import IllegalMove
from referrals.commands import change_section, fill_in_referral, register_referral
from referrals.models import Person, Referral
from tests.factories.races import behind, race
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


def test_fill_in__behind_somebody_who_writes_the_same_detail_leaves_theirs(door: FrontDoor) -> None:
    by, referral = door.actor("spa"), register_referral(by=door.actor("spa"), details=details(), person=person())
    known = {"by": by, "person_id": referral.person_id, "section": "details"}
    with pytest.raises(IllegalMove) as refused:
        behind(
            lambda: change_section(**known, values={"phone": "07700900111"}),
            lambda: fill_in_referral(by=by, referral_id=referral.pk, told={}, person={"phone": "07700900222"}),
        )
    assert refused.value.code == "on_record"
    assert Person.objects.get().phone == "07700900111"
