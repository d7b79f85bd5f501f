"""Work sign-in as a deployment configures it: the environment names providers, the bundle says what their claims bring."""

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.domain import Role
from accounts.models import ClaimRole, Team
from icras.environment import sign_in_origins, sign_in_providers
from icras.place.bundle import read_bundle
from icras.place.checks import faults_of
from tests.factories.accounts import make_team

SEFTON = settings.BASE_DIR / "places" / "sefton"
NEEDED = {
    "OIDC_PROVIDERS": "town, nhs-cis2",
    "OIDC_TOWN_NAME": "Town Council",
    "OIDC_TOWN_ISSUER": "https://login.town.example/tenant/v2.0/",
    "OIDC_TOWN_CLIENT_ID": "id",
    "OIDC_TOWN_CLIENT_SECRET": "secret",
    "OIDC_NHS_CIS2_NAME": "NHS CIS2",
    "OIDC_NHS_CIS2_ISSUER": "https://nhs.example:443/oauth2",
    "OIDC_NHS_CIS2_CLIENT_ID": "id",
    "OIDC_NHS_CIS2_CLIENT_SECRET": "secret",
}
CLAIM = """
[[claim]]
provider = "town"
claim = "roles"
value = "icras.ucr"
team = "ucr-north"
role = "practitioner"
profession = "nurse"
"""


@pytest.fixture
def environment(monkeypatch):
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_providers__are_none_unless_named():
    assert sign_in_providers(strict=True) == []
    assert sign_in_origins() == []


def test_providers__are_read_from_the_environment(environment):
    environment.setenv("OIDC_TOWN_SECOND_FACTOR", "amr=mfa, acr=high")
    environment.setenv("OIDC_TOWN_EMAIL_DOMAINS", "town.example")
    environment.setenv("OIDC_NHS_CIS2_ACR_VALUES", "AAL3_ANY")
    environment.setenv("OIDC_NHS_CIS2_ADMITS", "1")
    environment.setenv("OIDC_NHS_CIS2_SCOPE", "openid nationalrbacaccess")
    environment.setenv("OIDC_NHS_CIS2_ORIGINS", "https://forms.nhs.example")
    town, cis2 = sign_in_providers(strict=True)
    assert (town["provider_id"], town["name"], town["secret"]) == ("town", "Town Council", "secret")
    assert town["settings"]["server_url"] == "https://login.town.example/tenant/v2.0"
    assert town["settings"]["second_factor"] == ["amr=mfa", "acr=high"]
    assert town["settings"]["email_domains"] == ["town.example"]
    assert town["settings"]["admits"] is False
    assert cis2["settings"]["auth_params"] == {"acr_values": "AAL3_ANY"}
    assert cis2["settings"]["scope"] == ["openid", "nationalrbacaccess"]
    assert cis2["settings"]["admits"] is True
    assert sign_in_origins() == [
        "https://login.town.example",
        "https://nhs.example:443",
        "https://forms.nhs.example",
    ]


@pytest.mark.parametrize("name", sorted(set(NEEDED) - {"OIDC_PROVIDERS"}))
def test_provider__with_a_variable_missing_stops_the_start_with_a_hint(environment, name):
    environment.delenv(name)
    with pytest.raises(ImproperlyConfigured, match=rf"{name} is not set. .* see docs/sign-in.md"):
        sign_in_providers(strict=True)


def test_provider__must_be_https_in_production(environment):
    environment.setenv("OIDC_TOWN_ISSUER", "http://login.town.example")
    with pytest.raises(ImproperlyConfigured, match="must begin with https"):
        sign_in_providers(strict=True)
    assert sign_in_providers(strict=False)


@pytest.mark.parametrize("name", ["Town", "a b", "a/b", "openid-connect", "a" * 41])
def test_provider__has_a_name_that_an_address_can_hold(environment, name):
    environment.setenv("OIDC_PROVIDERS", name)
    with pytest.raises(ImproperlyConfigured, match="use small letters"):
        sign_in_providers(strict=True)


# What claims bring: sign_in.toml of a place


@pytest.fixture
def bundle(tmp_path):
    return Path(shutil.copytree(SEFTON, tmp_path / "place"))


def load(folder):
    out = StringIO()
    call_command("load_place", str(folder), stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_claims__are_added_changed_and_taken_away_by_the_bundle(bundle):
    load(bundle)
    (bundle / "sign_in.toml").write_text(CLAIM)
    assert "added sign-in town roles=icras.ucr: practitioner ucr-north" in load(bundle)
    row = ClaimRole.objects.get()
    assert (row.team, row.role, row.profession) == (Team.objects.get(code="ucr-north"), "practitioner", "nurse")
    assert load(bundle) == "0 changes made.\n"
    (bundle / "sign_in.toml").write_text(CLAIM.replace("nurse", "therapist"))
    assert "profession: nurse → therapist" in load(bundle)
    (bundle / "sign_in.toml").unlink()
    assert "ended sign-in town roles=icras.ucr: practitioner ucr-north" in load(bundle)
    assert not ClaimRole.objects.exists()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('value = "icras.ucr"', "", "claim[1].value: needs words"),
        ('"ucr-north"', '"nowhere"', "claim[1].team"),
        ('"practitioner"', '"king"', "claim[1].role"),
        ('"practitioner"', '"partner_system"', "claim[1].role"),
        ('"practitioner"', '"administrator"', "administrators are made by hand"),
        ("profession", "trade", "claim[1].trade: is not a known setting"),
        (CLAIM, CLAIM * 2, "claim[2]: is there twice"),
    ],
)
def test_claims__that_are_wrong_are_refused(bundle, before, after, said):
    (bundle / "sign_in.toml").write_text(CLAIM.replace(before, after))
    assert any(said in str(fault) for fault in faults_of(read_bundle(bundle, demo=True)))


@pytest.mark.django_db
@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.PARTNER_SYSTEM])
def test_claims__bring_no_administrator_says_the_database_too(role):
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimRole.objects.create(provider="town", claim="roles", value="x", team=make_team(), role=role)
