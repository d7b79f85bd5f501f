"""Every form and button of the product sent twice, byte for byte: written once, or refused with words.

The forms are read from the pages (surface.py), the routes from the table of routes: one that is added later must be
sent here, or be listed with a reason.
"""

import csv
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from html import unescape
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from django.http import HttpResponse

from audit.commands import now
from tests.attack.conftest import Site, signed_in, undone
from tests.attack.grounds import PAGES
from tests.attack.stored import row_counts
from tests.attack.surface import Field, Form, forms_on

pytestmark = pytest.mark.django_db
ROUTES = Path("tests/architecture/routes.csv")
LATER = timedelta(hours=1)  # the back button, or a network that tries again
COUNTED = frozenset({"accounts_trycount", "audit_caseevent"})  # how often it was tried, and that it was done again
REFUSED = ("error-summary", "This can’t be done", "This can't be done", "after you opened")
AS_SHOWN = "as_shown"  # a page that asks before it does something gets back what it showed
# Buttons, and forms that are shown after another act only: what is sent first, and what the form holds
BUTTONS: dict[str, tuple[str, Mapping[str, str]]] = {
    "accounts:enable": ("accounts:disable", {}),
    "accounts:enable_partner": ("accounts:disable_partner", {}),
    "casework:accept_shift": ("", {}),
    "casework:access": ("", {"decision-1": "keep"}),
    "casework:break_glass": ("casework:restrict", {"reason": "urgent_care", "words": "Fell"}),
    "casework:compare": ("", {}),
    "casework:first_view": ("", {}),
    "casework:forget_view": ("", {}),
    "casework:lift_hold": ("casework:hold", {"reason": "The claim is settled"}),
    "casework:looked": ("", {}),
    "casework:offer_again": ("casework:keep_apart", {}),
    "casework:several": ("", {"do": "take"}),
    "casework:unrestrict": ("casework:restrict", {}),
    "notifications:read": ("", {}),
    "notifications:read_all": ("", {}),
    "referrals:chase": ("", {"chases": "0"}),
    "referrals:key_safe": ("referrals:set_key_safe", {}),
    "referrals:person_draft": ("", {"other": "Words"}),
    "referrals:see_news": ("referrals:add_news", {}),
    "timelimits:resume": ("", {}),
}
LIBRARY = "the sign-in library's own: a code, a passkey or a link, good once"
WORK = "leads to the work sign-in, which is not here"
ALIKE = ("careplans:", "pathways:")  # a call about somebody known asks first whether it is the same person
ONE_OF_A_KIND = {
    "careplans:link_record",
    "pathways:match",
}  # an address is linked once; looking for somebody makes nothing
NOT_SENT = {
    "account_reset_password_from_key": LIBRARY,
    "account_set_password": LIBRARY,
    "accounts:connect": WORK,
    "accounts:invite_again": "a link once more is what it is for: every press is another e-mail",
    "accounts:unlink": "nobody is linked to a work sign-in here: tests/accounts",
    "casework:access_release": "everything must be looked through first: tests/casework",
    "casework:agree_erasure": "what was shown must be what is there, and is gone after the first: tests/casework",
    "casework:erase": "the time of keeping has passed for nobody here: tests/casework",
    "casework:readers_file": "gives a file, writes nothing",
    "csp-report": "no form: a browser's report, which is a line of the log",
    "mfa_activate_totp": LIBRARY,
    "mfa_add_webauthn": LIBRARY,
    "mfa_authenticate": LIBRARY,
    "mfa_deactivate_totp": LIBRARY,
    "mfa_generate_recovery_codes": LIBRARY,
    "mfa_index": "leads elsewhere",
    "mfa_list_webauthn": "leads elsewhere",
    "mfa_reauthenticate": LIBRARY,
    "mfa_reauthenticate_webauthn": LIBRARY,
    "mfa_remove_webauthn": LIBRARY,
    "mfa_trust": LIBRARY,
    "openid_connect_login": WORK,
    "pathways:discharge_confirm": "every question must be answered first: tests/pathways",
    "referrals:change_row": "the row of this place is kept as it was written: tests/referrals",
    "revoke-token": "no form: of partner systems",
    "token": "no form: of partner systems, and every token is another one",
    "unknown": "no page",
}


def posted() -> set[str]:
    """Return every page that takes a form: whatever does not answer every role that there is no such method."""
    rows = csv.reader(ROUTES.read_text().splitlines())
    told = {row[0].removeprefix("post "): set(row[1:]) for row in rows if row[0].startswith("post ")}
    return {name for name, answers in told.items() if answers != {"405"} and name in PAGES}


def from_pages(site: Site) -> dict[str, Form]:
    """Return the forms read from the pages, but for those that need something first."""
    return {name: form for name, form in site.forms.items() if form.route not in {*BUTTONS, *NOT_SENT}}


def stored() -> dict[str, int]:
    return {table: count for table, count in row_counts().items() if table not in COUNTED}


def sent_later(site: Site, form: Form) -> HttpResponse:
    """Send a form an hour later, signed in anew: the session has ended meanwhile."""
    with time_machine.travel(now() + LATER, tick=True):
        client = signed_in(form.user) if form.user else site.clients[None]
        return client.post(form.address, form.good())


def sent_twice(site: Site, form: Form) -> str:
    """Send a form twice; say what is wrong with that."""
    first = site.send(form)
    asked = [fields for _, fields in forms_on(first.text, form.address) if AS_SHOWN in fields]
    if asked:
        form = replace(form, fields=asked[0])
        first = site.send(form)
    if first.status_code >= 400 or (asked and first.status_code != 302):
        return f"not taken: {first.status_code}"
    before = stored()
    second = sent_later(site, form)
    more = {table: count - before[table] for table, count in stored().items() if count != before[table]}
    if more:
        return f"written twice: {more}"
    words = second.status_code == 404 or any(words in unescape(second.text) for words in REFUSED)
    return "" if second.status_code < 400 or (words and second.status_code < 500) else f"then {second.status_code}"


def test_every_form__sent_twice_is_written_once(site):
    wrong = {}
    for name, form in from_pages(site).items():
        with undone():
            wrong[name] = sent_twice(site, form)
    assert {name: said for name, said in wrong.items() if said} == {}


@pytest.mark.parametrize("name", BUTTONS)
def test_every_button__pressed_twice_is_one_act(site, name):
    first, told = BUTTONS[name]
    with undone():
        if first:
            assert site.send(site.forms[first]).status_code == 302
        fields = {one: Field(one, "hidden", value) for one, value in told.items()}
        if name == "casework:several":
            fields["row"] = Field("row", "hidden", site.grounds.rows["referrals"])
        said = []
        for user in site.grounds.insiders:
            with undone():
                said.append(sent_twice(site, Form(name, site.grounds.address(name), user, fields, {})))
    assert "" in said, said
    assert not [words for words in said if words and not words.startswith("not taken")]


def test_a_new_form__with_the_same_words_makes_another(site):
    """Two real telephone calls may be alike; the walk above sends the same form once more."""
    alike = {}
    for name, form in from_pages(site).items():
        if "form_id" in form.fields and form.route.startswith(ALIKE) and name not in ONE_OF_A_KIND:
            with undone():
                site.send(form)
                before = stored()
                site.send(form, form_id=str(uuid4()))
                alike[name] = stored() == before
    assert len(alike) == 10
    assert [name for name, one in alike.items() if one] == []


def test_every_page_that_takes_a_form__is_sent_twice_or_listed(site):
    sent = {form.route for form in from_pages(site).values()} | set(BUTTONS)
    assert posted() - sent == set(NOT_SENT)
