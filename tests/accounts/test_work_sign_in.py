"""Signing in through an organisation's own provider: a real one, started here, that can also lie."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from accounts.domain import Role
from accounts.models import ClaimRole, Membership, Team, User
from audit.acting import now
from audit.models import AccessLog, CaseEvent
from tests.factories.accounts import PASSWORD, make_member, make_place, make_team, make_user
from tests.factories.identity_provider import CLIENT, KEY, OTHER_KEY, Provider, configured, running
from timelimits.domain.local_time import local_date

pytestmark = pytest.mark.django_db
START, BACK = "/account/work/town/", "/account/work/town/back/"
Configure = Callable[..., None]


@pytest.fixture(scope="module")
def town_server() -> Iterator[Provider]:
    with running() as server:
        yield server


@pytest.fixture
def town(town_server: Provider) -> Provider:
    """Return the provider, honest again, about Alice, whom it vouches for."""
    town_server.claims = {"sub": "subject-1", "email": "alice@town.example", "email_verified": True, "roles": ["ucr"]}
    town_server.info, town_server.lies, town_server.described, town_server.key = None, {}, {}, KEY
    town_server.algorithm, town_server.down, town_server.refuses = "RS256", frozenset(), ""
    town_server.asked.clear()
    return town_server


@pytest.fixture(autouse=True)
def configure(town: Provider, settings: Settings) -> Configure:
    """Configure the provider: configure(admits=True)."""
    make_place()
    cache.clear()

    def make(**changes: Any) -> None:
        settings.SOCIALACCOUNT_PROVIDERS = configured(town, **changes)

    make()
    return make


@pytest.fixture
def team() -> Team:
    return make_team("ucr-south")


@pytest.fixture
def mapped(team: Team) -> ClaimRole:
    return ClaimRole.objects.create(
        provider="town", claim="roles", value="ucr", team=team, role=Role.PRACTITIONER, profession="nurse"
    )


def away(client: Client, **sent: str) -> dict[str, str]:
    """Press the button, go to the provider, and return what it sends back."""
    response = client.post(START, sent)
    assert response.status_code == 302, response.content
    answer = requests.get(response["Location"], allow_redirects=False, timeout=5)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def come_in(client: Client, **sent: str) -> Any:
    """Sign in by the provider and return the answer to coming back."""
    return client.get(BACK, away(client, **sent))


def is_in(client: Client) -> bool:
    return client.get(reverse("accounts:me")).status_code == 200


def roles(user: User) -> set[tuple[str, str]]:
    return set(Membership.objects.filter(user=user, ends_on=None).values_list("role", "provider"))


def test_sign_in__an_invited_person_is_linked_by_a_verified_address(client: Client, team: Team) -> None:
    alice = make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    response = come_in(client, next="/account/keys/")
    assert response["Location"] == "/account/keys/"
    assert is_in(client)
    link = SocialAccount.objects.get()
    assert (link.user, link.provider, link.uid, link.extra_data) == (alice, "town", "subject-1", {})
    assert CaseEvent.objects.get(event="account.linked").data == {"provider": "town"}
    assert not SocialToken.objects.exists()


def test_sign_in__afterwards_the_number_counts_and_not_the_address(client: Client, town: Provider, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    come_in(client)
    town.claims = {"sub": "subject-1", "email": "new.name@town.example", "email_verified": True}
    other = Client()
    come_in(other)
    assert is_in(other)


@pytest.mark.parametrize("said", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "yes"}])
def test_sign_in__an_address_that_nobody_verified_opens_no_account(
    client: Client, town: Provider, team: Team, said: dict[str, Any]
) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    town.claims |= said
    assert come_in(client).status_code == 403
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_sign_in__an_address_of_the_providers_own_domain_needs_no_word(
    client: Client, town: Provider, team: Team, configure: Configure
) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    del town.claims["email_verified"]
    configure(email_domains=["Town.example"])
    come_in(client)
    assert is_in(client)


def test_sign_in__an_address_handed_on_to_a_successor_opens_nothing(client: Client, town: Provider, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    come_in(client)
    town.claims["sub"] = "subject-2"
    other = Client()
    assert come_in(other).status_code == 403
    assert not is_in(other)
    assert SocialAccount.objects.count() == 1


def test_sign_in__an_unknown_person_is_told_whom_to_ask_and_gets_no_account(
    client: Client, mapped: ClaimRole, settings: Settings
) -> None:
    settings.ICRAS_ACCOUNTS_HELP = "the desk, 0151 496 0199"
    response = come_in(client)
    assert response.status_code == 403
    assert "Ask the desk, 0151 496 0199." in response.content.decode()
    assert not User.objects.exists()
    assert AccessLog.objects.get(denied=True).what == "work_sign_in"


def test_sign_in__somebody_without_a_role_or_a_mapped_claim_is_not_let_in(client: Client, mapped: ClaimRole) -> None:
    make_user("Alice", email="alice@town.example")
    ClaimRole.objects.all().delete()
    assert come_in(client).status_code == 403
    assert not is_in(client)


def test_sign_in__a_disabled_account_stays_shut(client: Client, mapped: ClaimRole) -> None:
    alice = make_user("Alice", email="alice@town.example")
    come_in(client)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert come_in(Client()).status_code == 403


def test_admit__opens_an_account_for_a_mapped_claim_where_the_settings_say_so(
    client: Client, town: Provider, mapped: ClaimRole, configure: Configure
) -> None:
    configure(admits=True)
    town.claims |= {"name": "Alice Test"}
    come_in(client)
    user = User.objects.get()
    assert (user.email, user.name, user.has_usable_password()) == ("alice@town.example", "Alice Test", False)
    assert roles(user) == {("practitioner", "town")}
    assert is_in(client)
    told = CaseEvent.objects.filter(case_id=user.pk).order_by("pk").values_list("event", flat=True)
    assert list(told) == ["account.admitted", "account.linked", "account.role_given"]


@pytest.mark.parametrize("said", [{"roles": ["else"]}, {"email_verified": False}])
def test_admit__needs_a_mapped_claim_and_a_verified_address(
    client: Client, town: Provider, mapped: ClaimRole, configure: Configure, said: dict[str, Any]
) -> None:
    configure(admits=True)
    town.claims |= said
    assert come_in(client).status_code == 403
    assert not User.objects.exists()


def test_claims__bring_dated_roles_and_take_them_away_again(
    client: Client, town: Provider, mapped: ClaimRole, team: Team
) -> None:
    alice = make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    with time_machine.travel(now() - timedelta(days=3), tick=True):
        town.lies = {"exp": int(time.time()) + 300, "iat": int(time.time())}
        come_in(client)
    assert roles(alice) == {("commissioner", ""), ("practitioner", "town")}
    town.claims["roles"], town.lies = ["else"], {}
    come_in(Client())
    assert roles(alice) == {("commissioner", "")}
    ended = Membership.objects.get(provider="town")
    assert ended.ends_on is not None
    assert ended.ends_on < local_date(now())
    assert ended.profession == "nurse"
    events = CaseEvent.objects.filter(event__startswith="account.role").order_by("pk")
    assert [(one.event, one.actor_id, one.data["provider"]) for one in events] == [
        ("account.role_given", "system:icras", "town"),
        ("account.role_ended", "system:icras", "town"),
    ]


def test_claims__lost_on_the_same_day_end_at_once(client: Client, town: Provider, mapped: ClaimRole) -> None:
    make_user("Alice", email="alice@town.example")
    come_in(client)
    town.claims["roles"] = []
    assert come_in(Client()).status_code == 403
    assert not Membership.objects.exists()
    assert CaseEvent.objects.filter(event="account.role_ended").count() == 1


def test_claims__leave_roles_given_by_hand_alone(client: Client, town: Provider, mapped: ClaimRole, team: Team) -> None:
    alice = make_member(Role.PRACTITIONER, team, "Alice", email="alice@town.example")
    come_in(client)
    assert roles(alice) == {("practitioner", "")}
    town.claims["roles"] = []
    come_in(Client())
    assert roles(alice) == {("practitioner", "")}


def test_claims__that_the_token_had_no_room_for_change_nothing(
    client: Client, town: Provider, mapped: ClaimRole
) -> None:
    alice = make_user("Alice", email="alice@town.example")
    come_in(client)
    del town.claims["roles"]
    town.claims["_claim_names"] = {"roles": "src1"}
    come_in(Client())
    assert roles(alice) == {("practitioner", "town")}


def test_claims__of_another_provider_bring_nothing(client: Client, mapped: ClaimRole) -> None:
    make_user("Alice", email="alice@town.example")
    ClaimRole.objects.update(provider="else")
    assert come_in(client).status_code == 403


LIES: dict[str, dict[str, Any]] = {
    "expired": {"exp": -600},
    "audience": {"aud": "somebody-else"},
    "issuer": {"iss": "http://localhost:1"},
    "nonce": {"nonce": "of another browser"},
    "no nonce": {"nonce": None},
    "no expiry": {"exp": None},
    "party": {"aud": [CLIENT, "else"], "azp": "else"},
    "not yet": {"nbf": 600},
    "no subject": {"sub": None},
    "subject no text": {"sub": 7},
    "long subject": {"sub": "s" * 192},
    "NUL in subject": {"sub": "s\0"},
}


@pytest.mark.parametrize("lie", LIES)
def test_token__that_is_not_to_be_believed_lets_nobody_in(client: Client, town: Provider, team: Team, lie: str) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    at = int(time.time())  # "expired" and "not yet" are told in seconds from now
    town.lies = {name: at + told if name in ("exp", "nbf") and told else told for name, told in LIES[lie].items()}
    response = come_in(client)
    assert response.status_code == 403
    assert "could not be used" in response.content.decode()
    assert not is_in(client)
    assert not SocialAccount.objects.exists()


def test_token__is_believed_without_lies(client: Client, town: Provider, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    town.lies = {"aud": [CLIENT], "azp": CLIENT}
    come_in(client)
    assert is_in(client)


@pytest.mark.parametrize("how", ["another key", "no signature", "public key as secret"])
def test_token__signed_by_somebody_else_lets_nobody_in(client: Client, town: Provider, team: Team, how: str) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    if how == "another key":
        town.key = OTHER_KEY
    elif how == "no signature":
        town.algorithm = "none"
    else:
        town.algorithm = "HS256"
    assert come_in(client).status_code == 403
    assert not is_in(client)


def test_userinfo__about_somebody_else_lets_nobody_in(client: Client, town: Provider, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    town.info = town.claims | {"sub": "subject-2"}
    assert come_in(client).status_code == 403


def test_description__of_another_issuer_is_not_believed(client: Client, town: Provider) -> None:
    town.described = {"issuer": "http://localhost:1"}
    assert client.post(START).status_code == 503


@pytest.mark.parametrize("part", ["discovery", "token", "keys", "userinfo"])
def test_provider_down__is_said_plainly(client: Client, town: Provider, team: Team, part: str) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    if part == "discovery":
        town.down = frozenset({part})
        response = client.post(START)
    else:
        back = away(client)
        town.down = frozenset({part})
        response = client.get(BACK, back)
    # a token endpoint that refuses and one that is ill say the same to us: the code is not changed for a token
    assert response.status_code == (403 if part == "token" else 503)
    assert "sign in" in response.content.decode()
    assert not is_in(client)


def test_provider_gone__is_said_plainly(client: Client, settings: Settings) -> None:
    with running() as server:
        settings.SOCIALACCOUNT_PROVIDERS = configured(server)
    response = client.post(START)
    assert response.status_code == 503
    assert "does not answer" in response.content.decode()


def test_coming_back__with_an_answer_of_another_browser_or_twice_lets_nobody_in(client: Client, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    back = away(client)
    stranger = Client()
    assert stranger.get(BACK, back).status_code == 403
    assert not is_in(stranger)
    client.get(BACK, back)
    assert client.get(BACK, back).status_code == 403
    assert client.get(BACK, {"code": "x"}).status_code == 403
    assert client.get(BACK).status_code == 403


def test_coming_back__after_stopping_there_says_so(client: Client, town: Provider) -> None:
    town.refuses = "access_denied"
    response = come_in(client)
    assert response.status_code == 403
    assert "You stopped before" in response.content.decode()


@pytest.mark.parametrize("provider", ["nobody", "openid_connect", "openid-connect"])
def test_unknown_provider__is_not_found(client: Client, provider: str) -> None:
    assert client.post(f"/account/work/{provider}/").status_code == 404
    assert client.get(f"/account/work/{provider}/back/").status_code == 404


def test_start__takes_nothing_from_the_address_but_where_to_go_next(client: Client, town: Provider) -> None:
    response = client.post(f"{START}?process=connect&scope=all&auth_params=nonce%3Dx%26prompt%3Dnone")
    sent = {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}
    assert set(sent["scope"].split()) == {"openid", "profile", "email"}
    assert "prompt" not in sent
    assert sent["nonce"] != "x"
    assert sent["code_challenge_method"] == "S256"


def test_start__to_another_site_afterwards_is_not_followed(client: Client, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    assert come_in(client, next="https://elsewhere.example/")["Location"] == "/"


def test_second_factor__is_asked_although_the_organisation_signed_somebody_in(
    client: Client, mapped: ClaimRole, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    alice = make_user("Alice", email="alice@town.example")
    come_in(client)
    assert client.get(reverse("accounts:me"))["Location"] == reverse("mfa_activate_totp")
    TOTP.activate(alice, generate_totp_secret())
    again = Client()
    assert come_in(again)["Location"] == reverse("mfa_authenticate")
    assert not is_in(again)


@pytest.mark.parametrize(
    ("said", "wanted", "enough"),
    [
        ({"amr": ["pwd", "mfa"]}, ["amr=mfa"], True),
        ({"acr": "AAL3_ANY"}, ["amr=mfa", "acr=AAL3_ANY"], True),
        ({"amr": ["pwd"]}, ["amr=mfa"], False),
        ({"amr": ["pwd", "mfa"]}, [], False),
        ({}, ["amr=mfa"], False),
    ],
)
def test_second_factor__counts_when_the_signed_token_says_so_and_the_settings_allow(
    client: Client,
    town: Provider,
    mapped: ClaimRole,
    configure: Configure,
    settings: Settings,
    said: dict[str, Any],
    wanted: list[str],
    enough: bool,
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    configure(second_factor=wanted)
    TOTP.activate(make_user("Alice", email="alice@town.example"), generate_totp_secret())
    town.claims |= said
    come_in(client)
    assert is_in(client) is enough


def test_second_factor__said_by_userinfo_alone_does_not_count(
    client: Client, town: Provider, mapped: ClaimRole, configure: Configure, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    configure(second_factor=["amr=mfa"])
    TOTP.activate(make_user("Alice", email="alice@town.example"), generate_totp_secret())
    town.info = town.claims | {"amr": ["mfa"]}
    come_in(client)
    assert not is_in(client)


def test_second_factor__of_one_sign_in_does_not_count_for_the_next_user(
    client: Client, town: Provider, mapped: ClaimRole, configure: Configure, settings: Settings
) -> None:
    settings.ICRAS_REQUIRE_MFA = True
    configure(second_factor=["amr=mfa"])
    make_user("Alice", email="alice@town.example")
    make_user("Bob", email="bob@town.example")
    town.claims |= {"amr": ["mfa"]}
    come_in(client)
    assert is_in(client)
    town.claims = {"sub": "subject-2", "email": "bob@town.example", "email_verified": True, "roles": ["ucr"]}
    come_in(client)
    assert client.get(reverse("accounts:me"))["Location"] == reverse("mfa_activate_totp")


def test_session__keeps_neither_tokens_nor_claims(client: Client, town: Provider, mapped: ClaimRole) -> None:
    make_user("Alice", email="alice@town.example")
    town.claims |= {"secret_claim": "not to be kept"}
    come_in(client)
    kept = str([session.get_decoded() for session in Session.objects.all()])
    assert "not to be kept" not in kept
    assert "opaque" not in kept
    assert AUTHENTICATION_METHODS_SESSION_KEY in kept


def test_sign_out__on_a_shared_device_goes_by_way_of_the_provider(
    client: Client, town: Provider, mapped: ClaimRole
) -> None:
    make_user("Alice", email="alice@town.example")
    come_in(client)
    response = client.post(reverse("accounts:switch"))
    assert response["Location"].startswith(f"{town.url}/end_session?")
    back = parse_qs(urlsplit(response["Location"]).query)
    assert back == {"client_id": [CLIENT], "post_logout_redirect_uri": ["http://testserver/account/login/"]}
    assert not is_in(client)
    assert parse_qs(urlsplit(client.post(START)["Location"]).query)["prompt"] == ["login"]
    come_in(client)
    assert client.post(reverse("account_logout"))["Location"].startswith(f"{town.url}/end_session?")


def test_sign_out__on_ones_own_device_leaves_the_organisations_sign_in_alone(client: Client, mapped: ClaimRole) -> None:
    make_user("Alice", email="alice@town.example")
    come_in(client)
    assert client.post(reverse("account_logout"))["Location"] == "/account/login/"


def test_connect__links_an_identity_without_an_address_to_who_is_signed_in(
    client: Client, town: Provider, team: Team
) -> None:
    town.claims = {"sub": "uuid-of-cis2"}
    alice = make_member(Role.COMMISSIONER, team, "Alice")
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    response = client.post(reverse("accounts:connect", args=["town"]))
    answer = requests.get(response["Location"], allow_redirects=False, timeout=5)
    client.get(answer.headers["Location"].replace("http://testserver", ""))
    assert SocialAccount.objects.get().user == alice
    other = Client()
    come_in(other)
    assert is_in(other)


def test_connect__asks_for_the_password_once_more(client: Client, team: Team) -> None:
    client.force_login(make_member(Role.COMMISSIONER, team, "Alice"))
    response = client.post(reverse("accounts:connect", args=["town"]))
    assert response["Location"].startswith(reverse("account_reauthenticate"))


def test_connect__that_comes_back_long_after_the_proof_links_nothing(
    client: Client, team: Team, settings: Settings
) -> None:
    alice = make_member(Role.COMMISSIONER, team, "Alice")
    client.post(reverse("account_login"), {"login": alice.email, "password": PASSWORD})
    response = client.post(reverse("accounts:connect", args=["town"]))
    answer = requests.get(response["Location"], allow_redirects=False, timeout=5)
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.get(answer.headers["Location"].replace("http://testserver", "")).status_code == 403
    assert not SocialAccount.objects.exists()


def test_connect__never_takes_over_the_identity_of_somebody_else(client: Client, town: Provider, team: Team) -> None:
    make_member(Role.COMMISSIONER, team, "Alice", email="alice@town.example")
    come_in(Client())
    bob = make_member(Role.COMMISSIONER, team, "Bob")
    client.post(reverse("account_login"), {"login": bob.email, "password": PASSWORD})
    response = client.post(reverse("accounts:connect", args=["town"]))
    answer = requests.get(response["Location"], allow_redirects=False, timeout=5)
    refused = client.get(answer.headers["Location"].replace("http://testserver", ""))
    assert refused.status_code == 422
    assert SocialAccount.objects.get().user != bob


def test_unlink__ends_the_roles_that_the_sign_in_brought(client: Client, mapped: ClaimRole, team: Team) -> None:
    alice = make_user("Alice", email="alice@town.example")
    come_in(Client())
    client.force_login(make_member(Role.ADMINISTRATOR, team, "Ada"))
    page = client.get(reverse("accounts:person", args=[alice.pk])).content.decode()
    assert "Town Council" in page
    assert "by work sign-in" in page
    client.post(reverse("accounts:unlink", args=[alice.pk, "town"]))
    assert roles(alice) == set()
    assert not SocialAccount.objects.exists()
    assert CaseEvent.objects.filter(event="account.unlinked").count() == 1
    client.force_login(make_member(Role.TEAM_LEAD, team, "Tess"))
    assert client.post(reverse("accounts:unlink", args=[alice.pk, "town"])).status_code == 403
