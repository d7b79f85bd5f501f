"""What the rules of triage recommend, what they may read, and that no rule can decline anybody."""

import tomllib
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from django.urls import reverse

from audit.commands import now
from audit.domain import SYSTEM
from audit.refusals import RuleBroken, Stale
from casework.commands import decline_referral, redirect_referral
from pathways.commands import accept_referral
from referrals.commands import ask_hospital_support, publish_triage_rules, take_referral, triage_referral
from referrals.domain import (
    UCR_NEEDS,
    BedGround,
    Caller,
    Direction,
    Disposition,
    HospitalReason,
    LocationKind,
    LocationNow,
    OverrideReason,
    Service,
    Status,
    Trigger,
    Urgency,
    WhyNow,
    WouldBe,
)
from referrals.domain.recommendation import INPUTS, RuleInput, RulesError, read_rules, recommend, under_age
from referrals.models import DecisionCount, Recommendation, Referral, TriageRules
from referrals.queries.advice import advice_on
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.commands import approve
from timelimits.models import Approval, Clock

BUNDLE = Path(__file__).resolve().parents[2] / "places" / "sefton" / "triage.toml"
NEVER_READ = (
    "alone", "living", "accommodation", "who_is_with", "income", "funding", "benefit", "ethnic", "language", "faith",
    "diagnos", "dementia", "delirium", "mental", "learning", "autism", "cohort", "homeless", "sex", "gender",
)  # fmt: skip


def shipped():
    return tomllib.loads(BUNDLE.read_text())


def advice(**known):
    return recommend(RuleInput(**known), read_rules(shipped()))


# What may be read


@pytest.mark.parametrize("word", NEVER_READ)
def test_rule_input__has_no_field_for_how_somebody_lives_or_who_they_are(word):
    """R054, R056: what a rule cannot read, it cannot decline by."""
    assert [name for name in INPUTS if word in name] == []
    assert {each.name for each in fields(RuleInput)} == INPUTS


@pytest.mark.parametrize("name", ["lives_alone", "dementia", "ethnicity", "learning_disability", "income", "cohorts"])
def test_read_rules__a_rule_that_reads_anything_else_is_refused(name):
    rule = {"code": "x", "words": "X", "when": {name: True}, "manual": True}
    with pytest.raises(RulesError, match=f"{name} is not an input"):
        read_rules(shipped() | {"rule": [rule]})


@pytest.mark.parametrize("says", [{"decline": True}, {"disposition": "decline"}, {"service": "none"}])
def test_read_rules__no_rule_can_decline(says):
    with pytest.raises(RulesError):
        read_rules(shipped() | {"rule": [{"code": "x", "words": "X", "when": {"red_flag": True}, **says}]})
    assert "decline" not in set(Disposition)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("version", {"version": 0}),
        ("age_floor", {"age_floor": "18"}),
        ("effective_from", {"effective_from": "soon"}),
        ("colour", {"colour": "red"}),
        ("when", {"rule": [{"code": "x", "words": "X", "when": {}}]}),
        ("words", {"rule": [{"code": "x", "words": " ", "when": {"red_flag": True}}]}),
        ("rule", {"rule": [{"code": "x", "words": "X", "when": {"red_flag": True}}] * 2}),
    ],
)
def test_read_rules__names_what_is_wrong(field, changes):
    with pytest.raises(RulesError) as fault:
        read_rules(shipped() | changes)
    assert fault.value.field == field


# What they say


@pytest.mark.parametrize(
    ("known", "service", "urgency", "disposition"),
    [
        ({"direction": "step_up", "urgency": "crisis"}, "crisis", "crisis", "accept"),
        ({"direction": "step_up", "urgency": "planned"}, "home", "planned", "accept"),
        ({"direction": "step_up", "urgency": "planned", "trigger": "carer_breakdown"}, "crisis", "crisis", "accept"),
        ({"direction": "step_down", "urgency": "planned"}, "reablement", "planned", "accept"),
        ({"direction": "step_down", "urgency": "planned", "bed_ground": "home_unsuitable"}, "bed", "planned", "accept"),
        ({"direction": "step_up", "urgency": "planned", "planned_reason": "rehabilitation"}, "reablement", "planned", "accept"),
        ({"direction": "step_down", "urgency": "crisis"}, "", "", "manual"),
        ({"under_age": True, "direction": "step_up", "urgency": "crisis"}, "crisis", "crisis", "manual"),
        ({"in_area": False}, "", "", "manual"),
        ({"red_flag": True}, "", "", "manual"),
        ({"medically_stable": False}, "", "", "manual"),
        ({}, "", "", "accept"),
    ],
)  # fmt: skip
def test_recommend__service_and_urgency_with_reasons(known, service, urgency, disposition):
    said = advice(**known)
    assert (said.service, said.urgency, said.disposition) == (service, urgency, disposition)
    assert all(code and words for code, words in said.reasons)
    assert said.version == 2


