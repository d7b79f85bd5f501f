"""Whoever we send elsewhere is followed up to a result; a question that is out has its own time to answer."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.domain import Role
from accounts.models import Place
from accounts.queries import actor_for
from audit.commands import now
from audit.refusals import NotFound, NotPermitted, RuleBroken, Stale
from casework.commands import decline_referral, redirect_referral
from pathways.commands import accept_referral
from referrals.commands import (
    answer_information,
    ask_information,
    chase_information,
    finish_signposting,
    register_referral,
    try_signposting,
)
from referrals.domain import Channel, SignpostResult, Status, Urgency
from referrals.models import DecisionCount, Enquiry, InformationRequest, Referral, Signposting
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.models import CaseDeadline, Clock

pytestmark = pytest.mark.django_db


def declined(door: FrontDoor) -> Signposting:
    referral = register(door.actor("spa"))
    decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason="needs_hospital", signpost="gp")
    return Signposting.objects.get(referral=referral)


def test_not_for_us__is_signposted_and_followed_up_to_a_result(door: FrontDoor):
    """R020: no wrong front door."""
    row = declined(door)
    clock = Clock.objects.get(subject=f"signposting:{row.pk}")
    assert (row.signpost, clock.policy_code, clock.stopped_at) == ("gp", "signpost_follow_up", None)
    finish_signposting(by=door.actor("spa"), signposting_id=row.pk, result=SignpostResult.REACHED, note="GP has it")
    finish_signposting(by=door.actor("spa"), signposting_id=row.pk, result=SignpostResult.NOT_WANTED)
    row.refresh_from_db()
    assert (row.result, row.ended_by) == ("reached", "Tom Trial")
    assert not CaseDeadline.objects.filter(case_id=row.referral.case_id).exists()
    assert DecisionCount.objects.get(what="signposted").reason == "reached"


@pytest.mark.parametrize("verb", ["decline", "redirect"])
def test_signposted__said_twice_the_follow_up_runs_on(door: FrontDoor, verb):
    """R020: what the first sending began is not ended by the second one of a double click."""
    referral = register(door.actor("spa"))
    told = {"by": door.actor("triage"), "referral_id": referral.pk, "signpost": "gp", "version": 1}
    for _ in range(2):
        if verb == "decline":
            decline_referral(**told, reason="needs_hospital")
        else:
            redirect_referral(**told, note="GP sees her today")
    row = Signposting.objects.get(referral=referral)
    assert row.ended_at is None
    assert Clock.objects.get(subject=f"signposting:{row.pk}").stopped_at is None


def test_redirect__is_followed_up_too(door: FrontDoor):
    referral = register(door.actor("spa"))
    redirect_referral(by=door.actor("spa"), referral_id=referral.pk, signpost="gp", note="Rash only")
    assert Signposting.objects.get().ended_at is None


def test_not_reached__only_after_three_tries_each_with_new_time(door: FrontDoor):
    row = declined(door)
    given = {"signposting_id": row.pk, "result": SignpostResult.NOT_REACHED}
    for number in range(3):
        with pytest.raises(RuleBroken, match=f"{number} so far"):
            finish_signposting(by=door.actor("spa"), **given)
        try_signposting(by=door.actor("spa"), signposting_id=row.pk, note="No answer")
    assert Clock.objects.filter(subject=f"signposting:{row.pk}", stopped_at=None).count() == 1
    assert finish_signposting(by=door.actor("spa"), **given).tries == 3


def test_follow_up__sent_twice_is_one_try_and_from_a_stale_page_is_told(client, door: FrontDoor):
    row = declined(door)
    seen = {"by": door.actor("spa"), "signposting_id": row.pk, "version": 0}
    for _ in range(2):
        assert try_signposting(**seen, note="No answer").tries == 1
    client.force_login(door.users["spa"])
    address = reverse("referrals:follow", args=[row.pk])
    stale = client.post(address, {"result": "reached", "note": "GP has seen them", "version": 0})
    assert (stale.status_code, "GP has seen them" in stale.text) == (409, True)
    assert "Somebody tried at" in stale.text
    done = {"result": "reached", "note": "GP has seen them", "version": stale.context["version"]}
    assert [client.post(address, done).status_code for _ in range(2)] == [302, 302]
    other = client.post(address, {"result": "tried", "note": "They moved", "version": 1})
    assert (other.status_code, "Tom Trial recorded a result at" in other.text) == (409, True)
    row.refresh_from_db()
    assert (row.tries, row.result, row.note) == (1, "reached", "GP has seen them")


def test_signposting__only_by_the_front_door_and_in_sight(door: FrontDoor):
    row = declined(door)
    with pytest.raises(NotPermitted):
        try_signposting(by=door.actor("charlie"), signposting_id=row.pk)
    with pytest.raises(NotFound):
        try_signposting(by=door.actor("lead"), signposting_id=row.pk)
    with pytest.raises(RuleBroken):
        finish_signposting(by=door.actor("spa"), signposting_id=row.pk, result=SignpostResult.CASE_CLOSED)


def test_page__lists_who_was_sent_elsewhere_and_records_what_became_of_them(client, door: FrontDoor):
    row = declined(door)
    client.force_login(door.users["spa"])
    shown = client.get(reverse("referrals:signposted")).content.decode()
    assert row.referral.reference in shown
    address = reverse("referrals:follow", args=[row.pk])
    assert "What became of them" in client.get(address).content.decode()
    assert client.post(address, {"result": "tried", "note": "No answer"}).status_code == 302
    assert "Try 3 times" in client.post(address, {"result": "not_reached"}).content.decode()
    assert client.post(address, {"result": "reached"}).status_code == 302
    assert "Nobody waits for a result" in client.get(reverse("referrals:signposted")).content.decode()


def test_somewhere_else__is_said_in_words_and_shown_to_the_referrer(client, door: FrontDoor):
    place = Place.objects.get()
    place.words = place.words | {"signposts": [*place.words["signposts"], {"code": "other", "words": "Somewhere else"}]}
    place.save()
    ray = person_at(door.elsewhere, "Ray Refer", Role.REFERRER)
    for end, more in ((decline_referral, {"reason": "needs_hospital"}), (redirect_referral, {"note": "Better there"})):
        told = details(channel=Channel.PORTAL, told_name="Maud Testalder")
        referral = register_referral(by=actor_for(ray), details=told, person=person(family_name=end.__name__))
        sent = {"by": door.actor("triage"), "referral_id": referral.pk, "signpost": "other", **more}
        with pytest.raises(RuleBroken) as refused:
            end(**sent)
        assert (refused.value.code, refused.value.field) == ("where_missing", "where")
        end(**sent, where="Falls clinic of St Mock")
        client.force_login(ray)
        assert "Falls clinic of St Mock" in client.get(reverse("referrals:sent_one", args=[referral.pk])).text
        client.force_login(door.users["spa"])
        assert "Falls clinic of St Mock" in client.get(reverse("referrals:signposted")).text


@pytest.mark.parametrize("verb", ["decline", "redirect"])
def test_somewhere_else__is_asked_for_on_the_form(client, door: FrontDoor, verb: str):
    place = Place.objects.get()
    place.words = place.words | {"signposts": [{"code": "other", "words": "Somewhere else (say where)"}]}
    place.save()
    referral = register(door.actor("spa"))
    client.force_login(door.users["triage"])
    address = reverse(f"casework:{verb}", args=[referral.pk])
    typed = {"version": 1, "reason": "needs_hospital", "signpost": "other", "note": "Better there"}
    missed = client.post(address, typed)
    assert (missed.status_code, "Say where" in missed.text) == (422, True)
    assert client.post(address, typed | {"where": "Falls clinic of St Mock"}).status_code == 302
    assert Signposting.objects.get().where == "Falls clinic of St Mock"


def test_follow_page__shows_whom_to_ring_and_leads_to_referral_and_record(client, door: FrontDoor):
    row = declined(door)
    client.force_login(door.users["spa"])
    text = client.get(reverse("referrals:follow", args=[row.pk])).text
    for expected in (
        "Own GP",
        'href="tel:07700900318"',
        reverse("referrals:referral", args=[row.referral_id]),
        reverse("referrals:person", args=[row.referral.person_id]),
    ):
        assert expected in text


def test_lists__of_more_than_fifty_go_on_to_the_last(client, door: FrontDoor):
    first = declined(door)
    for _ in range(50):
        referral = Referral.objects.get(pk=first.referral_id)
        referral.pk, referral.case_id, referral.reference = uuid4(), uuid4(), f"R-{uuid4().hex[:8]}"
        referral.form_id = None
        referral.save(force_insert=True)
        Signposting.objects.create(referral=referral, signpost="gp", made_at=now())
        Enquiry.objects.create(
            team=door.spa, asked="Opening hours?", received_at=now(), recorded_at=now(), taken_by="T"
        )
    Enquiry.objects.create(team=door.spa, asked="First", received_at=first.made_at, recorded_at=now(), taken_by="T")
    client.force_login(door.users["spa"])
    for name in ("signposted", "enquiries"):
        address = reverse(f"referrals:{name}")
        page = client.get(address)
        rest = client.get(address, {"after": page.context["following"]})
        shown = [*page.context["rows"], *rest.context["rows"]]
        assert (len(page.context["rows"]), len(shown)) == (50, 51)
        assert len({str(row.get("pk") or row["enquiry"].pk) for row in shown}) == 51
        assert rest.context["following"] is None
        assert client.get(address, {"after": uuid4()}).status_code == 404


@pytest.mark.parametrize(("urgency", "minutes"), [(Urgency.CRISIS, 15), (Urgency.PLANNED, 240)])
def test_question__has_its_own_time_and_never_stops_the_crisis_clock(door: FrontDoor, urgency, minutes):
    referral = register(door.actor("spa"), urgency=urgency)
    before = set(Clock.objects.filter(stopped_at=None, paused_at=None).values_list("pk", "due_at"))
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Tablets?")
    asked = InformationRequest.objects.get()
    clock = Clock.objects.get(subject=f"question:{asked.pk}")
    assert clock.due_at - clock.started_at >= timedelta(minutes=minutes)
    assert before <= set(Clock.objects.filter(stopped_at=None, paused_at=None).values_list("pk", "due_at"))
    answer_information(by=door.actor("spa"), referral_id=referral.pk, answer="None")
    clock.refresh_from_db()
    assert clock.outcome == "met"


def two_questions(door):
    referral = register(door.actor("spa"))
    for whom, what in (("GP", "Tablets?"), ("Ward", "Ready when?")):
        ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of=whom, question=what)
    return referral, *InformationRequest.objects.order_by("pk")


def test_answer__is_of_the_question_named_and_the_others_stay_out(door: FrontDoor):
    referral, gp, ward = two_questions(door)
    told = {"by": door.actor("spa"), "referral_id": referral.pk, "answer": "None"}
    for wrong, code in (((), "questions_missing"), ((gp.pk, ward.pk + 1), "questions_unknown")):
        with pytest.raises(RuleBroken) as refused:
            answer_information(**told, questions=wrong)
        assert refused.value.code == code
    assert answer_information(**told, questions=(gp.pk,)).status == Status.WAITING
    ward.refresh_from_db()
    assert (ward.answer, ward.answered_at) == ("", None)
    outcomes = {clock.subject: clock.outcome for clock in Clock.objects.filter(policy_code="information_request")}
    assert outcomes == {f"question:{gp.pk}": "met", f"question:{ward.pk}": ""}
    assert answer_information(**told | {"answer": "Monday"}).status == Status.NEW
    assert InformationRequest.objects.get(pk=gp.pk).answer == "None"


def test_answer_page__of_several_questions_asks_which(client, door: FrontDoor):
    referral, gp, ward = two_questions(door)
    client.force_login(door.users["spa"])
    address = reverse("referrals:answer", args=[referral.pk])
    page = client.get(address)
    assert "Ward" in page.text
    version = page.context["version"]
    missed = client.post(address, {"answer": "None", "version": version})
    assert (missed.status_code, "Choose which questions this answers" in missed.text) == (422, True)
    assert client.post(address, {"answer": "None", "questions": [gp.pk], "version": version}).status_code == 302
    assert InformationRequest.objects.get(answered_at=None) == ward


def test_question__is_chased_and_runs_anew(client, door: FrontDoor):
    referral = register(door.actor("spa"))
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Tablets?")
    asked = InformationRequest.objects.get()
    client.force_login(door.users["spa"])
    for _ in range(2):  # pressed twice
        assert client.post(reverse("referrals:chase", args=[asked.pk]), {"chases": "0"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.chases, asked.chased_at is None) == (1, False)
    assert Clock.objects.filter(subject=f"question:{asked.pk}", stopped_at=None).count() == 1
    told = {"by": door.actor("spa"), "request_id": asked.pk}
    with pytest.raises(Stale, match="Somebody asked once more at"):
        chase_information(by=door.actor("triage"), request_id=asked.pk, chases=0)
    assert chase_information(**told, chases=1).chases == 2
    with pytest.raises(NotPermitted):
        chase_information(by=door.actor("charlie"), request_id=asked.pk)
    with pytest.raises(NotFound):
        chase_information(by=door.actor("lead"), request_id=asked.pk)


def test_question__is_closed_when_it_is_decided_without(door: FrontDoor):
    referral = register(door.actor("spa"))
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="GP", question="Tablets?")
    told = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    accept_referral(by=door.actor("triage"), referral_id=referral.pk, **told)
    asked = InformationRequest.objects.get()
    assert (asked.answered_at, asked.closed_at is None) == (None, False)
    assert Clock.objects.get(subject=f"question:{asked.pk}").outcome == "cancelled"
