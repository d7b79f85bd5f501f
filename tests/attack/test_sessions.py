"""Sessions: not planted, not outliving sign-out, a password or a second factor."""

import json
import os
import subprocess
import sys

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.domain import Role
from accounts.models import User
from audit.commands import now
from notifications.delivery import deliver
from notifications.models import Message
from tests.architecture.source import ROOT
from tests.factories.accounts import PASSWORD, make_member, make_place
from tests.factories.passkeys import new_passkey

pytestmark = pytest.mark.django_db
NEW = "another long pass phrase"
HEADERS_OF_PRODUCTION = """
import json
from django.conf import settings
names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "MFA_TRUST_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SAMESITE",
    "SESSION_COOKIE_DOMAIN", "SESSION_COOKIE_PATH", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "DEBUG", "ICRAS_REQUIRE_MFA",
    "SESSION_EXPIRE_AT_BROWSER_CLOSE", "SESSION_ENGINE", "USE_X_FORWARDED_HOST", "ALLOWED_HOSTS", "ICRAS_IDLE_MINUTES",
    "SESSION_COOKIE_AGE"]
print(json.dumps({name: getattr(settings, name) for name in names}))
"""


@pytest.fixture
def alice() -> User:
    make_place()
    cache.clear()
    return make_member(Role.CASE_COORDINATOR, name="Alice")


def sign_in(user: User, client: Client | None = None) -> Client:
    client = client or Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts:me")).status_code == 200


def key_of(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(now().timestamp()) // 30))


def gives_code(client: Client, secret: str) -> None:
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    client.post(reverse("mfa_trust"), {"action": "untrust"})


# Fixation and sign-out


def test_session__planted_before_sign_in_is_not_the_one_after(alice):
    victim, attacker = Client(), Client()
    victim.get(reverse("account_login"))
    session = victim.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    victim.cookies[settings.SESSION_COOKIE_NAME] = attacker.cookies[settings.SESSION_COOKIE_NAME] = planted
    sign_in(alice, victim)
    assert key_of(victim) != planted
    assert is_in(victim)
    assert not is_in(attacker)


def test_session__with_a_made_up_key_is_none(alice):
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    assert not is_in(client)
    sign_in(alice, client)
    assert key_of(client) != "a" * 32


def test_session__signed_out_is_dead_on_the_server_too(alice):
    client, thief = sign_in(alice), Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = key_of(client)
    assert is_in(thief)
    client.post(reverse("account_logout"))
    assert not is_in(thief)


def test_session__key_changes_with_the_second_factor(alice):
    secret = generate_totp_secret()
    TOTP.activate(alice, secret)
    client = sign_in(alice)
    half = key_of(client)
    assert not is_in(client)
    gives_code(client, secret)
    assert is_in(client)
    assert key_of(client) != half


# A change of what proves who somebody is


def changes_password(client: Client, user: User) -> None:
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    client.post(reverse("account_change_password"), form)


def sets_up_codes(client: Client, user: User) -> None:
    page = client.get(reverse("mfa_activate_totp"))
    client.post(reverse("mfa_activate_totp"), {"code": code_of(page.context["form"].secret)})


def makes_new_recovery_codes(client: Client, user: User) -> None:
    client.post(reverse("mfa_generate_recovery_codes"))


def removes_codes(client: Client, user: User) -> None:
    client.post(reverse("mfa_deactivate_totp"))


@pytest.mark.django_db(transaction=True)  # allauth tells of it when the change is kept
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (changes_password, "Your password was changed"),
        (sets_up_codes, "Your second factor was changed"),
        (makes_new_recovery_codes, "Your second factor was changed"),
        (removes_codes, "Your second factor was changed"),
    ],
)
def test_change__of_a_proof_ends_the_other_sessions_and_is_told(alice, change, words):
    secret = generate_totp_secret()
    if change in (makes_new_recovery_codes, removes_codes):
        TOTP.activate(alice, secret)
    ours, other = sign_in(alice), Client()
    if Authenticator.objects.exists():
        gives_code(ours, secret)
    other.force_login(User.objects.get())
    assert is_in(ours)
    assert is_in(other)
    change(ours, alice)
    assert is_in(ours)
    assert not is_in(other)
    assert Message.objects.filter(user=alice).exists()
    deliver(now=now())
    assert {tuple(message.to) for message in mail.outbox} == {(alice.email,)}
    assert words in mail.outbox[0].subject
    assert "Alice" not in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
