"""People who wait to leave hospital: the list, the plan, what must be so before it is confirmed."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.commands import now
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from casework.commands import end_episode, withdraw_referral
from casework.commands.death import record_death
from pathways.commands import (
    accept_referral,
    add_blocker,
    answer_liaison,
    ask_liaison,
    confirm_discharge,
    finish_task,
    plan_discharge,
    record_contact,
    record_left,
    record_not_left,
    unconfirm_discharge,
)
from pathways.domain import (
    BackReason,
    ContactDetails,
    ContactKind,
    Criteria,
    Destination,
    DischargePlan,
    DischargeStatus,
    EndReason,
    KnownBeside,
    LiaisonOutcome,
    Pathway,
    RehabOffer,
    default_destination,
    read_behind,
    unmet,
)
from pathways.models import Discharge, LiaisonRequest, Task
from pathways.queries import discharge_list, is_known_to_mental_health, wards
from pathways.views.discharges import PAGES
from referrals.commands import add_row, change_section, end_row
from referrals.domain import Direction, Hospital, Urgency
from referrals.models import Background
from tests.factories.referrals import FrontDoor, person, register
from timelimits.domain.local_time import local_date
from timelimits.models import Approval, CaseDeadline, Clock

GOOD = DischargePlan(pathway=Pathway.P1, grounds="Needs help with the stairs", destination=Destination.OWN_HOME)


def on_ward(door: FrontDoor, ward: str = "Ward 7B", **who):
    hospital = Hospital(site="Southport Hospital", ward=ward)
    told = {"direction": Direction.STEP_DOWN, "urgency": Urgency.PLANNED, "hospital": hospital}
    return register(door.actor("spa"), person(**who), **told)


def write(door, referral, plan=GOOD, **more):
    return plan_discharge(by=door.actor("spa"), referral_id=referral.pk, plan=plan, **more)


# Pure


HOME = Destination.OWN_HOME


@pytest.mark.parametrize(
    ("plan", "codes"),
    [
        (GOOD, ()),
        (DischargePlan(), ("pathway_missing", "destination_missing")),
        (replace(GOOD, grounds=" "), ("grounds_missing",)),
        (replace(GOOD, criteria=Criteria.MET), ("criteria_met",)),
        (replace(GOOD, destination=None), ("destination_missing",)),
        (replace(GOOD, pathway=Pathway.P2), ("bed_ground_missing",)),
        (replace(GOOD, pathway=Pathway.P2, bed_ground="home_unsuitable"), ()),
        (replace(GOOD, pathway=Pathway.P3), ("rehab_not_offered",)),
        (replace(GOOD, pathway=Pathway.P3, rehab=RehabOffer.DECLINED), ()),
        (replace(GOOD, pathway=Pathway.P3, rehab=RehabOffer.EXCEPTION), ("rehab_reason_missing",)),
    ],
)
def test_unmet__says_what_is_missing(plan, codes):
    """R053 a bed on one of two grounds; R055 rehabilitation offered before a long-term decision."""
    assert tuple(each.code for each in unmet(plan, KnownBeside())) == codes


def test_unmet__with_dementia_or_delirium_home_comes_first():
    """R172: going anywhere else needs its reason; going nowhere is not an answer."""
    known = KnownBeside(home_first=True)
    away = DischargePlan(pathway=Pathway.P2, grounds="x", bed_ground="home_unsuitable", destination=Destination.BED)
    assert [each.code for each in unmet(away, known)] == ["home_first"]
    assert [each.code for each in unmet(replace(away, destination=None), known)] == ["destination_missing"]
    assert unmet(GOOD, known) == ()


def test_unmet__known_to_mental_health_needs_a_named_professional():
    """R176."""
    found = unmet(GOOD, KnownBeside(known_to_mental_health=True))
    assert [each.code for each in found] == ["mh_professional_missing"]


@pytest.mark.parametrize("named", ["liaison_open", "liaison_stays"])
def test_unmet__waits_for_psychiatric_liaison(named):
    """R178."""
    assert [each.code for each in unmet(GOOD, KnownBeside(**{named: True}))] == [named]


@pytest.mark.parametrize(
    ("home_first", "in_care_home", "found"),
    [(False, True, None), (True, False, Destination.OWN_HOME), (True, True, Destination.CARE_HOME_THEIRS)],
)
def test_default_destination__is_where_they_live(home_first, in_care_home, found):
    """R172."""
    assert default_destination(home_first=home_first, lives_in_care_home=in_care_home) == found


# Commands


@pytest.mark.django_db
def test_plan__is_written_by_version_and_the_same_again_is_quiet(door: FrontDoor):
    referral = on_ward(door)
    row = write(door, referral)
    assert (row.pathway, row.version) == ("p1", 2)
    assert write(door, referral).version == 2
    with pytest.raises(Stale, match="Tom Trial changed"):
        write(door, referral, DischargePlan(), version=1)
    write(door, referral, DischargePlan(criteria=Criteria.NOT_MET, ready_on=now().date()), ward="Ward 9")
    referral.refresh_from_db()
    assert (referral.hospital_ward, referral.ready_on) == ("Ward 9", now().date())


@pytest.mark.django_db
def test_plan__only_for_people_from_hospital_in_sight_by_who_may(door: FrontDoor):
    with pytest.raises(NotFound):
        write(door, register(door.actor("spa")))
    referral = on_ward(door)
    with pytest.raises(NotFound):
        plan_discharge(by=door.actor("charlie"), referral_id=referral.pk, plan=GOOD)
    with pytest.raises(NotPermitted):
        plan_discharge(by=door.actor("commissioner"), referral_id=referral.pk, plan=GOOD)


@pytest.mark.django_db
def test_confirm__refuses_what_is_missing_and_names_the_field(door: FrontDoor):
    referral = on_ward(door)
    write(door, referral, replace(GOOD, pathway=Pathway.P3))
    with pytest.raises(RuleBroken) as refused:
        confirm_discharge(by=door.actor("spa"), referral_id=referral.pk)
    assert (refused.value.code, refused.value.field) == ("rehab_not_offered", "rehab")
    assert not Approval.objects.exists()


@pytest.mark.django_db
def test_confirm__for_safe_care_is_confirmed_and_put_to_a_second_person(door: FrontDoor):
    referral = on_ward(door)
    write(door, referral, replace(GOOD, pathway=Pathway.P3))
    told = {"referral_id": referral.pk, "safe_care_reason": "Family has chosen; ward has norovirus"}
    assert confirm_discharge(by=door.actor("spa"), **told).status == DischargeStatus.CONFIRMED
    assert Approval.objects.get().kind == "safe_care_discharge"
    assert Clock.objects.filter(policy_code="second_person", stopped_at=None).exists()


@pytest.mark.django_db
def test_left__is_a_fact_never_refused_and_closes_what_was_in_the_way(door: FrontDoor):
    referral = on_ward(door)
    told = {"what": "Key safe", "due_at": now() + timedelta(hours=4), "owner_id": door.users["spa"].pk}
    add_blocker(by=door.actor("spa"), referral_id=referral.pk, **told)
    row = record_left(by=door.actor("spa"), referral_id=referral.pk)
    assert (row.status, Task.objects.get().done_at is None) == (DischargeStatus.LEFT, False)
    assert record_left(by=door.actor("spa"), referral_id=referral.pk).version == row.version
    with pytest.raises(IllegalMove, match="not on the list"):
        write(door, referral)
    with pytest.raises(RuleBroken, match="later than today"):
        record_left(by=door.actor("spa"), referral_id=on_ward(door).pk, left_on=now().date() + timedelta(days=2))


@pytest.mark.django_db
def test_liaison__has_a_time_to_answer_and_an_outcome(door: FrontDoor):
    """R101, R178."""
    referral = on_ward(door)
    told = {"concern": "Low, not eating", "asked_of": "Liaison desk"}
    asked = ask_liaison(by=door.actor("spa"), case_id=referral.case_id, **told)
    clock = Clock.objects.get(policy_code="psychiatric_liaison")
    assert (clock.subject, clock.due_at - clock.started_at) == (f"liaison:{asked.pk}", timedelta(hours=24))
    answer_liaison(by=door.actor("spa"), request_id=asked.pk, outcome=LiaisonOutcome.ADVICE, note="Seen")
    answer_liaison(by=door.actor("spa"), request_id=asked.pk, outcome=LiaisonOutcome.ADVICE, note="Seen")
    with pytest.raises(IllegalMove, match="Tom Trial has answered"):
        answer_liaison(by=door.actor("spa"), request_id=asked.pk, outcome=LiaisonOutcome.STAYS)
    clock.refresh_from_db()
    asked.refresh_from_db()
    assert (clock.outcome, asked.outcome) == ("met", "advice")


@pytest.mark.django_db
def test_liaison__is_not_asked_of_a_case_that_has_ended(door: FrontDoor):
    referral = on_ward(door)
    withdraw_referral(by=door.actor("spa"), referral_id=referral.pk, reason="Wrong ward")
    with pytest.raises(IllegalMove, match="the case has ended"):
        ask_liaison(by=door.actor("spa"), case_id=referral.case_id, concern="Low", asked_of="Liaison desk")
    assert not Clock.objects.filter(policy_code="psychiatric_liaison").exists()


@pytest.mark.django_db
def test_liaison__of_a_joined_referral_that_was_visited_is_followed_up_with_the_episode(door: FrontDoor):
    named = {
        "team_id": door.crisis.pk,
        "coordinator_id": door.users["alice"].pk,
        "safe_care_reason": "Seen on the ward",
    }
    held = register(door.actor("spa"), person(nhs_number="9991234004"))
    joins = on_ward(door, nhs_number="9991234004")
    for referral in (held, joins):
        accept_referral(by=door.actor("triage"), referral_id=referral.pk, **named)
    seen = ContactDetails(kind=ContactKind.FACE_TO_FACE, attended=True)
    record_contact(by=door.actor("alice"), case_id=held.case_id, details=seen)
    assert not CaseDeadline.objects.filter(case_id=joins.case_id).exists()
    ask_liaison(by=door.actor("lead"), case_id=joins.case_id, concern="Low", asked_of="Liaison desk")
    assert Clock.objects.get(policy_code="psychiatric_liaison").case_id == held.case_id


# The list


@pytest.mark.django_db
def test_list__by_hospital_and_ward_the_next_expected_first(door: FrontDoor):
    later, sooner, unknown = (on_ward(door, family_name=name) for name in ("Later", "Sooner", "Unknown"))
    today = now().date()
    write(door, later, DischargePlan(expected_on=today + timedelta(days=3)))
    write(door, sooner, DischargePlan(expected_on=today))
    other = on_ward(door, ward="Ward 9", family_name="Other")
    register(door.actor("spa"))
    found = [row.referral.pk for row in discharge_list(door.actor("spa")).rows]
    assert found == [sooner.pk, later.pk, unknown.pk, other.pk]
    assert [r.referral.pk for r in discharge_list(door.actor("spa"), ward="Ward 9").rows] == [other.pk]
    record_left(by=door.actor("spa"), referral_id=other.pk)
    assert discharge_list(door.actor("spa"), ward="Ward 9").rows == []
    assert discharge_list(door.actor("alice")).rows == []


@pytest.mark.django_db
def test_list__passes_nobody_over_when_it_moves_between_two_pages(client, door: FrontDoor, monkeypatch):
    """One of the first page leaves before the second is asked for; by number of rows, somebody would be skipped."""
    monkeypatch.setattr("pathways.queries.discharges.PAGE", 2)
    today = now().date()
    waiting = [on_ward(door, family_name=f"Test{number}") for number in range(7)]
    for days, referral in enumerate(waiting[:5]):  # two have no date yet, and one the date of another
        write(door, referral, DischargePlan(expected_on=today + timedelta(days=max(days, 1))))
    page, seen = discharge_list(door.actor("spa")), []
    record_left(by=door.actor("spa"), referral_id=page.rows[0].referral.pk)
    while page.following:
        seen += page.rows
        page = discharge_list(door.actor("spa"), after=read_behind(str(page.following)))
    assert [row.referral.pk for row in [*seen, *page.rows]] == [referral.pk for referral in waiting]
    client.force_login(door.users["spa"])
    first = client.get(reverse("pathways:discharge_list")).content.decode()
    following = re.search(r'<a href="([^"]+)">Next 50</a>', first)
    assert following
    second = client.get(reverse("pathways:discharge_list") + html.unescape(following[1])).content.decode()
    assert "Test3" in second
    assert "Test4" in second


@pytest.mark.django_db
@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("ends", ["ended", "died"])
def test_list__leaves_out_who_died_or_whose_episode_ended(door: FrontDoor, ends: str, planned: bool):
    """Whether or not anybody wrote a plan: nobody waits for a bed or a visit who is not ours any more."""
    referral = on_ward(door)
    if planned:
        write(door, referral)
    accept_referral(
        by=door.actor("triage"), referral_id=referral.pk, team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk, safe_care_reason="x", override_reason="other", override_note="x",
    )  # fmt: skip
    assert [row.referral for row in discharge_list(door.actor("spa")).rows] == [referral]
    if ends == "died":
        record_death(by=door.actor("lead"), person_id=referral.person_id, died_on=now().date(), told_by="Ward")
    else:
        end_episode(by=door.actor("lead"), episode_id=referral.episode.pk, reason=EndReason.WITHDRAWN)
    assert discharge_list(door.actor("spa")).rows == []
    assert wards(door.actor("spa")) == []


@pytest.mark.django_db
def test_not_left__is_refused_once_the_episode_has_ended(door: FrontDoor):
    referral = on_ward(door)
    accept_referral(
        by=door.actor("triage"), referral_id=referral.pk, team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk, safe_care_reason="x", override_reason="other", override_note="x",
    )  # fmt: skip
    record_left(by=door.actor("spa"), referral_id=referral.pk)
    end_episode(by=door.actor("lead"), episode_id=referral.episode.pk, reason=EndReason.WITHDRAWN)
    with pytest.raises(IllegalMove, match="its episode has ended"):
        record_not_left(by=door.actor("spa"), referral_id=referral.pk, reason=BackReason.MISTAKE)


@pytest.mark.django_db
def test_list__costs_the_same_whatever_its_length(door: FrontDoor, django_assert_max_num_queries):
    for number in range(6):
        on_ward(door, family_name=f"Test{number}")
    with django_assert_max_num_queries(9):
        assert len(discharge_list(door.actor("spa")).rows) == 6


@pytest.mark.django_db
def test_page__shows_changes_and_confirms_in_place(client, door: FrontDoor):
    referral = on_ward(door)
    client.force_login(door.users["spa"])
    shown = client.get(reverse("pathways:discharge_list")).content.decode()
    assert "Southport Hospital (1)" in shown
    address = reverse("pathways:discharge", args=[referral.pk])
    assert "What they need" in client.get(address).content.decode()
    told = {"criteria": "not_met", "pathway": "p1", "grounds": "Stairs", "needs": "Help up the stairs", "version": "0"}
    told["destination"] = "own_home"
    assert client.post(address, told).status_code == 302
    assert Discharge.objects.get().needs == "Help up the stairs"
    part = client.post(address, told | {"grounds": "Steps", "version": "2"}, headers={"HX-Request": "true"})
    assert part.headers["HX-Redirect"]
    confirm = reverse("pathways:discharge_confirm", args=[referral.pk])
    assert client.post(confirm, {"version": "3"}).status_code == 302
    assert Discharge.objects.get().status == "confirmed"


@pytest.mark.django_db
@pytest.mark.parametrize("verb", list(PAGES))
def test_page__every_act_has_one_and_charlie_has_none(client, door: FrontDoor, verb: str):
    referral = on_ward(door)
    address = reverse(f"pathways:{verb}", args=[referral.pk])
    client.force_login(door.users["spa"])
    assert client.get(address).status_code == 200
    client.force_login(door.users["charlie"])
    assert client.get(address).status_code == 404


def test_plan__describes_needs_and_has_no_package_of_care():
    """Needs are described, care is not prescribed."""
    fields = {field.name for field in Discharge._meta.get_fields()}
    assert "needs" in fields
    assert [name for name in fields if "package" in name or "calls" in name or "hours" in name] == []


@pytest.mark.django_db
def test_list__warns_of_mental_health_and_home_first(client, door: FrontDoor):
    referral = on_ward(door)
    stamp = {"changed_at": now(), "changed_label": "Tom Trial"}
    Background.objects.bulk_create([Background(person=referral.person, cohorts=["dementia"], **stamp)])
    found = discharge_list(door.actor("spa")).rows[0]
    assert found.home_first
    client.force_login(door.users["spa"])
    shown = client.get(reverse("pathways:discharge", args=[referral.pk])).content.decode()
    assert '<option value="own_home" selected>' in shown


# What was confirmed and is decided differently


AWAY = DischargePlan(
    pathway=Pathway.P3, grounds="Cannot go home", destination=Destination.CARE_HOME_NEW, rehab=RehabOffer.EXCEPTION,
    rehab_reason="Refused twice on the ward",
)  # fmt: skip


def confirmed(door: FrontDoor, plan=GOOD):
    referral = on_ward(door)
    write(door, referral, plan)
    confirm_discharge(by=door.actor("spa"), referral_id=referral.pk)
    return referral


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GOOD, replace(GOOD, pathway=Pathway.P3, destination=Destination.CARE_HOME_NEW)),
        (GOOD, replace(GOOD, grounds="")),
        (GOOD, replace(GOOD, pathway=None)),
        (AWAY, replace(AWAY, rehab_reason="")),
        (AWAY, replace(AWAY, rehab=RehabOffer.DECLINED)),
        (GOOD, replace(GOOD, destination=Destination.BED)),
    ],
)
def test_plan__what_was_confirmed_and_is_decided_differently_is_confirmed_no_more(door: FrontDoor, before, after):
    """R053, R055, R176: no way past the rules behind a confirmation; and never a fault of the database."""
    row = write(door, confirmed(door, before), after)
    assert (row.status, row.confirmed_at, row.confirmed_by) == (DischargeStatus.PLANNED, None, "")
    assert row.unconfirmed_why == "plan_changed"


@pytest.mark.django_db
def test_plan__other_words_leave_the_confirmation(door: FrontDoor):
    referral = confirmed(door)
    row = write(door, referral, replace(GOOD, needs="A frame", expected_on=now().date(), mh_phone="01632 960400"))
    assert (row.status, row.unconfirmed_at) == (DischargeStatus.CONFIRMED, None)


@pytest.mark.django_db
def test_plan__without_the_named_professional_it_had_it_is_confirmed_no_more(door: FrontDoor):
    """R176."""
    named = replace(GOOD, mh_professional="Nell Stubworth, CPN")
    referral = confirmed(door, named)
    add_row(by=door.actor("triage"), person_id=referral.person_id, kind="known_to", values={"kind": "mental_health"})
    assert write(door, referral, replace(named, mh_professional="Nell Stubb")).status == DischargeStatus.CONFIRMED
    assert write(door, referral, replace(named, mh_professional="")).status == DischargeStatus.PLANNED


@pytest.mark.django_db
def test_plan__changed_after_safe_care_asks_a_second_person_anew(door: FrontDoor):
    referral = on_ward(door)
    told = {"by": door.actor("spa"), "referral_id": referral.pk, "safe_care_reason": "Ward has norovirus"}
    plan = DischargePlan(pathway=Pathway.P3, grounds="Cannot go home", destination=Destination.CARE_HOME_NEW)
    write(door, referral, plan)
    confirm_discharge(**told)
    write(door, referral, replace(plan, grounds="Family has chosen"))
    assert Approval.objects.get().verdict == "lapsed"
    assert Clock.objects.get(policy_code="second_person").outcome == "cancelled"
    row = confirm_discharge(**told)
    assert (row.status, row.unconfirmed_at) == (DischargeStatus.CONFIRMED, None)
    assert Approval.objects.filter(decided_at=None).count() == 1


@pytest.mark.django_db
def test_page__says_that_a_changed_plan_must_be_confirmed_again(client, door: FrontDoor):
    referral = confirmed(door)
    client.force_login(door.users["spa"])
    address = reverse("pathways:discharge", args=[referral.pk])
    told = {"criteria": "not_met", "pathway": "p3", "grounds": "", "destination": "care_home_new", "version": "3"}
    shown = client.post(address, told, follow=True)
    assert shown.status_code == 200
    words = shown.content.decode()
    assert "It is not confirmed any more: confirm it again." in words
    assert "Was confirmed. The plan was changed: confirm again" in words


@pytest.mark.django_db
def test_page__of_a_first_plan_never_overwrites_one_written_meanwhile(client, door: FrontDoor):
    referral = on_ward(door)
    write(door, referral)
    client.force_login(door.users["triage"])
    told = {"criteria": "not_met", "pathway": "p2", "grounds": "Other", "version": "0"}
    assert client.post(reverse("pathways:discharge", args=[referral.pk]), told).status_code == 409
    assert Discharge.objects.get().pathway == "p1"


# What confirming reads


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "code"), [({"criteria": Criteria.MET}, "criteria_met"), ({"destination": None}, "destination_missing")]
)
def test_confirm__not_while_they_stay_or_nobody_knows_where_to(door: FrontDoor, changes, code):
    referral = on_ward(door)
    write(door, referral, replace(GOOD, **changes))
    with pytest.raises(RuleBroken) as refused:
        confirm_discharge(by=door.actor("spa"), referral_id=referral.pk)
    assert refused.value.code == code
    confirm_discharge(by=door.actor("spa"), referral_id=referral.pk, safe_care_reason="Transfer to the hospice")
    assert Approval.objects.get().terms == {"missing": [code]}


@pytest.mark.django_db
def test_confirm__waits_for_the_answer_of_psychiatric_liaison(door: FrontDoor):
    """R178: open, then "not ready to leave", then advice."""
    referral, by = on_ward(door), door.actor("spa")
    write(door, referral)
    asked = ask_about(door, referral)
    with pytest.raises(RuleBroken, match="has not answered"):
        confirm_discharge(by=by, referral_id=referral.pk)
    answer_liaison(by=by, request_id=asked.pk, outcome=LiaisonOutcome.STAYS)
    with pytest.raises(RuleBroken, match="not ready to leave"):
        confirm_discharge(by=by, referral_id=referral.pk)
    answer_liaison(by=by, request_id=ask_about(door, referral, "Asked again").pk, outcome=LiaisonOutcome.ADVICE)
    assert confirm_discharge(by=by, referral_id=referral.pk).status == DischargeStatus.CONFIRMED


@pytest.mark.django_db
def test_confirm__somebody_whom_mental_health_services_know_no_more_needs_no_name(door: FrontDoor):
    referral, by = on_ward(door), door.actor("triage")
    row = add_row(by=by, person_id=referral.person_id, kind="known_to", values={"kind": "mental_health"})
    assert is_known_to_mental_health(referral)
    end_row(by=by, person_id=referral.person_id, kind="known_to", row_id=row.pk)
    assert not is_known_to_mental_health(referral)


@pytest.mark.django_db
def test_page__to_confirm_lists_what_is_missing_and_in_the_way(client, door: FrontDoor):
    referral = on_ward(door)
    write(door, referral, replace(GOOD, criteria=Criteria.MET))
    told = {"what": "Key safe", "due_at": now() + timedelta(hours=4), "owner_id": door.users["spa"].pk}
    add_blocker(by=door.actor("spa"), referral_id=referral.pk, **told)
    client.force_login(door.users["spa"])
    words = client.get(reverse("pathways:discharge_confirm", args=[referral.pk])).content.decode()
    assert "criteria to reside in hospital are still met" in words
    assert "Key safe" in words
    assert "safe to leave all the same" in words


@pytest.mark.django_db
def test_page__nothing_missing_and_something_in_the_way_do_not_contradict(client, door: FrontDoor):
    referral = on_ward(door)
    write(door, referral, GOOD)
    client.force_login(door.users["spa"])
    confirm = reverse("pathways:discharge_confirm", args=[referral.pk])
    assert "all the same with what is still in the way" not in client.get(confirm).text
    told = {"what": "Key safe", "due_at": now() + timedelta(hours=4), "owner_id": door.users["spa"].pk}
    add_blocker(by=door.actor("spa"), referral_id=referral.pk, **told)
    words = client.get(confirm).text
    assert "Nothing is missing from the plan. It can be confirmed all the same" in words
    assert "Key safe" in words


# Psychiatric liaison on screen


def ask_about(door: FrontDoor, referral, concern="Low, not eating"):
    return ask_liaison(by=door.actor("spa"), case_id=referral.case_id, concern=concern, asked_of="Liaison desk")


@pytest.mark.django_db
def test_liaison__sent_twice_is_asked_once(client, door: FrontDoor):
    client.force_login(door.users["spa"])
    address = f"/discharge/{on_ward(door).pk}/liaison/"
    sent = {"concern": "Low, not eating", "asked_of": "Liaison desk", "form_id": str(uuid4())}
    assert {client.post(address, sent).status_code for _ in range(2)} == {302}
    assert (LiaisonRequest.objects.count(), Clock.objects.filter(policy_code="psychiatric_liaison").count()) == (1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["list", "case"])
def test_page__the_link_answers_the_question_that_was_meant(client, door: FrontDoor, page):
    """R101, R178: with two open, the second is answered; also after they have left."""
    referral = on_ward(door)
    ask_about(door, referral, "First worry")
    meant = ask_about(door, referral, "Second worry")
    if page == "case":
        record_left(by=door.actor("spa"), referral_id=referral.pk)
    client.force_login(door.users["spa"])
    at = reverse("pathways:discharge_list") if page == "list" else reverse("casework:case", args=[referral.case_id])
    shown = client.get(at).content.decode()
    links = re.findall(r'href="(/liaison/[^"?]+)[^"]*"', shown)
    assert len(links) == 2
    address = next(link for link in links if str(meant.pk) in link)
    assert "Second worry" in client.get(address).content.decode()
    assert client.post(address, {"outcome": "advice", "note": "Seen on the ward"}).status_code == 302
    assert [each.concern for each in LiaisonRequest.objects.filter(answered_at=None)] == ["First worry"]
    assert client.get(address).status_code == 409
    client.force_login(door.users["charlie"])
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_list__shows_the_clock_of_psychiatric_liaison(client, door: FrontDoor):
    ask_about(door, on_ward(door))
    client.force_login(door.users["spa"])
    words = client.get(reverse("pathways:discharge_list")).content.decode()
    assert "What they found" in words
    assert "Psychiatric liaison</small>" in words


# Home first


@pytest.mark.django_db
@pytest.mark.parametrize(("lives", "offered"), [("owner", "own_home"), ("nursing_home", "care_home_theirs")])
def test_page__offers_where_they_live_until_somebody_says_otherwise(client, door: FrontDoor, lives, offered):
    """R172."""
    referral, by = on_ward(door), door.actor("triage")
    for section, values in (("background", {"cohorts": ["dementia"]}), ("circumstances", {"accommodation": lives})):
        change_section(by=by, person_id=referral.person_id, section=section, values=values)
    client.force_login(door.users["spa"])
    address = reverse("pathways:discharge", args=[referral.pk])
    option = f'<option value="{offered}" selected>'
    assert option in client.get(address).content.decode()
    write(door, referral, DischargePlan(needs="A frame"))
    assert option in client.get(address).content.decode()
    write(door, referral, replace(GOOD, destination=Destination.ELSEWHERE))
    assert option not in client.get(address).content.decode()


# Taken back


@pytest.mark.django_db
def test_unconfirm__takes_a_confirmation_back_with_its_reason(door: FrontDoor):
    referral = on_ward(door)
    write(door, referral, replace(GOOD, destination=None))
    confirm_discharge(by=door.actor("spa"), referral_id=referral.pk, safe_care_reason="Hospice")
    told = {"by": door.actor("spa"), "referral_id": referral.pk, "reason": BackReason.MISTAKE}
    row = unconfirm_discharge(**told)
    assert (row.status, row.confirmed_at, row.unconfirmed_why) == (DischargeStatus.PLANNED, None, "mistake")
    assert unconfirm_discharge(**told).version == row.version
    event = CaseEvent.objects.get(event="discharge.unconfirmed")
    assert event.data["reason"] == "mistake"
    assert Approval.objects.get().verdict == "lapsed"
    assert not Clock.objects.filter(policy_code="second_person", stopped_at=None).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("was", [DischargeStatus.PLANNED, DischargeStatus.CONFIRMED])
def test_not_left__stands_on_the_list_as_before(door: FrontDoor, was):
    referral = confirmed(door) if was == DischargeStatus.CONFIRMED else on_ward(door)
    by, ids = door.actor("spa"), {"referral_id": referral.pk}
    told = {"due_at": now() + timedelta(hours=4), "owner_id": door.users["spa"].pk}
    done = add_blocker(by=by, what="Keys", **ids, **told)
    finish_task(by=by, task_id=done.pk)
    add_blocker(by=by, what="Bath board", **ids, **told)
    asked = ask_about(door, referral)
    record_left(by=by, **ids)
    row = record_not_left(by=by, reason=BackReason.DID_NOT_GO, **ids)
    assert (row.status, row.ended_at, row.left_on) == (was, None, None)
    assert [task.what for task in Task.objects.filter(done_at=None)] == ["Bath board"]
    assert Clock.objects.get(subject=f"liaison:{asked.pk}").stopped_at is None
    assert record_not_left(by=by, reason=BackReason.DID_NOT_GO, **ids).version == row.version
    assert [each.referral.pk for each in discharge_list(by).rows] == [referral.pk]
    assert CaseEvent.objects.get(event="discharge.not_left").data["reason"] == "did_not_go"


@pytest.mark.django_db
def test_page__whoever_left_by_mistake_is_taken_back_from_the_list_or_the_case(client, door: FrontDoor):
    referral = on_ward(door)
    row = record_left(by=door.actor("spa"), referral_id=referral.pk)
    client.force_login(door.users["spa"])
    address = reverse("pathways:discharge_not_left", args=[referral.pk])
    for page in (reverse("pathways:discharge_list"), reverse("casework:case", args=[referral.case_id])):
        assert address in client.get(page).content.decode()
    assert client.get(reverse("pathways:discharge", args=[referral.pk])).status_code == 409
    assert client.post(address, {"version": row.version}).status_code == 422
    assert client.post(address, {"version": row.version, "why": "mistake"}).status_code == 302
    assert Discharge.objects.get().status == "planned"


@pytest.mark.django_db
def test_page__confirmed_twice_is_quiet(client, door: FrontDoor):
    referral = on_ward(door)
    version = write(door, referral).version
    client.force_login(door.users["spa"])
    for _ in range(2):
        sent = client.post(reverse("pathways:discharge_confirm", args=[referral.pk]), {"version": version})
        assert sent.status_code == 302


@pytest.mark.django_db
def test_confirm__with_other_words_is_told_who_was_first(door: FrontDoor):
    """What a second one says is not lost quietly; the very same again is quiet."""
    referral = on_ward(door)
    write(door, referral, replace(GOOD, destination=None))
    told = {"by": door.actor("spa"), "referral_id": referral.pk, "safe_care_reason": "Ward has norovirus"}
    assert confirm_discharge(**told) == confirm_discharge(**told)
    with pytest.raises(IllegalMove, match="Tom Trial has confirmed it already"):
        confirm_discharge(**told | {"safe_care_reason": "Her son is with her"})
    unconfirm_discharge(by=door.actor("spa"), referral_id=referral.pk, reason=BackReason.MISTAKE)
    with pytest.raises(IllegalMove, match="taken back already"):
        unconfirm_discharge(by=door.actor("spa"), referral_id=referral.pk, reason=BackReason.DID_NOT_GO)


@pytest.mark.django_db
def test_left__on_another_day_is_not_taken_quietly(door: FrontDoor):
    today = local_date(now())
    told = {"by": door.actor("spa"), "referral_id": on_ward(door).pk}
    record_left(**told, left_on=today)
    assert record_left(**told).left_on == record_left(**told, left_on=today).left_on == today
    with pytest.raises(IllegalMove, match="it is recorded that they left on"):
        record_left(**told, left_on=today - timedelta(days=1))


@pytest.mark.django_db
def test_page__without_a_script_leads_back_to_the_list_as_it_was_filtered(client, door: FrontDoor):
    on_ward(door)
    client.force_login(door.users["spa"])
    site = {"site": "Southport Hospital", "ward": "Ward 7B"}
    shown = client.get(reverse("pathways:discharge_list"), site).content.decode()
    address = html.unescape(re.search(r'href="(/discharge/[^"]+/discharge/[^"]*)"', shown)[1])
    page = client.get(address).content.decode()
    hidden = dict(re.findall(r'name="(list_\w+)" value="([^"]*)"', page))
    assert hidden == {"list_site": "Southport Hospital", "list_ward": "Ward 7B"}
    told = {"criteria": "not_met", "ward": "Ward 7B", "version": "0", **hidden}
    sent = client.post(address.partition("?")[0], told)
    assert sent.headers["Location"] == f"/discharge/?{urlencode(site)}"


@pytest.mark.django_db
def test_show_case__tells_the_plan_of_the_discharge(client, door: FrontDoor):
    """R045, R176."""
    referral = on_ward(door)
    write(door, referral, replace(GOOD, needs="Help up the stairs", mh_professional="Nell Stubworth, CPN"))
    told = {"what": "Key safe", "due_at": now() + timedelta(hours=4), "owner_id": door.users["spa"].pk}
    add_blocker(by=door.actor("spa"), referral_id=referral.pk, **told)
    client.force_login(door.users["spa"])
    words = client.get(reverse("casework:case", args=[referral.case_id])).content.decode()
    for each in ("Leaving hospital", "P1, home with support", "Help up the stairs", "Nell Stubworth", "Key safe"):
        assert each in words


@pytest.mark.django_db
def test_page__what_is_in_the_way_is_given_to_a_colleague_and_done_on_the_list(client, door: FrontDoor):
    referral = on_ward(door)
    client.force_login(door.users["spa"])
    address = reverse("pathways:discharge_blocker", args=[referral.pk])
    assert "Priya Demo" in client.get(address).content.decode()
    told = {"what": "Key safe", "due_at": "23:00 tomorrow", "owner": str(door.users["triage"].pk), "version": "0"}
    assert client.post(address, told).status_code == 302
    task = Task.objects.get()
    assert task.owner == door.users["triage"]
    done = reverse("pathways:task_done", args=[task.pk])
    assert done in client.get(reverse("pathways:discharge_list")).content.decode()
    sent = client.post(done, {"list_site": "Southport Hospital", "list_ward": ""})
    assert sent.headers["Location"] == "/discharge/?site=Southport+Hospital"
    assert Task.objects.get().done_by == "Tom Trial"
