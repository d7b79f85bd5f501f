"""Acceptance, withdrawal, episodes and contacts for partner systems."""

from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from accounts.domain import Duty, Scope
from audit.commands import now
from pathways.models import Contact, Episode, Task
from referrals.models import Recommendation, Referral
from referrals.queries import missing_of
from tests.factories.partners import Partner, partner_of
from tests.factories.referrals import open_front_door, put_on_duty
from tests.referrals.test_api import problem
from timelimits.models import Clock

pytestmark = pytest.mark.django_db
SUMMARY = {"id", "reference", "case_id", "status", "version", "coordinator", "team", "links"}
DETAIL = SUMMARY | {"accepted_at", "ended_at", "end_reason", "spells", "clocks"}
VISIT = {"kind": "face_to_face", "attended": True, "by_profession": "nurse"}


@pytest.fixture
def door():
    return open_front_door()


@pytest.fixture
def partner(door):
    return partner_of(door.spa.organisation)


@pytest.fixture
def stranger(door):
    return partner_of(door.elsewhere.organisation, name="Partner of the council")


def accepted(partner, **changes):
    """Return the answer to an acceptance by the southern team."""
    response = partner.move(partner.refer(**changes).json(), "accept", {"team": "ucr-south"})
    assert response.status_code == 200, response.content
    return response.json()


def clock_of(told, policy):
    return next(clock for clock in told["clocks"] if clock["policy"] == policy)


# Accept


def test_accept_referral__names_the_coordinator_in_the_same_act(door, partner):
    made = partner.refer().json()
    body = {"team": "ucr-south", "coordinator": "ALICE.test@icras.example"}
    response = partner.move(made, "accept", body)
    told = response.json()
    assert (response.status_code, response["ETag"], told["status"], told["joined"]) == (200, '"2"', "accepted", False)
    assert set(told["episode"]) == SUMMARY
    alice = door.users["alice"]
    assert told["episode"]["coordinator"] == {"id": str(alice.pk), "name": "Alice Test", "confirmed": True}
    assert told["episode"]["team"] == {"code": "ucr-south", "name": "UCR South"}
    assert told["episode"]["case_id"] == told["case_id"]
    assert clock_of(told, "spa_triage")["status"] == "met"
    assert {c["policy"] for c in told["clocks"] if c["status"] == "running"} >= {"crisis_response", "support_plan"}
    assert "Testalder" not in response.content.decode()


def test_accept_referral__of_somebody_under_age_has_a_way_on(partner):
    child = {"family_name": "Testalder", "given_name": "Maud", "born_on": "2012-02-01", "postcode": "L23 9ZZ"}
    made = partner.refer(person=child).json()
    problem(partner.move(made, "accept", {"team": "ucr-south"}), 422, "manual_triage")
    problem(partner.move(made, "accept", {"team": "ucr-south", "override_reason": "because"}), 422, "invalid")
    told = {"team": "ucr-south", "override_reason": "turning_18", "override_note": "18 in a month"}
    assert partner.move(made, "accept", told).status_code == 200
    assert Recommendation.objects.get().override_note == "18 in a month"


def test_accept_referral__by_a_system_names_no_clinician_as_confirming(partner):
    """R052: a clinician confirms that somebody is medically stable: where none has, one checks on the first visit."""
    accepted(partner, medically_stable=True, medicines_addressed=True)
    assert Referral.objects.get().stable_confirmed_by == ""
    check = Task.objects.get(kind="first_visit_check")
    assert "medically stable?" in check.what
    assert "medicines" not in check.what


def test_accept_referral__what_a_partner_was_not_asked_is_missing_to_decide(partner):
    """A partner is asked no red flag: that nobody asked is said, and holds up no crisis."""
    partner.refer()
    referral = Referral.objects.get()
    assert "red_flags" in missing_of(referral, [])
    referral.red_flags = {"chest_pain": "no"}
    assert "red_flags" not in missing_of(referral, [])


def test_accept_referral__takes_ids_as_well_as_codes_and_addresses(door, partner):
    body = {"team": str(door.crisis.pk), "coordinator": str(door.users["carol"].pk)}
    told = partner.move(partner.refer().json(), "accept", body).json()
    assert told["episode"]["coordinator"]["name"] == "Carol Test"


