"""What is written on a plan: by whom, once, with what must be said; and what becomes of it when things end."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.commands import now
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from careplans.commands import (
    answer_onward,
    link_record,
    mark_read,
    rate_confidence,
    record_agreement,
    record_experience,
    review_risk,
    send_message,
    write_risk,
)
from careplans.domain import (
    AgreedTo,
    Agreement,
    Decided,
    Felt,
    OnwardOutcome,
    RatedAt,
    RiskFinding,
    RiskTaken,
    Teller,
    Theme,
)
from careplans.models import CaseMessage, Confidence, Consent, Experience, MessageRead, OnwardRequest, RecordLink, Risk
from casework.closing import open_work
from casework.commands import end_episode
from casework.commands.death import record_death, strike_death
from notifications.models import Message, Outbox
from pathways.commands import plan_discharge
from pathways.domain import DischargePlan, EndReason, EpisodeStatus
from referrals.domain import Direction, Hospital, Urgency
from tests.careplans.conftest import OnCase, accepted
from tests.factories.referrals import FrontDoor
from timelimits.domain.local_time import local_date

pytestmark = pytest.mark.django_db


def risk(**more) -> RiskTaken:
    told = {"benefit": "Gets her own tea", "harm": "A scald", "control": "Kettle tipper", "agreed_with": "Maud"}
    return RiskTaken(**(told | {"review_on": local_date(now()) + timedelta(days=7)} | more))


# Asked of other services


def test_onward__is_followed_to_its_outcome(held: OnCase):
    """R041, R042."""
    asked = held.ask()
    done = answer_onward(
        by=held.actor("alice"), request_id=asked.pk, outcome=OnwardOutcome.WAITING_LIST, note="8 weeks"
    )
    assert (done.outcome, done.note, done.answered_by) == ("waiting_list", "8 weeks", "Alice Test")
    told = {"by": held.actor("alice"), "request_id": asked.pk}
    assert answer_onward(**told, outcome=OnwardOutcome.WAITING_LIST, note="8 weeks") == done
    with pytest.raises(IllegalMove, match="Alice Test has answered it already"):
        answer_onward(**told, outcome=OnwardOutcome.DECLINED)
    events = list(CaseEvent.objects.filter(event__startswith="onward.").values_list("event", flat=True))
    assert sorted(events) == ["onward.answered", "onward.asked"]


@pytest.mark.parametrize(
    ("told", "field"),
    [({"service": "nobody"}, "service"), ({"asked_of": " "}, "asked_of"), ({"why": ""}, "why"), ("past", "chase_at")],
)
def test_onward__says_which_field_is_wrong(held: OnCase, told, field):
    with pytest.raises(RuleBroken) as refused:
        held.ask(**({"chase_at": now() - timedelta(minutes=1)} if told == "past" else told))
    assert refused.value.field == field
    assert not OnwardRequest.objects.exists()


def test_onward__only_of_a_case_in_sight_by_who_may(held: OnCase):
    with pytest.raises(NotFound):
        held.ask(by="charlie")
    with pytest.raises(NotPermitted):
        held.ask(by="commissioner")
    asked = held.ask()
    with pytest.raises(NotFound):
        answer_onward(by=held.actor("charlie"), request_id=asked.pk, outcome=OnwardOutcome.DECLINED)


def test_continuing_healthcare__decided_in_hospital_needs_its_reason(door: FrontDoor):
    """R043: not decided in an acute hospital; when it was all the same, the fact is kept with why."""
    ward = Hospital(site="Southport Hospital", ward="7B")
    told = {"direction": Direction.STEP_DOWN, "urgency": Urgency.PLANNED, "hospital": ward}
    held = accepted(door, **told)
    plan_discharge(by=held.actor("spa"), referral_id=held.referral.pk, plan=DischargePlan())
    checklist, other = held.ask("continuing_healthcare"), held.ask("falls")
    by = held.actor("alice")
    with pytest.raises(RuleBroken, match="not decided in an acute hospital"):
        answer_onward(by=by, request_id=checklist.pk, outcome=OnwardOutcome.ELIGIBLE)
    assert answer_onward(by=by, request_id=other.pk, outcome=OnwardOutcome.TAKEN_ON).outcome == "taken_on"
    done = answer_onward(by=by, request_id=checklist.pk, outcome=OnwardOutcome.ELIGIBLE, note="Rapidly deteriorating")
    assert done.outcome == "eligible"


def test_hand_back__to_the_integrated_care_team_that_referred_outlasts_the_episode(door: FrontDoor):
    """R041."""
    held = accepted(door)
    referral = held.referral
    referral.source_kind, referral.source_organisation = "integrated_care_team", "South Sefton ICT"
    referral.done_at = now()
    referral.save()
    falls = held.ask()
    end_episode(by=held.actor("alice"), episode_id=held.episode.pk, reason=EndReason.COMPLETED)
    held.episode.refresh_from_db()
    assert held.episode.status == EpisodeStatus.ENDED
    back = OnwardRequest.objects.get(service="integrated_care_team")
    assert (back.asked_of, back.answered_at) == ("South Sefton ICT", None)
    falls.refresh_from_db()
    assert falls.answered_at is None
    done = answer_onward(by=held.actor("alice"), request_id=back.pk, outcome=OnwardOutcome.TAKEN_ON)
    assert done.outcome == "taken_on"


def test_hand_back__nobody_is_asked_when_somebody_else_referred(held: OnCase):
    held.referral.done_at = now()
    held.referral.save()
    end_episode(by=held.actor("alice"), episode_id=held.episode.pk, reason=EndReason.COMPLETED)
    assert not OnwardRequest.objects.exists()


def test_death__ends_what_is_open_and_its_undo_opens_it_again(held: OnCase):
    asked, taken = held.ask(), write_risk(by=held.actor("alice"), case_id=held.case_id, risk=risk())
    kinds = {item.kind for item in open_work(held.actor("alice"), [held.case_id])}
    assert {"onward", "risk"} <= kinds
    told = {"person_id": held.referral.person_id}
    record_death(by=held.actor("alice"), died_on=local_date(now()), told_by="Daughter", **told)
    asked.refresh_from_db()
    taken.refresh_from_db()
    assert (asked.outcome, taken.ended_at is None) == ("not_needed", False)
    strike_death(by=held.actor("alice"), reason="Another Maud", **told)
    asked.refresh_from_db()
    taken.refresh_from_db()
    assert (asked.outcome, asked.answered_at, taken.ended_at) == ("", None, None)


# Risks taken on purpose


def test_risk__is_written_whole(held: OnCase):
    """R066."""
    write_risk(by=held.actor("alice"), case_id=held.case_id, risk=risk())
    for name in ("benefit", "harm", "control", "agreed_with"):
        with pytest.raises(RuleBroken) as refused:
            write_risk(by=held.actor("alice"), case_id=held.case_id, risk=risk(**{name: ""}))
        assert refused.value.field == name
    with pytest.raises(RuleBroken, match="past already"):
        write_risk(by=held.actor("alice"), case_id=held.case_id, risk=risk(review_on=date(2026, 1, 1)))
    assert Risk.objects.count() == 1


def test_risk__reviewed_says_how_it_went_and_stopped_ends_it(held: OnCase):
    """R067."""
    made = write_risk(by=held.actor("alice"), case_id=held.case_id, risk=risk())
    told = {"by": held.actor("alice"), "risk_id": made.pk}
    assert review_risk(finding=RiskFinding.GOES_WELL, **told).ended_at is None
    assert review_risk(finding=RiskFinding.STOPPED, note="Burnt hand", **told).ended_at is not None
    assert CaseEvent.objects.filter(event="risk.reviewed").count() == 2
    review_risk(finding=RiskFinding.STOPPED, note="Burnt hand", **told)
    assert CaseEvent.objects.filter(event="risk.reviewed").count() == 2
    with pytest.raises(NotFound):
        review_risk(by=held.actor("charlie"), risk_id=made.pk, finding=RiskFinding.CHANGED)


# What they say


def test_confidence__is_kept_each_time(held: OnCase):
    """R065."""
    told = {"by": held.actor("alice"), "case_id": held.case_id}
    rate_confidence(rated_at=RatedAt.START, score=3, **told)
    rate_confidence(rated_at=RatedAt.START, score=3, **told)
    rate_confidence(rated_at=RatedAt.END, score=8, words="I can do my stairs", **told)
    assert Confidence.objects.count() == 3
    for score in (-1, 11):
        with pytest.raises(RuleBroken, match="0 to 10"):
            rate_confidence(rated_at=RatedAt.END, score=score, **told)


def test_experience__is_kept_as_it_was_said_by_those_on_the_case(held: OnCase):
    """R072."""
    said = {"told_by": Teller.CARER, "theme": Theme.WAITING, "felt": Felt.POOR, "words": " Nobody rang back "}
    record_experience(by=held.actor("alice"), case_id=held.case_id, **said)
    kept = Experience.objects.get()
    assert (kept.told_by, kept.theme, kept.felt, kept.words) == ("carer", "waiting", "poor", "Nobody rang back")
    assert CaseEvent.objects.get(event="experience.recorded").data == {"theme": "waiting", "felt": "poor"}
    with pytest.raises(NotFound):
        record_experience(by=held.actor("charlie"), case_id=held.case_id, **said)
    with pytest.raises(IntegrityError), transaction.atomic():
        Experience.objects.update(theme="weather")


def test_agreement__unless_plain_says_how_it_was_decided(held: OnCase):
    """R068."""
    told = {"by": held.actor("alice"), "case_id": held.case_id}
    record_agreement(decided=Decided(AgreedTo.PLAN, Agreement.YES, ""), **told)
    with pytest.raises(RuleBroken, match="best for them"):
        record_agreement(decided=Decided(AgreedTo.TRANSITION, Agreement.BEST_INTERESTS, " "), **told)
    record_agreement(decided=Decided(AgreedTo.TRANSITION, Agreement.BEST_INTERESTS, "IMCA and son"), **told)
    assert sorted(Consent.objects.values_list("answer", flat=True)) == ["best_interests", "yes"]


# Records elsewhere


def test_link__is_https_and_once(held: OnCase):
    """R069."""
    told = {"by": held.actor("alice"), "case_id": held.case_id, "system": "Shared care record"}
    link_record(address="https://records.example/p/77", **told)
    link_record(address=" https://records.example/p/77", **told)
    assert RecordLink.objects.get().address == "https://records.example/p/77"
    with pytest.raises(RuleBroken, match="https://"):
        link_record(address="javascript:alert(1)", **told)


# Messages


def test_message__is_told_to_the_co_ordinator_without_its_words_and_read_by_name(held: OnCase):
    """R061."""
    text = "Daughter is away until Friday"
    sent = send_message(by=held.actor("triage"), case_id=held.case_id, text=text)
    told = Message.objects.get(user=held.door.users["alice"], template="message_written")
    assert Outbox.objects.filter(recipient=told.user, template="message_written").count() == 1
    assert text not in str(told.params) + told.link + told.reference
    mark_read(by=held.actor("alice"), case_id=held.case_id)
    mark_read(by=held.actor("alice"), case_id=held.case_id)
    mark_read(by=held.actor("triage"), case_id=held.case_id)
    assert list(MessageRead.objects.values_list("message", "user__name")) == [(sent.pk, "Alice Test")]


def test_message__of_the_co_ordinator_is_not_told_to_the_co_ordinator(held: OnCase):
    send_message(by=held.actor("alice"), case_id=held.case_id, text="Keys are with the neighbour")
    assert not Message.objects.filter(template="message_written").exists()
    with pytest.raises(RuleBroken):
        send_message(by=held.actor("alice"), case_id=held.case_id, text=" ")


# In the database


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (OnwardRequest, {"service": "falls", "asked_of": "x", "why": "x", "outcome": "taken_on"}),
        (Risk, {"benefit": "", "harm": "x", "control": "x", "agreed_with": "x", "review_on": date(2027, 1, 1)}),
        (Confidence, {"rated_at": "end", "score": 11}),
        (Consent, {"about": "plan", "answer": "no"}),
        (RecordLink, {"system": "x", "address": "http://x.example"}),
        (CaseMessage, {"text": ""}),
    ],
)
def test_rows__that_break_a_rule_are_refused_by_the_database(held: OnCase, model, fields):
    more = {"chase_at": now()} if model is OnwardRequest else {}
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.create(case_id=held.case_id, written_at=now(), written_by="x", **fields, **more)
