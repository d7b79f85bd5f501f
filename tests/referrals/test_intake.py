"""What comes in by other doors than the telephone: the public, referrers, crews that wait, enquiries."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.domain import AccessLevel, Code, Permission, Role
from accounts.models import CaseAccess, Place, RestrictedCase, Restriction, User
from accounts.queries import actor_for
from audit.commands import now
from audit.domain import PUBLIC
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from casework.commands import decline_referral, record_not_wanted, withdraw_referral
from notifications.models import Message
from pathways.commands import record_contact
from pathways.domain import ContactDetails, ContactKind
from referrals import queries
from referrals.commands import (
    answer_information,
    ask_for_help,
    ask_information,
    check_who,
    give_information,
    mark_crew,
    record_enquiry,
    register_referral,
    take_referral,
    tell_crew,
)
from referrals.domain import Caller, Channel, Crew, Direction, Identity, Status, Urgency
from referrals.models import CrewWait, Enquiry, Person, Referral
from referrals.queries.intake import enquiries_for
from tests.factories.casework import accept_at
from tests.factories.referrals import details, person, person_at, register
from timelimits.models import CaseDeadline, Clock

SELF = Caller(kind="self", name="Maud Testalder", phone="07700 900318")
MAUD = person(address_lines=("1 Prooflane",))


def asked(who=MAUD, **changes):
    told = {"channel": Channel.PUBLIC, "caller": SELF, **changes}
    return ask_for_help(by=PUBLIC, details=details(**told), person=who, form_id=uuid4())


def running(referral):
    return set(Clock.objects.filter(case_id=referral.case_id, stopped_at=None).values_list("policy_code", flat=True))


@pytest.fixture
def ray(door):
    """A referrer of another organisation."""
    return actor_for(person_at(door.elsewhere, "Ray Refer", Role.REFERRER))


def sent(by, **changes):
    return register_referral(
        by=by, details=details(channel=Channel.PORTAL, told_name="Maud Testalder", **changes), person=MAUD
    )


# The public ---------------------------------------------------------------------------------------------------


def test_ask_for_help__lands_at_the_front_door_with_the_same_clocks_and_the_mark(door):
    referral = asked()
    assert (referral.channel, referral.identity, referral.status) == ("public", "unchecked", "new")
    assert running(referral) == {"crisis_response", "spa_triage"}
    assert queries.get(door.actor("spa"), referral.pk) == referral
    assert "Public web page" in referral.transitions.get().actor_label


def test_ask_for_help__told_exactly_as_held_comes_after_the_last_referral(door):
    before = register(door.actor("spa"))
    accept_at(door, before)
    again = asked()
    assert (again.person_id, again.follows_id) == (before.person_id, before.pk)
    assert again.identity == Identity.UNCHECKED


@pytest.mark.parametrize(
    "who",
    [
        person(postcode="L20 9ZZ"),
        person(born_on=date(1935, 2, 2)),
        person(born_on=None, age_about=91),
        person(given_name=""),
        person(family_name="Testolder"),
    ],
    ids=["postcode", "birth", "age alone", "one name", "surname"],
)
def test_ask_for_help__in_doubt_it_is_a_record_of_its_own(door, who):
    before = register(door.actor("spa"))
    referral = asked(who)
    assert referral.person_id != before.person_id
    assert referral.follows is None


def test_ask_for_help__two_alike_are_nobody(door):
    first = register(door.actor("spa")).person_id
    second = register(door.actor("spa")).person_id
    assert asked().person_id not in (first, second)


@pytest.mark.parametrize("has_case", [True, False])
def test_ask_for_help__a_restricted_record_is_never_found(door, has_case):
    before = register(door.actor("spa"))
    held = Restriction.objects.create(reason="asked_for", words="Asked", starts_at=now(), started_by="Test")
    # a record stands there under its own id; one that was imported has no case
    for key in [before.person_id, before.case_id] if has_case else [before.person_id]:
        RestrictedCase.objects.create(case_id=key, restriction=held)
    assert asked().person_id != before.person_id


def test_ask_for_help__sent_twice_is_one(door):
    form_id = uuid4()
    told = {"details": details(channel=Channel.PUBLIC, caller=SELF), "person": MAUD, "form_id": form_id}
    first = ask_for_help(by=PUBLIC, **told)
    assert ask_for_help(by=PUBLIC, **told) == first
    assert Referral.objects.count() == 1


def test_register__somebody_who_asks_for_themselves_comes_after_the_last_accepted_one(door):
    first = register(door.actor("spa"))
    accept_at(door, first)
    told = {"by": door.actor("spa"), "person_id": first.person_id}
    assert register_referral(details=details(caller=SELF), **told).follows == first
    assert register_referral(details=details(caller=Caller(kind="gp")), **told).follows is None


def test_register__after_an_earlier_referral_only_of_the_same_person(door):
    first, other = register(door.actor("spa")), register(door.actor("spa"), person(family_name="Other"))
    told = {"by": door.actor("spa"), "details": details(), "person_id": first.person_id}
    assert register_referral(**told, follows_id=first.pk).follows == first
    with pytest.raises(RuleBroken, match="somebody else"):
        register_referral(**told, follows_id=other.pk)


def test_check_who__takes_the_mark_away_once(door):
    referral = asked()
    spa = door.actor("spa")
    checked = check_who(by=spa, referral_id=referral.pk, note="Rang the number of the GP", version=1)
    assert checked.identity == Identity.AS_TOLD
    assert CaseEvent.objects.filter(case_id=referral.case_id, event="referral.identity_checked").count() == 1
    assert check_who(by=spa, referral_id=referral.pk, version=2).version == 2
    with pytest.raises(NotPermitted):
        check_who(by=door.actor("commissioner"), referral_id=referral.pk)


# Referrers ----------------------------------------------------------------------------------------------------


def test_sent__a_referrer_sees_what_their_own_team_sent_and_nothing_else(door, ray):
    mine = sent(ray)
    register(door.actor("spa"), person(family_name="Other"))
    colleague = actor_for(person_at(door.elsewhere, "Rita Refer", Role.REFERRER))
    stranger = actor_for(person_at(door.other_crisis, "Sid Refer", Role.REFERRER))
    assert queries.sent_referrals(ray) == [mine] == queries.sent_referrals(colleague)
    assert queries.sent_referrals(stranger) == []
    assert queries.get_sent(colleague, mine.pk) == mine
    with pytest.raises(NotFound):
        queries.get_sent(stranger, mine.pk)
    with pytest.raises(NotPermitted):
        queries.sent_referrals(door.actor("spa"))


def test_sent__shows_status_alone_never_the_case(door, ray):
    mine = sent(ray)
    grants = CaseAccess.objects.filter(case_id=mine.case_id, team=door.elsewhere)
    assert set(grants.values_list("level", flat=True)) == {AccessLevel.STATUS}
    both = actor_for(person_at(door.elsewhere, "Cara Both", Role.CASE_COORDINATOR))
    with pytest.raises(NotFound):
        queries.get(both, mine.pk)


def test_ask_information__of_a_referrer_who_left_is_told_to_their_team(door, ray):
    mine = sent(ray)
    rose = person_at(door.elsewhere, "Rose Refer", Role.REFERRER)
    person_at(door.spa, "Rex Refer", Role.REFERRER)
    gone = User.objects.get(pk=ray.user_id)
    gone.is_active = False
    gone.save()
    ask_information(by=door.actor("spa"), referral_id=mine.pk, asked_of="Dr", question="Walks?", to_referrer=True)
    told = Message.objects.get(template="question_asked")
    assert (told.user_id, told.link) == (rose.pk, f"/sent-referrals/{mine.pk}/")


def test_ask_information__of_the_referrer_is_told_and_answered_on_their_page(door, ray):
    mine = sent(ray)
    spa = door.actor("spa")
    ask_information(by=spa, referral_id=mine.pk, asked_of="Dr Fictive", question="Walks?", to_referrer=True)
    ask_information(by=spa, referral_id=mine.pk, asked_of="Daughter", question="Alone?")
    assert Message.objects.get(user_id=ray.user_id).link == f"/sent-referrals/{mine.pk}/"
    given = give_information(by=ray, referral_id=mine.pk, answer="With a frame", version=3)
    assert given.status == Status.WAITING  # the daughter's answer can still be written down
    told = dict(mine.information_requests.values_list("question", "answer"))
    assert told == {"Walks?": "With a frame", "Alone?": ""}
    with pytest.raises(IllegalMove):
        give_information(by=ray, referral_id=mine.pk, answer="More")
    answered = answer_information(by=spa, referral_id=mine.pk, answer="Her daughter drinks")
    assert answered.status == Status.NEW


def test_sent__shows_the_referrer_nothing_that_others_answered(door, ray, client):
    mine, spa = sent(ray), door.actor("spa")
    ask_information(by=spa, referral_id=mine.pk, asked_of="Dr Fictive", question="Walks?", to_referrer=True)
    answer_information(by=spa, referral_id=mine.pk, answer="Her daughter drinks")
    client.force_login(User.objects.get(pk=ray.user_id))
    page = client.get(reverse("referrals:sent_one", args=[mine.pk]))
    assert "Walks?" in page.text
    assert "drinks" not in page.text


def test_give_information__nothing_asked_of_the_referrer_is_refused(door, ray):
    mine = sent(ray)
    ask_information(by=door.actor("spa"), referral_id=mine.pk, asked_of="Daughter", question="Alone?")
    with pytest.raises(IllegalMove, match="nothing is asked"):
        give_information(by=ray, referral_id=mine.pk, answer="Yes")


def test_give_information__is_not_for_others(door, ray):
    mine = sent(ray)
    ask_information(by=door.actor("spa"), referral_id=mine.pk, asked_of="Dr", question="Walks?", to_referrer=True)
    stranger = actor_for(person_at(door.other_crisis, "Sid Refer", Role.REFERRER))
    with pytest.raises(NotFound):
        give_information(by=stranger, referral_id=mine.pk, answer="Yes")
    with pytest.raises(NotPermitted):
        give_information(by=door.actor("spa"), referral_id=mine.pk, answer="Yes")
    with pytest.raises(RuleBroken):
        give_information(by=ray, referral_id=mine.pk, answer=" ")


def test_ask_information__of_a_caller_has_no_page_to_ask_on(door):
    referral = register(door.actor("spa"))
    ask_information(by=door.actor("spa"), referral_id=referral.pk, asked_of="Pat", question="Up?", to_referrer=True)
    assert not referral.information_requests.get().to_referrer


# A crew that waits --------------------------------------------------------------------------------------------


def test_crew__is_answered_within_15_minutes_of_being_told(door):
    referral = register(door.actor("spa"), crew=Crew(phone="07700 900111"))
    clock = Clock.objects.get(case_id=referral.case_id, policy_code="crew_waiting")
    assert clock.due_at == referral.received_at + timedelta(minutes=15)


def test_mark_crew__later_runs_from_when_we_were_told_and_once(door):
    with time_machine.travel(now() - timedelta(minutes=40)):
        referral = register(door.actor("spa"))
    mark_crew(by=door.actor("spa"), referral_id=referral.pk, crew=Crew())
    clock = Clock.objects.get(case_id=referral.case_id, policy_code="crew_waiting")
    assert clock.started_at > referral.received_at + timedelta(minutes=39)
    mark_crew(by=door.actor("spa"), referral_id=referral.pk, crew=Crew(phone="1"))
    assert CrewWait.objects.get().phone == ""
    other = register(door.actor("spa"), person(family_name="Other"))
    with pytest.raises(RuleBroken):
        mark_crew(by=door.actor("spa"), referral_id=other.pk, crew=Crew(since=now() + timedelta(hours=1)))


def test_tell_crew__may_leave_only_when_it_is_ours(door):
    referral = register(door.actor("spa"), crew=Crew())
    triage = door.actor("triage")
    tell_crew(by=triage, referral_id=referral.pk, may_leave=True, plan="Neighbour stays, we are there by 16:00")
    row = CrewWait.objects.get()
    assert (row.may_leave, row.told_by) == (True, "Priya Demo")
    assert row.ours_from == row.told_at
    assert "crew_waiting" not in running(referral)
    assert {"crisis_response", "spa_triage"} <= running(referral)
    tell_crew(by=triage, referral_id=referral.pk, may_leave=False, plan="Stay: she is worse")
    row.refresh_from_db()
    assert (row.may_leave, row.ours_from) == (False, None)


def test_tell_crew__refuses_half_an_answer(door):
    referral = register(door.actor("spa"), crew=Crew())
    triage, told = door.actor("triage"), {"referral_id": referral.pk, "may_leave": True}
    with pytest.raises(RuleBroken, match="holds until"):
        tell_crew(by=triage, **told, plan=" ")
    with pytest.raises(RuleBroken, match="responsible"):
        tell_crew(by=triage, **told, plan="Wait", ours_from=now() + timedelta(hours=1))
    with pytest.raises(NotPermitted):
        tell_crew(by=door.actor("spa"), **told, plan="Wait")
    alone = register(door.actor("spa"), person(family_name="Other"))
    with pytest.raises(RuleBroken, match="crew"):
        tell_crew(by=triage, referral_id=alone.pk, may_leave=False, plan="Wait")


def test_crew__waits_for_its_answer_after_acceptance_too(door):
    referral = register(door.actor("spa"), crew=Crew())
    accept_at(door, referral)
    assert "crew_waiting" in running(referral)
    tell_crew(by=door.actor("triage"), referral_id=referral.pk, may_leave=True, plan="We are at the door")
    assert Clock.objects.get(case_id=referral.case_id, policy_code="crew_waiting").outcome == "met"


def test_crew__needs_no_answer_once_the_person_is_seen(door):
    referral = register(door.actor("spa"), crew=Crew())
    accept_at(door, referral)
    seen = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
    record_contact(by=door.actor("alice"), case_id=referral.case_id, details=seen)
    assert "crew_waiting" not in running(referral)


def test_crew__is_answered_before_a_decline_and_a_fact_of_its_answer_is_never_refused(door):
    referral = register(door.actor("spa"), crew=Crew())
    no = {"referral_id": referral.pk, "reason": "no_workers", "signpost": "gp", "note": "x"}
    with pytest.raises(RuleBroken, match="Answer the crew first"):
        decline_referral(by=door.actor("triage"), **no)
    told = {"referral_id": referral.pk, "may_leave": False, "plan": "Take her to the hospital"}
    tell_crew(by=door.actor("triage"), **told)
    decline_referral(by=door.actor("triage"), **no)
    assert tell_crew(by=door.actor("triage"), **told | {"plan": "To the other hospital"}).crew.plan


def test_crew__is_answered_before_our_side_withdraws_or_records_a_no(door):
    waits = register(door.actor("spa"), crew=Crew())
    accepted = register(door.actor("spa"), person(family_name="Other"), crew=Crew())
    accept_at(door, accepted)
    for referral in (waits, accepted):
        with pytest.raises(RuleBroken, match="Answer the crew first"):
            withdraw_referral(by=door.actor("triage"), referral_id=referral.pk, reason="Rang back")
    with pytest.raises(RuleBroken, match="Answer the crew first"):
        record_not_wanted(by=door.actor("triage"), referral_id=waits.pk, note="Said no")
    tell_crew(by=door.actor("triage"), referral_id=waits.pk, may_leave=False, plan="She refuses us: your decision")
    record_not_wanted(by=door.actor("triage"), referral_id=waits.pk, note="Said no")
    assert Clock.objects.get(case_id=waits.case_id, policy_code="crew_waiting").outcome == "met"


def test_mark_crew__another_crew_after_an_answer_is_another_wait(door):
    referral = register(door.actor("spa"), crew=Crew(phone="1"))
    tell_crew(by=door.actor("triage"), referral_id=referral.pk, may_leave=True, plan="Ours now")
    assert "crew_waiting" not in running(referral)
    mark_crew(by=door.actor("spa"), referral_id=referral.pk, crew=Crew(phone="2"))
    assert "crew_waiting" in running(referral)
    row = CrewWait.objects.get()
    assert (row.phone, row.told_at) == ("2", None)


def test_crew__leaves_only_when_somebody_is_responsible_in_the_database_too(door):
    register(door.actor("spa"), crew=Crew())
    for wrong in ({"may_leave": True, "told_at": now(), "told_by": "X", "plan": "Y"}, {"told_at": now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CrewWait.objects.update(**wrong)


# Enquiries ----------------------------------------------------------------------------------------------------


def test_enquiry__becomes_a_referral_with_its_first_time_and_only_once(door):
    spa = door.actor("spa")
    with time_machine.travel(now() - timedelta(minutes=50)):
        enquiry = record_enquiry(by=spa, asked="Who helps after a fall?", said="We ring back")
    made = register_referral(by=spa, details=details(), person=MAUD, enquiry_id=enquiry.pk)
    assert made.received_at == enquiry.received_at
    assert Clock.objects.get(case_id=made.case_id, policy_code="crisis_response").started_at == enquiry.received_at
    with pytest.raises(IllegalMove):
        register_referral(by=spa, details=details(), person=person(family_name="Other"), enquiry_id=enquiry.pk)
    assert Person.objects.count() == 1


def test_record_enquiry__sent_twice_is_one_and_other_words_are_another(door):
    told = {"by": door.actor("spa"), "sent_id": uuid4()}
    first = record_enquiry(**told, asked="Opening hours?")
    assert record_enquiry(**told, asked="Opening hours?") == first
    assert record_enquiry(**told, asked="Where is the centre?") != first
    assert Enquiry.objects.count() == 2


def test_record_enquiry__refuses_nothing_asked_and_the_future(door):
    spa = door.actor("spa")
    with pytest.raises(RuleBroken):
        record_enquiry(by=spa, asked=" ")
    with pytest.raises(RuleBroken):
        record_enquiry(by=spa, asked="When?", received_at=now() + timedelta(hours=1))
    with pytest.raises(NotPermitted):
        record_enquiry(by=door.actor("charlie"), asked="When?")


def test_enquiries__are_of_the_front_door(door):
    enquiry = record_enquiry(by=door.actor("spa"), asked="When?")
    lead_elsewhere = actor_for(person_at(door.elsewhere, "Lena Lead", Role.TEAM_LEAD))
    assert list(enquiries_for(door.actor("triage"))) == [enquiry]
    assert list(enquiries_for(lead_elsewhere)) == []
    assert lead_elsewhere.may(Permission.ENQUIRY_RECORD)
    with pytest.raises(NotFound):
        register_referral(by=lead_elsewhere, details=details(), person=MAUD, enquiry_id=enquiry.pk)


def test_take__of_a_public_referral_is_as_any_other(door):
    referral = asked(urgency=Urgency.PLANNED)
    assert take_referral(by=door.actor("spa"), referral_id=referral.pk).held_by == door.users["spa"]


# On the board --------------------------------------------------------------------------------------------------


def test_board__a_crew_that_waits_comes_first_until_it_is_answered(client, door):
    late, waits = register(door.actor("spa")), register(door.actor("spa"), person(family_name="Other"), crew=Crew())
    Clock.objects.filter(case_id=late.case_id).update(due_at=now() - timedelta(hours=1))
    CaseDeadline.objects.filter(case_id=late.case_id).update(next_due_at=now() - timedelta(hours=1))
    client.force_login(door.users["triage"])

    def first():
        page = client.get("/board/").text
        return page.index(str(waits.pk)) < page.index(str(late.pk)), "Crew waiting since" in page

    assert first() == (True, True)
    tell_crew(by=door.actor("triage"), referral_id=waits.pk, may_leave=False, plan="Stay")
    assert first() == (False, False)


# What is missing to decide -------------------------------------------------------------------------------------


def test_missing__is_what_the_place_asks_for_that_service_beside_the_decision(client, door):
    place = Place.objects.get()
    place.words["minimum_data"] = [
        {"code": "crisis", "words": "2-hour", "asks": ["phone", "who_is_with_them"]},
        {"code": "bed", "words": "Bed", "asks": ["nhs_number", "bed_ground"]},
    ]
    place.save()
    referral = register(door.actor("spa"))
    client.force_login(door.users["triage"])
    asked = client.get(f"/referrals/{referral.pk}/triage/").text
    assert "Missing to decide:</b> Who is with them?" in asked
    assert "None of it holds up a crisis" in asked
    Referral.objects.filter(pk=referral.pk).update(service="bed")
    for address in (f"/referrals/{referral.pk}/", f"/board/?chosen={referral.pk}"):
        shown = client.get(address).text
        assert "On which ground a bed?" in shown
        assert "Who is with them?" not in shown
    assert accept_at(door, Referral.objects.get()).episode


def test_missing__what_a_ward_knows_is_asked_of_a_ward_alone(door):
    home, ward = register(door.actor("spa")), register(door.actor("spa"), direction=Direction.STEP_DOWN)
    minimum = [Code("crisis", "2-hour", {"asks": ["hospital", "ready_on", "birth", "address", "phone"]})]
    assert queries.missing_of(home, minimum) == ()
    assert queries.missing_of(ward, minimum) == ("hospital", "ready_on")
