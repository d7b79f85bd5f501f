"""Whatever is typed into any field of any form: refused with the field and words, or kept as it was typed.

The forms are read from the pages themselves (surface.py), so a new field is covered when it is shown. Set ICRAS_FUZZ to
try every field by itself also where one answer proves many at once.
"""

import os
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from operator import itemgetter
from urllib.parse import urlencode

import pytest
from django.test.client import BOUNDARY, encode_multipart

from tests.attack.conftest import Site, undone
from tests.attack.stored import row_counts, texts_with
from tests.attack.surface import Field, Form, is_read

pytestmark = pytest.mark.django_db
MARK = "zq7"
MARKUP = f"={MARK}<b>\"'&\u202eשא"  # a formula, markup, quotes, right-to-left letters and their override
LONG = tuple(f"{MARK} {'élan ' * words}{MARK}" for words in (55, 990))
NONSENSE = ("31 2 2026 25:61", "23:59 31 12 2199", "9991234005", "99999999999999999999")
EVERYWHERE = ((MARKUP,), (f"{MARK}\0b",))
AS_WRITTEN = frozenset({"phone", "ring_back", "address", "people", "second", "after", "before"})
LOOKS_ONLY = frozenset(
    {"pathways:find", "pathways:match", "referrals:clock", "referrals:draft", "referrals:refer_draft"}
)
NOT_THERE = ("nothing-like-it", "9" * 30)
# Looks only; or what is asked for is open already
KEEPS_NOTHING = frozenset({"casework:access_ask", "pathways:find", "pathways:match", "referrals:clock"})
SHOWS_A_PAGE = (KEEPS_NOTHING - {"casework:access_ask"}) | {
    "referrals:draft",
    "referrals:refer_draft",
    "accounts:add_partner",
    "accounts:rotate",
    "casework:board_export",
    "timelimits:correct_start",
    "timelimits:rebase",
}  # done, and no redirect
ONE_BY_ONE = "ICRAS_FUZZ" in os.environ
URL_ENCODED = "application/x-www-form-urlencoded"
IN_PARTS = f"multipart/form-data; boundary={BOUNDARY}"
# Shown, and refused as things stand here: somebody must answer, or tick rows, first
NOT_READY = frozenset({"casework:several", "pathways:discharge_confirm", "pathways:liaison_answer"})
SAID_ON_A_PAGE = frozenset({"referrals:strike_file"})  # one field beside a list: a page of words, and back
LIBRARY = ("account_", "mfa_")  # pages of the sign-in library answer 200 with the fault


SAME_FORM = KEEPS_NOTHING | {
    "referrals:draft",
    "referrals:refer_draft",
}  # the form of a call, read the same way as when it is sent
NOT_IN_A_DRAFT = frozenset({"key_safe_code"})  # a secret is kept with the record alone


def fields(site: Site, typed: bool, same: bool) -> Iterator[tuple[Form, Field]]:
    for name in sorted(set(site.forms) - NOT_READY - (set() if same else SAME_FORM)):
        form = site.forms[name]
        kept_out = NOT_IN_A_DRAFT if form.route in SAME_FORM else ()
        yield from ((form, one) for one in form.fields.values() if one.typed is typed and one.name not in kept_out)


def none(wrong: list[str]) -> None:
    """Assert that nothing is wrong, else list all of it."""
    assert not wrong, "\n" + "\n".join(wrong)


def is_hidden(form: Form, one: Field) -> bool:
    """Say whether the page fills the field by itself."""
    return one.kind == "hidden"


def anything(form: Form, one: Field) -> bool:
    """Every field."""
    return True


def is_measured(form: Form, one: Field) -> bool:
    """Say whether a field is read as a date, a time or a number: not an address or a telephone number."""
    return is_read(form, one) and one.name not in AS_WRITTEN and form.route not in LOOKS_ONLY


