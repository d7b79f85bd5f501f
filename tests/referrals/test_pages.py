"""Pages of the single point of access: take a call, the referral, its acts."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.models import Place
from audit.models import AccessLog
from referrals.commands import keep_draft, reveal_key_safe_code
from referrals.domain import BY_VERB, MOVES, Answer, Status, Urgency
from referrals.models import Draft, Enquiry, Person, Referral
from referrals.presenters import acts_for, said_once
from tests.factories.casework import NOW, signed_in
from tests.factories.referrals import FrontDoor, details, person, register
from tests.factories.words import says
from timelimits.models import Clock, OpeningCalendar

NEW = "/referrals/new/"
CALL = {
    "ring_back": "07700 900 318",
    "caller_name": "Pat Proof",
    "relationship": "Neighbour",
    "source": "carer",
    "given_name": "Ruby",
    "family_name": "Sampleton",
    "birth": "4 3 1947",
    "nhs_number": "999 123 4012",
    "gp_practice": "Test Street Surgery",
    "home_address": "14 Prooflane, L23 9ZZ",
    "other_warning": "Goose in the garden",
    "where": "elsewhere",
    "address": "12 Prooflane, L23 9ZZ",
    "access": "Neighbour opens, front door",
    "who_with": "Pat Proof",
    "summary": "Ken went off in the ambulance about nine.",
    "reason": "falls",
    "flag_chest_pain": "no",
    "flag_bleeding": "not_known",
    "urgency": "crisis",
    "direction": "step_up",
    "agrees": "yes",
    "stable": "not_known",
    "medicines": "no",
    "received": "14:10",
}


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def spa(door: FrontDoor) -> Client:
    return signed_in(door.users["spa"])


@pytest.fixture
def triage(door: FrontDoor) -> Client:
    return signed_in(door.users["triage"])


def call(**changes: str) -> dict[str, str]:
    """Return the call as the form sends it; None takes a field out."""
    return {name: value for name, value in ({"form_id": str(uuid4())} | CALL | changes).items() if value is not None}


def faults(answer: object) -> dict[str, str]:
    """Return the first fault of every field of the answer's form."""
    form = answer.context["form"]  # type: ignore[attr-defined]
    return {name: str(found[0]) for name, found in form.errors.items()}


def test_take_call__makes_the_referral_as_told(spa: Client) -> None:
    answer = spa.post(NEW, call(), follow=True)
    referral = Referral.objects.select_related("person").get()
    assert answer.redirect_chain == [(reverse("casework:board"), 302)]
    assert f"{referral.reference} sent to triage. Say to the caller" in answer.content.decode()
    assert f'<a href="{reverse("referrals:referral", args=[referral.pk])}">Open {referral.reference}</a>' in answer.text
    assert (referral.person.given_name, referral.person.nhs_number) == ("Ruby", "9991234012")
    assert (referral.person.born_on, referral.person.address_lines) == (date(1947, 3, 4), ["14 Prooflane"])
    assert (referral.person.postcode, referral.person.warnings) == ("L23 9ZZ", ["Goose in the garden"])
    assert (referral.location_lines, referral.location_postcode) == (["12 Prooflane"], "L23 9ZZ")
    assert (referral.ring_back, referral.caller_relationship, referral.source_kind) == (
        "07700 900 318", "Neighbour", "carer",
    )  # fmt: skip
    assert referral.red_flags == {"chest_pain": "no", "bleeding": "not_known"}
    assert (referral.medically_stable, referral.medicines_addressed) == (None, False)
    assert referral.received_at == NOW - timedelta(minutes=22)
    assert referral.zone == "crosby"
    assert {clock.policy_code: clock.due_at for clock in Clock.objects.all()} == {
        "crisis_response": NOW + timedelta(minutes=98),
        "spa_triage": NOW + timedelta(minutes=8),
    }


def test_take_call__page_shows_clock_and_words_for_the_caller(spa: Client) -> None:
    page = spa.get(NEW).content.decode()
    assert "1 h 59 min left" in page or "2 h left" in page
    assert "A nurse or therapist will ring you back<b> by 15:02</b>" in page
    assert 'value="14:32"' in page


