"""What a passkey's answer may look like when no browser made it."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.domain import Role
from tests.factories.accounts import PASSWORD, make_member, make_place

pytestmark = pytest.mark.django_db

BYTES = "AAAA"
NONSENSE: list[Any] = [
    None,
    "",
    "x",
    1,
    [],
    {},
    {"id": BYTES},
    {"id": 1, "rawId": [], "type": {}, "response": "x"},
    {"id": "\0", "rawId": "é", "type": "public-key", "response": {}},
    {"id": BYTES, "rawId": BYTES, "type": "public-key", "response": {"clientDataJSON": BYTES}},
    {
        "id": BYTES,
        "rawId": BYTES,
        "type": "public-key",
        "response": {
            "clientDataJSON": BYTES,
            "attestationObject": BYTES,
            "authenticatorData": BYTES,
            "signature": BYTES,
        },
    },
    {
        "id": BYTES,
        "rawId": BYTES,
        "type": "public-key",
        "response": {
            "clientDataJSON": "e30",
            "attestationObject": "oA",
            "authenticatorData": BYTES * 20,
            "signature": BYTES,
            "userHandle": "AAAA",
        },
    },
]


@pytest.fixture(autouse=True)
def place() -> None:
    make_place()
    cache.clear()


@pytest.mark.parametrize("sent", NONSENSE, ids=str)
def test_passkey__that_no_browser_made_signs_nobody_in(client: Client, sent: Any) -> None:
    client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"})
    response = client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(sent)})
    assert response["Location"] == reverse("account_login")
    assert client.get(reverse("accounts:me")).status_code == 302


@pytest.mark.parametrize("sent", NONSENSE, ids=str)
def test_passkey__that_no_browser_made_is_not_added(client: Client, sent: Any) -> None:
    user = make_member(Role.SPA_OFFICER)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    response = client.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": json.dumps(sent)})
    assert response.status_code == 200
    assert "The passkey is not added" in response.content.decode()
    assert not Authenticator.objects.exists()


def test_passkey__asks_the_authenticator_to_know_its_owner(client: Client) -> None:
    answer = client.get(reverse("mfa_login_webauthn"), headers={"accept": "application/json"}).json()
    assert answer["request_options"]["publicKey"]["userVerification"] == "required"
    user = make_member(Role.SPA_OFFICER)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    asked = client.get(reverse("mfa_add_webauthn")).context["js_data"]["creation_options"]["publicKey"]
    assert asked["authenticatorSelection"]["userVerification"] == "required"