def try_each(
    site: Site, typed: bool, values: tuple[str, ...], judge: Callable[..., str], only: Callable[..., bool] = anything
) -> list[str]:
    """Send every field with each value, the rest filled in well; return what `judge` finds wrong."""
    wrong = []
    for form, group in groupby(fields(site, typed, same=values in EVERYWHERE), key=itemgetter(0)):
        chosen = [one for _, one in group if only(form, one)]
        for value in values:
            left = together(site, form, chosen, value) if judge is kept_or_refused and not ONE_BY_ONE else chosen
            for one in left:
                with undone():
                    said = judge(site, form, one, value)
                if said:
                    wrong.append(f"{form.route} {one.name} {value[:20]!r}: {said}")
    return wrong


def together(site: Site, form: Form, chosen: list[Field], value: str) -> list[Field]:
    """Send all these fields with the value at once, without those refused at their own place again; return the rest.

    One answer proves many fields: each is named by the refusal, or is kept. What it does not prove is tried by itself.
    """
    left = chosen
    while len(left) > 1 and not form.route.startswith(LIBRARY):
        with undone():
            more = _not_proved(site, form, {one: value.replace(MARK, f"{MARK}{i}i") for i, one in enumerate(left)})
        if more == left:
            break
        left = more
    return left


def _not_proved(site: Site, form: Form, sent: dict[Field, str]) -> list[Field]:
    before = row_counts()
    answer = site.send(form, **{one.name: value for one, value in sent.items()})
    shown = any(value in answer.text and "<" in value for value in sent.values())
    if done(form, answer) and not shown:
        return [one for one, value in sent.items() if _kept(form, value)]
    if answer.status_code >= 500 or shown or row_counts() != before:
        return list(sent)
    return [one for one in sent if refusal(answer, form, one)]


def done(form: Form, answer) -> bool:
    """Say whether an answer means that what was sent was taken."""
    return answer.status_code == 302 or (form.route in SHOWS_A_PAGE and answer.status_code == 200)


def refusal(answer, form: Form, one: Field) -> str:
    """Say what is wrong with an answer that refuses: it must be 422, with the field and words."""
    if form.route.startswith(LIBRARY):
        return "" if answer.status_code in {200, 422} and "error-summary" in answer.text else "no words"
    if answer.status_code != 422:
        return f"answered {answer.status_code}"
    if form.route in SAID_ON_A_PAGE:
        return "" if "This can’t be done" in answer.text else "no words"
    places = re.findall(r'<li><a href="#id_([^"]+)">', answer.text)
    named = any(_stem(place).startswith(_stem(one.name)) for place in places)
    return "" if named else f"refused at {sorted(places)} and not at the field"


def _stem(name: str) -> str:
    """Return the field: the three boxes of a date are one, and which of two times it was is asked beside it."""
    return re.sub(r"_\d+$", "", name)


def kept_or_refused(site: Site, form: Form, one: Field, value: str) -> str:
    before = row_counts()
    answer = site.send(form, **{one.name: value})
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    if value in answer.text and "<" in value:
        return "shown without being escaped"
    if done(form, answer):
        return _kept(form, value)
    if row_counts() != before:
        return "refused, and yet something is saved"
    return refusal(answer, form, one)


def _kept(form: Form, value: str) -> str:
    if MARK not in value or form.route in KEEPS_NOTHING or form.route.startswith(LIBRARY):
        return ""
    wanted, found = " ".join(value.split()), texts_with(MARK)
    whole = " ".join(" ".join(found).split())  # a long address is kept as several lines
    return "" if wanted in whole else f"accepted, but kept as {[text for text in found if MARK in text][:3]}"


def test_every_form__filled_in_well_is_accepted(site):
    """Else the tests below would try fields that nobody looks at."""
    wrong = {}
    for name in set(site.forms) - NOT_READY:
        with undone():
            status = site.send(site.forms[name]).status_code
        if status != (200 if name in SHOWS_A_PAGE else 302):
            wrong[name] = status
    assert wrong == {}
    assert len(site.forms) >= 50
    assert sum(one.typed for form in site.forms.values() for one in form.fields.values()) >= 100


