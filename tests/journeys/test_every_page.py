"""Every page that anybody may open, at both widths: axe finds nothing and nothing scrolls sideways.

Each role asks for each GET route about real rows; a page is looked at when it shows a sort of element that its route
has not shown before: what differs in words alone has the same markup.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import Page

from accounts.domain import Role
from accounts.models import User
from tests.attack.grounds import PAGES, Grounds, make_grounds
from tests.factories.casework import NOW, signed_in
from tests.factories.referrals import person_at
from tests.journeys.conftest import NARROW, RULES, WIDE
from tests.journeys.test_board import stand_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SHAPE = re.compile(r"<(\w+)[^>]*?(?:class=\"([^\"]*)\")?[^>]*?(?:role=\"(\w+)\")?[^>]*>")
ELSEWHERE = re.compile(r"^(account_|mfa_|accounts:work|admin|prometheus|socialaccount)")  # journeys of their own
APPS = (
    ("accounts", "notifications", "home", "reporting"),
    ("casework", "careplans"),
    ("pathways", "timelimits"),
    ("referrals",),
)
Sign = Callable[[Page, User], None]


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


def everybody(grounds: Grounds) -> list[User]:
    """Return one person of each role, in the team that has the rows, beside those who made them."""
    held = {str(membership.role) for user in grounds.insiders for membership in user.memberships.all()}
    rest = [role for role in Role if str(role) not in held]
    return [*grounds.insiders, *(person_at(grounds.door.crisis, f"Test {role}", role) for role in rest)]


def shape(answer: Any) -> frozenset[tuple[str, str, str]]:
    """Return which sorts of elements stand in the main part of a page."""
    words = answer.content.decode()
    return frozenset(SHAPE.findall(words[words.find("<main") : words.find("</main>")]))


def pages_of(grounds: Grounds, apps: tuple[str, ...]) -> Iterator[tuple[User, str]]:
    """Yield who opens which address: each page that shows an element of a sort not yet seen on its route."""
    seen: dict[str, set[tuple[str, str, str]]] = {}
    for user in everybody(grounds):
        client: Client = signed_in(user)
        for name in (name for name in PAGES if name.startswith(apps) and grounds.has(name)):
            for address in [] if ELSEWHERE.match(name) else grounds.addresses(name):
                answer = client.get(address)
                if answer.status_code == 200 and answer["Content-Type"].startswith("text/html"):
                    new = shape(answer) - seen.setdefault(name, set())
                    seen[name] |= new
                    if new and b"<main" in answer.content:
                        yield user, address


def faults_of(page: Page, address: str) -> Iterator[str]:
    """Yield what axe finds on the page and how far it is too wide, at both widths."""
    page.goto(address)
    for width in (WIDE, NARROW):
        page.set_viewport_size({"width": width, "height": 900})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            yield f"{address} {width}: {over} px too wide"
        for one in Axe().run(page, options={"runOnly": RULES, "resultTypes": ["violations"]}).response["violations"]:
            yield f"{address} {width}: {one['id']} {one['nodes'][0]['html'][:150]}"


@pytest.mark.parametrize("apps", APPS, ids=lambda apps: apps[0])
def test_every_page__axe_is_clean_and_nothing_scrolls_sideways(
    apps: tuple[str, ...], open_page: Callable[..., Page], sign_in: Sign
) -> None:
    grounds = make_grounds()
    faults: list[str] = []
    pages: dict[User, Page] = {}
    found = list(pages_of(grounds, apps))
    for user, address in found:
        if user not in pages:
            pages[user] = open_page()
            stand_at(pages[user], NOW)
            sign_in(pages[user], user)
        faults += faults_of(pages[user], address)
    print(f"{len(found)} pages of {len(pages)} people")
    assert len(found) > 5
    assert faults == []
