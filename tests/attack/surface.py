"""Every form of the product, read from its own pages: whatever is added later is found by itself."""

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import resolve

from accounts.models import User
from tests.attack.grounds import PAGES, Grounds

Fields = dict[str, "Field"]
CHOOSING = frozenset({"radio", "checkbox", "select", "hidden", "submit", "file"})
OWN = "a long enough password"  # of everybody in the factories
# What a field needs to be good when the page leaves it empty; anything else gets plain words.
GOOD = {
    "given_name": "Maud", "family_name": "Testworth", "birth": "79", "died_on": "16/9/2026", "nhs_number": "9991234004", "email": "new@icras.example",
    "login": "tom.trial@icras.example", "ring_back": "01632 960018", "phone": "01632 960018", "received": "14:00",
    "chase_at": "16:00", "review_on": "4/3/2027", "web_address": "https://records.example/1",
    "address": "1 Test Street L23 9ZZ", "at": "14:00", "said_at": "14:00", "due_at": "16:00", "occurred_at": "14:00", "hours": "4", "begins": "09:00",
    "oldpassword": OWN, "password": OWN, "password1": "another long pass phrase", "password2": "another long pass phrase",
    "ends": "17:00", "since": "14:00", "ours_from": "14:00", "starts_time": "09:00", "ends_time": "17:00", "words": "Testalder", "team": "ucr-south",
}  # fmt: skip
EMPTY = frozenset({"worse_since", "ring_back_at", "called_at", "person_id", "people", "after", "before", "second"})
DAYS = {"ends_on": (1, 12, 2026), "expected_on": (20, 9, 2026), "starts_on": (1, 11, 2026), "starts_day": (1, 12, 2026), "ends_day": (2, 12, 2026),
        "new_due_on": (20, 11, 2026), "ready_on": (1, 12, 2026), "valid_from": (1, 11, 2026)}  # fmt: skip
A_PAST_DAY = (1, 6, 2026)


@dataclass(eq=False)
class Field:
    """One field of a form: its kind, what it holds, what may be chosen."""

    name: str
    kind: str
    value: str = ""
    options: list[str] = field(default_factory=list)

    @property
    def typed(self) -> bool:
        """Say whether people write in it."""
        return self.kind not in CHOOSING


@dataclass(frozen=True)
class Form:
    """What may be sent to one route, by whom."""

    route: str
    address: str
    user: User | None
    fields: Fields
    chosen: dict[str, str]

    def good(self, **changes: Any) -> dict[str, Any]:
        """Return a form that is filled in well, with changes."""
        found = {name: _good(one) for name, one in self.fields.items()}
        found |= {name: value for name, value in self.chosen.items() if name in self.fields}
        return {name: value for name, value in found.items() if value is not None} | changes


def is_read(form: Form, one: Field) -> bool:
    """Say whether a field is read as more than words: a date, a time, a number. Its good value shows it."""
    return one.name in EMPTY or form.good().get(one.name, "")[:1].isdigit()


def _good(one: Field) -> Any:
    if one.kind == "file":
        return SimpleUploadedFile("list.csv", b"Surname,Forename\nTestworth,Maud\n")
    stem, _, part = one.name.rpartition("_")
    if part in {"0", "1", "2"} and one.typed:
        return one.value or str(DAYS.get(stem, A_PAST_DAY)[int(part)])
    if one.kind in {"checkbox", "submit"} and not one.value:
        return None
    if one.options:
        return one.value or next((option for option in one.options if option), "")
    if one.kind == "hidden" or one.value or one.name in EMPTY:
        return one.value
    return GOOD.get(one.name, "Test words, like 12:00" if one.kind == "textarea" else "Test words")


