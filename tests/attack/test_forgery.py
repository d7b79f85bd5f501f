"""Forged forms: nothing is taken without the token of the page it was on."""

import pytest
from django.test import Client

from tests.architecture.test_routes import PUBLIC
from tests.attack.conftest import Site
from tests.attack.grounds import PAGES, ROUTES
from tests.attack.stored import row_counts

pytestmark = pytest.mark.django_db
# No cookie counts there, so no form can be forged.
PROVED_ELSEWHERE = frozenset({"csp-report", "token", "revoke-token"})


def test_every_form__without_its_token_is_refused_and_saves_nothing(site: Site):
    kept = {user: client.handler.enforce_csrf_checks for user, client in site.clients.items()}
    wrong = []
    try:
        for client in site.clients.values():
            client.handler.enforce_csrf_checks = True
        for name, form in sorted(site.forms.items()):
            before = row_counts()
            answer = site.send(form)
            if answer.status_code != 403 or row_counts() != before:
                wrong.append(f"{name}: {answer.status_code}")
    finally:
        for user, client in site.clients.items():
            client.handler.enforce_csrf_checks = kept[user]
    assert wrong == []


@pytest.mark.parametrize(
    "name", [name for name in PAGES if name not in PROVED_ELSEWHERE and not ROUTES[name].pattern.startswith("api/")]
)
def test_every_route__refuses_a_post_without_the_token(site: Site, name: str):
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if name not in PUBLIC:
        client.force_login(site.grounds.insiders[0])
    answer = client.post(ROUTES[name].address(), headers={"Origin": "https://elsewhere.example"})
    assert answer.status_code in {403, 405}
