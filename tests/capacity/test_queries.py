import pytest

from accounts.domain import Role
from audit.domain import SYSTEM
from audit.refusals import NotPermitted
from capacity.commands import end_zone, put_zone
from capacity.models import Zone
from capacity.queries import zone_for, zones
from tests.factories.accounts import make_actor

pytestmark = pytest.mark.django_db
TODAY = "2026-11-22"


@pytest.fixture(autouse=True)
def two_zones():
    put_zone(by=SYSTEM, code="bootle", name="Bootle", postcode_prefixes=["L20", "L21"], position=1)
    put_zone(by=SYSTEM, code="docks", name="The docks", postcode_prefixes=["L20 1"], position=0)


@pytest.mark.parametrize(
    ("postcode", "zone"),
    [("L20 3AB", "bootle"), ("L201AB", "docks"), ("L2 0AB", None), ("L200 1AB", None), ("PR8 1AA", None), ("", None)],
)
def test_zone_for__is_the_closest_fit_or_none(postcode, zone):
    assert zone_for(postcode) == zone


def test_zones__come_in_the_places_order():
    assert [zone.code for zone in zones()] == ["docks", "bootle"]


def test_put_zone__twice_is_quiet_and_a_change_says_what():
    known = {"by": SYSTEM, "code": "docks", "postcode_prefixes": ["L20 1"], "position": 0}
    assert put_zone(**known, name="The docks") is None
    change = put_zone(**known, name="Docks")
    assert (change.verb, change.fields) == ("changed", ("name: The docks → Docks",))


def test_end_zone__keeps_its_name_and_takes_no_postcode():
    assert end_zone(by=SYSTEM, code="docks", on=TODAY).verb == "ended"
    assert end_zone(by=SYSTEM, code="docks", on=TODAY) is None
    assert zone_for("L20 1AB") == "bootle"
    assert Zone.objects.get(code="docks").name == "The docks"


def test_zones__are_changed_by_an_administrator_only():
    lead = make_actor(Role.TEAM_LEAD)
    with pytest.raises(NotPermitted):
        put_zone(by=lead, code="x", name="X", postcode_prefixes=["L1"], position=9)
    with pytest.raises(NotPermitted):
        end_zone(by=lead, code="docks", on=TODAY)
    assert Zone.objects.filter(ends_on=None).count() == 2