PLANNED = {"direction": "step_up", "urgency": "planned"}
RAISES = [
    *({"trigger": str(trigger)} for trigger in Trigger),
    *({"would_be": where} for where in ("hospital", "care_home")),
    *({"needs": frozenset({need})} for need in UCR_NEEDS),
    {"trigger": "sudden_change", "would_be": "hospital", "needs": frozenset({"falls", "catheter"})},
]


@pytest.mark.parametrize("told", RAISES, ids=lambda told: f"{told.get('trigger')} {sorted(told.get('needs', []))}")
def test_recommend__a_planned_referral_is_raised_by_every_trigger_need_and_alternative(told):
    """R046: what makes it urgent does so whatever was asked for, with the reason in words."""
    said = advice(**PLANNED, **told)
    assert (said.service, said.urgency) == ("crisis", "crisis")
    assert "within two hours" in said.reasons[0][1]


@pytest.mark.parametrize("told", [{"would_be": "not_known"}, {"would_be": "at_risk_at_home"}, {}])
def test_recommend__a_planned_referral_stays_planned_without_one(told):
    assert advice(**PLANNED, **told).urgency == "planned"


def test_recommend__a_bed_on_its_ground_stays_a_bed_wherever_they_would_be():
    said = advice(**PLANNED, would_be="care_home", bed_ground="home_unsuitable")
    assert (said.service, said.urgency) == ("bed", "planned")


@pytest.mark.parametrize("known", [{"direction": "step_down"}, {"direction": "step_up", "location": "hospital"}])
def test_recommend__urgent_support_to_a_hospital_is_decided_by_hand_whatever_the_direction(known):
    assert advice(urgency="crisis", **known).disposition == Disposition.MANUAL


def test_recommend__none_of_the_nine_needs_is_an_exclusion():
    """The nine needs prompt, and never exclude: with none of them a two-hour referral is recommended all the same."""
    with_need, without = (
        advice(direction="step_up", urgency="crisis", needs=frozenset({"falls"})),
        advice(direction="step_up", urgency="crisis"),
    )
    assert (with_need.service, with_need.urgency) == (without.service, without.urgency) == ("crisis", "crisis")
    assert "two_hour_need" in dict(with_need.reasons)


@pytest.mark.parametrize(("age", "is_under"), [(17, True), (18, False), (90, False), (None, None)])
def test_under_age__not_known_is_neither(age, is_under):
    assert under_age(age, 18) is is_under


# Stored with the decision


def triage(door, referral, **changes):
    told = {"urgency": Urgency.CRISIS, "service": Service.CRISIS, "reason": "As told"}
    return triage_referral(by=door.actor("triage"), referral_id=referral.pk, **(told | changes))


@pytest.mark.django_db
def test_triage__stores_what_was_recommended_by_which_version_and_from_what(door: FrontDoor):
    referral = register(door.actor("spa"))
    triage(door, referral, told=WhyNow(trigger=Trigger.CARER_BREAKDOWN, needs=("falls",), would_be=WouldBe.HOSPITAL))
    kept = Recommendation.objects.get()
    assert (kept.rules.version, kept.service, kept.urgency, kept.followed) == (2, "crisis", "crisis", True)
    assert "carer_breakdown" in kept.reasons
    assert set(kept.read) == INPUTS
    referral.refresh_from_db()
    assert (referral.trigger, referral.needs, referral.would_be) == ("carer_breakdown", ["falls"], "hospital")


@pytest.mark.django_db
def test_triage__otherwise_than_recommended_keeps_the_coded_reason(door: FrontDoor):
    triage(door, register(door.actor("spa")), service=Service.REABLEMENT, override_reason="new_information")
    kept = Recommendation.objects.get()
    assert (kept.followed, kept.override_reason) == (False, "new_information")


@pytest.mark.django_db
def test_triage__as_recommended_keeps_no_reason_to_override(door: FrontDoor):
    triage(door, register(door.actor("spa")), override_reason="same_facts")
    kept = Recommendation.objects.get()
    assert (kept.followed, kept.override_reason, kept.override_note) == (True, "", "")


