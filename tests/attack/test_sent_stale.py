"""Every form that acts on a row, sent from a page that is behind: refused with words, nothing written, nothing lost.

What changes the row in between is the form itself, sent by somebody else meanwhile, or another form on the same row.
"""

from html import unescape

import pytest

from tests.attack.conftest import Site, undone
from tests.attack.stored import contents
from tests.attack.surface import Form, is_read

pytestmark = pytest.mark.django_db
VERSIONS = frozenset({"version", "chases", "as_shown", "seen", "last"})
NO_VERSION = frozenset(
    {
        "back", "credential", "enquiry_id", "follows_id", "form_id", "hospital", "next", "on", "sent_id", "shared",
        "show", "tab", "team", "urgency", "zone",
    }
)  # fmt: skip
OTHERWISE = "Otherwise"
FORMED = frozenset({"email", "postcode"})  # not any words will do
PARTS = ("_0", "_1", "_2")
# Another form that changes the same row meanwhile and leaves it open to this one; each is sent after itself as well
MEANWHILE = {
    "casework:decline": "referrals:ask",
    "casework:not_wanted": "referrals:ask",
    "casework:redirect": "referrals:ask",
    "casework:withdraw": "referrals:ask",
    "pathways:accept": "referrals:ask",
    "pathways:discharge_confirm": "pathways:discharge",
    "pathways:discharge_left": "pathways:discharge",
}
NOT_READY = {"pathways:discharge_confirm"}  # not taken itself before the plan is whole
NEW_ROW = "makes a row: other words are another one"
FACT = "a fact is taken whatever changed meanwhile"
NO_WORDS = "a button: nothing is typed, and twice is one act: test_sent_twice"
AS_ASKED = "nothing is typed, and it stands as it was asked for: tests/pathways"
NOT_STALE = {
    "casework:worry": NEW_ROW,
    "pathways:confirm_coordinator": NO_WORDS,
    "pathways:discharge_not_left": AS_ASKED,
    "pathways:discharge_unconfirm": AS_ASKED,
    "referrals:add_news": FACT,
    "referrals:add_row": NEW_ROW,
    "referrals:take": NO_WORDS,
    "referrals:tell": FACT,
}


def with_version(site: Site) -> dict[str, Form]:
    """Return every form that carries what its page showed."""
    return {name: form for name, form in site.forms.items() if VERSIONS & form.fields.keys()}


def typed(form: Form) -> dict[str, str]:
    """Return other words for every field that takes words."""
    free = [n for n, one in form.fields.items() if one.typed and not is_read(form, one) and not n.endswith(PARTS)]
    return {name: f"{OTHERWISE} {name}" for name in free if name not in FORMED}


def chosen(form: Form) -> dict[str, str]:
    """Return another choice wherever there is one."""
    good = form.good()
    fields = [one for one in form.fields.values() if one.kind in {"radio", "select"} and good.get(one.name)]
    others = {one.name: [value for value in one.options if value not in {"", good[one.name]}] for one in fields}
    return {name: values[-1] for name, values in others.items() if values}


def days(form: Form) -> dict[str, str]:
    """Return another day wherever one is typed."""
    return {name: "2" for name in form.fields if name.endswith("_0")}


def wrong_with(site: Site, form: Form, meanwhile: Form) -> str:
    """Send a form after another has changed its row; say what is wrong with the answer."""
    if (first := site.send(meanwhile).status_code) != 302:
        return f"the other was not taken: {first}"
    words, before = typed(form), contents()
    answer = site.send(form, **(words or chosen(form) or days(form)))
    text = unescape(answer.text)
    lost = [name for name, told in words.items() if told not in text]
    changed = [name for name, held in contents().items() if before[name] != held]
    if answer.status_code not in {409, 422}:
        return f"answered {answer.status_code}, changed {changed}"
    return f"changed {changed}" if changed else f"lost {lost}" if lost else ""


def test_every_form__from_a_page_that_is_behind_writes_nothing_and_loses_no_word(site):
    wrong = {}
    for name, form in with_version(site).items():
        others = {name: name} if name not in NOT_READY else {}
        for other in {} if form.route in NOT_STALE else others | {MEANWHILE.get(name, name): ""}:
            with undone():
                wrong[f"{name} after {other}"] = wrong_with(site, form, site.forms[other])
    assert len(wrong) > 35
    assert {name: said for name, said in wrong.items() if said} == {}


def test_every_hidden_field__is_known_as_what_was_seen_or_as_something_else(site):
    """A form that carries its version by another name must be walked too."""
    hidden = {one.name for form in site.forms.values() for one in form.fields.values() if one.kind == "hidden"}
    assert {name for name in hidden if not name.startswith("initial-")} - VERSIONS == NO_VERSION
    assert {form.route for form in with_version(site).values()} >= set(NOT_STALE)
