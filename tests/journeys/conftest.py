"""What every browser journey shares: one Chromium, a page that fails on any fault, sign-in, axe, pictures.

A page test is marked `browser` and asks for `page`. Widths: WIDE 1440, NARROW 320. Set ICRAS_PICTURES to a folder to
keep a picture of each named state.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import mail
from django.test import Client
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from audit.commands import now
from notifications.delivery import deliver
from tests import browser as chromium
from tests.attack.telling import leaks, listening, words_about_people

WIDE, NARROW = 1440, 320
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PICTURES = os.environ.get("ICRAS_PICTURES", "")


class Watch:
    """Everything that went wrong in the browser. `expects(409)` lets that status pass, once for each call."""

    def __init__(self, origin: str) -> None:
        self.origins = [origin]
        self.faults: list[str] = []
        self.addresses: list[str] = []
        self.expected: list[str] = []
        self.cut_off: list[str] = []

    def expects(self, status: int) -> None:
        """Let the next answer with this status pass."""
        self.expected.append(f"status of {status}")

    def lets_fail(self, part: str) -> None:
        """Let requests to addresses with this part fail: the journey cuts them off."""
        self.cut_off.append(part)

    def goes_to(self, origin: str) -> None:
        """Let requests go to another site: the sign-in of an organisation."""
        self.origins.append(origin)

    def console(self, message: ConsoleMessage) -> None:
        """Keep errors and warnings of the console, but for a status that was expected."""
        if message.type not in {"error", "warning"}:
            return
        if self.cut_off and (message.text.startswith("htmx:") or any(part in message.text for part in self.cut_off)):
            return
        if any(part in message.location.get("url", "") for part in self.cut_off):
            return
        known = next((words for words in self.expected if words in message.text), None)
        if known:
            self.expected.remove(known)
        else:
            self.faults.append(f"console: {message.text}")

    def request(self, request: Request) -> None:
        """Keep every address, and every request that leaves the site as a fault."""
        self.addresses.append(request.url)
        if not request.url.startswith((*self.origins, "data:", "blob:")):
            self.faults.append(f"external request: {request.url}")

    def failed(self, request: Request) -> None:
        """Keep failed requests; one given up because the page was left is none."""
        cut = any(part in request.url for part in self.cut_off)
        if not cut and "ERR_ABORTED" not in (request.failure or ""):
            self.faults.append(f"failed: {request.url} {request.failure}")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chrome(playwright: Playwright) -> Iterator[Browser]:
    started = playwright.chromium.launch(executable_path=chromium.executable(), args=FLAGS)
    yield started
    started.close()


@pytest.fixture
def watch(live_server: LiveServer) -> Watch:
    return Watch(live_server.url)


@pytest.fixture(autouse=True)
def nothing_is_told(transactional_db: None, watch: Watch) -> Iterator[None]:
    """After each journey: no name, number or note that it left in the database is in a log line, an address, an e-mail."""
    with listening() as lines:
        yield
        deliver(now=now(), batch=1000)
    found = leaks(words_about_people(), lines.getvalue(), watch.addresses, mail.outbox)
    assert not found, found[:20]


@pytest.fixture
def open_page(chrome: Browser, live_server: LiveServer, watch: Watch) -> Iterator[Callable[..., Page]]:
    """Open pages in contexts of their own: open_page(width=1440, scripts=True). Each is another person's browser."""
    contexts = []

    def make(width: int = WIDE, scripts: bool = True) -> Page:
        context = chrome.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": 900},
            locale="en-GB",
            timezone_id="America/New_York",  # a browser elsewhere must still show London time
            java_script_enabled=scripts,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15000)
        page.on("console", watch.console)
        page.on("pageerror", lambda error: watch.faults.append(f"page error: {error}"))
        page.on("request", watch.request)
        page.on("requestfailed", watch.failed)
        return page

    yield make
    for context in contexts:
        context.close()
    assert watch.faults == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def sign_in(live_server: LiveServer) -> Callable[[Page, User], None]:
    """Sign somebody in without the form: sign_in(page, user). The form itself is tested in test_sign_in."""

    def make(page: Page, user: User) -> None:
        client = Client()
        client.force_login(get_user_model().objects.get(pk=user.pk))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        host = urlsplit(live_server.url).hostname or ""
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "domain": host, "path": "/"}])

    return make


@pytest.fixture
def no_faults() -> Callable[[Page], None]:
    """Assert that axe finds nothing and that the page does not scroll sideways: no_faults(page)."""

    def check(page: Page) -> None:
        page.wait_for_load_state("load")  # a click may leave before the page has its styles
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        said = [f"{one['id']}: {one['help']} {[node['html'][:200] for node in one['nodes'][:5]]}" for one in found]
        assert said == []
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"scrolls sideways by {over} px at {page.viewport_size}"

    return check


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Keep a picture of a state where ICRAS_PICTURES says: picture(page, "sign-in")."""

    def take(page: Page, name: str) -> None:
        if PICTURES:
            Path(PICTURES).mkdir(parents=True, exist_ok=True)
            width = (page.viewport_size or {"width": 0})["width"]
            page.evaluate("window.scrollTo(0, 0)")
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}.png", full_page=True)

    return take


@pytest.fixture
def at_both_widths(
    no_faults: Callable[[Page], None], picture: Callable[[Page, str], None]
) -> Callable[[Page, str], None]:
    """Check a state wide and narrow, and keep its pictures: at_both_widths(page, "people")."""

    def check(page: Page, name: str) -> None:
        for width in (NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": 900})
            no_faults(page)
            picture(page, name)

    return check
