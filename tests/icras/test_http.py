"""What crosses HTTP: refusals as answers, who acts, denials logged, and logs that tell nothing about people."""

import base64
import io
import json
import logging
from datetime import timedelta
from uuid import UUID

import pytest
import structlog
from django.test import Client
from django.urls import reverse
from oauth2_provider.models import AccessToken

from accounts.domain import Permission, Role, Scope
from audit.commands import now
from audit.models import AccessLog, CaseEvent
from icras import logs
from tests.factories.accounts import make_member, make_organisation, make_partner, make_place
from tests.icras.probes import SECRET

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.icras.probes")]
KEY = UUID(int=7)


@pytest.fixture
def log_lines():
    """Collect what would be written to the log, as parsed lines."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**_formatter()))
    root = logging.getLogger()
    kept = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(kept)


def _formatter():
    made = dict(logs.settings("INFO")["formatters"]["json"])
    del made["()"]
    return made


@pytest.fixture
def alice(client):
    """Sign alice in; errors become answers, as in production."""
    make_place()
    user = make_member(Role.CASE_COORDINATOR, name="Alice")
    client.force_login(user)
    client.raise_request_exception = False
    return user


def get(client, what, **headers):
    return client.get(f"/probe/{KEY}/{what}/", **headers)


# Refusals as pages


@pytest.mark.parametrize(
    ("what", "status", "words"),
    [
        ("not_found", 404, "Nothing here that you can open"),
        ("not_permitted", 403, "Your role does not allow this"),
        ("illegal", 409, "It was accepted."),
        ("stale", 409, "Bob changed this referral at 10:42."),
        ("rule", 422, "Say why."),
    ],
)
def test_refusal__becomes_a_page_with_its_words(client, alice, what, status, words):
    response = get(client, what)
    assert response.status_code == status
    assert words in response.content.decode()


@pytest.mark.parametrize("what", ["not_found", "not_permitted"])
def test_denial__is_logged_after_the_rollback(client, alice, what):
    get(client, what)
    assert not CaseEvent.objects.exists()
    row = AccessLog.objects.get(denied=True)
    assert (row.actor_id, row.what, row.ids) == (f"user:{alice.pk}", "probe", [str(KEY)])
    assert row.request_id


@pytest.mark.parametrize("what", ["illegal", "stale", "rule", "ok"])
def test_refusal__that_is_no_denial_is_not_logged_as_one(client, alice, what):
    get(client, what)
    assert not AccessLog.objects.filter(denied=True).exists()


def test_denial__of_somebody_not_signed_in_is_logged_too(client):
    make_place()
    assert client.get(f"/open-probe/{KEY}/not_found/").status_code == 404
    assert AccessLog.objects.get(denied=True).actor_id == "anonymous"


def test_bug__is_not_caught(client, alice):
    client.raise_request_exception = True
    with pytest.raises(ValueError, match="a value of a person"):
        get(client, "bug")


def test_page__is_kept_out_of_every_cache_once_signed_in(client, alice):
    assert "no-store" in get(client, "ok")["Cache-Control"]


def test_page__not_signed_in_goes_to_the_sign_in(client):
    response = get(client, "ok")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


def test_user__disabled_meanwhile_is_signed_out(client, alice):
    alice.is_active = False
    alice.save()
    assert get(client, "ok").status_code == 302


# Refusals as problem details


def token_for(partner, scopes, **fields):
    return AccessToken.objects.create(
        **(
            {
                "application": partner.application,
                "token": "t" * 30,
                "scope": " ".join(scopes),
                "expires": now() + timedelta(hours=1),
            }
            | fields
        )
    )


@pytest.fixture
def partner():
    return make_partner()


@pytest.fixture
def call(partner):
    """Call the REST probe with a token of every scope."""
    token = token_for(partner, Scope)
    client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {token.token}"})
    return lambda what: client.get(f"/api/v1/probe/{KEY}/{what}/")


@pytest.mark.parametrize(
    ("what", "status", "code"),
    [
        ("not_found", 404, "not_found"),
        ("not_permitted", 403, "not_permitted"),
        ("illegal", 409, "already_accepted"),
        ("stale", 412, "stale"),  # the If-Match of a write on an existing row
        ("rule", 422, "reason_missing"),
        ("invalid", 422, "invalid"),
        ("throttled", 429, "throttled"),
        ("unread", 400, "parse_error"),
        ("gone", 404, "not_found"),
    ],
)
def test_rest_error__is_problem_details(call, what, status, code):
    response = call(what)
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (body["status"], body["code"]) == (status, code)
    assert set(body) == {"type", "title", "status", "code", "detail", "errors"}


def test_rest_error__names_each_field(call):
    assert call("rule").json()["errors"] == [{"field": "reason", "message": "Say why."}]
    fields = {error["field"] for error in call("invalid").json()["errors"]}
    assert {"person.postcode"} < fields


def test_rest_error__tells_when_to_try_again(call):
    assert call("throttled")["Retry-After"] == "30"


def test_rest_denial__is_logged_with_the_client(call, partner):
    call("not_permitted")
    row = AccessLog.objects.get(denied=True)
    assert (row.actor_id, row.ids) == (f"client:{partner.pk}", [str(KEY)])
    assert not CaseEvent.objects.exists()


def test_rest__without_a_token_is_401_problem_details(client):
    response = client.get(f"/api/v1/probe/{KEY}/ok/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["code"] == "not_authenticated"


def test_rest__takes_no_session_of_a_person(client, alice):
    assert client.get(f"/api/v1/probe/{KEY}/ok/").status_code == 401


# Partner systems


def ask_token(client, partner, secret="s", **data):
    pair = base64.b64encode(f"{partner.application.client_id}:{secret}".encode()).decode()
    form = {"grant_type": "client_credentials"} | data
    return client.post("/o/token/", form, headers={"Authorization": f"Basic {pair}"})


def call_with(client, token):
    return client.get(f"/api/v1/probe/{KEY}/ok/", headers={"Authorization": f"Bearer {token}"})


def test_partner__gets_a_token_and_acts_as_its_organisation(client, partner):
    granted = ask_token(client, partner).json()
    assert set(granted["scope"].split()) == set(Scope)
    answer = call_with(client, granted["access_token"]).json()
    assert answer["client"] == "Partner Test"
    assert Permission.REFERRAL_ACCEPT in answer["may"]


def test_partner__with_a_wrong_secret_gets_no_token(client, partner):
    assert ask_token(client, partner, secret="wrong").status_code == 401


def test_partner__that_asks_for_less_may_less(client, partner):
    token = ask_token(client, partner, scope="referrals:read").json()["access_token"]
    assert call_with(client, token).json()["may"] == sorted([Permission.CLOCK_READ, Permission.REFERRAL_READ])


def test_partner__cannot_ask_for_a_scope_it_was_not_given(client):
    narrow = make_partner(scopes=(Scope.REFERRALS_READ,))
    assert ask_token(client, narrow, scope="triage:write").json() == {"error": "invalid_scope"}
    assert ask_token(client, narrow).json()["scope"] == "referrals:read"


def test_token__issued_before_the_client_lost_a_scope_loses_it_too(client, partner):
    token = ask_token(client, partner).json()["access_token"]
    partner.scopes = ["referrals:read"]
    partner.save()
    assert Permission.REFERRAL_ACCEPT not in call_with(client, token).json()["may"]


def test_stopped_client__gets_no_token_and_its_old_one_stops(client, partner):
    token = ask_token(client, partner).json()["access_token"]
    partner.is_active = False
    partner.save()
    assert call_with(client, token).status_code == 401
    assert ask_token(client, partner).status_code == 401


def test_token__that_is_over_is_refused(client, partner):
    token = token_for(partner, Scope, expires=now() - timedelta(seconds=1))
    assert call_with(client, token.token).status_code == 401


def test_token__of_an_application_that_is_no_partner_is_refused(client, partner):
    token = token_for(partner, Scope)
    partner.delete()
    assert call_with(client, token.token).status_code == 401


def test_partner__sees_its_own_organisations_teams_only():
    assert make_partner(make_organisation()).organisation.teams.count() == 0


# Logs


def of(lines, logger):
    return [line for line in lines if line["logger"] == logger]


def test_log__carries_the_request_id_that_the_answer_has(client, alice, log_lines):
    response = get(client, "ok")
    lines = log_lines()
    (inside,), (request,) = of(lines, "icras.probe"), of(lines, "icras.request")
    assert inside["request_id"] == request["request_id"] == response["X-Request-ID"]
    assert inside["actor"] == f"user:{alice.pk}"


def test_log__has_the_route_and_neither_address_nor_query(client, alice, log_lines):
    client.get(f"/probe/{KEY}/ok/?name=Testalder")
    (line,) = of(log_lines(), "icras.request")
    assert line["route"] == "probe/<uuid:key>/<str:what>/"
    assert (line["method"], line["status"]) == ("GET", 200)
    assert str(KEY) not in json.dumps(line)
    assert "Testalder" not in json.dumps(line)


@pytest.mark.parametrize("what", ["bug", "database"])
def test_log__of_an_exception_has_types_and_lines_and_no_values(client, alice, log_lines, what):
    assert get(client, what).status_code == 500
    (line,) = of(log_lines(), "django.request")
    assert SECRET not in json.dumps(line)
    assert str(KEY) not in json.dumps(line)
    assert line["route"] == "probe/<uuid:key>/<str:what>/"
    assert line["request_id"]
    assert any("probes.py" in frame for frame in line["exception"][0]["at"])


def test_log__of_a_database_error_names_what_is_behind_it(client, alice, log_lines):
    get(client, "database")
    (line,) = of(log_lines(), "django.request")
    kinds = [each["type"] for each in line["exception"]]
    assert kinds == ["django.db.utils.IntegrityError", "psycopg.errors.UniqueViolation"]


def test_log__of_a_librarys_failure_drops_what_it_would_fill_in(log_lines):
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        context = {"id": "5", "name": "timelimits.sweep", "exc": repr(error)}
        logging.getLogger("celery.app.trace").exception("Task %(name)s[%(id)s] raised: %(exc)s", context)
    (line,) = log_lines()
    assert SECRET not in json.dumps(line)
    assert (line["task_name"], line["task_id"]) == ("timelimits.sweep", "5")
    assert line["exception"][0]["type"] == "builtins.ValueError"


def test_log__of_our_own_exception_has_no_values_either(log_lines):
    try:
        raise ValueError(SECRET)
    except ValueError:
        structlog.get_logger("icras.probe").exception("failed")
    (line,) = log_lines()
    assert SECRET not in json.dumps(line)
    assert line["event"] == "failed"


def test_log__of_an_ordinary_line_of_a_library_is_kept(log_lines):
    logging.getLogger("somebody").warning("%s things", 3)
    assert log_lines()[0]["event"] == "3 things"


def test_django__mails_nobody_about_errors():
    assert logging.getLogger("django").handlers == []


@pytest.mark.urls("icras.urls")
@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/board/?zone=%00", None),
        ("/board/?%00=1", None),
        ("/people/find/", {"words": "ab\0cd"}),
        ("/referrals/draft/", {"summary": "ab\0cd"}),
    ],
)
def test_answer_page__nul_is_not_understood(alice, client, address, sent):
    answer = client.get(address) if sent is None else client.post(address, sent)
    assert answer.status_code == 400


@pytest.mark.urls("icras.urls")
def test_answer_page__a_host_name_that_is_not_ours_is_not_understood(client):
    answer = client.get("/healthz", headers={"host": "elsewhere.example"})
    assert (answer.status_code, "That was not understood" in answer.text) == (400, True)


def test_flash_message__may_name_a_person_and_so_is_in_no_cookie(alice, client):
    answer = client.post(reverse("accounts:extend"))
    assert answer.status_code == 302
    assert "messages" not in answer.cookies
    assert "You stay signed in." in client.get(reverse("accounts:me")).content.decode()
