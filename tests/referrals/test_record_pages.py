"""Pages of a person's record: the record, its short forms, drafts, what is still to ask, what changed, the key safe."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import Place
from audit.models import AccessLog
from referrals.commands import add_row, change_section, register_referral, set_key_safe_code
from referrals.models import (
    Background,
    CapacityAssessment,
    Communication,
    Draft,
    KeySafeCode,
    Person,
    Referral,
    RelatedPerson,
    Statement,
    ToldDifference,
    VisitWarning,
)
from tests.factories.casework import NOW, signed_in
from tests.factories.referrals import FrontDoor, details, person, register
from tests.factories.words import says

SUPPORT = [{"code": "none", "words": "None needed"}, {"code": "hearing_aid", "words": "Hearing aid"}]
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def at_now() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def door(door: FrontDoor) -> FrontDoor:
    place = Place.objects.get()
    warnings = [{"code": "violence", "words": "Risk of violence"}, {"code": "dog", "words": "Dog"}]
    place.words = place.words | {"communication_support": SUPPORT, "warnings": warnings}
    place.save()
    return door


@pytest.fixture
def maud(door: FrontDoor) -> Person:
    return register(door.actor("spa"), person(nhs_number="9991234004", phone="01632960011")).person


@pytest.fixture
def spa(door: FrontDoor) -> Client:
    return signed_in(door.users["spa"])


@pytest.fixture
def base(maud: Person) -> str:
    return f"/people/{maud.pk}/"


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def flagged(door: FrontDoor, maud: Person) -> None:
    values = {"formats": ["easy_read"], "interpreter": "yes", "language": "Polish", "support": ["hearing_aid"]}
    change_section(by=door.actor("spa"), person_id=maud.pk, section="communication", values=values)


def test_person__shows_every_part_and_what_is_still_to_ask(spa: Client, base: str) -> None:
    page = text_of(spa.get(base))
    for words in (
        "Maud Testalder",
        "999",
        "Communication and information",
        "Going there",
        "Known to",
        "Still to ask (",
    ):
        assert words in page
    assert AccessLog.objects.filter(what="person.record").count() == 1


def test_person__is_closed_to_who_has_no_case_of_theirs(door: FrontDoor, base: str) -> None:
    for name, status in (("charlie", 404), ("bob", 404), ("commissioner", 403)):
        assert signed_in(door.users[name]).get(base).status_code == status


def test_person__a_call_about_them_begins_with_them_chosen(
    spa: Client, door: FrontDoor, maud: Person, base: str
) -> None:
    page = text_of(spa.get(base))
    told = dict(re.findall(r'name="(form_id|given_name|family_name|choose)" value="([^"]*)"', page))
    assert told["choose"] == str(maud.pk)
    answer = spa.post("/referrals/draft/", told, follow=True)
    assert "Maud" not in answer.redirect_chain[0][0]
    assert str(maud.pk) not in answer.redirect_chain[0][0]
    assert "Not this person: undo" in text_of(answer)
    assert "Carry on with Maud Testalder" in text_of(spa.get("/referrals/new/"))


def test_section__is_filled_with_what_is_held_and_saved(spa: Client, door: FrontDoor, maud: Person, base: str) -> None:
    flagged(door, maud)
    form = text_of(spa.get(f"{base}sections/communication/"))
    assert 'value="Polish"' in form
    sent = {"formats": ["braille"], "interpreter": "not_asked", "language": "Polish", "version": "1"}
    answer = spa.post(f"{base}sections/communication/", sent)
    assert (answer.status_code, answer["Location"]) == (302, f"{base}#communication")
    held = Communication.objects.get()
    assert (held.formats, held.interpreter, held.support) == (["braille"], "", [])


def test_section__nothing_is_demanded(spa: Client, base: str) -> None:
    for code in ("communication", "preferences", "background", "circumstances", "health", "going_there"):
        assert spa.post(f"{base}sections/{code}/", {"version": "0"}).status_code == 302, code


def test_section__a_stale_tab_says_who_and_keeps_what_was_typed(
    spa: Client, door: FrontDoor, maud: Person, base: str
) -> None:
    spa.get(f"{base}sections/communication/")
    change_section(by=door.actor("triage"), person_id=maud.pk, section="communication", values={"language": "Urdu"})
    answer = spa.post(f"{base}sections/communication/", {"language": "Polish", "version": "0"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Priya Demo changed this at 14:32, after you opened it." in page
    assert 'value="Polish"' in page
    again = spa.post(f"{base}sections/communication/", {"language": "Polish", "version": "1"})
    assert again.status_code == 302
    assert Communication.objects.get().language == "Polish"


def test_section__a_fault_stands_at_its_field(spa: Client, base: str) -> None:
    answer = spa.post(f"{base}sections/health/", {"allergies": "has", "version": "0"})
    assert answer.status_code == 422
    assert "Say what they are allergic to." in answer.content.decode()
    answer = spa.post(f"{base}sections/details/", {"family_name": "X", "nhs_number": "123", "version": "1"})
    assert answer.context["form"].errors["nhs_number"]


def test_section__an_unknown_one_is_not_found(spa: Client, base: str) -> None:
    assert spa.get(f"{base}sections/nothing/").status_code == 404
    assert spa.get(f"{base}rows/nothing/").status_code == 404
    assert spa.get(f"{base}rows/related/77/").status_code == 404


def test_draft__what_is_typed_comes_back_until_it_is_saved(
    spa: Client, door: FrontDoor, maud: Person, base: str
) -> None:
    for part in ("x" * 60, "related-", "related-x", "communication-1", "nothing"):
        assert spa.post(f"{base}drafts/{part}/", {"language": "Pol"}, headers=HTMX).status_code == 404
    kept = spa.post(f"{base}drafts/communication/", {"language": "Pol", "formats": ["braille"]}, headers=HTMX)
    assert "Draft kept 14:32" in text_of(kept)
    page = text_of(spa.get(f"{base}sections/communication/"))
    assert 'value="Pol"' in page
    assert "is back, not saved yet" in page
    assert not says(text_of(signed_in(door.users["triage"]).get(f"{base}sections/communication/")), "Pol")
    spa.post(f"{base}sections/communication/", {"language": "Polish", "version": "0"})
    assert not Draft.objects.exists()


def test_draft__says_when_somebody_changed_the_part_since(
    spa: Client, door: FrontDoor, maud: Person, base: str, at_now: Any
) -> None:
    spa.post(f"{base}drafts/communication/", {"language": "Pol"}, headers=HTMX)
    at_now.shift(timedelta(minutes=5))
    flagged(door, maud)
    assert "Somebody changed this since you began" in text_of(spa.get(f"{base}sections/communication/"))


def test_draft__is_thrown_away_and_closed_to_others(spa: Client, door: FrontDoor, base: str) -> None:
    spa.post(f"{base}drafts/communication/", {"language": "Pol"}, headers=HTMX)
    assert spa.post(f"{base}drafts/communication/", {"throw": "1"}).status_code == 302
    assert not Draft.objects.exists()
    assert signed_in(door.users["charlie"]).post(f"{base}drafts/communication/", {"language": "x"}).status_code == 404


def test_rows__are_added_changed_ended_and_struck_out(spa: Client, maud: Person, base: str) -> None:
    assert 'value="not_asked" checked' in text_of(spa.get(f"{base}rows/related/"))
    sent = {"name": "Jean Sampleton", "relationship": "Daughter", "roles": ["next_of_kin"], "phone": "07700900318"}
    assert spa.post(f"{base}rows/related/", sent).status_code == 302
    row = RelatedPerson.objects.get()
    assert "Next of kin gives no right" in text_of(spa.get(base))
    changed = sent | {"consent": "yes", "version": str(row.version)}
    assert spa.post(f"{base}rows/related/{row.pk}/", changed).status_code == 302
    assert "The person said yes" in text_of(spa.get(base))
    assert spa.post(f"{base}rows/related/{row.pk}/end/").status_code == 302
    assert "Nobody is written down" in text_of(spa.get(base))
    assert spa.get(f"{base}rows/related/{row.pk}/").status_code == 404
    strike = f"{base}rows/related/{row.pk}/strike/"
    assert spa.post(strike, {"version": "3"}).status_code == 422
    assert spa.post(strike, {"version": "3", "reason": "Another Jean"}).status_code == 302
    assert "entered in error" in text_of(spa.get(base))


def test_rows__what_matters_is_written_with_its_day_and_who_took_part(spa: Client, base: str) -> None:
    sent = {"words": "My garden", "said_on_0": "16", "said_on_1": "9", "said_on_2": "2026", "took_part": ["person"]}
    assert spa.post(f"{base}rows/statements/", sent).status_code == 302
    assert Statement.objects.get().said_on == date(2026, 9, 16)
    assert "My garden" in text_of(spa.get(base))
    assert spa.post(f"{base}rows/statements/", {"words": "Later"}).status_code == 422


def test_rows__capacity_is_for_those_who_assess_it(door: FrontDoor, spa: Client, base: str) -> None:
    sent = {
        "decision": "To go home", "outcome": "has_capacity", "assessed_by": "Priya Demo",
        "assessed_on_0": "17", "assessed_on_1": "9", "assessed_on_2": "2026",
    }  # fmt: skip
    assert spa.post(f"{base}rows/capacity/", sent).status_code == 403
    assert signed_in(door.users["triage"]).post(f"{base}rows/capacity/", sent).status_code == 302
    assert CapacityAssessment.objects.get().decision == "To go home"


def test_warning__is_looked_at_again_from_the_record(spa: Client, maud: Person, base: str) -> None:
    spa.post(f"{base}rows/visit_warnings/", {"kind": "violence", "detail": "Son", "review": "month"})
    row = VisitWarning.objects.get()
    assert "Look at it again by <b>15 Oct 2026</b>" in text_of(spa.get(base))
    assert spa.post(f"{base}warnings/{row.pk}/review/", {"review": "year"}).status_code == 302
    row.refresh_from_db()
    assert row.review_on == date(2027, 9, 16)
    assert spa.post(f"{base}warnings/{row.pk}/review/", {"review": "never"}).status_code == 422


def test_to_ask__counts_and_leads_to_the_forms(spa: Client, maud: Person, base: str) -> None:
    page = text_of(spa.get(f"{base}to-ask/"))
    assert f"{base}sections/background/" in page
    assert "None of this holds up a crisis" in page
    before = spa.get(f"{base}to-ask/").context["count"]
    spa.post(f"{base}sections/background/", {"ethnicity": "refused", "version": "0"})
    assert Background.objects.get().ethnicity == "refused"
    assert spa.get(f"{base}to-ask/").context["count"] == before - 1


def test_history__says_what_changed_by_whom_and_never_the_code(
    spa: Client, door: FrontDoor, maud: Person, base: str
) -> None:
    flagged(door, maud)
    set_key_safe_code(by=door.actor("spa"), person_id=maud.pk, code="C4471X")
    spa.post(f"{base}sections/communication/", {"formats": ["braille"], "version": "1"})
    page = text_of(spa.get(f"{base}history/"))
    assert "<s>Easy Read</s> Braille" in page
    assert "Tom Trial" in page
    assert "Key-safe code written" in page
    assert "C4471X" not in page


def test_key_safe__is_on_no_page_until_it_is_asked_for_by_post(
    spa: Client, door: FrontDoor, maud: Person, base: str
) -> None:
    assert spa.post(f"{base}key-safe/change/", {"code": "C4471X", "version": "0"}).status_code == 302
    referral = Referral.objects.get()
    pages = (base, f"{base}history/", f"{base}to-ask/", f"{base}key-safe/change/", f"/referrals/{referral.pk}/",
             f"/cases/{referral.case_id}/", "/board/", f"{base}sections/going_there/")  # fmt: skip
    for address in pages:
        assert "C4471X" not in text_of(spa.get(address)), address
    assert spa.get(f"{base}key-safe/").status_code == 405
    shown = spa.post(f"{base}key-safe/")
    assert "C4471X" in text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    assert "ic-noprint" in text_of(spa.post(f"{base}key-safe/", headers=HTMX))
    assert AccessLog.objects.filter(what="person.key_safe").count() == 2


def test_key_safe__is_not_offered_to_who_may_not(door: FrontDoor, maud: Person, base: str) -> None:
    set_key_safe_code(by=door.actor("spa"), person_id=maud.pk, code="C4471X")
    assert KeySafeCode.objects.count() == 1
    auditor = signed_in(door.users["commissioner"])
    assert auditor.post(f"{base}key-safe/").status_code == 403


def test_key_safe__told_otherwise_is_shown_beside_ours(spa: Client, door: FrontDoor, maud: Person, base: str) -> None:
    set_key_safe_code(by=door.actor("spa"), person_id=maud.pk, code="C4471X")
    told = person(nhs_number="9991234004")
    register_referral(by=door.actor("spa"), details=details(), person=told, key_safe_code="Q9090Z")
    assert 'Told otherwise since, with a referral: <b class="ic-big">Q9090Z</b>' in text_of(
        spa.post(f"{base}key-safe/")
    )
    for address in (base, f"{base}history/", f"{base}to-ask/"):
        assert "Q9090Z" not in text_of(spa.get(address))


def test_told__is_shown_with_both_answers_and_taken_over(spa: Client, door: FrontDoor, maud: Person, base: str) -> None:
    referral = register(door.actor("spa"), person(nhs_number="9991234004", phone="01632960099"))
    for address in (base, f"/referrals/{referral.pk}/"):
        page = text_of(spa.get(address))
        assert "01632 960 099" in page
        assert "we hold 01632 960 011" in page
    panel = text_of(spa.get(f"/board/{referral.pk}/panel/", headers=HTMX))
    assert "Told differently" in panel
    told = ToldDifference.objects.get()
    assert spa.post(f"{base}told/{told.pk}/", {"answer": "taken"}).status_code == 302
    maud.refresh_from_db()
    assert maud.phone == "01632960099"
    assert "Told differently" not in text_of(spa.get(base))


def test_flags__stand_on_every_later_page_of_the_person(spa: Client, door: FrontDoor, maud: Person, base: str) -> None:
    flagged(door, maud)
    referral = Referral.objects.get()
    triage = signed_in(door.users["triage"])
    pages = {
        "record": spa.get(base),
        "form": spa.get(f"{base}sections/health/"),
        "referral": spa.get(f"/referrals/{referral.pk}/"),
        "act": triage.get(f"/referrals/{referral.pk}/decline/"),
        "case": spa.get(f"/cases/{referral.case_id}/"),
        "task": spa.get(f"/cases/{referral.case_id}/tasks/new/"),
        "panel": spa.get(f"/board/{referral.pk}/panel/", headers=HTMX),
    }
    pages["call"] = spa.post("/referrals/draft/", {"choose": str(maud.pk)}, follow=True)
    wanted = ("Interpreter: Polish", "Easy Read", "Hearing aid")
    assert [name for name, page in pages.items() if not all(words in text_of(page) for words in wanted)] == []


def test_flags__a_warning_with_a_day_stands_on_panel_case_and_referral(
    spa: Client, door: FrontDoor, maud: Person
) -> None:
    values = {"kind": "violence", "detail": "The son, evenings", "review": "month"}
    add_row(by=door.actor("spa"), person_id=maud.pk, kind="visit_warnings", values=values)
    change_section(
        by=door.actor("spa"), person_id=maud.pk, section="going_there", values={"smoking": "yes", "home_oxygen": "yes"}
    )
    told = {"allergies": "has", "allergy_words": "Latex", "dnacpr": "yes", "paper_place": "The hall table"}
    change_section(by=door.actor("spa"), person_id=maud.pk, section="health", values=told)
    referral = register_referral(by=door.actor("spa"), details=details(), person_id=maud.pk)
    for address in (f"/referrals/{referral.pk}/", f"/cases/{referral.case_id}/"):
        page = text_of(spa.get(address))
        assert "Risk of violence: The son, evenings" in page
        assert "Smoking with oxygen in the home" in page
        assert "Allergies: Latex" in page
        assert "DNACPR: paper at the hall table" in page


def test_timeline__says_that_the_record_changed(spa: Client, door: FrontDoor, maud: Person, base: str) -> None:
    flagged(door, maud)
    spa.post(f"{base}rows/related/", {"name": "Jean Sampleton"})
    spa.post(f"{base}key-safe/change/", {"code": "C4471X", "version": "0"})
    page = text_of(spa.get(f"/cases/{Referral.objects.get().case_id}/"))
    assert "Record changed." in page
    assert "Written on the record." in page
    assert "Key-safe code written or taken away." in page
    assert "Jean Sampleton" not in page.partition("Record changed.")[2].partition("Registered")[0]
