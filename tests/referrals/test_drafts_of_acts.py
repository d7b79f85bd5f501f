"""What is typed into an act and not sent: kept as it is typed, back when its form is opened, gone once it is done."""

from collections.abc import Iterator
from datetime import date

import pytest
import time_machine
from django.test import Client
from django.utils.datastructures import MultiValueDict

from accounts.domain import Role
from accounts.queries import actor_for
from audit.models import CaseEvent
from referrals.commands import fill_in_referral, take_referral
from referrals.domain import UCR_NEEDS, Channel
from referrals.forms.filled import FillInForm
from referrals.models import Draft, Enquiry, Referral
from tests.attack.surface import forms_on
from tests.factories.casework import NOW, signed_in
from tests.factories.referrals import FrontDoor, person_at, register

TYPED = {
    "triage": ("reason", {"urgency": "planned", "service": "home"}),
    "accept": ("note", {}),
    "decline": ("note", {"reason": "needs_hospital"}),
    "redirect": ("note", {}),
    "not_wanted": ("note", {}),
    "withdraw": ("note", {}),
    "fill_in": ("access", {}),
    "add_news": ("news", {"said_by": "Jo, the daughter"}),
    "discharge": (
        "needs",
        {"criteria": "not_met", "expected_on_0": "3", "expected_on_1": "12", "expected_on_2": "2026"},
    ),
}
HALF = "Half a sen"


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def referral(door: FrontDoor) -> Referral:
    return register(door.actor("spa"), direction="step_down")


@pytest.fixture
def triage(door: FrontDoor) -> Client:
    return signed_in(door.users["triage"])


def address(verb: str, referral: Referral) -> str:
    return f"/discharge/{referral.pk}/discharge/" if verb == "discharge" else f"/referrals/{referral.pk}/{verb}/"


def keep(client: Client, verb: str, referral: Referral) -> None:
    field, rest = TYPED[verb]
    version = "0" if verb == "discharge" else "1"
    answer = client.post(address(verb, referral), {field: HALF, **rest, "version": version, "keep": "1"})
    assert (answer.status_code, "Draft kept 14:32" in answer.content.decode()) == (200, True)


@pytest.mark.parametrize("verb", TYPED)
def test_keep_act__is_back_in_its_own_form_for_who_typed_it_until_thrown_away(
    triage: Client, door: FrontDoor, referral: Referral, verb: str
) -> None:
    keep(triage, verb, referral)
    form = triage.get(address(verb, referral)).context["form"]
    for name, value in ({TYPED[verb][0]: HALF} | TYPED[verb][1]).items():
        if not name.endswith(("_0", "_1", "_2")):
            assert form[name].value() == value, name
    page = triage.get(address(verb, referral)).content.decode()
    assert "is back, not sent yet" in page
    assert "Somebody changed this since" not in page
    if verb == "discharge":
        assert form["expected_on"].value() == ["3", "12", "2026"]
    assert HALF not in signed_in(door.users["triage2"]).get(address(verb, referral)).content.decode()
    referral.refresh_from_db()
    assert (referral.version, referral.status) == (1, "new")
    assert triage.post(address(verb, referral), {"throw": "1"}).status_code == 302
    assert HALF not in triage.get(address(verb, referral)).content.decode()


def test_keep_act__says_that_somebody_changed_it_meanwhile(triage: Client, door: FrontDoor, referral: Referral) -> None:
    keep(triage, "decline", referral)
    take_referral(by=door.actor("triage"), referral_id=referral.pk)
    page = triage.get(address("decline", referral)).content.decode()
    assert "Somebody changed this since you began" in page
    assert HALF in page


def test_keep_act__what_is_wrong_keeps_it_and_what_is_done_drops_it(triage: Client, referral: Referral) -> None:
    told = {"reason": "", "signpost": "gp", "note": HALF, "version": "1"}
    assert triage.post(address("decline", referral), told).status_code == 422
    assert Draft.objects.get().typed["note"] == [HALF]
    assert triage.post(address("decline", referral), told | {"reason": "needs_hospital"}).status_code == 302
    assert not Draft.objects.exists()
    triage.post(address("accept", referral), {"note": HALF, "version": "1", "keep": "1"})
    assert not Draft.objects.exists()


def test_keep_act__what_comes_late_begins_no_new_draft(triage: Client, door: FrontDoor, referral: Referral) -> None:
    take_referral(by=door.actor("triage"), referral_id=referral.pk)
    late = triage.post(address("decline", referral), {"note": HALF, "version": "1", "keep": "1"})
    assert (late.status_code, late.content) == (200, b"")
    assert not Draft.objects.exists()


def test_keep_accept__comes_back_with_the_team_that_was_chosen(
    triage: Client, door: FrontDoor, referral: Referral
) -> None:
    typed = {"team": str(door.other_crisis.pk), "coordinator": str(door.users["bob"].pk), "note": HALF, "version": "1"}
    triage.post(address("accept", referral), typed | {"keep": "1"})
    form = triage.get(address("accept", referral)).context["form"]
    assert (str(form["team"].value()), form["coordinator"].value()) == (typed["team"], typed["coordinator"])


