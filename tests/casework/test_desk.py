"""What somebody at the desk must see where they decide: answers, who has it now, what stays open. No browser here."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from accounts.domain import RestrictReason, Role
from accounts.models import User
from accounts.queries import actor_for
from audit.refusals import RuleBroken
from casework.commands.death import record_death
from casework.commands.restrict import restrict_person
from notifications.models import Message
from pathways.commands import allocate_episode
from pathways.models import Contact, Episode
from referrals.commands import answer_information, ask_information, give_information
from referrals.domain import Channel
from referrals.models import Referral
from tests.factories.casework import NOW, accept_at, open_board, register_at, signed_in
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.models import Clock

pytestmark = pytest.mark.django_db
BELL = "A question that you asked about a referral has its answer"


@pytest.fixture
def door() -> FrontDoor:
    return open_board()


@pytest.fixture(autouse=True)
def at_now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def page(door: FrontDoor, who: str, address: str) -> str:
    answer = signed_in(door.users[who]).get(address)
    assert answer.status_code == 200, address
    return " ".join(answer.content.decode().split())


def asked_by_officer(door: FrontDoor) -> tuple[Referral, User]:
    """Return a referral of a referrer who was asked something, and the referrer."""
    ray = person_at(door.elsewhere, "Ray Refer", Role.REFERRER)
    referral = register(actor_for(ray), person(), channel=Channel.PORTAL, caller=details().caller)
    ask_information(
        by=door.actor("spa"), referral_id=referral.pk, asked_of="Dr Fictive", question="Medicines?", to_referrer=True
    )
    return referral, ray


def test_give_information__is_shown_where_it_is_decided_and_told_to_whoever_asked(door: FrontDoor) -> None:
    referral, ray = asked_by_officer(door)
    give_information(by=actor_for(ray), referral_id=referral.pk, answer="Paracetamol only")
    for address in (f"/board/?chosen={referral.pk}", f"/cases/{referral.case_id}/", f"/referrals/{referral.pk}/"):
        shown = page(door, "triage", address)
        assert "Medicines?" in shown, address
        assert "Paracetamol only" in shown, address
        assert "Ray Refer, 14:32" in shown, address
    told = Message.objects.get(template="question_answered")
    assert (told.user_id, told.link) == (door.users["spa"].pk, f"/referrals/{referral.pk}/")
    assert told.reference == referral.reference
    bell = page(door, "spa", reverse("notifications:messages"))
    assert BELL in bell
    assert "Paracetamol" not in bell


def test_answer_information__whoever_asked_and_wrote_the_answer_is_not_told(door: FrontDoor) -> None:
    referral = register_at(door, 5)
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="Wife", question="Door?")
    answer_information(by=door.actor("spa"), referral_id=referral.pk, answer="Key safe")
    assert not Message.objects.filter(template="question_answered").exists()


def test_accept_referral__says_what_is_not_answered_before_and_keeps_it_after(door: FrontDoor) -> None:
    referral = register_at(door, 5)
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="Wife", question="How do we get in?")
    form = page(door, "triage", reverse("pathways:accept", args=[referral.pk]))
    assert "What was asked is not answered yet." in form
    assert "It stays on the case as not answered" in form
    assert "What was asked is not answered yet." not in page(
        door, "triage", reverse("referrals:triage", args=[referral.pk])
    )
    accept_at(door, referral)
    for address in (f"/cases/{referral.case_id}/", f"/referrals/{referral.pk}/"):
        shown = page(door, "triage", address)
        assert "Not answered" in shown
        assert "How do we get in?" in shown
        assert "decided without it, 14:32" in shown


def test_referral_page__says_who_co_ordinates_and_which_service_once_accepted(door: FrontDoor) -> None:
    referral = register_at(door, 20)
    accepted = accept_at(door, referral, 10)
    shown = page(door, "triage", f"/referrals/{referral.pk}/")
    assert "Alice Test is the co-ordinator" in shown
    assert "Priya Demo has it" not in shown
    assert "Not chosen yet" not in shown
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        allocate_episode(
            by=door.actor("lead"), episode_id=accepted.episode.pk, team_id=door.crisis.pk,
            coordinator_id=door.users["carol"].pk, reason="Alice is on leave",
        )  # fmt: skip
        assert "Carol Test is the co-ordinator" in page(door, "triage", f"/referrals/{referral.pk}/")


@pytest.mark.parametrize("htmx", [False, True])
def test_accept__choosing_another_team_keeps_what_was_typed(door: FrontDoor, htmx: bool) -> None:
    referral, client = register_at(door, 5), signed_in(door.users["triage"])
    typed = {
        "version": 1, "team": str(door.crisis.pk), "choose_team": str(door.other_crisis.pk),
        "coordinator": str(door.users["alice"].pk), "note": "Her son has the key", "check_reason": "Asleep now",
    }  # fmt: skip
    headers = {"HX-Request": "true"} if htmx else {}
    answer = client.post(reverse("pathways:accept", args=[referral.pk]), typed, headers=headers)
    shown = answer.content.decode()
    assert answer.status_code == 200
    for kept in ("Her son has the key", "Asleep now", "Bob Test", f'name="team" value="{door.other_crisis.pk}"'):
        assert kept in shown, kept
    assert "Alice Test" not in shown
    assert not Episode.objects.exists()
    del typed["choose_team"]
    again = typed | {"team": str(door.other_crisis.pk), "coordinator": str(door.users["bob"].pk)}
    client.post(reverse("pathways:accept", args=[referral.pk]), again)
    assert Episode.objects.get().coordinator == door.users["bob"]


def test_restricted__those_who_may_see_it_are_told_so_in_words(door: FrontDoor) -> None:
    referral = register_at(door, 5)
    pages = (
        "/board/", f"/board/?chosen={referral.pk}", f"/cases/{referral.case_id}/", f"/people/{referral.person_id}/",
        f"/referrals/{referral.pk}/",
    )  # fmt: skip
    assert all("Restricted" not in page(door, "spa", each).split("<main", 1)[1] for each in pages)
    officer = actor_for(person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))
    told = {"reason": RestrictReason.OTHER, "words": "Works here", "team_ids": [door.spa.pk]}
    restrict_person(by=officer, person_id=referral.person_id, **told)
    for address in pages:
        assert "Restricted" in page(door, "spa", address).split("<main", 1)[1], address


def test_record_death__before_birth_or_in_the_future_is_refused(door: FrontDoor) -> None:
    referral = register_at(door, 5)
    for day in (date(1920, 3, 1), (NOW + timedelta(days=1)).date()):
        with pytest.raises(RuleBroken) as refused:
            record_death(by=door.actor("spa"), person_id=referral.person_id, died_on=day, told_by="Her son")
        assert refused.value.field == "died_on"


def test_record_contact__visit_before_the_call_is_kept_and_said_not_to_meet_it(door: FrontDoor) -> None:
    referral = register_at(door, 20)
    episode = accept_at(door, referral, 10).episode
    client = signed_in(door.users["alice"])
    sent = {"version": episode.version, "kind": "face_to_face", "went": "seen", "occurred_at": "14:00"}
    answer = client.post(reverse("pathways:contact", args=[episode.pk]), sent, follow=True)
    assert "That is before the call of 14:12: the 2-hour clock runs on." in answer.content.decode()
    assert Contact.objects.get().attended
    assert Clock.objects.get(policy_code="crisis_response").stopped_at is None