class _Page(HTMLParser):
    """Collects forms, the fields in them or given to them by form="", and every address they may be sent to."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, tuple[set[str], Fields]] = {}
        self.stack: list[str] = []
        self.area: Field | None = None
        self.select: Field | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open(told)
        if tag == "option" and self.select is not None:
            self.select.options.append(told.get("value", ""))
            if "selected" in told:
                self.select.value = told.get("value", "")
        key = told.get("form") or told.get("hx-include", "").removeprefix("#") or (self.stack[-1] if self.stack else "")
        if key not in self.forms:
            return
        targets, fields = self.forms[key]
        targets |= {told[name] for name in ("hx-post", "formaction") if told.get(name)}
        if tag in {"input", "select", "textarea", "button"} and told.get("name"):
            self._field(tag, told, fields)

    def _open(self, told: dict[str, str]) -> None:
        key = told.get("id") or f"form-{len(self.forms)}"
        targets = {told.get("action", "")} if told.get("method", "get").lower() == "post" else set()
        self.forms[key] = (targets, {})
        self.stack.append(key)

    def _field(self, tag: str, told: dict[str, str], fields: Fields) -> None:
        kind = {"input": told.get("type", "text"), "button": "submit"}.get(tag, tag)
        one = fields.setdefault(told["name"], Field(told["name"], kind))
        if kind in {"radio", "checkbox", "submit"}:
            one.options.append(told.get("value", "on"))
            one.value = told.get("value", "on") if "checked" in told else one.value
        elif tag == "input":
            one.value = told.get("value", "")
        self.area = one if tag == "textarea" else None
        self.select = one if tag == "select" else None

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.value += data.strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self.stack:
            self.stack.pop()
        if tag == "textarea":
            self.area = None
        if tag == "select":
            self.select = None


def forms_on(page: str, address: str) -> list[tuple[str, Fields]]:
    """Return (address it is sent to, fields) of every form on a page that is posted."""
    parser = _Page()
    parser.feed(page)
    found = []
    for targets, fields in parser.forms.values():
        kept = {name: one for name, one in fields.items() if name != "csrfmiddlewaretoken"}
        found += [(target or address, kept) for target in sorted(targets)]
    return found


CHOSEN: dict[str, dict[str, str]] = {
    "casework:end": {"reason": "admitted"},
    "referrals:register": {"where": "elsewhere", "crew_waits": "on"},
    "referrals:refer": {"where": "elsewhere", "crew_waits": "on"},
    "referrals:ask_for_help": {"danger": "none", "whom": "carer"},
    "accounts:reset_factor": {"checked": "on"},
    "referrals:add_row visit_warnings": {"kind": "two_to_visit"},
    "referrals:add_row sharing": {"categories": "contact"},
    "referrals:add_row capacity": {"outcome": "lacks_capacity"},
    "referrals:section health": {"allergies": "has"},
    "referrals:told": {"answer": "taken"},
    "accounts:add_partner": {"scopes": "referrals:read"},
}


def all_forms(grounds: Grounds, clients: "dict[User | None, Client]") -> dict[str, Form]:
    """Return every form that somebody can reach, by route; of several on one route the one with most fields.

    `clients` holds whom to ask as, those who may most first; None is somebody who has not signed in.
    """
    found: dict[str, Form] = {}
    for name in filter(grounds.has, PAGES):
        for address in grounds.addresses(name):
            _crawl(found, grounds, clients, address)
    return found


def _crawl(found: dict[str, Form], grounds: Grounds, clients: "dict[User | None, Client]", address: str) -> None:
    for user, client in clients.items():
        answer = client.get(address, follow=user is None)
        assert answer.status_code < 500, f"{address} answered {answer.status_code}"
        if user is not None and answer.status_code in {302, 405}:
            return  # for everybody alike
        if answer.status_code != 200 or "html" not in answer["Content-Type"]:
            continue
        at = answer.request["PATH_INFO"]
        for target, fields in forms_on(answer.text, at):
            _keep(found, Form("", target, user, fields, dict(grounds.chosen)))
        if user is not None:
            return


NEVER_SENT = frozenset({"components"})  # shows what forms look like


def _keep(found: dict[str, Form], form: Form) -> None:
    address = urlsplit(form.address).path
    match = resolve(address)
    part = match.kwargs.get("code") or match.kwargs.get("kind") or ""  # of a person's record: each has its own fields
    route = match.view_name
    key = f"{route} {part}".strip()
    if route in NEVER_SENT or (key in found and len(found[key].fields) >= len(form.fields)):
        return
    fields = {name: replace(one) for name, one in form.fields.items()}
    found[key] = Form(route, address, form.user, fields, form.chosen | CHOSEN.get(key, CHOSEN.get(route, {})))
