"""The deployment's own commands."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Place
from audit.commands import now
from audit.domain import SYSTEM
from icras.embedded import CHECKOUT
from icras.management.commands import prove_limits
from referrals.models import Referral
from timelimits.commands import sweep
from timelimits.models import Alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def place():
    call_command("load_place", str(CHECKOUT / "places" / "sefton"), verbosity=0)


def said(command, **options):
    out = io.StringIO()
    call_command(command, stdout=out, **options)
    return out.getvalue()


def test_prove_limits__fails_when_no_worker_notices(place):
    with pytest.raises(CommandError, match="has not recorded the breach"):
        said("prove_limits", seconds=1)
    assert Referral.objects.count() == 1


def test_prove_limits__says_when_it_passed_and_who_was_told(place, monkeypatch):
    def worker(seconds):
        sweep(by=SYSTEM, now=now() + timedelta(seconds=1))

    monkeypatch.setattr(prove_limits, "sleep", worker)
    text = said("prove_limits", seconds=20)
    assert "limit passed" in text
    assert all(
        f"told: {alert.recipient.name}" in text
        for alert in Alert.objects.filter(event__stage="breach", event__clock__policy_code="crisis_response")
    )
    assert "told: " in text


def test_prove_limits__is_refused_in_production(place, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="not for production"):
        said("prove_limits")
    assert not Referral.objects.exists()


def test_show_logins__names_the_log_ins_that_readme_names(place):
    readme = (CHECKOUT / "README.md").read_text()
    text = said("show_logins")
    for name in ("spa", "triage", "coordinator", "lead", "manager", "practitioner", "commissioner", "auditor", "admin"):
        assert f"{name}@icras.example" in text
        assert f"{name}@icras.example" in readme
    assert "icras-demo" in text
    assert "demo-partner" in text


def test_show_logins__says_nothing_about_a_real_place(place):
    Place.objects.update(demo=False)
    assert said("show_logins") == ""