@pytest.mark.django_db
def test_triage__a_bed_needs_one_of_two_grounds(door: FrontDoor):
    """R053: a bed only when at risk without 24-hour care or home is unsuitable; else it is home."""
    referral = register(door.actor("spa"))
    with pytest.raises(RuleBroken) as refused:
        triage(door, referral, service=Service.BED)
    assert refused.value.code == "bed_ground_missing"
    triage(door, referral, service=Service.BED, told=WhyNow(bed_ground=BedGround.HOME_UNSUITABLE))
    referral.refresh_from_db()
    assert (referral.service, referral.bed_ground) == ("bed", "home_unsuitable")


@pytest.mark.django_db
def test_accept__a_bed_that_only_the_rules_recommend_needs_its_ground_too(door: FrontDoor):
    """R053: rules are data of the place; accepting what nobody triaged asks for the ground all the same."""
    bed = {"code": "x", "words": "A bed", "when": {"urgency": "planned"}, "service": "bed"}
    publish_triage_rules(by=SYSTEM, definition=shipped() | {"version": 3, "rule": [bed]})
    known = {"urgency": Urgency.PLANNED, "medically_stable": True, "medicines_addressed": True}
    referral = register(door.actor("spa"), **known)
    told = {"by": door.actor("triage"), "referral_id": referral.pk, "team_id": door.crisis.pk}
    with pytest.raises(RuleBroken) as refused:
        accept_referral(**told)
    assert (refused.value.code, refused.value.field) == ("bed_ground_missing", "bed_ground")
    triage(
        door, referral, urgency=Urgency.PLANNED, service=Service.BED, told=WhyNow(bed_ground=BedGround.HOME_UNSUITABLE)
    )
    assert accept_referral(**told).referral.service == Service.BED


@pytest.mark.django_db
@pytest.mark.parametrize(("at", "is_under"), [("22:59:59", True), ("23:00:00", False)])
def test_under_age__ends_at_local_midnight_of_the_birthday(door: FrontDoor, at: str, is_under: bool, time_machine):
    """R010: in summer the day begins an hour before midnight UTC."""
    time_machine.move_to(datetime.fromisoformat(f"2026-06-14T{at}+00:00"), tick=False)
    referral = register(door.actor("spa"), person(born_on=date(2008, 6, 15)))
    assert advice_on(referral, now()).read["under_age"] is is_under


@pytest.mark.django_db
def test_publish_triage_rules__versions_are_added_never_changed(door: FrontDoor):
    publish_triage_rules(by=SYSTEM, definition=shipped())
    with pytest.raises(RuleBroken) as refused:
        publish_triage_rules(by=SYSTEM, definition=shipped() | {"age_floor": 16})
    assert refused.value.code == "version_changed"
    publish_triage_rules(by=SYSTEM, definition=shipped() | {"age_floor": 16, "version": 3})
    assert TriageRules.objects.count() == 2
    young = register(door.actor("spa"), person(born_on=date(2009, 6, 1)))
    triage(door, young)
    assert "under_age" not in Recommendation.objects.get().reasons


@pytest.mark.django_db
def test_publish_triage_rules__an_input_that_may_not_decide_is_refused_by_name(door: FrontDoor):
    rule = {"code": "x", "words": "X", "when": {"lives_alone": True}, "manual": True}
    with pytest.raises(RuleBroken, match="lives_alone is not an input"):
        publish_triage_rules(by=SYSTEM, definition=shipped() | {"version": 3, "rule": [rule]})


# Under age, out of area, hospital: never lost, never by one alone


def accept(door, referral, **more):
    told = {"team_id": door.crisis.pk, "coordinator_id": door.users["alice"].pk}
    return accept_referral(by=door.actor("triage"), referral_id=referral.pk, **(told | more))


@pytest.mark.django_db
@pytest.mark.parametrize("who", [{"born_on": date(2012, 1, 1)}, {"postcode": "M1 1AA"}])
def test_accept__under_age_or_out_of_area_is_decided_by_hand_and_kept(door: FrontDoor, who):
    """R010: never lost: it stays on the board until somebody decides, with the reason."""
    place = replace(details().location, postcode=who.get("postcode", "L23 9ZZ"))
    referral = register(door.actor("spa"), person(**who), location=place)
    assert referral.status == Status.NEW
    with pytest.raises(RuleBroken) as refused:
        accept(door, referral)
    assert (refused.value.code, refused.value.field) == ("manual_triage", "override_reason")
    with pytest.raises(RuleBroken, match="listed reasons"):
        accept(door, referral, override_reason="because")
    accept(door, referral, override_reason=OverrideReason.TURNING_18)
    kept = Recommendation.objects.get(verb="accept")
    assert (kept.disposition, kept.override_reason) == ("manual", "turning_18")