def test_take_call__needs_number_who_where_what_and_flags(spa: Client) -> None:
    answer = spa.post(NEW, {"received": "14:10"})
    assert answer.status_code == 422
    assert faults(answer) == {
        "ring_back": "Enter a number, or type none",
        "where": "Choose where they are",
        "summary": "Write down what has happened",
        "urgency": "Choose how soon",
        "direction": "Choose community or hospital",
        "flag_chest_pain": "Say yes, no or not known",
        "flag_bleeding": "Say yes, no or not known",
        "family_name": "Enter at least one name, or what they are called",
    }
    assert not Referral.objects.exists()


def test_take_call__loses_nothing_when_something_is_wrong(spa: Client) -> None:
    answer = spa.post(NEW, call(nhs_number="999 123 4013", received="15:10", flag_bleeding=""))
    page = answer.content.decode()
    assert "Nothing is lost. Three things to put right" in page
    assert (
        faults(answer)["nhs_number"] == "This is not an NHS number: check the digits with the caller, or leave it empty"
    )
    assert faults(answer)["received"] == "15:10 is later than now (14:32). If it was yesterday, type 15:10 yesterday"
    assert 'value="999 123 4013"' in page
    assert "Ken went off in the ambulance" in page
    assert Draft.objects.get().typed["summary"] == [CALL["summary"]]


def test_take_call__one_form_sent_twice_is_one_referral(spa: Client) -> None:
    sent = call()
    spa.post(NEW, sent)
    spa.post(NEW, sent)
    assert Referral.objects.count() == 1
    assert Person.objects.count() == 1


def test_take_call__sends_without_a_name_if_somebody_known_is_chosen(spa: Client, door: FrontDoor) -> None:
    known = register(door.actor("spa")).person
    spa.post(NEW, call(person_id=str(known.pk), given_name="", family_name="", nhs_number="", where="home", address=""))
    assert Referral.objects.filter(person=known).count() == 2


def test_take_call__a_first_name_alone_is_a_name(spa: Client) -> None:
    spa.post(NEW, call(family_name="", given_name="Ruby"))
    assert Person.objects.get().family_name == "Ruby"


def test_take_call__at_home_the_address_is_home(spa: Client) -> None:
    spa.post(NEW, call(where="home", address="5 Mockup Close, Formby, L23 9ZZ", home_address="", source="carer"))
    assert Person.objects.get().address_lines == ["5 Mockup Close", "Formby"]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"address": ""}, "address", "Enter an address or a postcode, or type not known"),
        ({"where": "hospital", "address": ""}, "hospital_site", "Enter the hospital or the ward"),
        ({"birth": "31 2 1947"}, "birth", "There is no such date: check the day and the month"),
        ({"received": "14:10 15 Sep"}, "confirm_old", "Tick this if it came in on Tue 15 Sep 14:10 BST"),
        ({"called_at": "soon"}, "called_at", "Type a time like 14:10, or 14:10 yesterday"),
        ({"ready_on_0": "31", "ready_on_1": "2", "ready_on_2": "2026"}, "ready_on", "Enter a real date, like 4 3 1947"),
    ],
)
def test_take_call__says_what_is_wrong_at_its_field(
    spa: Client, changes: dict[str, str], field: str, words: str
) -> None:
    assert faults(spa.post(NEW, call(**changes))) == {field: words}


def test_take_call__an_old_call_is_taken_once_it_is_confirmed(spa: Client) -> None:
    spa.post(NEW, call(received="14:10 15 Sep", confirm_old="on"))
    assert Referral.objects.get().received_at == NOW - timedelta(days=2, minutes=22)


def test_take_call__asks_which_when_the_hour_came_twice(door: FrontDoor) -> None:
    with time_machine.travel("2026-10-25T09:00:00+00:00", tick=False):
        spa = signed_in(door.users["spa"])
        asked = spa.post(NEW, call(received="01:30"))
        assert faults(asked) == {"received_which": "The clocks went back: say which one"}
        assert "The first, 01:30 BST" in asked.content.decode()
        spa.post(NEW, call(received="01:30", received_which="second"))
    assert Referral.objects.get().received_at.isoformat() == "2026-10-25T01:30:00+00:00"


def test_take_call__refuses_an_hour_that_never_was(door: FrontDoor) -> None:
    with time_machine.travel("2026-03-29T09:00:00+00:00", tick=False):
        answer = signed_in(door.users["spa"]).post(NEW, call(received="01:30"))
    assert faults(answer) == {"received": "There was no 01:30 that night: the clocks went forward"}


