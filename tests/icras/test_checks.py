"""Production refuses the demonstration's data and passwords."""

import pytest
from django.core.checks import run_checks

from accounts.models import Place, User
from icras.checks import no_demo_in_production

pytestmark = pytest.mark.django_db


@pytest.fixture
def production(settings):
    settings.PRODUCTION = True


def words() -> list[str]:
    return [str(message.msg) for message in no_demo_in_production(databases=["default"])]


@pytest.mark.usefixtures("production")
def test_production__refuses_the_demonstration_place():
    Place.objects.create(code="x", name="X", demo=True)
    assert "demonstration place" in words()[0]


@pytest.mark.usefixtures("production")
def test_production__refuses_the_demonstration_password():
    User.objects.create_user("spa@icras.example", "icras-demo", name="Spa")
    assert "demonstration password" in words()[0]


@pytest.mark.usefixtures("production")
def test_production__is_quiet_without_them():
    Place.objects.create(code="x", name="X")
    User.objects.create_user("spa@icras.example", "another password altogether", name="Spa")
    assert words() == []


def test_demo__is_not_asked():
    Place.objects.create(code="x", name="X", demo=True)
    assert words() == []


@pytest.mark.usefixtures("production")
def test_migrate__asks_it_of_the_database():
    Place.objects.create(code="x", name="X", demo=True)
    assert [m.id for m in run_checks(databases=["default"]) if m.id == "icras.E001"] == ["icras.E001"]
