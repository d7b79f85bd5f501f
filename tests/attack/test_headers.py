"""What stands around every answer: policy, frames, types, referrers, caches; where a redirect may lead; which host counts."""

import ast
import csv
import json
import re
from io import StringIO
from urllib.parse import urljoin, urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.domain import Role
from accounts.queries import actor_for
from audit.commands import now
from casework.commands.restrict import restrict_person
from notifications.delivery import deliver
from referrals.models import Person
from tests.architecture.source import product
from tests.attack.conftest import Site, signed_in
from tests.attack.grounds import PAGES, REST
from tests.factories.referrals import person_at

pytestmark = pytest.mark.django_db
EVIL = (
    "https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example",
    "https:evil.example", "javascript:alert(1)", "https://testserver@evil.example/", "/%0d%0aLocation:%20https://evil.example",
    "http://testserver.evil.example/", "\thttps://evil.example", "data:text/html,x",
)  # fmt: skip


# Codes and times; a file that somebody attached has the name that they gave it, made safe.
DOWNLOAD = re.compile(r'attachment; filename="[\w.-][\w .-]*\.[a-z]{3,4}"', re.ASCII)
DOWNLOAD_EXAMPLE = 'attachment; filename="board-20260917-1332.csv"'


def policy(header: str) -> dict[str, list[str]]:
    parts = [part.split() for part in header.split(";") if part.strip()]
    return {name: values for name, *values in parts}


def faults(answer) -> list[str]:
    """Return which headers an answer lacks."""
    said = policy(answer.headers.get("Content-Security-Policy", ""))
    wanted = {
        "nosniff": answer.headers.get("X-Content-Type-Options") == "nosniff",
        "frames": answer.headers.get("X-Frame-Options") == "DENY" and said.get("frame-ancestors") == ["'none'"],
        "referrer": answer.headers.get("Referrer-Policy") == "same-origin",
        "opener": answer.headers.get("Cross-Origin-Opener-Policy") == "same-origin",
        "no store": "no-store" in answer.headers.get("Cache-Control", ""),
        "default": said.get("default-src") == ["'self'"],
        "objects": said.get("object-src") == ["'none'"] and said.get("base-uri") == ["'none'"],
        "unsafe": "unsafe" not in answer.headers.get("Content-Security-Policy", ""),
        "reports": said.get("report-uri") == ["/csp-report/"],
        "file name": bool(DOWNLOAD.fullmatch(answer.headers.get("Content-Disposition", DOWNLOAD_EXAMPLE))),
    }
    if "sandbox" in said:  # a file that somebody else made: shown by no browser as a page of ours
        wanted |= dict.fromkeys(("objects", "frames", "reports"), True)
        wanted["default"] = said.get("default-src") == ["'none'"]
    return [name for name, good in wanted.items() if not good]


def test_every_answer__carries_the_headers(site: Site):
    wrong = []
    for name in filter(site.grounds.has, PAGES + REST):
        address = site.grounds.address(name)
        for user in (None, site.grounds.insiders[0], site.grounds.insiders[1]):
            for method in ("get", "post"):
                client = Client(raise_request_exception=False)
                client.cookies = site.clients[user].cookies.copy()
                if found := faults(getattr(client, method)(address)):
                    wrong.append(f"{method} {name} as {user}: {found}")
    assert not wrong, "\n".join(wrong)


def test_door_of_a_restricted_record__carries_the_headers(site: Site):
    users = site.grounds.door.users
    team, person_id = users["manager"].memberships.get().team, site.grounds.rows["people"]
    officer = person_at(team, "Pia Privacy", Role.PRIVACY_OFFICER)
    restrict_person(
        by=actor_for(officer),
        person_id=person_id,
        reason="at_risk",
        words="Looked for",
        team_ids=[site.grounds.door.spa.pk],
    )
    for user in (users["manager"], officer, users["alice"]):
        for path in ("", "break-glass/", "restrict/"):
            answer = site.clients.get(user, signed_in(user)).get(f"/people/{person_id}/{path}")
            assert (faults(answer), answer.status_code < 500) == ([], True)
    assert faults(signed_in(officer).get("/people/restricted/")) == []