def test_take_call__red_flag_keeps_the_999_call_and_says_so(spa: Client) -> None:
    sent = call(flag_chest_pain="yes", called_by="Pat Proof", called_at="14:12", crew_reference="NW4410")
    answer = spa.post(NEW, sent, follow=True)
    referral = Referral.objects.get()
    assert (referral.emergency_called_by, referral.emergency_reference) == ("Pat Proof", "NW4410")
    assert referral.emergency_called_at == NOW - timedelta(minutes=20)
    assert "Ring 999 now if you have not" in answer.content.decode()


def test_take_call__hospital_is_kept(spa: Client) -> None:
    spa.post(
        NEW,
        call(
            where="hospital", address="", hospital_site="Southport Hospital", hospital_ward="7B", direction="step_down",
            urgency="planned", ready_on_0="18", ready_on_1="9", ready_on_2="2026",
        ),
    )  # fmt: skip
    referral = Referral.objects.get()
    assert (referral.hospital_site, referral.hospital_ward, referral.ready_on) == (
        "Southport Hospital", "7B", date(2026, 9, 18),
    )  # fmt: skip


def test_take_call__place_without_its_team_says_so_and_keeps_what_was_typed(spa: Client, door: FrontDoor) -> None:
    door.spa.kind = "other"
    door.spa.save()
    answer = spa.post(NEW, call())
    assert answer.status_code == 422
    assert "This place has no single point of access team" in answer.content.decode()


def test_take_call__enquiry_only_is_written_down_with_its_time_and_can_be_made_a_referral(
    spa: Client, door: FrontDoor
) -> None:
    told = call(where=None, urgency=None, direction=None, flag_bleeding=None, enquiry_only="1")
    for _ in range(2):
        answer = spa.post(NEW, told)
    made = Enquiry.objects.get()
    assert answer.url == f"/enquiries/{made.pk}/"  # type: ignore[attr-defined]
    assert made.asked == f"{CALL['summary']}\nAbout: Ruby Sampleton 4 3 1947"
    assert (made.caller_name, made.phone, made.source_kind) == ("Pat Proof", "07700 900 318", "carer")
    assert made.received_at == NOW - timedelta(minutes=22)
    assert not Referral.objects.exists()
    assert not Person.objects.exists()
    assert not Draft.objects.exists()
    assert spa.post(NEW, call(received="14:30", enquiry_id=str(made.pk))).status_code == 302
    assert Referral.objects.get().received_at == made.received_at


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"summary": ""}, "summary", "Write down what they asked"),
        (
            {"received": "15:10"},
            "received",
            "15:10 is later than now (14:32). If it was yesterday, type 15:10 yesterday",
        ),
        ({"flag_chest_pain": "yes"}, "__all__", "A red flag is answered with yes. Send it to triage"),
    ],
)
def test_take_call__enquiry_only_says_what_is_wrong_and_keeps_the_rest(
    spa: Client, changes: dict[str, str], field: str, words: str
) -> None:
    answer = spa.post(NEW, call(where="", enquiry_only="1", **changes))
    assert answer.status_code == 422
    assert list(faults(answer)) == [field]
    assert faults(answer)[field].startswith(words)
    assert 'value="Sampleton"' in answer.content.decode()
    assert not Enquiry.objects.exists()


def draft_page() -> str:
    """Return the address of the draft that was kept last."""
    return f"{NEW}?draft={Draft.objects.latest('pk').pk}"


def test_keep_draft__is_back_and_can_be_thrown_away(spa: Client) -> None:
    told = call(warnings="dog")
    kept = spa.post("/referrals/draft/", told, headers={"HX-Request": "true"})
    assert "Draft kept 14:32" in kept.content.decode()
    assert 'hx-swap-oob="true"' in kept.content.decode()
    page = spa.get(NEW).content.decode()
    assert "1 call half written" in page
    assert "Carry on with Ruby Sampleton" in page
    assert "Ken went off in the ambulance" not in page
    page = spa.get(draft_page()).content.decode()
    assert "Your draft of Thu 17 Sep, 14:32 BST is back" in page
    assert "Ken went off in the ambulance" in page
    assert "half written" not in page
    assert spa.post("/referrals/draft/", told | {"throw": "1"}).url == NEW  # type: ignore[attr-defined]
    assert not Draft.objects.exists()