def test_accept_referral__out_of_hours_takes_whoever_is_on_duty_to_be_confirmed(door, partner, time_machine):
    put_on_duty(door.crisis, door.users["carol"], Duty.CO_ORDINATOR)
    time_machine.move_to(datetime.fromisoformat("2026-05-11T23:30:00+01:00"))
    fresh = partner_of(door.spa.organisation, name="At night")
    assert accepted(fresh)["episode"]["coordinator"] == {
        "id": str(door.users["carol"].pk),
        "name": "Carol Test",
        "confirmed": False,
    }


def test_accept_referral__joins_a_live_episode(partner):
    who = {"family_name": "Testalder", "nhs_number": "9991234004"}
    first = accepted(partner, person=who)
    second = accepted(partner, person=who)
    assert (second["joined"], second["joined_case_id"]) == (True, first["case_id"])
    assert second["episode"]["id"] == first["episode"]["id"]
    assert partner.get(second["links"]["episode"]).json()["id"] == first["episode"]["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "team"), ({"team": "nowhere"}, "team"), ({"team": str(uuid4())}, "team"), ({"team": 4}, "team"),
        ({"team": "ucr-south", "coordinator": "nobody@icras.example"}, "coordinator"),
        ({"team": "ucr-south", "coordinator": "bob.test@icras.example"}, "coordinator"),
        ({"team": "ucr-south", "coordinator": str(uuid4())}, "coordinator"),
        ({"team": "ucr-south", "status": "declined"}, "status"),
    ],
)  # fmt: skip
def test_accept_referral__refuses_a_team_or_coordinator_that_is_none(partner, body, field):
    response = partner.move(partner.refer().json(), "accept", body)
    assert response.status_code == 422
    assert field in {error["field"] for error in response.json()["errors"]}
    assert (Episode.objects.count(), Referral.objects.get().status) == (0, "new")


def test_accept_referral__planned_with_an_open_medical_question_needs_a_reason(partner):
    made = partner.refer(urgency="planned").json()
    response = partner.move(made, "accept", {"team": "ucr-south"})
    assert list(problem(response, 422, "medical_question_open")) == ["medically_stable"]
    body = {"team": "ucr-south", "safe_care_reason": "Seen by the GP this morning."}
    assert partner.move(made, "accept", body).status_code == 200


def test_accept_referral__of_what_was_declined_is_an_illegal_move(partner):
    made = partner.refer().json()
    gone = partner.move(made, "decline", {"reason": "needs_hospital", "signpost": "gp"}).json()
    problem(partner.move(gone, "accept", {"team": "ucr-south"}), 409, "already_declined")


def test_accept_referral__again_is_quiet(partner):
    done = accepted(partner)
    again = partner.move(done, "accept", {"team": "ucr-south"})
    assert (again.status_code, again.json()["episode"]) == (200, done["episode"])