@pytest.mark.parametrize(
    "path", ["/nothing/", "/board/?zone=%00", "/api/v1/nothing/", "/account/password/reset/key/1-1/"]
)
def test_every_fault__carries_the_headers(site: Site, path: str):
    assert faults(site.clients[site.grounds.insiders[0]].get(path)) == []
    assert faults(Client().get(path)) == []


def test_form__too_long_forged_or_after_the_session_carries_the_headers(site: Site):
    user = site.grounds.insiders[1]
    assert faults(Client().post(reverse("account_login"), {"x": "x" * 2_000_000})) == []
    forged = Client(enforce_csrf_checks=True)
    forged.force_login(user)
    assert faults(forged.post(reverse("referrals:register"), {"summary": "x"})) == []
    late = Client()
    late.force_login(user)
    session = late.session
    session["icras_seen_at"], session["icras_limit_at"] = 1, 2
    session.save()
    answer = late.post(reverse("referrals:register"), {"summary": "x"}, headers={"Origin": "http://testserver"})
    assert (answer.status_code, faults(answer)) == (401, [])


def test_pages__hold_no_script_or_style_of_their_own(site: Site):
    """The policy would block it; a page must not count on a browser that does not."""
    for name in filter(site.grounds.has, PAGES):
        page = site.clients[site.grounds.insiders[1]].get(site.grounds.address(name))
        if page.status_code == 200 and "html" in page["Content-Type"]:
            assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", page.text), name
            assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page.text), name


# Where a redirect may lead


@pytest.mark.parametrize("name", ["account_login", "account_logout", "account_reauthenticate", "mfa_reauthenticate"])
@pytest.mark.parametrize("address", EVIL)
def test_next__never_leads_elsewhere(site: Site, name: str, address: str):
    user = site.grounds.door.users["alice"]
    client = Client()
    if name != "account_login":
        client.force_login(user)
    form = {"login": user.email, "password": "a long enough password", "next": address}
    for answer in (client.get(reverse(name), {"next": address}), client.post(f"{reverse(name)}?next={address}", form)):
        led = urlsplit(urljoin("http://testserver/", answer.headers.get("Location", "").replace("\\", "/")))
        assert (led.scheme, led.netloc) == ("http", "testserver")


def test_next__leads_back_on_this_site(site: Site):
    user = site.grounds.door.users["alice"]
    form = {"login": user.email, "password": "a long enough password", "next": "/caseload/?show=all"}
    assert Client().post(reverse("account_login"), form).headers["Location"] == "/caseload/?show=all"


@pytest.mark.parametrize(
    "address", ["http://testserver//evil.example/x", "http://testserver////evil.example", "https://evil.example/"]
)
def test_htmx__is_not_led_elsewhere_by_the_page_it_names(site: Site, address: str):
    form = site.forms["referrals:take"]
    answer = site.post(form.user, form.address, form.good(), headers={"HX-Request": "true", "HX-Current-URL": address})
    assert not answer.headers.get("HX-Redirect", "/").startswith(("//", "http"))


# Which host counts