def test_half_written__lists_decisions_and_plans_of_ones_own(
    triage: Client, door: FrontDoor, referral: Referral
) -> None:
    for verb in ("decline", "discharge"):
        keep(triage, verb, referral)
    page = triage.get("/referrals/new/").content.decode()
    assert "1 form half written." in page
    assert f'href="{address("decline", referral)}?draft=' not in page
    assert f'<a href="{address("decline", referral)}">Carry on with Decline: Maud Testalder</a>' in page
    assert "Carry on with Plan the discharge: Maud Testalder" in triage.get("/discharge/").content.decode()
    assert "Carry on with" not in signed_in(door.users["triage2"]).get("/referrals/new/").content.decode()


def test_keep_enquiry__is_listed_back_and_dropped(triage: Client, door: FrontDoor) -> None:
    told = {"sent_id": "5d0f1f0a-0000-4000-8000-00000000abcd", "asked": HALF, "received": "14:10"}
    spa = signed_in(door.users["spa"])
    assert "Draft kept 14:32" in spa.post("/enquiries/new/", told | {"keep": "1"}).content.decode()
    assert not Enquiry.objects.exists()
    page = spa.get("/enquiries/new/").content.decode()
    assert "1 form half written" in page
    back = spa.get(f"/enquiries/new/?draft={Draft.objects.get().pk}").content.decode()
    assert (HALF in back, 'value="14:10"' in back, "is back" in back) == (True, True, True)
    assert spa.post("/enquiries/new/", told | {"received": "15:10"}).status_code == 422
    assert Draft.objects.get().typed["received"] == ["15:10"]
    assert spa.post("/enquiries/new/", told).status_code == 302
    assert not Draft.objects.exists()
    spa.post("/enquiries/new/", told | {"keep": "1"})
    assert spa.post("/enquiries/new/", told | {"throw": "1"}).status_code == 302
    assert not Draft.objects.exists()


def as_shown(page: str, address: str) -> dict[str, object]:
    """Return what a browser would send of the form on a page: its fields as they stand."""
    fields = next(fields for target, fields in forms_on(page, address) if target == address)
    chosen = {one.name: one.value for one in fields.values() if one.value or one.typed or one.kind == "hidden"}
    return {name: value for name, value in chosen.items() if name not in {"throw", "keep"}}


def test_keep_fill_in__what_was_left_alone_stands_as_it_is_now(
    triage: Client, door: FrontDoor, referral: Referral
) -> None:
    """What somebody else has added since the draft was begun is neither hidden nor undone by it."""
    here = address("fill_in", referral)
    begun = as_shown(triage.get(here).text, here) | {"access": HALF}
    assert "Draft kept" in triage.post(here, begun | {"keep": "1"}).text
    told = {"ring_back": "01632 960144", "who_is_with_them": "Her sister"}
    fill_in_referral(by=door.actor("triage2"), referral_id=referral.pk, told=told, version=1)
    page = triage.get(here).text
    assert "Somebody changed this since you began" in page
    back = as_shown(page, here)
    assert (back["access"], back["initial-access"], back["ring_back"]) == (HALF, "", "01632 960144")
    assert triage.post(here, back).status_code == 302
    referral.refresh_from_db()
    assert (referral.access, referral.ring_back, referral.who_is_with_them) == (HALF, "01632 960144", "Her sister")
    assert CaseEvent.objects.latest("id").data["fields"] == ["access"]
    assert not Draft.objects.exists()


def test_keep_fill_in__what_was_unticked_and_a_day_come_back(db: None) -> None:
    need, other = list(UCR_NEEDS)[:2]
    form = FillInForm(now=NOW, initial={"needs": [need], "ready_on": date(2026, 9, 1), "access": "Side door"})
    typed = {"initial-needs": [need], "initial-access": ["Side door"], "access": ["Side door"], "ready_on_0": ["3"]}
    form.keep(MultiValueDict(typed | {"ready_on_1": ["9"], "ready_on_2": ["2026"]}))
    assert (form["needs"].value(), form["ready_on"].value()) == ([], ["3", "9", "2026"])
    assert f'name="initial-needs" value="{need}"' in form.as_first_seen
    form = FillInForm(now=NOW, initial={"ready_on": date(2026, 9, 1)})
    form.keep(MultiValueDict({"needs": [need, other], "ready_on_0": [""], "ready_on_1": [""], "ready_on_2": [""]}))
    assert (form["needs"].value(), form["ready_on"].value()) == ([need, other], date(2026, 9, 1))
    assert "initial-needs" not in form.as_first_seen


def test_keep_fill_in__what_is_not_asked_any_more_is_shown_to_be_copied(
    triage: Client, door: FrontDoor, referral: Referral
) -> None:
    here = address("fill_in", referral)
    assert "Draft kept" in triage.post(here, {"born_on": "", "gp_practice": HALF, "version": "1", "keep": "1"}).text
    assert HALF in triage.get(here).text


def test_keep_tell__is_back_for_the_referrer(door: FrontDoor) -> None:
    practice = person_at(door.elsewhere, "Dr A Fictive", Role.REFERRER)
    sent = register(actor_for(practice), channel=Channel.PORTAL)
    client, here = signed_in(practice), f"/sent-referrals/{sent.pk}/tell/"
    assert "Draft kept" in client.post(here, {"news": HALF, "version": sent.version, "keep": "1"}).text
    assert HALF in client.get(here).text
    assert client.post(here, {"news": HALF, "version": sent.version}).status_code == 302
    assert not Draft.objects.exists()
