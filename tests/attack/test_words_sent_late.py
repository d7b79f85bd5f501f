"""What is typed outlives the session it was typed in: it goes back into its own tab, to nobody else, and is kept nowhere."""

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.sign_in.device import COOKIE
from referrals.models import Enquiry
from tests.factories.referrals import open_front_door
from tests.factories.words import says

pytestmark = pytest.mark.django_db
OURS = "http://testserver"
WORDS = "Asked about <b>Mrs Testcase</b> & her stairs"


@pytest.fixture
def spa() -> User:
    cache.clear()
    return open_front_door().users["spa"]


@pytest.fixture
def browser(spa: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(spa)
    return client


def form_of(client: Client) -> dict[str, str]:
    page = client.get(reverse("referrals:enquiry_new"))
    return {"csrfmiddlewaretoken": str(page.context["csrf_token"]), "asked": WORDS, "received": "now"}


def send(client: Client, form: dict[str, str], origin: str = OURS, **headers: str):
    return client.post(reverse("referrals:enquiry_new"), form, headers={"Origin": origin, **headers})


def loses_its_cookie(client: Client) -> None:
    del client.cookies[settings.SESSION_COOKIE_NAME]


def is_signed_out_elsewhere(client: Client) -> None:
    Session.objects.all().delete()


def loses_both_cookies(client: Client) -> None:
    client.cookies.clear()


GONE = [loses_its_cookie, is_signed_out_elsewhere, loses_both_cookies]


@pytest.mark.parametrize("gone", GONE)
def test_words_sent_late__come_back_and_are_sent_after_signing_in(browser, spa, gone):
    form = form_of(browser)
    gone(browser)
    answer = send(browser, form)
    assert answer.status_code == 401
    assert ("asked", WORDS) in answer.context["fields"]
    page = answer.content.decode()
    assert "Mrs Testcase&lt;/b&gt; &amp; her stairs" in page
    assert "<b>Mrs" not in page
    browser.force_login(spa)
    again = send(browser, form | {"csrfmiddlewaretoken": str(answer.context["csrf_token"])})
    if again.status_code == 403:  # signing in made a new token: asked once more, with the words
        assert ("asked", WORDS) in again.context["fields"]
        again = send(browser, form | {"csrfmiddlewaretoken": str(again.context["csrf_token"])})
    assert again.status_code == 302
    assert Enquiry.objects.get().asked == WORDS


@pytest.mark.parametrize("gone", GONE)
def test_words_sent_late__are_kept_nowhere(browser, gone):
    form = form_of(browser)
    gone(browser)
    before = Session.objects.count()
    answer = send(browser, form)
    assert Session.objects.count() == before
    assert not Enquiry.objects.exists()
    assert "Testcase" not in "".join(cookie.value for cookie in browser.cookies.values())
    assert "Testcase" not in str(answer.headers)
    assert "no-store" in answer["Cache-Control"]
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from icras_cache where value like '%Testcase%'")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", ""])
def test_words_sent_late__from_another_site_are_never_shown(browser, gone, origin):
    form = form_of(browser)
    gone(browser)
    answer = send(browser, form, origin)
    assert answer.status_code in {302, 403}
    assert "Testcase" not in answer.content.decode()


@pytest.mark.parametrize("gone", GONE)
def test_words_sent_late__on_a_shared_device_are_shown_to_nobody(browser, gone):
    form = form_of(browser)
    gone(browser)
    browser.cookies[COOKIE] = "1"
    answer = send(browser, form)
    assert (answer.status_code, answer["Location"]) == (302, reverse("account_login"))
    assert "Testcase" not in answer.content.decode()


@pytest.mark.parametrize("gone", GONE)
def test_words_sent_late__by_a_part_of_a_page_stay_on_it(browser, gone):
    form = form_of(browser)
    gone(browser)
    answer = send(browser, form, **{"HX-Request": "true"})
    assert (answer.status_code, answer.json()) == (401, {"signed_out": True})


def test_words_sent_late__a_part_of_a_page_gets_a_token_to_send_again_with(browser, spa):
    form = form_of(browser)
    browser.cookies.clear()
    browser.force_login(spa)
    answer = send(browser, form, **{"HX-Request": "true"})
    assert answer.status_code == 403
    assert send(browser, form | {"csrfmiddlewaretoken": answer["X-ICRAS-Token"]}).status_code == 302
    elsewhere = send(browser, form, "https://elsewhere.example", **{"HX-Request": "true"})
    assert elsewhere.status_code == 403
    assert "X-ICRAS-Token" not in elsewhere


@pytest.mark.parametrize("address", ["account_login", "mfa_authenticate", "account_reset_password"])
def test_words_sent_late__what_signs_somebody_in_is_never_handed_back(browser, address):
    token = form_of(browser)["csrfmiddlewaretoken"]
    loses_its_cookie(browser)
    form = {"csrfmiddlewaretoken": token, "login": "a@icras.example", "password": "secret-words", "code": "135790"}
    page = browser.post(reverse(address), form, headers={"Origin": OURS}).content.decode()
    assert "secret-words" not in page
    assert not says(page, "135790")
    assert "You were signed out" not in page


def test_words_sent_late__a_password_being_changed_is_not_handed_back(browser):
    form = form_of(browser) | {"oldpassword": "secret-words", "password1": "secret-words"}
    loses_its_cookie(browser)
    page = browser.post(reverse("account_change_password"), form, headers={"Origin": OURS}).content.decode()
    assert "You were signed out before this was sent" in page
    assert "secret-words" not in page