@pytest.mark.parametrize("path", ["/account/login/", "/healthz", "/api/v1/referrals/"])
def test_host__that_is_not_ours_is_not_answered(site: Site, path: str):
    assert Client().get(path, headers={"Host": "evil.example"}).status_code == 400
    said = Client().get(path, headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in said.text + said.headers.get("Location", "")


def test_host__of_a_request_is_in_no_link_that_is_sent(site: Site, settings):
    settings.ALLOWED_HOSTS, settings.ICRAS_SITE_URL = ["*"], "https://icras.example"
    alice = site.grounds.door.users["alice"]
    Client().post(reverse("account_reset_password"), {"email": alice.email}, headers={"Host": "evil.example"})
    administrator = site.clients[site.grounds.door.users["administrator"]]
    administrator.post(reverse("accounts:invite_again", args=[alice.pk]), headers={"Host": "evil.example"})
    deliver(now=now())
    assert len([m for m in mail.outbox if m.to == [alice.email]]) >= 2
    for message in mail.outbox:
        assert "evil.example" not in message.body
        assert "https://icras.example/" in message.body


# Files: taken and given in few places, each tried

READS_FILES = {"request.FILES", "forms.FileField", "models.FileField", "models.ImageField", "serializers.FileField"}
# Tried in tests/referrals/test_files.py and test_imports.py: told by their bytes, scanned, never opened before
TAKES_FILES = {"referrals/forms/files.py", "referrals/views/files.py", "referrals/views/imports.py"}
# Tried below, in tests/referrals/test_files.py, tests/casework/test_readers.py, tests/reporting
GIVES_FILES = {
    "casework/views/board.py",
    "casework/views/disclose.py",
    "casework/views/readers.py",
    "referrals/views/files.py",
    "reporting/views/tables.py",
}


def test_product__takes_and_gives_files_only_where_they_are_tried():
    taken, given = set(), set()
    for source in product():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in READS_FILES:
                taken.add(str(source.path))
            if isinstance(node, ast.Constant) and node.value == "Content-Disposition":
                given.add(str(source.path))
    assert taken - TAKES_FILES == set()
    assert given - GIVES_FILES == set()
    assert taken
    assert given


def test_file__has_a_name_without_a_person_and_no_cell_that_counts(site: Site):
    person = Person.objects.filter(referrals__pk=site.grounds.rows["referrals"])
    person.update(family_name="=HYPERLINK(1)", given_name='"\r\nX: y')
    answer = site.post(site.grounds.door.users["manager"], reverse("casework:board_export"), {})
    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="[a-z]+-[0-9]{8}-[0-9]{4}\.csv"', answer.headers["Content-Disposition"])
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "HYPERLINK" in answer.text
    cells = [cell for row in csv.reader(StringIO(answer.text)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert faults(answer) == []


# Reports of browsers

REPORT = {
    "csp-report": {
        "document-uri": "http://testserver/cases/00000000-0000-0000-0000-000000000004/?name=Testalder",
        "violated-directive": "script-src-elem",
        "effective-directive": "script-src-elem",
        "blocked-uri": "https://evil.example/steal?who=Testalder",
        "script-sample": "alert('Testalder')",
        "source-file": "http://testserver/people/Testalder",
    }
}


def report(client: Client, body, **headers: str):
    raw = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post("/csp-report/", raw, content_type="application/csp-report", headers=headers)


def test_csp_report__is_logged_as_codes(db, caplog):
    assert report(Client(), REPORT).status_code == 204
    (said,) = [record.msg for record in caplog.records if record.name == "icras.csp"]
    assert {key: said[key] for key in ("directive", "kind", "route")} == {
        "directive": "script-src-elem",
        "kind": "elsewhere",
        "route": "cases/<uuid:case_id>/",
    }
    assert "Testalder" not in caplog.text
    assert "evil.example" not in caplog.text


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{",
        b"\xff",
        '{"csp-report": 3}',
        "[" * 100_000,
        '{"csp-report": {"blocked-uri": "http://[", "document-uri": 7}}',
    ],
)
def test_csp_report__that_is_none_does_no_harm(db, body):
    assert report(Client(), body).status_code in {204, 400}


def test_csp_report__too_long_is_refused_unread(db, caplog):
    assert report(Client(), {"csp-report": REPORT["csp-report"] | {"script-sample": "x" * 17_000}}).status_code == 400
    assert report(Client(), {"csp-report": REPORT["csp-report"] | {"script-sample": "x" * 9_000}}).status_code == 204
    assert report(Client(), "x" * 10_000_000).status_code == 413
    assert len([record for record in caplog.records if record.name == "icras.csp"]) == 1


def test_csp_report__is_limited_for_each_address(db, settings):
    settings.ICRAS_REPORT_RATE = "3/h"
    assert [report(Client(), REPORT).status_code for _ in range(4)] == [204, 204, 204, 429]
