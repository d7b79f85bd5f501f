"""Nobody learns who has an account: not by the answer, not by the work it takes, not by the limit on tries."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.domain import Role
from accounts.models import User
from notifications.models import Outbox
from tests.factories.accounts import PASSWORD, make_member, make_partner, make_place, make_user

pytestmark = pytest.mark.django_db


class Counting(MD5PasswordHasher):
    """Counts how often a password is hashed: the work that takes a page its time."""

    algorithm = "counting"
    done = 0

    def encode(self, password: str, salt: str) -> str:
        Counting.done += 1
        return super().encode(password, salt)


@pytest.fixture
def accounts(settings) -> dict[str, str]:
    """Return e-mail addresses by what stands behind them."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Counting"]
    make_place()
    cache.clear()
    closed = make_user("Closed", is_active=False)
    invited = User.objects.create_user("invited@icras.example", name="Invited Test")
    return {
        "there": make_member(Role.AUDITOR, name="Alice").email,
        "closed": closed.email,
        "invited": invited.email,
        "nobody": "nobody@icras.example",
    }


def words_of(page: str) -> str:
    """Return a page without the address that was typed and its one-time token."""
    return re.sub(r"[\w.]+@icras\.example|value=\"\w{64}\"|\"X-CSRFToken\": \"\w+\"", "*", page)


def tries(email: str, password: str = "a wrong password") -> tuple[int, str, int]:
    Counting.done = 0
    answer = Client().post(reverse("account_login"), {"login": email, "password": password})
    return answer.status_code, words_of(answer.text), Counting.done


def test_sign_in__says_and_costs_the_same_whoever_is_tried(accounts):
    found = {what: tries(email) for what, email in accounts.items()}
    assert set(found.values()) == {found["nobody"]}
    assert found["nobody"][2] == 1


def test_sign_in__right_password_of_a_closed_account_is_like_a_wrong_one(accounts):
    assert tries(accounts["closed"], PASSWORD) == tries(accounts["nobody"], PASSWORD)


def test_lock__is_not_pushed_out_by_tries_of_other_names(accounts):
    cache.set("lock", "kept", 600)
    for number in range(400):
        cache.set(f"other-{number}", number, 600)
    assert cache.get("lock") == "kept"


def test_sign_in__is_limited_alike_for_an_account_that_is_not_there(accounts):
    for what in ("there", "nobody"):
        for _ in range(5):
            tries(accounts[what])
    assert tries(accounts["there"])[:2] == tries(accounts["nobody"])[:2]
    assert "Too many wrong tries" in tries(accounts["nobody"])[1]
    assert "Too many wrong tries" in tries(accounts["there"], PASSWORD)[1]


def asks_for_a_link(email: str) -> tuple[int, str, str, int]:
    with CaptureQueriesContext(connection) as asked:
        answer = Client().post(reverse("account_reset_password"), {"email": email})
    return answer.status_code, answer.headers["Location"], words_of(answer.text), len(asked)


def test_reset__says_the_same_and_sends_nothing_while_it_is_waited_for(accounts):
    found = {what: asks_for_a_link(email) for what, email in accounts.items()}
    assert {one[:3] for one in found.values()} == {found["nobody"][:3]}
    assert mail.outbox == []
    assert {row.recipient.email for row in Outbox.objects.all()} == {accounts["there"], accounts["invited"]}
    # a row in the outbox is all that an account costs more: no mail server, no hash of a password
    assert found["there"][3] - found["nobody"][3] <= 10


def test_token__is_limited_for_each_address_before_a_secret_is_checked(accounts, settings):
    settings.ICRAS_TOKEN_RATE = "3/h"
    partner = make_partner()
    form = {"grant_type": "client_credentials", "client_id": partner.application.client_id, "client_secret": "guess"}
    answers = [Client().post("/o/token/", form) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    Counting.done = 0
    assert Client().post("/o/revoke_token/", form | {"token": "x"}).status_code == 429
    assert Counting.done == 0
    assert Client().post("/o/token/", form, REMOTE_ADDR="198.51.100.7").status_code == 401


def test_token__says_the_same_of_a_client_that_is_not_there(accounts):
    form = {"grant_type": "client_credentials", "client_secret": "guess"}
    there = Client().post("/o/token/", form | {"client_id": make_partner().application.client_id})
    nobody = Client().post("/o/token/", form | {"client_id": "nobody"})
    assert (
        (there.status_code, there.json()) == (nobody.status_code, nobody.json()) == (401, {"error": "invalid_client"})
    )


def test_revoke__wants_the_client_that_holds_the_token(accounts):
    assert Client().post("/o/revoke_token/", {"token": "x"}).status_code == 401
