"""A hospital that the place calls by other words keeps its referrals; one outside the list stays as it was told."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from accounts.commands.place import put_code_list
from accounts.models import Place, User
from accounts.queries import actor_for
from audit.domain import SYSTEM
from audit.refusals import NotPermitted
from referrals.commands import rename_hospitals
from referrals.domain import Hospital
from referrals.models import Referral
from referrals.queries.narrowing import narrowed
from tests.factories.referrals import FrontDoor, open_front_door, register

pytestmark = pytest.mark.django_db
SEFTON = settings.BASE_DIR / "places" / "sefton"
HELD = {"southport": "Southport Hospital", "aintree": "Aintree University Hospital"}


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_front_door()


def from_hospital(door: FrontDoor, site: str) -> Referral:
    return register(door.actor("spa"), hospital=Hospital(site=site, ward="Ward 9"))


def call_them(**names: str) -> None:
    Place.objects.get_or_create(pk=1, defaults={"code": "sefton", "name": "Sefton", "demo": True})
    entries = [{"code": code, "words": words} for code, words in names.items()]
    put_code_list(by=SYSTEM, name="hospitals", entries=entries)


def sites(*rows: Referral) -> list[str]:
    return [Referral.objects.get(pk=row.pk).hospital_site for row in rows]


def test_rename_hospitals__referrals_follow_and_one_outside_the_list_stays(door: FrontDoor) -> None:
    call_them(**HELD)
    listed, outside = from_hospital(door, "Southport Hospital"), from_hospital(door, "Ormskirk Hospital")
    call_them(**{**HELD, "southport": "Southport General"})
    rename_hospitals(by=SYSTEM, before=HELD)
    assert sites(listed, outside) == ["Southport General", "Ormskirk Hospital"]
    assert [row.pk for row in narrowed(Referral.objects.all(), hospital="southport")] == [listed.pk]
    assert Referral.objects.get(pk=listed.pk).version == listed.version  # nobody's open form is stale by it


def test_rename_hospitals__two_may_change_names_with_each_other(door: FrontDoor) -> None:
    call_them(**HELD)
    one, other = from_hospital(door, HELD["southport"]), from_hospital(door, HELD["aintree"])
    call_them(southport=HELD["aintree"], aintree=HELD["southport"])
    rename_hospitals(by=SYSTEM, before=HELD)
    assert sites(one, other) == [HELD["aintree"], HELD["southport"]]


def test_rename_hospitals__is_for_who_configures_the_place_and_quiet_when_nothing_is_renamed(door: FrontDoor) -> None:
    call_them(**HELD)
    with pytest.raises(NotPermitted):
        rename_hospitals(by=door.actor("triage"), before=HELD)
    assert rename_hospitals(by=SYSTEM, before=HELD) is None


def test_load_place__renames_a_hospital_with_the_referrals_from_it(tmp_path: Path) -> None:
    call_command("load_place", str(SEFTON), verbosity=0)
    triage = User.objects.get(email="triage@icras.example")
    row = register(actor_for(triage), hospital=Hospital(site=HELD["southport"], ward="Ward 9"))
    bundle = Path(shutil.copytree(SEFTON, tmp_path / "place"))
    codes = bundle / "codes.toml"
    codes.write_text(codes.read_text().replace('words = "Southport Hospital"', 'words = "Southport General"'))
    out = StringIO()
    call_command("load_place", str(bundle), stdout=out)
    assert sites(row) == ["Southport General"]
    assert "hospitals of referrals\n    1 renamed" in out.getvalue()