@pytest.mark.django_db
def test_accept__otherwise_than_recommended_needs_a_reason_and_keeps_it(door: FrontDoor):
    """R051: planned support for somebody whose carer cannot carry on is a decision, not a slip."""
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, reason="carer_breakdown")
    safe = {"safe_care_reason": "GP says so"}
    with pytest.raises(RuleBroken) as refused:
        accept(door, referral, **safe)
    assert (refused.value.code, refused.value.field) == ("not_as_recommended", "override_reason")
    with pytest.raises(RuleBroken) as refused:
        accept(door, referral, **safe, override_reason=OverrideReason.SAFE_TO_WAIT)
    assert (refused.value.code, refused.value.field) == ("override_note_missing", "override_note")
    accept(
        door, referral, **safe, override_reason=OverrideReason.SAFE_TO_WAIT, override_note="Sister stays till Monday"
    )
    kept = Recommendation.objects.get()
    assert (kept.urgency, kept.followed, kept.override_reason) == ("crisis", False, "safe_to_wait")
    assert kept.override_note == "Sister stays till Monday"


@pytest.mark.django_db
def test_accept__as_triage_said_with_its_reason_is_not_asked_again(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, medically_stable=True, medicines_addressed=True)
    planned = {"urgency": Urgency.PLANNED, "service": Service.REABLEMENT, "reason": "Wants her stairs back"}
    triage(door, referral, **planned, override_reason="new_information")
    accept(door, referral)
    kept = Recommendation.objects.get(verb="accept")
    assert (kept.followed, kept.override_reason, kept.override_note) == (
        False, "new_information", "Wants her stairs back",
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("told", "service"),
    [({"direction": Direction.STEP_UP}, "home"), ({"direction": Direction.STEP_DOWN}, "reablement")],
)
def test_accept__where_nobody_chose_a_service_it_goes_to_the_recommended_one(door: FrontDoor, told, service):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED, **told)
    done = accept(door, referral, safe_care_reason="GP says so")
    kept = Recommendation.objects.get()
    assert (kept.followed, kept.override_reason, done.referral.service) == (True, "", service)
    assert done.episode.waitings.get().service == service


@pytest.mark.django_db
def test_accept__a_crisis_never_needs_more_than_one_field(door: FrontDoor):
    """Under age, out of the area, in hospital and a bed asked for: why it is safe says all of it."""
    young = person(born_on=date(2012, 1, 1), postcode="M1 1AA")
    place = LocationNow(kind=LocationKind.HOSPITAL, postcode="M1 1AA")
    referral = register(door.actor("spa"), young, direction=Direction.STEP_DOWN, location=place)
    Referral.objects.filter(pk=referral.pk).update(planned_reason="rehabilitation")
    accept(door, referral, safe_care_reason="Nobody else can go")
    kept = Recommendation.objects.get()
    assert (kept.followed, kept.override_reason, kept.override_note) == (False, "safe_care", "Nobody else can go")


@pytest.mark.django_db
def test_accept_page__says_that_it_is_not_as_recommended_and_asks_why(client, door: FrontDoor):
    referral = register(
        door.actor("spa"), urgency=Urgency.PLANNED, reason="carer_breakdown", medically_stable=True,
        medicines_addressed=True,
    )  # fmt: skip
    client.force_login(door.users["triage"])
    address = reverse("pathways:accept", args=[referral.pk])
    page = client.get(address)
    assert "This is not what the rules of triage recommend" in page.text
    typed = {"team": door.crisis.pk, "coordinator": door.users["alice"].pk, "version": 1}
    assert client.post(address, typed).status_code == 422
    longer = "Her sister has moved in until the end of the month and a nurse has spoken to both of them"
    typed |= {"override_reason": "safe_to_wait", "override_note": longer}
    assert client.post(address, typed).status_code == 302
    assert Recommendation.objects.get().override_note == longer


@pytest.mark.django_db
def test_redirect__of_somebody_whom_the_rules_accept_is_otherwise(door: FrontDoor):
    referral = register(door.actor("spa"))
    redirect_referral(by=door.actor("triage"), referral_id=referral.pk, signpost="gp", note="Rash only")
    kept = Recommendation.objects.get()
    assert (kept.followed, kept.override_reason, kept.override_note) == (False, "redirected", "Rash only")


