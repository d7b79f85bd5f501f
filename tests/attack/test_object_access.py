"""Ids that are guessed: a row of others looks like a row that is not there, on every route, in every format, to every role.

What each role gets for rows that are not there is listed in tests/architecture/routes.csv; here the rows exist.
"""

import csv
import re
from uuid import uuid4

import pytest
from django.test import Client

from accounts.domain import ROLES, SCOPES, Role
from tests.architecture.source import ROOT
from tests.attack.conftest import signed_in, undone
from tests.attack.grounds import PAGES, REST, ROUTES
from tests.factories.partners import partner_of

pytestmark = pytest.mark.django_db
PART = {"HX-Request": "true", "HX-Current-URL": "http://testserver/board/"}
ABOUT_ROWS = sorted(name for name in PAGES if ROUTES[name].nouns and name != "account_reset_password_from_key")
# An id of these is no secret: who asks may do it anywhere, or sees only what is theirs.
OWN_ONLY = frozenset({"notifications:read", "mfa_remove_webauthn"})
OF_ACCOUNTS = frozenset({"staff", "partners", "rota", "work", "roles", "patterns", "shifts", "cover"})
PARTS = frozenset({"casework:panel"})
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def listed() -> dict[str, dict[str, str]]:
    """Return what each role gets on each method and route, as the list beside the architecture tests says."""
    with (ROOT / "tests" / "architecture" / "routes.csv").open(newline="") as file:
        return {row.pop("method and route"): row for row in csv.DictReader(file)}


def ask(client: Client, method: str, address: str, part: bool = False) -> tuple[int, str]:
    with undone():
        answer = getattr(client, method)(address, headers=PART if part else {})
    return answer.status_code, main_of(answer.text) if answer.status_code in {403, 404} else ""


def main_of(page: str) -> str:
    """Return what a refusal says, without what differs from page to page: ids, and what stands around it."""
    found = re.search(r"<main.*</main>", page, re.DOTALL)
    return ID.sub("*", found[0] if found else "")


def test_grounds__have_a_row_for_everything_an_address_can_name(site):
    """Else guessing its id would not be tried: make the row in tests/attack/grounds.py."""
    missing = {noun for name in PAGES + REST for noun, _ in ROUTES[name].nouns} - set(site.grounds.rows)
    assert missing == set()


@pytest.fixture(scope="module")
def words_for_none() -> dict[tuple[str, str, bool], str]:
    """Keep what was last said of a row that is not there, so that it is asked again only when the words differ."""
    return {}


@pytest.mark.parametrize("role", [role for role in ROLES if role is not Role.PARTNER_SYSTEM])
def test_guessed_id__of_a_page_or_part_looks_like_one_that_is_not_there(site, words_for_none, role):
    """A role that sees the whole place may get more than "not there" for its permission, never past a 403."""
    client, expected, wrong = signed_in(site.grounds.stranger(role)), listed(), []
    for name in filter(site.grounds.has, ABOUT_ROWS):
        for method in ("get",) if ROLES[role].place_wide else ("get", "post"):
            for part in (False, True) if role is Role.CASE_COORDINATOR else (False,):
                none = ROUTES[name].address(site.grounds.slugs)
                known = expected.get(f"{method} {name}", {})
                if part or not known or "slug" in dict(ROUTES[name].nouns).values():  # the list knows none of these
                    said = ask(client, method, none, part)[0]
                else:
                    said = int(known[str(role)])
                status, words = ask(client, method, site.grounds.address(name), part)
                if status != said and not (sees(role, name) and said == 404 and status < 500):
                    wrong.append(f"{method} {name}: {status} for a real row of others, {said} for none")
                if status == said == 404 and words != words_for_none.get((method, name, part)):
                    words_for_none[method, name, part] = ask(client, method, none, part)[1]
                    if words == words_for_none[method, name, part]:
                        continue
                    wrong.append(f"{method} {name}: other words than for none")
    assert not wrong, "\n" + "\n".join(wrong)


def sees(role: Role, name: str) -> bool:
    """Say whether a role may open rows of others there: administrators accounts, place-wide roles cases."""
    nouns = {noun for noun, _ in ROUTES[name].nouns}
    if role is Role.ADMINISTRATOR:
        return nouns <= OF_ACCOUNTS
    return ROLES[role].place_wide and name not in OWN_ONLY


def test_guessed_id__is_no_trick_of_these_tests(site):
    """The same addresses open for those whose rows they are."""
    insiders = [site.clients[user] for user in site.grounds.insiders]
    opened = set()
    for name in filter(site.grounds.has, ABOUT_ROWS):
        answers = (ask(client, "get", site.grounds.address(name), name in PARTS)[0] for client in insiders)
        if 200 in answers:
            opened.add(name)
    assert len(opened) >= 30
    assert {"casework:case", "referrals:referral", "timelimits:explain", "casework:panel"} <= opened


@pytest.mark.parametrize("name", [name for name in REST if ROUTES[name].nouns])
def test_guessed_id__over_rest_looks_like_one_that_is_not_there(site, name):
    theirs = partner_of(site.grounds.door.elsewhere.organisation, *SCOPES, name="Elsewhere")
    real, none = site.grounds.address(name), ROUTES[name].address()
    for method in ("get", "post"):
        answers = []
        for address in (real, none):
            if method == "get":
                answer = theirs.get(address)
            else:
                answer = theirs.post(address, {}, If_Match="*", Idempotency_Key=uuid4().hex)
            answers.append((answer.status_code, ID.sub("*", answer.text)))
        assert answers[0] == answers[1]
        assert answers[0][0] in {404, 405, 422}


def test_guessed_id__over_rest_opens_for_those_whose_row_it_is(site):
    ours = partner_of(site.grounds.door.crisis.organisation, *SCOPES, name="Ours")
    opened = {
        name for name in REST if site.grounds.has(name) and ours.get(site.grounds.address(name)).status_code == 200
    }
    assert {"referrals_api:detail", "pathways_api:detail", "timelimits_api:explain"} <= opened
