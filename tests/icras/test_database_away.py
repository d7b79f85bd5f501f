"""The database away for a moment: said so within seconds, and nothing that was typed is lost."""

import os

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest
from django.test import Client, RequestFactory

from icras.views import server_error
from tests.factories.accounts import make_member, make_place

TYPED = {"summary": "Fell in the <bathroom>", "password1": "secret", "csrfmiddlewaretoken": "x"}
OURS = {"HTTP_ORIGIN": "http://testserver"}


def answer(request: HttpRequest, fault: Exception):
    """Return what is answered to a request while a fault is being handled."""
    request.COOKIES = {}
    try:
        raise fault
    except type(fault):
        return server_error(request)


@pytest.mark.parametrize("fault", [OperationalError("the connection is lost"), InterfaceError("closed")])
def test_database_away__a_page_keeps_what_was_typed_and_asks_no_database(fault: Exception) -> None:
    response = answer(RequestFactory().post("/referrals/new/", TYPED, **OURS), fault)
    page = response.content.decode()
    assert (response.status_code, response["Retry-After"], response["Cache-Control"]) == (503, "10", "no-store")
    assert 'name="summary" value="Fell in the &lt;bathroom&gt;"' in page
    assert 'action="/referrals/new/"' in page
    assert "Send it now" in page
    assert "secret" not in page


def test_database_away__what_another_site_sent_is_not_offered_again() -> None:
    response = answer(RequestFactory().post("/referrals/new/", TYPED), OperationalError())
    assert "bathroom" not in response.content.decode()
    assert "Try again" in response.content.decode()


def test_database_away__the_api_says_to_send_it_again_with_the_same_key() -> None:
    response = answer(RequestFactory().post("/api/v1/referrals/"), OperationalError())
    assert (response.status_code, response["Content-Type"]) == (503, "application/problem+json")
    assert b'"code": "try_again"' in response.content
    assert b"same Idempotency-Key" in response.content


def test_server_error__of_our_own_is_500_and_tells_no_detail() -> None:
    page = answer(RequestFactory().get("/board/"), ValueError("9991234004"))
    api = answer(RequestFactory().get("/api/v1/referrals/"), ValueError("9991234004"))
    assert (page.status_code, api.status_code) == (500, 500)
    assert b'"code": "server_error"' in api.content
    assert b"9991234004" not in page.content + api.content
    assert "Retry-After" not in page


@pytest.mark.django_db(transaction=True)
def test_database_away__in_the_middle_of_a_session_is_503() -> None:
    make_place()
    client = Client(raise_request_exception=False)
    client.force_login(make_member("case_coordinator", name="Alice"))  # type: ignore[arg-type]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    with psycopg.connect(os.environ["DATABASE_URL"]) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert client.get("/").status_code == 503
    connection.close()
    assert client.get("/").status_code == 302