@pytest.mark.django_db
def test_accept__urgent_support_to_a_hospital_needs_a_second_persons_agreement(door: FrontDoor):
    """R047: flag, reason and approver; counted."""
    boss = person_at(door.spa, "Olga Boss", "service_manager")
    referral = register(door.actor("spa"), direction=Direction.STEP_DOWN)
    with pytest.raises(RuleBroken) as refused:
        accept(door, referral)
    assert refused.value.code == "hospital_support_not_agreed"
    asked = ask_hospital_support(
        by=door.actor("triage"),
        referral_id=referral.pk,
        reason=HospitalReason.NO_OTHER_HELP,
        approver_id=boss.pk,
    )
    with pytest.raises(RuleBroken):
        accept(door, referral)
    door.users["boss"] = boss
    approve(by=door.actor("boss"), approval_id=asked.pk)
    accept(door, referral)
    assert DecisionCount.objects.get(what="hospital_support").times == 1


BY_WAY_OF = [
    {"direction": Direction.STEP_DOWN},
    {"location": LocationNow(kind=LocationKind.HOSPITAL, postcode="L23 9ZZ")},
    {"caller": Caller(kind="emergency_department")},
]


@pytest.mark.django_db
@pytest.mark.parametrize("told", BY_WAY_OF, ids=["direction", "location", "source"])
def test_accept__urgent_support_to_a_hospital_is_that_whatever_the_direction_says(door: FrontDoor, told):
    """R047: by where they are and who asks as well; a discharge that is planned takes one person."""
    with pytest.raises(RuleBroken) as refused:
        accept(door, register(door.actor("spa"), **told))
    assert refused.value.code == "hospital_support_not_agreed"
    accept(door, register(door.actor("spa"), **told | {"urgency": Urgency.PLANNED}), safe_care_reason="GP says so")


@pytest.mark.django_db
def test_hospital_support__is_answered_within_minutes_and_pages_say_who_agreed(client, door: FrontDoor):
    boss = person_at(door.spa, "Olga Boss", "service_manager")
    door.users["boss"] = boss
    referral = register(door.actor("spa"), direction=Direction.STEP_DOWN)
    client.force_login(door.users["triage"])
    pages = [reverse("referrals:referral", args=[referral.pk]), reverse("pathways:accept", args=[referral.pk])]
    for page in pages:
        assert "needs a second person" in client.get(page).text
        assert reverse("referrals:hospital_support", args=[referral.pk]) in client.get(page).text
    asked = ask_hospital_support(
        by=door.actor("triage"), referral_id=referral.pk, reason=HospitalReason.NO_OTHER_HELP, approver_id=boss.pk
    )
    clock = Clock.objects.get(subject=f"approval:{asked.pk}")
    assert clock.due_at - clock.started_at == timedelta(minutes=20)
    for page in pages:
        assert "Asked Olga Boss" in client.get(page).text
    approve(by=door.actor("boss"), approval_id=asked.pk)
    clock.refresh_from_db()
    assert clock.outcome == "met"
    for page in pages:
        text = client.get(page).text
        assert "A second person has agreed." in text
        assert "Olga Boss" in text
        assert "Ask for it" not in text
    assert "safe_care_reason" not in client.get(pages[1]).text


@pytest.mark.django_db
def test_ask_hospital_support__is_only_for_that(door: FrontDoor):
    with pytest.raises(RuleBroken, match="not urgent support to a hospital"):
        ask_hospital_support(
            by=door.actor("triage"), referral_id=register(door.actor("spa")).pk, reason=HospitalReason.NO_OTHER_HELP
        )


@pytest.mark.django_db
def test_ask_hospital_support__of_a_referral_that_was_changed_is_told(door: FrontDoor):
    told = {"by": door.actor("triage"), "referral_id": register(door.actor("spa")).pk}
    take_referral(**told)
    with pytest.raises(Stale, match="changed this referral at"):
        ask_hospital_support(**told, reason=HospitalReason.NO_OTHER_HELP, version=1)


@pytest.mark.django_db
def test_accept__with_a_medical_question_open_is_put_to_a_second_person(door: FrontDoor):
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED)
    accept(door, referral, safe_care_reason="GP says so")
    asked = Approval.objects.get()
    assert (asked.kind, asked.note, asked.verdict) == ("safe_care_acceptance", "GP says so", "")


@pytest.mark.django_db
@pytest.mark.parametrize(("reason", "kind"), [("needs_hospital", "criteria"), ("no_workers", "capacity")])
def test_decline__criteria_and_lack_of_room_are_counted_apart(door: FrontDoor, reason, kind):
    referral = register(door.actor("spa"))
    decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason=reason, signpost="gp")
    assert referral.transitions.get(verb="decline").kind == kind
    counted = DecisionCount.objects.get(what="decline")
    assert (counted.kind, counted.reason, counted.times) == (kind, reason, 1)
    assert not Recommendation.objects.get().followed