def test_keep_draft__says_that_a_code_is_in_the_words_and_refuses_nothing(spa: Client) -> None:
    told = call(access="Key safe left of the door, code 4321")
    warned = spa.post("/referrals/draft/", told).content.decode()
    assert "Is a key-safe or door code in your words?" in warned
    assert not says(warned, "4321")
    assert "door code in" not in spa.post("/referrals/draft/", call()).content.decode()
    assert spa.post(NEW, told).status_code == 302


def test_take_call__key_safe_code_goes_to_the_record_and_is_in_no_draft(spa: Client, door: FrontDoor) -> None:
    told = call(key_safe_code="C4471X")
    kept = spa.post("/referrals/draft/", told).content.decode()
    assert "The key-safe code is not kept in it" in kept
    assert "C4471X" not in str(Draft.objects.get().typed)
    assert "A code was typed before" in spa.get(draft_page()).content.decode()
    assert 'value="C4471X"' in spa.post(NEW, told | {"urgency": ""}).content.decode()
    assert "C4471X" not in str(Draft.objects.get().typed)
    assert spa.post(NEW, told).status_code == 302
    who = Person.objects.get()
    assert reveal_key_safe_code(by=door.actor("spa"), person_id=who.pk).code == "C4471X"
    assert "C4471X" not in spa.get(f"/referrals/{Referral.objects.get().pk}/").content.decode()


def test_take_call__warnings_are_asked_of_somebody_known_too(spa: Client, door: FrontDoor) -> None:
    known = register(door.actor("spa")).person
    page = spa.post("/referrals/draft/", call(choose=str(known.pk)), follow=True).content.decode()
    assert "Warnings for whoever visits" in page
    assert 'type="hidden" name="other_warning"' not in page


def test_keep_draft__two_calls_at_a_time_are_two_drafts(spa: Client) -> None:
    first, second = call(), call(given_name="Olive", summary="Olive is cold")
    for told in (first, second, first):
        spa.post("/referrals/draft/", told)
    page = spa.get(NEW).content.decode()
    assert "2 calls half written" in page
    assert "Carry on with Olive Sampleton" in page
    spa.post("/referrals/draft/", second | {"throw": "1"})
    assert Draft.objects.get().typed["summary"] == [first["summary"]]
    spa.post("/referrals/draft/", second)
    spa.post(NEW, second)
    assert Draft.objects.get().typed["summary"] == [first["summary"]]


def test_keep_draft__of_somebody_else_is_neither_listed_nor_opened(spa: Client, triage: Client) -> None:
    spa.post("/referrals/draft/", call())
    for address in (NEW, draft_page(), f"{NEW}?draft=x"):
        assert "Sampleton" not in triage.get(address).content.decode()


def test_keep_draft__a_time_of_another_day_gets_its_day(spa: Client, door: FrontDoor) -> None:
    spa.post("/referrals/draft/", call())
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert 'value="14:10 17/9/2026"' in signed_in(door.users["spa"]).get(draft_page()).content.decode()


def test_keep_draft__of_a_call_already_sent_is_not_offered(spa: Client, door: FrontDoor) -> None:
    sent = call()
    spa.post(NEW, sent)
    keep_draft(by=door.actor("spa"), form="call", typed={name: [value] for name, value in sent.items()})
    assert "half written" not in spa.get(NEW).content.decode()
    assert "is back" not in spa.get(draft_page()).content.decode()


def test_keep_draft__sending_drops_it(spa: Client) -> None:
    told = call()
    spa.post("/referrals/draft/", told)
    spa.post(NEW, told)
    assert not Draft.objects.exists()


def test_choose_person__shows_whom_and_can_be_undone(spa: Client, door: FrontDoor) -> None:
    known = register(door.actor("spa")).person
    chosen = spa.post("/referrals/draft/", call(choose=str(known.pk)), follow=True)
    page = chosen.content.decode()
    assert chosen.redirect_chain[0][0] == f"{draft_page()}&carry=on#step-2"
    assert "Maud Testalder, 91, born 1 Feb 1935" in page
    assert 'type="hidden" name="family_name" value="Sampleton"' in page
    assert AccessLog.objects.filter(what="person", ids=[str(known.pk)]).exists()
    undone = spa.post("/referrals/draft/", call(person_id=str(known.pk), undo="1"), follow=True).content.decode()
    assert "Maud Testalder" not in undone
    assert 'value="Sampleton"' in undone


def test_choose_person__nonsense_chooses_nobody(spa: Client) -> None:
    for wrong in (str(uuid4()), "nobody"):
        assert spa.post("/referrals/draft/", call(choose=wrong), follow=True).status_code == 200


