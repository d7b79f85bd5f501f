"""Two commands that wait for each other: PostgreSQL undoes one, and it is done anew."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from accounts.models import Organisation
from audit.commands import command
from audit.domain import SYSTEM, Actor
from tests.factories.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@command
def rename_both(*, by: Actor, codes: tuple[str, str], meet: Barrier) -> None:
    """Change two rows in the given order, meeting the other command in between the first time."""
    first, second = (Organisation.objects.select_for_update().get(code=codes[0]), codes[1])
    with suppress(BrokenBarrierError):  # broken once they have met
        meet.wait(10)
        meet.abort()
    other = Organisation.objects.select_for_update().get(code=second)
    for row in (first, other):
        row.name += "x"
        row.save()


def test_command__undone_by_a_deadlock_is_done_anew():
    for code in ("a", "b"):
        Organisation.objects.create(code=code, name="", kind="provider")
    meet = Barrier(2)
    race(
        lambda: rename_both(by=SYSTEM, codes=("a", "b"), meet=meet),
        lambda: rename_both(by=SYSTEM, codes=("b", "a"), meet=meet),
    )
    assert list(Organisation.objects.order_by("code").values_list("name", flat=True)) == ["xx", "xx"]