@pytest.mark.django_db(transaction=True)
def test_accept_referral__two_at_once_make_one_episode():
    door = open_front_door()
    partner = partner_of(door.spa.organisation)
    made, answers, together = partner.refer().json(), [], Barrier(2)

    def send():
        mine = Partner(partner.client, partner.token)
        together.wait()
        answers.append(mine.move(made, "accept", {"team": "ucr-south"}).status_code)
        connections.close_all()

    threads = [Thread(target=send) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert answers == [200, 200]  # the second is the same sending once more
    assert Episode.objects.count() == 1


# Withdraw


def test_withdraw_referral__after_acceptance_ends_the_episode(partner):
    done = accepted(partner)
    told = partner.move(done, "withdraw", {"reason": "Family has it in hand."}).json()
    assert told["status"] == "withdrawn"
    episode = partner.get(done["episode"]["links"]["self"]).json()
    assert (episode["status"], episode["end_reason"]) == ("ended", "withdrawn")


def test_withdraw_referral__once_seen_is_an_illegal_move(partner):
    done = accepted(partner)
    partner.post(done["episode"]["links"]["contacts"], VISIT)
    problem(partner.move(done, "withdraw", {"reason": "x"}), 409, "seen_already")


def test_withdraw_referral__by_its_referrer_after_acceptance_needs_a_telephone_call(partner, stranger):
    made = stranger.refer().json()
    done = partner.move(made, "accept", {"team": "ucr-south"}).json()
    problem(stranger.move(done, "withdraw", {"reason": "x"}), 409, "accepted_meanwhile")
    assert Episode.objects.get().status == "live"


def test_withdraw_referral__by_whoever_sent_the_crew_cancels_its_time_and_never_counts_it_as_answered(
    partner, stranger
):
    crew = {"crew_on_scene": {"phone": "01632 960111", "since": None}}
    ours = partner.move(partner.refer(**crew).json(), "withdraw", {"reason": "x"})
    assert (ours.status_code, ours.json()["code"]) == (422, "crew_waits")
    made = stranger.refer(**crew).json()
    assert stranger.move(made, "withdraw", {"reason": "They take her in."}).json()["status"] == "withdrawn"
    clock = Clock.objects.get(case_id=made["case_id"], policy_code="crew_waiting")
    assert (clock.outcome, clock.cancel_reason) == ("cancelled", "withdrawn")


@pytest.mark.parametrize("reason", ["", "  ", None, 5, "x" * 1001, ["x"]])
def test_withdraw_referral__needs_a_reason(partner, reason):
    response = partner.move(partner.refer().json(), "withdraw", {"reason": reason})
    assert list(problem(response, 422, "invalid")) == ["reason"]


# Episodes


def test_read_episode__says_how_it_stands_and_never_who(partner):
    done = accepted(partner)
    response = partner.get(done["episode"]["links"]["self"])
    told = response.json()
    assert (response.status_code, response["ETag"], set(told)) == (200, '"1"', DETAIL)
    assert [(spell["service"], spell["main"], spell["ended_at"]) for spell in told["spells"]] == [
        ("crisis", True, None)
    ]
    assert {clock["policy"] for clock in told["clocks"]} >= {"crisis_response", "crisis_spell", "intermediate_care"}
    assert set(told["links"]) == {"self", "allocate", "contacts"}
    assert "Testalder" not in response.content.decode()


def test_episode_of_another_organisation__is_not_found_for_every_verb(partner, stranger):
    done = accepted(partner)
    own = done["episode"]["links"]["self"]
    problem(stranger.get(own), 404, "not_found")
    problem(stranger.get(done["links"]["episode"]), 404, "not_found")
    body = {"coordinator": "carol.test@icras.example", "reason": "x"}
    problem(stranger.move(done["episode"], "allocate", body), 404, "not_found")
    problem(stranger.post(f"{own}contacts/", VISIT), 404, "not_found")
    assert Contact.objects.count() == 0


def test_read_episode_of_referral__before_acceptance_is_not_found(partner):
    made = partner.refer().json()
    problem(partner.get(f"{made['links']['self']}episode/"), 404, "not_found")


def test_allocate_episode__hands_it_over_with_the_reason(door, partner):
    body = {"team": "ucr-south", "coordinator": "alice.test@icras.example"}
    done = partner.move(partner.refer().json(), "accept", body).json()
    body = {"coordinator": "carol.test@icras.example", "reason": "On leave from Monday."}
    response = partner.move(done["episode"], "allocate", body)
    told = response.json()
    assert (response.status_code, response["ETag"], told["coordinator"]["name"]) == (200, '"2"', "Carol Test")
    assert clock_of(told, "support_plan") == clock_of(done, "support_plan")
    assert partner.move(done["episode"], "allocate", body).json()["version"] == 2  # once more is quiet
    other = body | {"coordinator": "lee.stub@icras.example"}
    problem(partner.move(done["episode"], "allocate", other), 412, "stale")
    problem(partner.post(f"{told['links']['self']}allocate/", body), 428, "if_match_missing")
    body = {"team": "ucr-north", "coordinator": "bob.test@icras.example", "reason": "Moved."}
    assert partner.move(told, "allocate", body).json()["team"]["code"] == "ucr-north"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "x"}, "coordinator"), ({"coordinator": "carol.test@icras.example"}, "reason"),
        ({"coordinator": "charlie.test@icras.example", "reason": "x"}, "coordinator"),
        ({"coordinator": "carol.test@icras.example", "reason": "x" * 301}, "reason"),
        ({"coordinator": "carol.test@icras.example", "reason": "x", "version": 1}, "version"),
    ],
)  # fmt: skip
def test_allocate_episode__refuses_what_is_wrong(partner, body, field):
    response = partner.move(accepted(partner)["episode"], "allocate", body)
    assert response.status_code == 422
    assert field in {error["field"] for error in response.json()["errors"]}


def test_allocate_episode__that_has_ended_is_an_illegal_move(partner):
    done = accepted(partner)
    partner.move(done, "withdraw", {"reason": "x"})
    episode = partner.get(done["episode"]["links"]["self"]).json()
    body = {"coordinator": "carol.test@icras.example", "reason": "x"}
    problem(partner.move(episode, "allocate", body), 409, "episode_ended")