def test_show_clock__follows_what_is_typed(spa: Client) -> None:
    two_hours = spa.post("/referrals/clock/", call()).content.decode()
    assert "2-hour visit by 16:10" in two_hours
    assert "from <b>14:10</b>" in two_hours
    planned = spa.post("/referrals/clock/", call(urgency="planned")).content.decode()
    assert "by 18:10" in planned
    assert "2-hour visit" not in planned
    assert "ring 999 now" in spa.post("/referrals/clock/", call(flag_chest_pain="yes")).content.decode()
    assert spa.post("/referrals/clock/", {"received": "nonsense"}).status_code == 200


def test_take_call__others_may_not(door: FrontDoor) -> None:
    assert signed_in(door.users["alice"]).get(NEW).status_code == 403


def test_take_call__long_names_stay_whole(spa: Client) -> None:
    long = "Featherstonehaugh-Cholmondeley-Warner-Wilhelmina-Anastasia"
    spa.post(NEW, call(family_name=long))
    assert Person.objects.get().family_name == long


# --- the referral and its acts


def url(referral: Referral, verb: str = "") -> str:
    return f"/referrals/{referral.pk}/{verb}/" if verb else f"/referrals/{referral.pk}/"


def test_show_referral__everything_told(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"), red_flags=(("chest_pain", Answer.YES),), who_is_with_them="Pat")
    page = triage.get(url(referral)).content.decode()
    for words in ("Maud Testalder, 91", "Fell in the bathroom at 11", "Chest pain now: yes", "999 not confirmed", "Pat",
                  "Neighbour, Pat Proof", "Carer, family or friend", "Received", "Tom Trial", "2-hour visit"):  # fmt: skip
        assert words in page, words


def test_show_referral__of_others_is_not_found(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    assert signed_in(door.users["alice"]).get(url(referral)).status_code == 404


def test_offer_acts__by_role_and_state(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    assert [act.verb for act in acts_for(door.actor("spa"), referral)] == [
        "take", "ask", "fill_in", "add_news", "crew", "redirect", "not_wanted", "withdraw",
    ]  # fmt: skip
    acts = acts_for(door.actor("triage"), referral)
    assert [act.verb for act in acts] == [
        "accept", "take", "triage", "ask", "fill_in", "add_news", "crew", "redirect", "not_wanted", "decline",
        "withdraw",
    ]  # fmt: skip
    assert [act.verb for act in acts if act.main] == ["accept"]
    assert acts[1].secondary
    assert acts_for(door.actor("alice"), referral) == []


def test_offer_acts__999_first_while_it_is_not_confirmed(door: FrontDoor) -> None:
    referral = register(door.actor("spa"), red_flags=(("chest_pain", Answer.YES),))
    acts = acts_for(door.actor("triage"), referral)
    assert next(act.verb for act in acts if act.main) == "confirm_999"


def test_offer_acts__every_page_of_the_table_exists() -> None:
    for move in MOVES:
        assert reverse(move.page, args=[] if move.verb == "register" else [uuid4()])


def test_offer_acts__beside_the_list(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    part = triage.get(url(referral, "acts")).content.decode()
    assert f'hx-get="{url(referral, "accept")}"' in part
    assert "<html" not in part


ACTS = {
    "take": {},
    "triage": {"urgency": "planned", "service": "home", "reason": "Safe to wait"},
    "ask": {"asked_of": "GP", "question": "Bloods?"},
    "confirm_999": {"called_by": "Pat", "called_at": "14:20", "crew_there": "on"},
    "decline": {"reason": "needs_hospital", "signpost": "gp"},
    "not_wanted": {"note": "Manages"},
    "redirect": {"signpost": "gp", "note": "Their GP can do this"},
}


@pytest.fixture
def words_of_place(door: FrontDoor) -> None:
    place = Place.objects.get()
    place.words = place.words | {
        "triage_reasons": [
            {"code": "got_worse", "words": "The person got worse"},
            {"code": "safe", "words": "Safe to wait"},
        ],
        "questions": [{"code": "moving", "words": "How do they move?"}],
        "not_wanted_reasons": [{"code": "manages", "words": "Says they manage"}],
    }
    place.save()


@pytest.mark.usefixtures("words_of_place")
@pytest.mark.parametrize("verb", list(ACTS))
def test_act__is_shown_and_done(triage: Client, door: FrontDoor, verb: str) -> None:
    referral = register(door.actor("spa"))
    assert triage.get(url(referral, verb)).status_code == 200
    done = triage.post(
        url(referral, verb),
        {"version": 1, "why": "safe", **ACTS[verb]} if verb == "triage" else {"version": 1, **ACTS[verb]},
    )
    referral.refresh_from_db()
    assert (done.status_code, done.url) == (302, url(referral))  # type: ignore[attr-defined]
    assert referral.status == (BY_VERB[verb].to or Status.NEW)
    assert referral.transitions.latest("id").verb == verb


def test_answer__closes_the_question(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    triage.post(url(referral, "ask"), {"version": 1, "asked_of": "GP", "question": "Bloods?"})
    assert "Bloods?" in triage.get(url(referral, "answer")).content.decode()
    triage.post(url(referral, "answer"), {"version": 2, "answer": "Normal", "stable": "yes", "medicines": "not_known"})
    referral.refresh_from_db()
    assert (referral.status, referral.medically_stable, referral.medicines_addressed) == (Status.NEW, True, None)
    assert "Normal" in triage.get(url(referral)).content.decode()


@pytest.mark.usefixtures("words_of_place")
def test_triage__worse_asks_since_when(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED)
    sent = {"version": 1, "urgency": "crisis", "service": "crisis", "why": "got_worse", "reason": "Chesty"}
    assert faults(triage.post(url(referral, "triage"), sent)) == {
        "worse_since": "Enter when one of our services was told"
    }
    with time_machine.travel(NOW + timedelta(minutes=25), tick=False):
        triage.post(url(referral, "triage"), sent | {"worse_since": "14:52"})
    visit = Clock.objects.get(policy_code="crisis_response", stopped_at=None)
    assert visit.started_at == NOW + timedelta(minutes=20)
    assert referral.transitions.latest("id").note == "The person got worse: Chesty"


@pytest.mark.usefixtures("words_of_place")
def test_triage__a_time_that_would_not_be_used_is_not_dropped(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED)
    sent = {"version": 1, "urgency": "planned", "service": "home", "worse_since": "14:12", "why": "got_worse"}
    told = faults(triage.post(url(referral, "triage"), sent))
    assert told == {"worse_since": "Leave this empty, or choose within 2 hours because they got worse"}


@pytest.mark.parametrize(
    ("verb", "field"),
    [("decline", "reason"), ("redirect", "signpost"), ("not_wanted", "note"), ("ask", "asked_of"), ("triage", "service"),
     ("confirm_999", "called_by")],
)  # fmt: skip
def test_act__says_what_is_missing(triage: Client, door: FrontDoor, verb: str, field: str) -> None:
    answer = triage.post(url(register(door.actor("spa")), verb), {"version": 1})
    assert answer.status_code == 422
    assert field in faults(answer)


@pytest.mark.parametrize("verb", ["accept", "decline", "triage"])
def test_act__spa_officer_is_refused_the_page(spa: Client, door: FrontDoor, verb: str) -> None:
    referral = register(door.actor("spa"))
    assert f'href="{url(referral, verb)}"' not in spa.get(url(referral)).content.decode()
    for answer in (spa.get(url(referral, verb)), spa.post(url(referral, verb), {"version": 1, **ACTS.get(verb, {})})):
        assert answer.status_code == 403
        assert "Your role does not allow this" in answer.content.decode()


def test_act__changed_meanwhile_keeps_what_was_typed(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    signed_in(door.users["spa"]).post(url(referral, "take"), {"version": 1})
    typed = {"version": 1, "reason": "needs_hospital", "signpost": "gp", "note": "Rang the ward"}
    answer = triage.post(url(referral, "decline"), typed)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Tom Trial changed this referral at 14:32, after you opened it." in page
    assert "Rang the ward" in page
    assert 'name="version" value="2"' in page
    again = triage.post(url(referral, "decline"), typed | {"version": 2})
    assert again.status_code == 302


def test_act__too_late_says_so_and_offers_no_form(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    signed_in(door.users["triage2"]).post(url(referral, "not_wanted"), {"version": 1, "note": "No"})
    answer = triage.post(url(referral, "decline"), {"version": 1, "reason": "needs_hospital", "signpost": "gp"})
    assert answer.status_code == 409
    assert "it was set to “did not want it” by Sam Second at 14:32" in answer.content.decode()
    assert '<button class="nhsuk-button nhsuk-button--warning"' not in answer.content.decode()
    half = triage.post(url(referral, "decline"), {"version": 1, "reason": "needs_hospital"})
    assert half.status_code == 409
    assert "it was set to “did not want it” by Sam Second at 14:32" in half.content.decode()
    assert "to put right" not in half.content.decode()
    opened = triage.get(url(referral, "decline"))
    assert opened.status_code == 409
    assert "because it was set to “did not want it” by Sam Second at 14:32." in opened.content.decode()


def test_act__open_999_is_refused_with_what_to_do(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"), red_flags=(("chest_pain", Answer.YES),))
    answer = triage.post(url(referral, "decline"), {"version": 1, "reason": "needs_hospital", "signpost": "gp"})
    assert answer.status_code == 422
    assert "Code 999_not_confirmed" in answer.content.decode()
    assert url(referral, "confirm_999") in answer.content.decode()


def test_act__beside_the_list_is_a_part(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    htmx = {"HX-Request": "true", "HX-Current-URL": "http://testserver/board/?tab=new"}
    part = triage.get(url(referral, "ask"), headers=htmx).content.decode()
    assert re.search(r'<form[^>]*hx-post="/referrals/[^"]*/ask/"', part)
    assert "<html" not in part
    missing = triage.post(url(referral, "ask"), {"version": 1}, headers=htmx)
    assert (missing.status_code, "<html" in missing.content.decode()) == (422, False)
    done = triage.post(url(referral, "ask"), {"version": 1, "asked_of": "GP", "question": "Bloods?"}, headers=htmx)
    assert done["HX-Redirect"] == "/board/?tab=new"


def test_act__of_others_is_not_found(door: FrontDoor) -> None:
    referral = register(door.actor("spa"), person(), summary=details().summary)
    assert signed_in(door.users["lead"]).get(url(referral, "ask")).status_code == 404


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("Daughter", "Jo Test", "Daughter, Jo Test"),
        ("Nurse", "Practice nurse", "Practice nurse"),
        ("Matron", "Matron", "Matron"),
        ("Son", "Jo Samson", "Son, Jo Samson"),
        ("", "Ward 2 desk", "Ward 2 desk"),
        ("", "", ""),
    ],
)
def test_said_once__leaves_out_what_the_other_says(first: str, second: str, words: str) -> None:
    assert said_once(first, second) == words


def test_register__what_is_no_id_of_an_earlier_referral_is_put_right_not_an_error(spa: Client) -> None:
    answer = spa.post("/referrals/new/", {"follows_id": "x", "person_id": "y", "enquiry_id": "z"})
    assert answer.status_code == 422


def test_find_person__nobody_found_leads_to_a_call_about_somebody_new(spa: Client, triage: Client) -> None:
    page = spa.post("/people/find/", {"words": "Olive Proofson 4/3/47"}).content.decode()
    assert "Names that sound like it were looked for" in page
    assert "Take a call about somebody new" in page
    told = dict(re.findall(r'type="hidden" name="(form_id|given_name|family_name|birth)" value="([^"]*)"', page))
    begun = spa.post(reverse("pathways:match"), told)
    form = begun.context["form"]
    assert [form[name].value() for name in ("given_name", "family_name", "birth")] == ["Olive", "Proofson", "4/3/47"]
    assert "Names that sound" not in spa.post("/people/find/", {"words": "4/3/47"}).content.decode()


def test_register__of_a_year_without_a_calendar_keeps_every_word_and_says_so(spa: Client) -> None:
    """Where the hours of bank holidays differ, a mistyped year has no limit to show: the call is not lost for it."""
    for row in OpeningCalendar.objects.all():
        row.definition = row.definition | {"bank_holiday": []}
        row.save()
    told = call(received="14:10 3 May 1987", urgency="planned", confirm_old="on")
    for address in ("/referrals/draft/", "/referrals/clock/"):
        assert "will ring you back" in spa.post(address, told).content.decode()
    asked = faults(spa.post(NEW, told | {"confirm_old": ""}))
    assert asked["confirm_old"] == "Tick this if it came in on Sun 3 May 14:10 BST, 1987"
    again = spa.post(NEW, told)
    assert "no calendar is held for 1987" in faults(again)["received"]
    assert Draft.objects.exists()
    assert not Referral.objects.exists()
