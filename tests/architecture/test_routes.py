"""Every route, asked by nobody and by each role. What is open without signing in is listed here, and nothing else is.

`routes.csv` beside this file holds what each role gets for each page; a change of access shows as a change of that
file. When the change is meant: ICRAS_UPDATE_ROUTES=1 script/test tests/architecture/test_routes.py -n 0
"""

import csv
import io
import os
import re
from uuid import UUID

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.domain import ROLES, Role, TeamKind
from accounts.models import Membership, Organisation, Team, User
from audit.commands import now
from tests.architecture.source import ROOT

PUBLIC = {  # sign-in, password reset, health, token; static files are no routes
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "healthz",
    "readyz",
    "token",
    "revoke-token",
}
SAMPLES = {"uuid": str(UUID(int=4)), "int": "1", "slug": "nothing", "str": "nothing", "path": "nothing"}
KEPT = ROOT / "tests" / "architecture" / "routes.csv"
SIGN_IN = "/accounts/login/"


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
    organisation = Organisation.objects.create(code="route-test", name="Route test", kind="nhs")
    team = Team.objects.create(code="route-test", organisation=organisation, name="Route test", kind=TeamKind.OTHER)

    def make(role):
        user = User.objects.create_user(f"{role}@route.example", name=str(role))
        Membership.objects.create(user=user, team=team, role=role, starts_on=now().date())
        return user

    return make


def _refused(response):
    to_sign_in = response.status_code == 302 and response["Location"].startswith(SIGN_IN)
    return to_sign_in or response.status_code in {401, 403}


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
    response = client.get(ROUTES[name])
    assert not _refused(response)
    assert response.status_code < 500 or name == "readyz"


@pytest.mark.parametrize("role", list(Role))
def test_route__never_fails_whoever_posts_nothing(client, user_as, role):
    """An empty form, to a row that is not there, by each role: refused or asked again, never an error of ours."""
    user = user_as(role)
    failed = []
    for name, address in ROUTES.items():
        client.force_login(user)
        status = client.post(address).status_code
        if status >= 500:
            failed.append(f"{name} {status}")
    assert failed == []


def _answers(client, user_as):
    rows = {name: [] for name in sorted(ROUTES)}
    for role in ROLES:
        user = user_as(role)
        for name, answers in rows.items():
            client.force_login(user)  # anew: one of the routes signs out
            answers.append(str(client.get(ROUTES[name]).status_code))
    return rows


def _as_csv(rows):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["route", *ROLES])
    writer.writerows([name, *answers] for name, answers in rows.items())
    return text.getvalue()


def test_routes__answer_each_role_as_listed(client, user_as):
    found = _as_csv(_answers(client, user_as))
    if os.environ.get("ICRAS_UPDATE_ROUTES") == "1":
        KEPT.write_text(found)
    assert found.splitlines() == KEPT.read_text().splitlines()
    assert not re.search(r",5\d\d", found)
