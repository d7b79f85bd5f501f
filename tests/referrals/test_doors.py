"""Pages of referrers and of enquiries, without a browser."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.domain import Role
from audit.models import AccessLog
from referrals.commands import answer_information, ask_information, record_enquiry, reveal_key_safe_code
from referrals.domain import Status
from referrals.models import Draft, Enquiry, Referral
from tests.factories.casework import NOW, register_at, signed_in
from tests.factories.referrals import FrontDoor, person_at
from tests.referrals.test_pages import CALL, call

SENT, NEW = "/sent-referrals/", "/sent-referrals/new/"


@pytest.fixture(autouse=True)
def at_now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ray(door: FrontDoor) -> Client:
    return signed_in(person_at(door.elsewhere, "Ray Refer", Role.REFERRER))


@pytest.fixture
def spa(door: FrontDoor) -> Client:
    return signed_in(door.users["spa"])


def test_refer__is_received_when_it_is_sent_and_shows_how_it_stands(ray):
    answer = ray.post(NEW, call(received="09:00", crew_waits="on"), follow=True)
    made = Referral.objects.get()
    assert (made.received_at, made.channel, made.told_name) == (NOW, "portal", "Ruby Sampleton")
    assert made.source_organisation == "Test Council"
    assert "Received, being decided" in answer.text
    assert "Crew waiting since 14:32" in answer.text
    assert AccessLog.objects.filter(what="sent").exists()


def test_refer__tells_a_key_safe_code_that_the_referrer_never_sees(ray, door):
    assert "Q9090Z" not in ray.post("/sent-referrals/draft/", call(key_safe_code="Q9090Z")).text
    assert "Q9090Z" not in str(Draft.objects.get().typed)
    answer = ray.post(NEW, call(key_safe_code="Q9090Z"), follow=True)
    assert "Q9090Z" not in answer.text
    who = Referral.objects.get().person_id
    assert reveal_key_safe_code(by=door.actor("spa"), person_id=who).code == "Q9090Z"
    assert ray.post(f"/people/{who}/key-safe/").status_code in (403, 404)


def test_refer__keeps_a_draft_until_it_is_sent_or_thrown_away(ray):
    assert ray.post("/sent-referrals/draft/", {"summary": "Half a"}).status_code == 200
    assert "1 referral half written" in ray.get(NEW).text
    assert "Half a" in ray.get(f"{NEW}?draft={Draft.objects.get().pk}").text
    ray.post("/sent-referrals/draft/", {"throw": "1"})
    assert "Half a" not in ray.get(NEW).text
    told = call(form_id=str(uuid4()))
    assert ray.post(NEW, told | {"ring_back": ""}).status_code == 422
    assert Draft.objects.get().typed["family_name"] == [CALL["family_name"]]
    ray.post(NEW, told)
    assert not Draft.objects.exists()


def test_refer__cannot_choose_whom_we_know_or_what_it_follows(ray, door):
    known = register_at(door, 60)
    ray.post(NEW, call(person_id=str(known.person_id), follows_id=str(known.pk)))
    made = Referral.objects.exclude(pk=known.pk).get()
    assert (made.follows, made.person_id == known.person_id) == (None, False)


def test_take_call__a_referrer_is_led_to_their_own_form(ray):
    assert ray.get("/referrals/new/")["Location"] == NEW
    assert ray.get("/")["Location"] == SENT


def test_sent__what_asks_comes_first_and_every_row_on_one_page(ray, door, monkeypatch):
    monkeypatch.setattr("referrals.queries.intake.PAGE", 2)
    monkeypatch.setattr("referrals.views.sent.PAGE", 2)
    for n in range(4):
        ray.post(NEW, call(family_name=f"Test{n}"))
    made = list(Referral.objects.order_by("-received_at", "-pk"))
    for each in (made[2], made[3]):
        ask_information(by=door.actor("spa"), referral_id=each.pk, asked_of="R", question="What?", to_referrer=True)
    first = ray.get(SENT)
    second = ray.get(f"{SENT}?after={first.context['following']}")
    third = ray.get(f"{SENT}?after={second.context['following']}")
    shown = [row.id for page in (first, second, third) for row in page.context["rows"]]
    assert shown == [str(each.pk) for each in (made[2], made[3], made[0], made[1])]
    assert "Next 50" in first.text
    assert "That was all" in third.text


def test_give__an_answer_without_words_is_asked_again(ray, door):
    ray.post(NEW, call())
    made = Referral.objects.get()
    ask_information(by=door.actor("spa"), referral_id=made.pk, asked_of="Ray", question="Tablets?", to_referrer=True)
    where = f"{SENT}{made.pk}/answer/"
    assert "Tablets?" in ray.get(where).text
    assert ray.post(where, {"version": 2, "answer": " "}).status_code == 422
    assert ray.post(where, {"version": 2, "answer": "None"}).status_code == 302
    assert Referral.objects.get().status == Status.NEW
    assert "nothing is asked of you now" in ray.get(where).text


def test_give__who_answered_reads_it_back_and_nobody_else_does(ray, door):
    ray.post(NEW, call())
    made = Referral.objects.get()
    asked = {"by": door.actor("spa"), "referral_id": made.pk}
    ask_information(**asked, asked_of="Ray", question="Tablets?", to_referrer=True)
    ray.post(f"{SENT}{made.pk}/answer/", {"version": 2, "answer": "Two white ones"})
    ask_information(**asked, asked_of="Ray", question="Stairs?", to_referrer=True)
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        answer_information(**asked, answer="Fourteen, said the daughter")
    own = ray.get(f"{SENT}{made.pk}/").text
    assert "Two white ones" in own
    assert "You answered" in own
    assert "Stairs?" in own
    assert "Fourteen" not in own
    colleague = signed_in(person_at(door.elsewhere, "Rae Second", Role.REFERRER)).get(f"{SENT}{made.pk}/").text
    assert "Tablets?" in colleague
    assert "Two white ones" not in colleague


def test_enquiry__of_another_front_door_is_not_there(spa, door):
    enquiry = record_enquiry(by=door.actor("spa"), asked="When are you open?", caller_name="Pat Proof")
    lead = signed_in(person_at(door.elsewhere, "Lena Lead", Role.TEAM_LEAD))
    assert "Pat Proof" in spa.get("/enquiries/").text
    assert "Pat Proof" not in lead.get("/enquiries/").text
    assert lead.get(f"/enquiries/{enquiry.pk}/").status_code == 404
    assert lead.get(f"/referrals/new/?enquiry={enquiry.pk}").status_code == 404


def test_enquiry__made_a_referral_keeps_its_time_and_says_which(spa, door):
    spa.post("/enquiries/new/", {"asked": "Who helps after a fall?", "received": "13:40", "phone": "01632 960411"})
    enquiry = Enquiry.objects.get()
    begun = spa.get(f"/referrals/new/?enquiry={enquiry.pk}")
    assert begun.context["form"]["ring_back"].value() == "01632 960411"
    spa.post("/referrals/new/", call(enquiry_id=str(enquiry.pk), received="14:10"))
    made = Referral.objects.get()
    assert made.received_at == enquiry.received_at
    assert made.reference in spa.get(f"/enquiries/{enquiry.pk}/").text


@pytest.mark.parametrize("what", ["enquiry", "again"])
def test_take_call__another_begins_beside_one_that_is_half_written(spa, door, what):
    enquiry = record_enquiry(by=door.actor("spa"), asked="When are you open?", caller_name="Pat Proof")
    begun = {"enquiry": enquiry.pk, "again": register_at(door, 60).pk}[what]
    url, draft = f"/referrals/new/?{what}={begun}", "/referrals/draft/"
    field = {"enquiry": "enquiry_id", "again": "follows_id"}[what]
    assert spa.post(draft, {"form_id": str(uuid4()), "summary": "Half a"}).status_code == 200
    page = spa.get(url)
    assert "1 call half written" in page.text
    assert page.context["form"]["summary"].value() != "Half a"
    assert str(page.context["form"][field].value()) == str(begun)
    spa.post(draft, {"form_id": str(uuid4()), "summary": "This one", field: str(begun)})
    page = spa.get(url)
    assert page.context["form"]["summary"].value() == "This one"
    assert "1 call half written" in page.text


def test_take_call__from_an_enquiry_that_is_not_there_keeps_what_was_typed(spa):
    answer = spa.post("/referrals/new/", call(enquiry_id=str(uuid4()), summary="Fell at home"))
    assert answer.status_code == 422
    assert "is not there, or not yours" in answer.text
    assert "Fell at home" in answer.text
    assert not Referral.objects.exists()


def test_enquiry__a_time_to_come_is_put_right(spa):
    answer = spa.post("/enquiries/new/", {"asked": "When?", "received": "18:00"})
    assert answer.status_code == 422
    assert "received" in answer.context["form"].errors
    assert not Enquiry.objects.exists()


def test_ask_again__tells_of_an_open_referral_of_the_same_person(spa, door):
    before = register_at(door, 60)
    page = spa.get(f"/referrals/new/?again={before.pk}").text
    assert "Comes back after" in page
    assert reverse("referrals:referral", args=[before.pk]) in page
    assert "Open referral" in page
    spa.post("/referrals/new/", call(person_id=str(before.person_id), follows_id=str(before.pk)))
    assert Referral.objects.exclude(pk=before.pk).get().follows == before