def test_passkey__added_or_removed_ends_the_other_sessions_and_is_told(alice):
    ours, other = Client(), Client()
    sign_in(alice, ours)
    page = ours.get(reverse("mfa_add_webauthn"))
    for act in ("add", "remove"):
        other.force_login(User.objects.get())
        if act == "add":
            made = new_passkey(page.context["js_data"]["creation_options"], "https://testserver")
            ours.post(reverse("mfa_add_webauthn"), {"name": "My phone", "credential": made})
            passkey = Authenticator.objects.get(type=Authenticator.Type.WEBAUTHN)
        else:
            ours.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))
            assert not Authenticator.objects.filter(pk=passkey.pk).exists()
        assert is_in(ours)
        assert not is_in(other)
        mail.outbox.clear()
        deliver(now=now())
        assert {tuple(message.to) for message in mail.outbox} == {(alice.email,)}
        assert "Your second factor was changed" in mail.outbox[0].subject


def test_reset__by_the_link_ends_every_session_and_the_link_works_once(alice):
    other = sign_in(alice)
    client = Client()
    client.post(reverse("account_reset_password"), {"email": alice.email})
    deliver(now=now())
    path = next(line for line in mail.outbox[0].body.splitlines() if "/password/reset/key/" in line).partition(
        "127.0.0.1:8000"
    )[2]
    page = client.get(path, follow=True)
    assert path not in page.request["PATH_INFO"]  # the key is not left in an address
    client.post(page.request["PATH_INFO"], {"password1": NEW, "password2": NEW})
    assert not is_in(other)
    assert "This link no longer works" in Client().get(path, follow=True).text
    deliver(now=now())
    assert "Your password was changed" in mail.outbox[-1].subject


def test_reset__of_a_second_factor_ends_every_session_and_is_told(alice):
    TOTP.activate(alice, generate_totp_secret())
    theirs, administrator = Client(), Client()
    theirs.force_login(alice)
    administrator.force_login(make_member(Role.ADMINISTRATOR))
    administrator.post(reverse("accounts:reset_factor", args=[alice.pk]), {"checked": "on", "reason": "lost"})
    assert not is_in(theirs)
    assert not Authenticator.objects.filter(user=alice).exists()
    assert deliver(now=now()) == 1
    assert (mail.outbox[0].to, "taken away" in mail.outbox[0].subject) == ([alice.email], True)


def test_disabled__is_out_at_once_and_stays_out(alice):
    client = sign_in(alice)
    administrator = Client()
    administrator.force_login(make_member(Role.ADMINISTRATOR))
    administrator.post(reverse("accounts:disable", args=[alice.pk]))
    assert not is_in(client)


# Cookies


def test_cookies__of_a_session_are_out_of_reach_of_scripts_and_other_sites(alice):
    client = sign_in(alice)
    client.get(reverse("account_logout"))
    for cookie in client.cookies.values():
        assert (cookie["httponly"], cookie["samesite"], cookie["domain"], cookie["path"]) == (True, "Lax", "", "/")


def test_cookies__and_transport_in_production():
    environ = os.environ | {
        "ICRAS_MODE": "production",
        "SECRET_KEY": "s" * 60,
        "ALLOWED_HOSTS": "icras.example",
        "ICRAS_SITE_URL": "https://icras.example",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "icras.settings",
    }
    said = subprocess.run(
        [sys.executable, "-c", HEADERS_OF_PRODUCTION], env=environ, cwd=ROOT, capture_output=True, text=True
    )
    told = json.loads(said.stdout)
    for name in ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "MFA_TRUST_COOKIE_NAME"):
        assert told[name].startswith("__Host-")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY"):
        assert told[name] is True
    assert (told["SESSION_COOKIE_DOMAIN"], told["SESSION_COOKIE_PATH"]) == (None, "/")
    assert told["SECURE_SSL_REDIRECT"]
    assert told["SECURE_HSTS_SECONDS"] >= 31536000
    assert told["ICRAS_REQUIRE_MFA"]
    assert not told["DEBUG"]
    assert not told["USE_X_FORWARDED_HOST"]
    assert told["ALLOWED_HOSTS"] == ["icras.example"]
    assert told["ICRAS_IDLE_MINUTES"] <= 30
    assert told["SESSION_COOKIE_AGE"] <= 12 * 3600
    assert told["SESSION_ENGINE"] == "django.contrib.sessions.backends.db"
