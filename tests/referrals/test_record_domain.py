"""Whom we may talk to, what is still to ask, what was told differently: pure."""

from datetime import date

import pytest

from referrals.domain import PersonDetails
from referrals.domain.circle import Around, CircleRole, Talk, may_talk
from referrals.domain.national import ETHNICITIES, FORMATS, nhs_ethnic_category
from referrals.domain.sections import SECTIONS, Field, Kind, Known, faults_of, still_to_ask
from referrals.domain.told import differences

TODAY = date(2026, 9, 17)


@pytest.mark.parametrize(
    ("who", "talk", "words"),
    [
        (Around("Jean", consent="yes"), Talk.YES, "said yes"),
        (Around("Jean", consent="some", limits="Shopping"), Talk.YES, "Only about: Shopping"),
        (Around("Jean", consent="some"), Talk.YES, "ask which"),
        (Around("Jean", consent="best_interests"), Talk.YES, "best interests"),
        (Around("Jean", consent="no"), Talk.NO, "said no"),
        (Around("Jean", frozenset({CircleRole.ATTORNEY_HEALTH}), "no", True), Talk.NO, "only where they cannot decide"),
        (Around("Jean", frozenset({CircleRole.NEXT_OF_KIN})), Talk.ASK, "gives no right"),
        (Around("Jean", frozenset({CircleRole.ATTORNEY_HEALTH})), Talk.ASK, "see the paper"),
        (Around("Jean", frozenset({CircleRole.DEPUTY_WELFARE}), paper_seen=True), Talk.ASK, "paper seen"),
        (Around("Jean", frozenset({CircleRole.ATTORNEY_MONEY}), paper_seen=True), Talk.ASK, "Ask the person"),
        (Around("Jean", frozenset({CircleRole.ADVOCATE})), Talk.YES, "Advocate"),
        (Around("Jean", frozenset({CircleRole.PROFESSIONAL})), Talk.YES, "own care"),
        (Around("Jean"), Talk.ASK, "Ask the person"),
    ],
)
def test_may_talk__follows_what_the_person_said_then_the_paper(who: Around, talk: Talk, words: str) -> None:
    found, why = may_talk(who)
    assert found is talk
    assert words in why


def test_still_to_ask__nothing_known_is_everything_to_ask_and_all_known_is_nothing() -> None:
    everything = still_to_ask(Known(values={}, today=TODAY))
    asked = sum(1 for section in SECTIONS for each in section.fields if each.ask)
    assert len(everything) == asked + 3
    values = {section.code: {each.name: "x" for each in section.fields} for section in SECTIONS}
    whole = Known(values=values, has_statement=True, has_circle=True, sharing_recorded=True, today=TODAY)
    assert still_to_ask(whole) == ()


def test_still_to_ask__a_warning_is_due_the_day_after_its_day_and_always_without_one() -> None:
    warnings = (("Dog", TODAY), ("Oxygen", date(2026, 9, 16)), ("Violence", None))
    found = still_to_ask(Known(values={}, warnings=warnings, today=TODAY))
    assert [item.words for item in found if item.where == "visit_warnings"] == ["Oxygen", "Violence"]


def test_faults_of__names_each_field() -> None:
    fields = (
        Field("formats", "Formats", Kind.MANY, FORMATS),
        Field("name", "Name", longest=3, needed=True),
        Field("place", "Place", Kind.ONE, listed="places"),
    )
    values = {"formats": ["none", "braille"], "name": "Jean", "place": "moon"}
    assert set(faults_of(fields, values, {"place": ["here"]})) == {"formats", "name", "place"}
    assert faults_of(fields, {"name": ""}, {}) == {"name": "Name: this is needed"}
    assert faults_of(fields, {"formats": ["braille"], "name": "Jo", "place": "here"}, {"place": ["here"]}) == {}


def test_ethnicity__every_fine_value_has_its_category_and_not_asked_has_none() -> None:
    assert {entry.code for entry in ETHNICITIES if not entry.nhs} == set()
    assert (nhs_ethnic_category("roma"), nhs_ethnic_category("arab"), nhs_ethnic_category("refused")) == ("C", "S", "Z")
    assert nhs_ethnic_category("") == ""
    assert len({entry.code for entry in ETHNICITIES}) == 21


def test_sections__nothing_is_needed_but_a_name() -> None:
    needed = [(section.code, each.name) for section in SECTIONS for each in section.fields if each.needed]
    assert needed == [("details", "family_name")]


def test_differences__nothing_told_is_no_difference_and_nothing_held_is_one() -> None:
    held = PersonDetails(family_name="Testalder", postcode="L23 9ZZ", phone="01632960011")
    assert differences(held, PersonDetails(family_name=""), names=True) == {}
    assert differences(held, PersonDetails(family_name="TESTALDER", phone="01632 960 011"), names=True) == {}
    told = PersonDetails(
        family_name="Tester", born_on=TODAY, nhs_number="9991234004", gp_practice="A", postcode="L1 1AA"
    )
    assert differences(held, told, names=False) == {
        "born_on": "2026-09-17", "nhs_number": "9991234004", "gp_practice": "A", "address": "L1 1AA",
    }  # fmt: skip
    assert differences(held, told, names=True)["family_name"] == "Tester"
