"""No name, number or note gets into a log line, an address, an e-mail or a page of figures, whatever is sent in any form.

The browser's journeys are watched in the same way: see `nothing_is_told` in tests/journeys/conftest.py.
"""

import logging
import re

import pytest
from django.core import mail

from accounts.models import User
from audit.commands import now
from notifications.delivery import deliver
from tests.attack.conftest import Site
from tests.attack.grounds import PAGES
from tests.attack.surface import is_read
from tests.attack.telling import leaks, listening, words_about_people

pytestmark = pytest.mark.django_db
MARK = "Qxmarkerson"
ADDRESS = re.compile(r"(?:href|action|hx-get|hx-post|hx-push-url|src)=\"([^\"]*)\"")
STAYS_HERE = ("tel:", "mailto:")
MADE_UP = frozenset({"components"})  # shows what pages look like, of nobody
FIGURES = (
    *sorted(name for name in PAGES if name.startswith("reporting:")),
    *("timelimits:health", "readyz", "healthz", "timelimits:limits"),
)


def sent_everything(site: Site) -> tuple[str, list[str]]:
    """Send every form with a telling word in every field, open every page, deliver the mail; return lines and addresses."""
    addresses: list[str] = []
    with listening() as lines:
        for name, form in sorted(site.forms.items()):
            marked = {one.name: f"{MARK} 9991234004" for one in form.fields.values() if one.typed}
            words = {one: value for one, value in marked.items() if not is_read(form, form.fields[one])}
            for changes in (marked, words, {}):
                answer = site.send(form, **changes)
                assert answer.status_code < 500, name
                addresses.append(answer.headers.get("Location", ""))
        for name in filter(site.grounds.has, set(PAGES) - MADE_UP):
            for user in site.grounds.insiders[:4]:
                addresses += ADDRESS.findall(site.clients[user].get(site.grounds.address(name)).text)
        deliver(now=now(), batch=1000)
        return lines.getvalue(), [address for address in addresses if not address.startswith(STAYS_HERE)]


def test_everything_sent__tells_nobody_outside(site):
    lines, addresses = sent_everything(site)
    words = words_about_people() | {MARK, "9991234004"}
    assert {"Testalder", "Maud"} < words
    assert any(MARK in word for word in words - {MARK})
    assert len(lines.splitlines()) > 300
    assert len(mail.outbox) > 3
    found = leaks(words, lines, addresses, mail.outbox)
    assert not found, "\n".join(found[:50])


def test_pages_of_figures__name_nobody(site):
    """Staff are named there on purpose: who stepped past a rule and has no second person yet."""
    words = words_about_people() - set(User.objects.values_list("name", flat=True))
    for name in FIGURES:
        for user in site.grounds.insiders:
            page = site.clients[user].get(site.grounds.address(name))
            shown = re.search(r"<main.*</main>", page.text, re.DOTALL)
            if page.status_code == 200:
                assert [word for word in words if word in (shown[0] if shown else page.text)] == [], name


def test_leak__would_be_seen(site):
    words = words_about_people()
    with listening() as lines:
        logging.getLogger("somebody").warning("about %s", "Maud Testalder")
    assert "log: 'Testalder'" in leaks(words, lines.getvalue(), [], [])
    assert leaks({"Maud T"}, "", ["/people/?q=Maud+T"], []) == ["address: 'Maud T'"]
    assert leaks({"Maud"}, "", [], [mail.EmailMessage("s", "about Maud")]) == ["e-mail: 'Maud'"]
