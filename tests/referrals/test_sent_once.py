"""The same sending twice is quiet; another one from a page that is behind is told who was first."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from audit.commands import now
from audit.refusals import IllegalMove, Stale
from casework.commands import decline_referral, record_not_wanted, redirect_referral, withdraw_referral
from pathways.commands import accept_referral
from referrals import commands
from referrals.domain import Answer, Crew, Service, Urgency
from referrals.models import InformationRequest, Referral, ReferralTransition
from tests.factories.referrals import FrontDoor, details, person, register

pytestmark = pytest.mark.django_db
ASKED = {"asked_of": "Test Street Surgery", "question": "Which tablets?"}
TRIAGED = {"urgency": Urgency.CRISIS, "service": Service.HOME, "reason": "Not eating"}


@pytest.fixture
def referral(door: FrontDoor) -> Referral:
    return register(door.actor("spa"), red_flags=(("chest_pain", Answer.YES),))


def sendings(door: FrontDoor, referral: Referral):
    """Return one sending of each move, all from the version that was opened first."""
    seen = {"by": door.actor("triage"), "referral_id": referral.pk, "version": 1}
    named = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    return {
        "take": lambda: commands.take_referral(**seen),
        "triage": lambda: commands.triage_referral(**seen, **TRIAGED),
        "ask": lambda: commands.ask_information(**seen, **ASKED),
        "confirm_999": lambda: commands.confirm_999(**seen, called_by="Neighbour"),
        "accept": lambda: accept_referral(**seen, **named).referral,
    }


@pytest.mark.parametrize("verb", ["take", "triage", "ask", "confirm_999", "accept"])
def test_sent_twice__from_one_page_is_written_once_and_quiet(door: FrontDoor, referral: Referral, verb: str) -> None:
    send = sendings(door, referral)[verb]
    first, second = send(), send()
    assert (first.version, second.version) == (2, 2)
    assert ReferralTransition.objects.filter(referral=referral).count() == 2
    assert InformationRequest.objects.count() == (verb == "ask")


@pytest.mark.parametrize("verb", ["decline", "redirect", "not_wanted", "withdraw"])
def test_sent_twice__an_ending_is_written_once_and_quiet(door: FrontDoor, verb: str) -> None:
    referral = register(door.actor("spa"))
    seen = {"by": door.actor("triage"), "referral_id": referral.pk, "version": 1}
    send = {
        "decline": lambda: decline_referral(**seen, reason="needs_hospital", signpost="gp"),
        "redirect": lambda: redirect_referral(**seen, signpost="gp", note="Rash only"),
        "not_wanted": lambda: record_not_wanted(**seen, note="Manages"),
        "withdraw": lambda: withdraw_referral(**seen, reason="Rang back"),
    }[verb]
    assert (send().version, send().version) == (2, 2)
    assert ReferralTransition.objects.filter(referral=referral).count() == 2


def test_back_button__with_other_words_is_not_swallowed(door: FrontDoor, referral: Referral) -> None:
    seen = {"by": door.actor("triage"), "referral_id": referral.pk, "version": 1}
    commands.ask_information(**seen, **ASKED)
    with pytest.raises(Stale, match="Priya Demo changed this referral"):
        commands.ask_information(**seen, **ASKED | {"question": "How do they move?"})
    again = commands.ask_information(**seen | {"version": 2}, **ASKED | {"question": "How do they move?"})
    assert again.information_requests.count() == 2


def test_sent_twice__by_somebody_else_is_told_who_was_first(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    told = {"referral_id": referral.pk, "version": 1, "reason": "needs_hospital", "signpost": "gp"}
    decline_referral(by=door.actor("triage"), **told)
    with pytest.raises(IllegalMove, match="it was set to “declined” by Priya Demo at"):
        decline_referral(by=door.actor("triage2"), **told)


def test_sent_twice__after_something_else_happened_is_not_mistaken_for_the_last(
    door: FrontDoor, referral: Referral
) -> None:
    seen = {"by": door.actor("triage"), "referral_id": referral.pk, "version": 1}
    commands.triage_referral(**seen, **TRIAGED)
    commands.take_referral(by=door.actor("triage2"), referral_id=referral.pk)
    with pytest.raises(Stale, match="Sam Second"):
        commands.triage_referral(**seen, **TRIAGED)


def test_answer__that_nobody_asked_for_is_not_lost_quietly(door: FrontDoor, referral: Referral) -> None:
    with pytest.raises(IllegalMove) as refused:
        commands.answer_information(by=door.actor("spa"), referral_id=referral.pk, answer="None missed", version=1)
    assert refused.value.code == "already_new"
    commands.ask_information(by=door.actor("spa"), referral_id=referral.pk, **ASKED)
    told = {"by": door.actor("spa"), "referral_id": referral.pk, "answer": "None missed", "version": 2}
    assert commands.answer_information(**told).version == commands.answer_information(**told).version == 3


def test_register__the_form_gone_back_to_and_sent_with_other_words_is_another_referral(door: FrontDoor) -> None:
    by, form_id = door.actor("spa"), uuid4()
    told = {"by": by, "form_id": form_id}
    first = commands.register_referral(**told, details=details(), person=person())
    assert commands.register_referral(**told, details=details(), person=person()) == first
    other = commands.register_referral(**told, details=details(summary="Cannot stand."), person=person())
    next_call = commands.register_referral(**told, details=details(), person=person(given_name="Albert"))
    assert len({first.pk, other.pk, next_call.pk}) == Referral.objects.count() == 3


def test_register__the_form_gone_back_to_and_made_urgent_is_not_swallowed(door: FrontDoor) -> None:
    told = {"by": door.actor("spa"), "form_id": uuid4(), "person": person()}
    planned = commands.register_referral(**told, details=details(urgency=Urgency.PLANNED))
    crisis = commands.register_referral(**told, details=details(urgency=Urgency.CRISIS))
    flagged = commands.register_referral(**told, details=details(red_flags=(("bleeding", Answer.YES),)))
    assert len({planned.pk, crisis.pk, flagged.pk}) == 3


def test_register__the_form_gone_back_to_and_corrected_is_not_swallowed(door: FrontDoor) -> None:
    """Another birth date, an NHS number or a crew that waits, said after Back, are kept: as another referral."""
    told = {"by": door.actor("spa"), "form_id": uuid4()}
    known = person(born_on=date(1940, 2, 1), nhs_number="")
    first = commands.register_referral(**told, details=details(), person=known)
    assert commands.register_referral(**told, details=details(), person=known) == first
    born = commands.register_referral(**told, details=details(), person=replace(known, born_on=date(1940, 2, 2)))
    number = commands.register_referral(**told, details=details(), person=replace(known, nhs_number="999 123 4004"))
    crew = commands.register_referral(**told, details=details(crew=Crew()), person=known)
    assert len({first.pk, born.pk, number.pk, crew.pk}) == 4


def test_register__the_next_call_on_the_form_of_an_enquiry_is_taken(door: FrontDoor) -> None:
    by = door.actor("spa")
    enquiry = commands.record_enquiry(by=by, asked="Who helps after a fall?")
    told = {"by": by, "form_id": uuid4(), "enquiry_id": enquiry.pk, "details": details()}
    first = commands.register_referral(**told, person=person())
    assert commands.register_referral(**told, person=person(given_name="Albert")) != first
    enquiry.refresh_from_db()
    assert enquiry.referral == first


def test_sending__names_who_what_and_from_where(door: FrontDoor, referral: Referral) -> None:
    by = door.actor("triage")
    told = {"referral_id": referral.pk, "version": 1, **TRIAGED}
    commands.triage_referral(by=by, **told, worse_since=now())
    with pytest.raises(Stale):
        commands.triage_referral(by=by, **told, worse_since=now() - timedelta(seconds=1))
    with pytest.raises(Stale):
        commands.triage_referral(by=replace(by, id=door.actor("triage2").id), **told)