def test_every_field__markup_formula_and_right_to_left_text(site):
    none(try_each(site, True, (MARKUP,), kept_or_refused))


def test_every_field__long_texts_up_to_five_thousand_letters(site):
    """None is cut short in silence."""
    none(try_each(site, True, LONG, kept_or_refused))


def test_every_field__impossible_dates_times_and_numbers(site):
    none(try_each(site, True, NONSENSE, kept_or_refused, only=is_read))


def refused(site: Site, form: Form, one: Field, value: str) -> str:
    before = row_counts()
    answer = site.send(form, **{one.name: value})
    if row_counts() != before:
        return "something is saved"
    return refusal(answer, form, one)


def test_every_date_time_and_number__that_can_not_be_is_refused_at_its_field(site):
    none(try_each(site, True, NONSENSE, refused, only=is_measured))


def nul_refused(site: Site, form: Form, one: Field, value: str) -> str:
    answer = site.send(form, **{one.name: value})
    if answer.status_code != 400:
        return f"answered {answer.status_code}"
    return "something is saved" if texts_with(MARK) else ""


def test_every_field__nul(site):
    none(try_each(site, True, (f"{MARK}\0b",), nul_refused))


def nothing_chosen(site: Site, form: Form, one: Field, value: str) -> str:
    before = row_counts()
    answer = site.send(form, **{one.name: value})
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    if answer.status_code >= 400 and row_counts() != before:
        return "refused, and yet something is saved"
    return "kept" if answer.status_code == 302 and len(value) > 8 and texts_with(value) else ""


def test_every_choice__that_is_not_offered(site):
    none(try_each(site, False, NOT_THERE[:1], nothing_chosen))


def test_every_hidden_number__past_all_bounds(site):
    none(try_each(site, False, NOT_THERE[1:], nothing_chosen, only=is_hidden))


def test_every_field__lone_surrogates(site):
    """A browser cannot send one; a program can, as bytes that are no UTF-8."""
    none(damaged(site, b"\xed\xa0\x80"))


def test_every_field__bytes_that_are_no_utf8(site):
    """An old machine's letters: the form is not understood, and nothing is kept as question marks."""
    none(damaged(site, b"Ren\xe9"))


def damaged(site: Site, typed: bytes) -> list[str]:
    """Send every form with such bytes in one of its fields, as a form and in parts; return what is wrong with that."""
    wrong = []
    for name, form in sorted(site.forms.items()):
        first = next((one.name for one in form.fields.values() if one.typed), "")
        good = {field: value for field, value in form.good().items() if isinstance(value, str)} | {first: MARK}
        plain = urlencode(good).encode().replace(MARK.encode(), b"".join(b"%%%02X" % byte for byte in typed))
        parts = encode_multipart(BOUNDARY, good).replace(MARK.encode(), typed)
        for content_type, body in {URL_ENCODED: plain, IN_PARTS: parts}.items() if first else ():
            before = row_counts()
            with undone():
                answer = site.post(form.user, form.address, body, content_type=content_type)
                saved = row_counts() != before
            if answer.status_code != 400 or saved or "was damaged on its way" not in answer.text:
                wrong.append(f"{name} {content_type[:20]}: answered {answer.status_code}")
    return wrong


def test_form__with_the_very_sign_for_unreadable_letters_is_taken(site):
    """Pasted from a damaged letter it is a letter like any other."""
    form = site.forms["referrals:enquiry_new"]
    body = urlencode(form.good(asked="The letter says caf\ufffd"))
    assert site.post(form.user, form.address, body, content_type=URL_ENCODED).status_code == 302


def test_every_form__ten_megabytes(site):
    wrong = []
    for name, form in sorted(site.forms.items()):
        before = row_counts()
        answer = site.send(form, padding="x" * 10_000_000)
        takes_files = any(one.kind == "file" for one in form.fields.values())  # Django says no to the rest of the form
        if answer.status_code not in ({400, 413} if takes_files else {413}) or row_counts() != before:
            wrong.append(f"{name}: {answer.status_code}")
    assert wrong == []
