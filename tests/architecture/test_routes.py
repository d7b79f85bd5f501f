"""Every route, asked by nobody and by each role. What is open without signing in is listed here, and nothing else is.

`routes.csv` beside this file holds what each role gets, for a page and for an empty form (200 or 422: asked again; 403:
not for this role; 404: no such row, or not yours; 405: not with this method). A change of access is a change of that file.
When the change is meant: ICRAS_UPDATE_ROUTES=1 script/test tests/architecture/test_routes.py -n 0
"""

import csv
import io
import os
import re
from uuid import UUID

import pytest
from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.domain import ROLES, TeamKind
from accounts.models import Membership, Organisation, Place, Team, User
from audit.commands import now
from tests.architecture.source import ROOT

PUBLIC = {  # sign-in (password, passkey, work sign-in, handing over), password reset, health, token, asking for help; static files are no routes
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "accounts:switch",
    "healthz",
    "mfa_login_webauthn",
    "openid_connect_callback",
    "openid_connect_login",
    "readyz",
    "referrals:ask_for_help",
    "referrals:help_asked",
    "csp-report",
    "token",
    "revoke-token",
}
POSTED = {"csp-report", "token", "revoke-token", "openid_connect_login"}
AS_DATA = {"mfa_login_webauthn"}  # asked by the sign-in page's script
ENDS_THE_SESSION = {"account_logout", "accounts:switch"}
TO_SIGN_IN = {"accounts:switch"}  # leads whoever asks to the sign-in page
SAMPLES = {"uuid": str(UUID(int=4)), "int": "1", "slug": "nothing", "str": "nothing", "path": "nothing"}
KEPT = ROOT / "tests" / "architecture" / "routes.csv"


def _walk(patterns, prefix="", namespace=""):
    for entry in patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            yield f"{namespace}{entry.name}", route


def _address(route):
    """Return an address of the route, about rows that do not exist."""
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda match: SAMPLES[match[1] or "str"], route)
    route = re.sub(r"\(\?P<\w+>[^)]*\)", "1", route)
    return "/" + re.sub(r"[\^$\\]|\\Z", "", route)


ROUTES = {name: _address(route) for name, route in _walk(get_resolver().url_patterns)}


@pytest.fixture
def user_as(db):
    Place.objects.create(code="route-test", name="Route test", demo=True)
    organisation = Organisation.objects.create(code="route-test", name="Route test", kind="nhs")
    team = Team.objects.create(code="route-test", organisation=organisation, name="Route test", kind=TeamKind.OTHER)

    def make(role):
        user = User.objects.create_user(f"{role}@route.example", "pass word of a test", name=str(role))
        Membership.objects.create(user=user, team=team, role=role, starts_on=now().date())
        return user

    return make


def _refused(response):
    to_sign_in = response.status_code == 302 and response["Location"].startswith(resolve_url(settings.LOGIN_URL))
    return to_sign_in or response.status_code in {401, 403, 405}


def test_routes__have_a_name_each():
    names = [name for name, _ in _walk(get_resolver().url_patterns)]
    assert [name for name in names if name.endswith("None")] == []
    assert sorted(names) == sorted(set(names))


def test_public_routes__all_exist():
    assert set(ROUTES) >= PUBLIC


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
@pytest.mark.parametrize("name", sorted(set(ROUTES) - PUBLIC))
def test_route__is_closed_to_who_has_not_signed_in(client, name, method):
    response = getattr(client, method)(ROUTES[name])
    assert _refused(response), f"{method} {ROUTES[name]} answered {response.status_code}"


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_public_route__answers_who_has_not_signed_in(client, name):
    accept = {"accept": "application/json"} if name in AS_DATA else {}
    response = client.post(ROUTES[name]) if name in POSTED else client.get(ROUTES[name], headers=accept)
    if name in TO_SIGN_IN:
        assert client.post(ROUTES[name])["Location"] == resolve_url(settings.LOGIN_URL)
        return
    assert response.status_code not in {302, 403, 405}
    assert response.status_code < 500 or name == "readyz"  # no place is loaded


def _answers(client, user_as):
    """Ask every route as each role: a page for GET, an empty form for POST, about rows that are not there."""
    last = sorted(ROUTES, key=lambda name: (name in ENDS_THE_SESSION, name))
    rows = {f"{method} {name}": [] for name in last for method in ("get", "post")}
    for role in ROLES:
        client.force_login(user_as(role))
        for wanted, answers in rows.items():
            if answers[:1] in (["401"], ["405"]):  # refused before anybody asks for the role
                answers.append(answers[0])
                continue
            method, name = wanted.split()
            answers.append(str(getattr(client, method)(ROUTES[name]).status_code))
    return rows


def _as_csv(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["method and route", *ROLES])
    writer.writerows([name, *answers] for name, answers in rows.items())
    return text.getvalue()


def test_routes__answer_each_role_as_listed(client, user_as):
    client.raise_request_exception = False
    found = _as_csv(_answers(client, user_as))
    if os.environ.get("ICRAS_UPDATE_ROUTES") == "1":
        KEPT.write_text(found)
    assert [line for line in found.splitlines() if re.search(r",5\d\d", line)] == []
    assert found.splitlines() == KEPT.read_text().splitlines()