# Contacts


def test_record_contact__first_visit_meets_the_two_hours_when_it_happened(partner):
    received, visited = now() - timedelta(hours=3), now() - timedelta(hours=2)
    done = accepted(partner, received_at=received.isoformat())
    assert clock_of(done, "crisis_response")["status"] == "breached"
    response = partner.post(done["episode"]["links"]["contacts"], VISIT | {"occurred_at": visited.isoformat()})
    told = response.json()
    assert (response.status_code, told["outcome"], told["kind"]) == (201, "attended", "face_to_face")
    assert (clock_of(told, "crisis_response")["status"], datetime.fromisoformat(told["occurred_at"])) == (
        "met",
        visited,
    )


@pytest.mark.parametrize(
    ("contact", "outcome"),
    [
        ({"kind": "face_to_face", "attended": False}, "no_access"), ({"kind": "phone", "attended": True}, "spoke"),
        ({"kind": "video", "attended": False, "by_profession": None, "occurred_at": None}, "no_reply"),
    ],
)  # fmt: skip
def test_record_contact__that_is_no_visit_leaves_the_clock_running(partner, contact, outcome):
    done = accepted(partner)
    told = partner.post(done["episode"]["links"]["contacts"], contact).json()
    assert (told["outcome"], clock_of(told, "crisis_response")["status"]) == (outcome, "running")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "kind"), ({"kind": "letter", "attended": True}, "kind"), ({"kind": "phone"}, "attended"),
        ({"kind": "phone", "attended": "yes"}, "attended"), (VISIT | {"occurred_at": "2999-01-01T00:00:00Z"}, "occurred_at"),
        (VISIT | {"occurred_at": "2026-05-11T10:00"}, "occurred_at"), (VISIT | {"by_profession": "x" * 61}, "by_profession"),
        (VISIT | {"outcome": "attended"}, "outcome"),
    ],
)  # fmt: skip
def test_record_contact__refuses_what_is_wrong(partner, body, field):
    response = partner.post(accepted(partner)["episode"]["links"]["contacts"], body)
    assert response.status_code == 422
    assert field in {error["field"] for error in response.json()["errors"]}
    assert Contact.objects.count() == 0


def test_record_contact__honours_if_match_when_it_is_sent(partner):
    address = accepted(partner)["episode"]["links"]["contacts"]
    problem(partner.post(address, VISIT, If_Match='"7"'), 412, "stale")
    assert partner.post(address, VISIT, If_Match='"1"').status_code == 201


def test_record_contact__with_a_key_records_nothing_twice(partner):
    address = accepted(partner)["episode"]["links"]["contacts"]
    first, again = (partner.post(address, VISIT, Idempotency_Key="visit-1") for _ in range(2))
    assert (again.status_code, again.json()) == (201, first.json())
    assert Contact.objects.count() == 1
    problem(partner.post(address, VISIT | {"attended": False}, Idempotency_Key="visit-1"), 409, "key_reused")


def test_scopes__of_episodes(door, partner):
    done = accepted(partner)
    reader = partner_of(door.spa.organisation, Scope.EPISODES_READ, name="reader")
    own = done["episode"]["links"]["self"]
    assert reader.get(own).status_code == 200
    assert reader.get(own).json()["links"] == {"self": own}
    problem(reader.post(f"{own}contacts/", VISIT), 403, "not_permitted")
    problem(reader.move(done["episode"], "allocate", {}), 403, "not_permitted")
    problem(reader.move(done, "accept", {}), 403, "not_permitted")


def test_explain_clock__is_told_to_whoever_sees_the_case(partner, stranger):
    clock = clock_of(partner.refer().json(), "crisis_response")
    address = f"/api/v1/clocks/{clock['id']}/explain/"
    told = partner.get(address).json()
    assert (told["policy"], told["allowed"], told["due_at"]) == ("crisis_response", 7200, clock["due_at"])
    problem(stranger.get(address), 404, "not_found")


def test_read_episode__costs_so_many_statements(partner):
    address = accepted(partner)["episode"]["links"]["self"]
    with CaptureQueriesContext(connection) as seen:
        assert partner.get(address).status_code == 200
    assert len(seen) <= 9, "\n".join(query["sql"][:150] for query in seen)
