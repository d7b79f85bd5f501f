"""Finding people: by whatever is known of them, misspelt or not, in any order."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from audit.acting import acting
from audit.domain import SYSTEM
from audit.models import AccessLog
from audit.refusals import NotPermitted
from casework.commands import withdraw_referral
from referrals.commands import register_referral
from referrals.domain import Caller, Identity, Told
from referrals.domain.finding import (
    Asked,
    Known,
    Questioner,
    all_words,
    dates_near,
    is_near,
    name_distance,
    plain,
    rank,
    same_names,
    steps_between,
)
from referrals.domain.short_names import other_forms
from referrals.models import Draft, Person, PersonKeys, PossibleDuplicate, Referral
from referrals.queries import alike_referrals, find_people, match_people
from referrals.queries.asking import read_asked
from referrals.queries.finding import fact_keys, known_of
from tests.factories.casework import signed_in
from tests.factories.partners import partner_of
from tests.factories.referrals import FrontDoor, details, person, register
from tests.referrals.test_pages import CALL

TODAY = date(2026, 9, 17)


@pytest.fixture
def people(door: FrontDoor) -> dict[str, Person]:
    told: dict[str, dict[str, Any]] = {
        "siobhan": {"given_name": "Siobhán", "family_name": "O’Brien-Testworth", "born_on": date(1947, 3, 4)},
        "mary": {"given_name": "Mary Ann", "family_name": "Smith", "nhs_number": "9991234004", "postcode": "L23 9ZY"},
        "polly": {"given_name": "Polly", "family_name": "Smythe", "born_on": date(1950, 12, 11)},
        "elizabeth": {"given_name": "Elizabeth", "family_name": "McDonald", "phone": "07700 900 318", "postcode": ""},
        "steven": {"given_name": "Steven", "family_name": "Thompson", "born_on": date(1939, 7, 30)},
    }
    by = door.actor("spa")
    return {name: register(by, person(**fields)).person for name, fields in told.items()}


FINDS = [
    ("siobhan", "siobhan o'brien"), ("siobhan", "SIOBHÁN"), ("siobhan", "o´brien"), ("siobhan", "obrien testworth"),
    ("siobhan", "testworth, siobhan"), ("siobhan", "o brien"), ("siobhan", "4/3/47"), ("siobhan", "obrien 4 March 1947"),
    ("siobhan", "siobhan 3/4/47"), ("siobhan", "Shivaun Obrian 04031947"), ("siobhan", "brien 1947"),
    ("mary", "999 123 4004"), ("mary", "999-123-4004"), ("mary", "9991234004"), ("mary", "99 91 23 40 04"),
    ("mary", "999\u00a0123\u00a04004"), ("mary", "smith mary"), ("mary", "maryann smith"), ("mary", "smiht"),
    ("mary", "l239zy"), ("mary", "smith L23"), ("mary", "molly smith"), ("mary", "smith 999 123 4004"),
    ("polly", "polly smith 11.12.1950"), ("polly", "Smythe"), ("polly", "smyth 75"), ("polly", "mary smythe"),
    ("elizabeth", "liz mcdonald"), ("elizabeth", "betty mac donald"), ("elizabeth", "mc donald"),
    ("elizabeth", "07700 900318"), ("elizabeth", "+44 7700 900318"), ("elizabeth", "900318"), ("elizabeth", "0318"),
    ("elizabeth", "macdonald 0318"), ("elizabeth", "Mrs L McDonald"),
    ("steven", "stephen thompson"), ("steven", "steve tomson"), ("steven", "thopmson"), ("steven", "thom"),
    ("steven", "1939-07-30"), ("steven", "steven george thompson"), ("steven", "jones 30/7/1939"),
]  # fmt: skip


def rung(door: FrontDoor, number: str = "0151 496 0177") -> Referral:
    """Register somebody about whom a neighbour rang and left a number."""
    caller = Caller(kind="carer", name="Pat Proof", phone=number, relationship="Neighbour")
    return register_referral(
        by=door.actor("spa"), details=details(caller=caller), person=person(family_name="Rungabout")
    )


@pytest.mark.parametrize("words", ["0151 496 0177", "+44 151 4960177", "960177"])
def test_find_people__by_the_number_left_for_ringing_back(door: FrontDoor, people: dict[str, Person], words: str):
    asked = rung(door)
    found = find_people(door.actor("spa"), words)
    assert [person.pk for person in found.people] == [asked.person_id]
    assert found.rang == {asked.person_id: asked}


def test_find_people__a_number_that_is_the_persons_own_is_not_called_the_callers(door: FrontDoor):
    asked = rung(door)
    Person.objects.filter(pk=asked.person_id).update(phone="01514960177")
    found = find_people(door.actor("spa"), "0151 496 0177")
    assert ([person.pk for person in found.people], found.rang) == ([asked.person_id], {})


def test_find_people__a_callers_number_finds_only_open_referrals_in_sight(door: FrontDoor):
    asked = rung(door)
    assert find_people(door.actor("spa"), "rungabout 0151 496 0177").rang == {}
    assert find_people(door.actor("charlie"), "0151 496 0177").people == ()
    withdraw_referral(by=door.actor("spa"), referral_id=asked.pk, reason="Rang off")
    assert find_people(door.actor("spa"), "0151 496 0177").people == ()


@pytest.mark.parametrize(("who", "words"), FINDS)
def test_find_people__by_what_is_known_of_them(door: FrontDoor, people: dict[str, Person], who: str, words: str):
    found = find_people(door.actor("spa"), words).people
    assert found, words
    assert found[0] == people[who]


def test_find_people__by_the_reference_of_a_referral(door: FrontDoor):
    referral = register(door.actor("spa"))
    for typed in (referral.reference, referral.reference.lower(), referral.reference.replace("-", " ")):
        assert [one.pk for one in find_people(door.actor("spa"), typed).people] == [referral.person_id]
    assert find_people(door.actor("charlie"), referral.reference).people == ()


def test_find_people__only_those_of_ones_own_cases(door: FrontDoor, people: dict[str, Person]):
    assert find_people(door.actor("alice"), "smith").people == ()
    assert find_people(door.actor("alice"), "999 123 4004").people == ()
    with pytest.raises(NotPermitted):
        find_people(door.actor("commissioner"), "smith")


def test_find_people__logs_who_was_shown_and_never_the_words(door: FrontDoor, people: dict[str, Person]):
    find_people(door.actor("spa"), "smith 999 123 4004")
    (log,) = AccessLog.objects.filter(what="person.find")
    assert log.ids == [str(people["mary"].pk), *log.ids[1:]]
    assert "mith" not in f"{log.what}{log.ids}{log.actor_label}"


def test_find_people__says_that_there_are_more(door: FrontDoor):
    by = door.actor("spa")
    for day in range(1, 26):
        register(by, person(given_name="Ann", born_on=date(1940, 1, day)))
    found = find_people(by, "testalder")
    assert (len(found.people), found.more) == (20, True)
    (one,) = find_people(by, "testalder 7/1/1940").people[:1]
    assert one.born_on == date(1940, 1, 7)


@pytest.mark.parametrize("words", ["", "  ", "x", "79", "the", "!!", "'", "\\", "a:*", "%", "(", "12"])
def test_find_people__odd_words_find_nobody_and_break_nothing(door: FrontDoor, people: dict[str, Person], words: str):
    assert find_people(door.actor("spa"), words).people == ()


def test_find_people__ten_digits_that_are_no_nhs_number(door: FrontDoor):
    assert find_people(door.actor("spa"), "999 123 4005").wrong_number
    assert find_people(door.actor("spa"), "3333333333").wrong_number
    assert not find_people(door.actor("spa"), "0151 496 010").wrong_number


def test_nobody_is_matched_on_emptiness(door: FrontDoor):
    nothing = {"nhs_number": "", "born_on": None, "postcode": "", "phone": ""}
    register(door.actor("spa"), person(given_name="Ruby", family_name="Sampleton", **nothing))
    assert match_people(door.actor("spa"), Told()) == []
    assert match_people(door.actor("spa"), Told(family_name="Mockford")) == []
    first = register_referral(by=door.actor("spa"), details=details(), person=person(**nothing)).person
    assert register_referral(by=door.actor("spa"), details=details(), person=person(**nothing)).person != first


def test_keys__are_kept_whoever_writes(door: FrontDoor):
    found = register(door.actor("spa")).person
    assert PersonKeys.objects.get(person=found).compared_at is None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE referrals_person SET family_name = 'Mockford', phone = '0151 496 0177'")
        cursor.execute("UPDATE referrals_personkeys SET compared_at = now()")
        cursor.execute("UPDATE referrals_person SET version = version + 1")
    assert find_people(door.actor("spa"), "testalder").people == ()
    assert find_people(door.actor("spa"), "mockford 0177").people == (found,)
    assert PersonKeys.objects.get(person=found).compared_at is not None


class PlainNames(TestCase):
    @given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
    def test_plain__is_the_same_in_the_database(self, name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT referrals_name_tokens(%s)", [name])
            assert set(cursor.fetchone()[0]) == {word[:40] for word in all_words(name)}

    @given(st.dates(date(1905, 1, 1)), st.text("0123456789 +()", max_size=14), st.sampled_from(["", "L23 9ZZ", "L1"]))
    def test_fact_keys__are_the_same_in_the_database(self, born_on: date, phone: str, postcode: str) -> None:
        known = Person(family_name="X", born_on=born_on, phone=phone, postcode=postcode)
        with connection.cursor() as cursor:
            cursor.execute("SELECT referrals_fact_keys(%s, %s, %s)", [born_on, postcode, phone])
            assert set(cursor.fetchone()[0]) == fact_keys(known)


def test_plain__letters_that_are_two():
    assert plain("Ó’Brien Łukasz ßÆ") == "obrien lukasz ssae"


def test_questions__closest_first_and_each_once():
    asked = Asked(("mary", "smith"), (frozenset({"d:19470304"}),), born_on=date(1947, 3, 4))
    questions = Questioner(asked, {"mary": ["s:MR"], "smith": ["s:SM0"]}).questions()
    assert questions[0].startswith("('n:")
    assert questions[0].endswith("('n:smith') & ('d:19470304')")
    assert questions[-1] == "('d:19470304')"
    assert len(questions) == len(set(questions))
    assert Questioner(Asked()).questions() == []


def test_other_forms__work_both_ways():
    assert "elizabeth" in other_forms("liz")
    assert "liz" in other_forms("elizabeth")
    assert "peggy" in other_forms("meg")
    assert "pat" not in other_forms("pat")
    assert other_forms("xyzzy") == frozenset()


def test_dates_near__one_slip_of_hand():
    born = date(1947, 3, 4)
    for near in (date(1947, 4, 3), date(1947, 3, 14), date(1948, 3, 4), date(1947, 11, 4), date(1947, 3, 3)):
        assert is_near(born, near), near
    for far in (date(1948, 4, 4), date(1958, 3, 4), date(1949, 5, 6)):
        assert not is_near(born, far), far
    assert date(2000, 2, 29) in dates_near(date(2000, 2, 29))


@pytest.mark.parametrize(
    ("one", "other", "steps"), [("smith", "smith", 0), ("smiht", "smith", 1), ("smth", "smith", 1), ("a", "wxyz", 4)]
)
def test_steps_between__words(one: str, other: str, steps: int):
    assert steps_between(one, other) == steps_between(other, one) == steps


def test_rank__number_before_names_before_likeness():
    asked = Asked(("mary", "smith"), number="9991234004")
    same = Known(("anna", "jones"), number="9991234004")
    near, far = Known(("mary", "smith")), Known(("molly", "smith"))
    assert sorted([far, near, same], key=lambda known: rank(asked, known)) == [same, near, far]
    born = Asked((), (frozenset({"d:19470304"}),), born_on=date(1947, 3, 4))
    close, wrong = Known((), born_on=date(1947, 4, 3)), Known((), born_on=date(1960, 4, 3))
    assert rank(born, close) < rank(born, wrong)


def test_names__initials_and_other_forms():
    assert name_distance(["m", "smith"], ["mary", "smith"]) == 1
    assert name_distance(["mc", "donald"], ["mcdonald", "liz"]) == 0
    assert same_names(["liz", "smith"], ["elizabeth", "smith"])
    assert not same_names(["liz", "smith"], ["mary", "smith"])
    assert not same_names([], ["mary"])


def test_read_asked__a_mixture():
    asked = read_asked("Mrs mary SMITH born 4/3/47 L23 9ZZ 07700 900318", TODAY)
    assert asked.names == ("mary", "smith")
    assert asked.born_on == date(1947, 3, 4)
    assert {key for fact in asked.facts for key in fact} == {"d:19470304", "p:L239ZZ", "t:900318"}
    assert read_asked("r26-42", TODAY).reference == "R-26-00042"
    assert read_asked("E14 5AB", TODAY).reference == ""
    assert read_asked("sir", TODAY).names == ("sir",)


def test_known_of__knows_what_they_like_to_be_called():
    with acting(SYSTEM):
        known = known_of(Person(given_name="Margaret", family_name="Test", called="Peggy"))
    assert "peggy" in known.names


# --- before a second record is made


def test_planned_call_about_somebody_we_know__is_asked_first(door: FrontDoor):
    register(door.actor("spa"))
    client = signed_in(door.users["spa"])
    told = CALL | {"urgency": "planned", "given_name": "Maud", "family_name": "Testalder", "birth": "1 2 1935"}
    told = told | {"nhs_number": "", "received": "now"}
    answer = client.post("/referrals/new/", told)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Is this them?" in page
    assert "Maud Testalder, 91, born 1 Feb 1935" in page
    assert 'value="14:10"' not in page
    assert Person.objects.count() == 1
    client.post("/referrals/new/", told | {"someone_else": "on"})
    assert Person.objects.count() == 2


@pytest.mark.parametrize("received", ["now", ""])
def test_crisis_about_somebody_we_know__takes_one_press_more_and_the_time_stands(door: FrontDoor, received: str):
    known = register(door.actor("spa"), person(nhs_number="9991234004")).person
    told = CALL | {"form_id": str(uuid4()), "nhs_number": "999 123 4004", "given_name": "", "birth": ""}
    with time_machine.travel("2026-09-17T13:32:10+00:00", tick=False) as clock:
        client = signed_in(door.users["spa"])
        asked = client.post("/referrals/new/", told | {"received": received})
        assert asked.status_code == 422
        assert 'value="14:32"' in asked.content.decode()
        clock.shift(120)
        for _ in range(2):
            answer = client.post("/referrals/new/", told | {"received": "14:32", "is_them": str(known.pk)})
            assert answer.status_code == 302
    made = Referral.objects.get(form_id=told["form_id"])
    assert (made.person, made.received_at.isoformat()) == (known, "2026-09-17T13:32:00+00:00")
    assert (Referral.objects.count(), Draft.objects.count()) == (2, 0)


def test_call_with_the_number_of_somebody_else__makes_a_record_without_it_and_offers_both(door: FrontDoor):
    known = register(door.actor("spa"), person(nhs_number="9991234004")).person
    told = CALL | {
        "form_id": str(uuid4()),
        "nhs_number": "999 123 4004",
        "birth": "",
        "received": "",
        "someone_else": "on",
    }
    assert signed_in(door.users["spa"]).post("/referrals/new/", told).status_code == 302
    made = Referral.objects.latest("recorded_at")
    assert (made.person.nhs_number, made.identity) == (None, Identity.NUMBER_CONFLICT)
    assert PossibleDuplicate.objects.filter(one__in=(known, made.person), other__in=(known, made.person)).exists()


def test_alike_referrals__tells_a_partner_of_its_own_alone(door: FrontDoor):
    first = register(door.actor("spa"))
    second = register(door.actor("spa"), person(given_name="Maudie"))
    assert alike_referrals(door.actor("spa"), second) == [first.reference]
    assert alike_referrals(door.actor("charlie"), second) == []


def test_alike_referrals__never_confirms_whose_number_it_is(door: FrontDoor):
    """Neither of a referral by number alone that somebody of its holder's name was referred, nor the other way round."""
    spa, told = door.actor("spa"), person(nhs_number="", postcode="")
    holder = register(spa, person(nhs_number="9991234004"))
    by = partner_of(door.elsewhere.organisation).actor
    mine = register(by, told)
    probe = register(by, person(nhs_number="9991234004", given_name="", family_name="Guess", born_on=None))
    assert probe.person_id == holder.person_id
    assert alike_referrals(by, probe) == []
    assert alike_referrals(by, register(by, told, summary="Fell again")) == [mine.reference]


def test_name_without_a_letter__is_kept_like_any_other(door: FrontDoor):
    found = register(door.actor("spa"), person(given_name="", family_name="???", born_on=None, postcode="", phone=""))
    assert PersonKeys.objects.get(person=found.person).keys == ""
    assert find_people(door.actor("spa"), "???").people == ()
