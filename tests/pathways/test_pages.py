"""Pages of episodes: accept, withdraw, co-ordinator, contact, task, ending; and finding people."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from accounts.domain import Duty
from accounts.models import Place
from audit.models import AccessLog
from casework.commands import end_episode
from pathways.commands import accept_referral, promise_task
from pathways.domain import MOVES, EndReason
from pathways.models import Contact, Episode, Task
from pathways.presenters import acts_for
from referrals.domain import Agrees, Caller, Urgency
from referrals.models import Referral
from tests.factories.casework import NOW, signed_in
from tests.factories.referrals import FrontDoor, person, put_on_duty, register
from timelimits.models import Clock

NIGHT = datetime(2026, 9, 17, 22, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def triage(door: FrontDoor) -> Client:
    return signed_in(door.users["triage"])


@pytest.fixture
def alice(door: FrontDoor) -> Client:
    return signed_in(door.users["alice"])


@pytest.fixture
def referral(door: FrontDoor) -> Referral:
    return register(door.actor("spa"), medically_stable=True, medicines_addressed=True)


def take_on(door: FrontDoor, referral: Referral, name: str = "alice") -> Episode:
    """Accept a referral to somebody of the crisis team."""
    return accept_referral(
        by=door.actor("triage"), referral_id=referral.pk, team_id=door.crisis.pk, coordinator_id=door.users[name].pk
    ).episode


@pytest.fixture
def episode(door: FrontDoor, referral: Referral) -> Episode:
    return take_on(door, referral)


def accept_url(referral: Referral) -> str:
    return f"/referrals/{referral.pk}/accept/"


def url(episode: Episode, verb: str) -> str:
    return f"/episodes/{episode.pk}/{verb}/"


def page_of(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def faults(answer: object) -> dict[str, str]:
    """Return the first fault of every field of the answer's form."""
    form = answer.context["form"]  # type: ignore[attr-defined]
    return {name: str(found[0]) for name, found in form.errors.items()}


# --- accept


def test_accept__offers_teams_of_the_zone_and_who_carries_least(
    triage: Client, door: FrontDoor, referral: Referral
) -> None:
    take_on(door, register(door.actor("spa"), person(given_name="Busy"), medically_stable=True))
    page = page_of(triage, accept_url(referral))
    assert page.index("UCR South") < page.index("UCR North")
    assert page.index("Carol Test: none open. Suggested") < page.index("Alice Test: 1 open, next due 16:32")


def test_accept__names_the_coordinator_who_was_chosen(triage: Client, door: FrontDoor, referral: Referral) -> None:
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(door.users["carol"].pk), "note": "Near her"}
    answer = triage.post(accept_url(referral), sent, follow=True)
    episode = Episode.objects.get()
    assert (episode.coordinator, episode.coordinator_confirmed) == (door.users["carol"], True)
    assert "accepted. Carol Test is the co-ordinator" in answer.content.decode()


def test_accept__another_team_shows_its_own(triage: Client, door: FrontDoor, referral: Referral) -> None:
    page = page_of(triage, f"{accept_url(referral)}?team={door.other_crisis.pk}")
    assert "Bob Test" in page
    assert "Carol Test" not in page
    assert triage.get(f"{accept_url(referral)}?team=nonsense").status_code == 200


def test_accept__out_of_hours_the_duty_coordinator_is_chosen_and_flagged(door: FrontDoor, referral: Referral) -> None:
    put_on_duty(door.crisis, door.users["carol"], Duty.CO_ORDINATOR, time(0), time(0))
    with time_machine.travel(NIGHT, tick=False):
        triage = signed_in(door.users["triage"])
        page = page_of(triage, accept_url(referral))
        assert "This team is closed now." in page
        assert 'value="duty" checked' in page
        sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": "duty"}
        answer = triage.post(accept_url(referral), sent, follow=True)
    assert "to be confirmed in hours" in answer.content.decode()
    assert not Episode.objects.get().coordinator_confirmed


def test_accept__team_without_anybody_says_so(triage: Client, door: FrontDoor, referral: Referral) -> None:
    for name in ("alice", "carol"):
        door.users[name].memberships.all().delete()
    assert "Nobody in this team can co-ordinate now." in page_of(triage, accept_url(referral))
    answer = triage.post(accept_url(referral), {"version": 1, "team": str(door.crisis.pk)})
    assert faults(answer) == {"coordinator": "Choose the co-ordinator"}


def test_accept__not_known_never_stops_a_crisis_and_asks_the_first_visit(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    assert "Medically stable and medicines dealt with" in page_of(triage, accept_url(referral))
    alice, carol = door.users["alice"], door.users["carol"]
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(alice.pk), "practitioner": str(carol.pk)}
    triage.post(accept_url(referral), sent | {"check_reason": "Crew saw her at nine"})
    task = Task.objects.get(kind="first_visit_check")
    assert (task.owner, "Crew saw her at nine" in task.what) == (carol, True)


def test_accept__planned_with_an_open_question_asks_why_it_is_safe(triage: Client, door: FrontDoor) -> None:
    referral = register(door.actor("spa"), urgency=Urgency.PLANNED)
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(door.users["alice"].pk)}
    answer = triage.post(accept_url(referral), sent)
    assert answer.status_code == 422
    assert (
        "This can't be done because nobody has said that the person is medically stable"
        in (faults(answer)["safe_care_reason"])
    )
    triage.post(accept_url(referral), sent | {"safe_care_reason": "Seen by her GP today"})
    assert Episode.objects.exists()


def test_accept__joins_a_live_episode(triage: Client, door: FrontDoor, episode: Episode) -> None:
    again = register(door.actor("spa"), urgency=Urgency.CRISIS)
    Referral.objects.filter(pk=again.pk).update(person_id=episode.person_id)
    page = page_of(triage, accept_url(again))
    assert "There is a live episode: this joins it." in page
    assert "Alice Test of UCR South stays the co-ordinator" in page
    answer = triage.post(accept_url(again), {"version": 1}, follow=True)
    assert f"It joins {episode.reference}" in answer.content.decode()


def test_accept__second_is_told_who_and_when(triage: Client, door: FrontDoor, referral: Referral) -> None:
    signed_in(door.users["triage2"]).post(f"/referrals/{referral.pk}/not_wanted/", {"version": 1, "note": "No"})
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(door.users["alice"].pk)}
    answer = triage.post(accept_url(referral), sent)
    assert answer.status_code == 409
    assert "by Sam Second at 14:32" in answer.content.decode()


def test_withdraw__says_why_and_ends_the_episode(triage: Client, referral: Referral, episode: Episode) -> None:
    address = f"/referrals/{referral.pk}/withdraw/"
    assert faults(triage.post(address, {"version": 2})) == {"note": "Choose why, or write it"}
    triage.post(address, {"version": 2, "note": "GP took it back"})
    episode.refresh_from_db()
    assert episode.end_reason == EndReason.WITHDRAWN


# --- episodes


def test_offer_acts__of_an_episode_by_role_and_state(door: FrontDoor, episode: Episode) -> None:
    assert [act.verb for act in acts_for(door.actor("alice"), episode)] == ["contact", "allocate", "end"]
    assert [act.verb for act in acts_for(door.actor("spa"), episode)] == ["contact"]
    assert acts_for(door.actor("commissioner"), episode) == []
    episode.coordinator_confirmed = False
    assert "confirm_coordinator" in [act.verb for act in acts_for(door.actor("alice"), episode)]
    ended = end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.ADMITTED)
    assert [act.verb for act in acts_for(door.actor("alice"), ended)] == ["contact"]


def test_offer_acts__every_page_of_the_table_exists() -> None:
    assert all(reverse(move.page, args=[uuid4()]) for move in MOVES)


def test_log_contact__first_visit_is_offered_first_and_meets_the_limit(alice: Client, episode: Episode) -> None:
    page = page_of(alice, url(episode, "contact"))
    assert "The first visit is not recorded yet." in page
    assert 'value="face_to_face" checked' in page
    with time_machine.travel(NOW + timedelta(minutes=29), tick=False):
        answer = alice.post(url(episode, "contact"), {"kind": "face_to_face", "went": "seen", "occurred_at": "14:50"})
    visit = Clock.objects.get(policy_code="crisis_response")
    assert answer.url == f"/cases/{episode.case_id}/"  # type: ignore[attr-defined]
    assert (visit.outcome, visit.stopped_at) == ("met", NOW + timedelta(minutes=18))
    assert 'value="phone" checked' in page_of(signed_in(episode.coordinator), url(episode, "contact"))


def test_log_contact__no_answer_leaves_the_clock_running(alice: Client, episode: Episode) -> None:
    answer = alice.post(url(episode, "contact"), {"kind": "face_to_face", "went": "no_answer"}, follow=True)
    assert "The clock runs on" in answer.content.decode()
    assert Clock.objects.get(policy_code="crisis_response").stopped_at is None
    assert Contact.objects.get().outcome == "no_access"


def test_log_contact__ring_back_makes_a_task(alice: Client, episode: Episode) -> None:
    sent = {"kind": "phone", "went": "left_message", "with_whom": "Pat", "about": "Visit", "ring_back_at": "16:00"}
    alice.post(url(episode, "contact"), sent)
    assert Contact.objects.get().outcome == "left_message"
    assert Task.objects.get(kind="ring_back").due_at == NOW + timedelta(minutes=88)


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"went": "seen"}, "kind"), ({"kind": "phone"}, "went"), ({"kind": "phone", "went": "seen", "occurred_at": "23:00"}, "occurred_at")],
)  # fmt: skip
def test_log_contact__says_what_is_missing(alice: Client, episode: Episode, sent: dict[str, str], field: str) -> None:
    assert list(faults(alice.post(url(episode, "contact"), sent))) == [field]


def test_change_coordinator__with_a_reason(alice: Client, door: FrontDoor, episode: Episode) -> None:
    page = page_of(alice, url(episode, "allocate"))
    assert "Carol Test" in page
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(door.users["carol"].pk)}
    assert faults(alice.post(url(episode, "allocate"), sent)) == {"note": "Choose why, or write it"}
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        answer = alice.post(url(episode, "allocate"), sent | {"note": "Leave"}, follow=True)
    assert "Carol Test is the co-ordinator now." in answer.content.decode()
    episode.refresh_from_db()
    assert episode.coordinator == door.users["carol"]


def test_change_coordinator__reason_may_be_chosen(alice: Client, door: FrontDoor, episode: Episode) -> None:
    place = Place.objects.get()
    place.words = place.words | {"reallocate_reasons": [{"code": "leave", "words": "Leave or sickness"}]}
    place.save()
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(door.users["carol"].pk)}
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        alice.post(url(episode, "allocate"), sent | {"why": "Leave or sickness"})
    assert episode.terms.get(period__upper_inf=True).reason == "Leave or sickness"


def test_change_coordinator__of_another_team(alice: Client, door: FrontDoor, episode: Episode) -> None:
    assert "Bob Test" in page_of(alice, f"{url(episode, 'allocate')}?team={door.other_crisis.pk}")


def test_confirm_coordinator__takes_the_flag_off(alice: Client, episode: Episode) -> None:
    Episode.objects.filter(pk=episode.pk).update(coordinator_confirmed=False)
    assert "was named out of hours" in page_of(alice, url(episode, "confirm_coordinator"))
    alice.post(url(episode, "confirm_coordinator"), {"version": 1})
    episode.refresh_from_db()
    assert episode.coordinator_confirmed


def test_end_episode__with_a_reason(alice: Client, episode: Episode) -> None:
    assert faults(alice.post(url(episode, "end"), {"version": 1})) == {"reason": "Choose why"}
    early = alice.post(url(episode, "end"), {"version": 1, "reason": "completed"})
    assert (early.status_code, "still waits for its first visit" in early.content.decode()) == (422, True)
    alice.post(url(episode, "end"), {"version": 1, "reason": "admitted"})
    ended = alice.get(url(episode, "end"))
    assert (ended.status_code, "because the episode ended at " in ended.content.decode()) == (409, True)


def test_end_episode__changed_meanwhile(alice: Client, door: FrontDoor, episode: Episode) -> None:
    Episode.objects.filter(pk=episode.pk).update(version=2)
    answer = alice.post(url(episode, "end"), {"version": 1, "reason": "admitted"})
    assert (answer.status_code, 'name="version" value="2"' in answer.content.decode()) == (409, True)


def test_open_acts__of_others_is_not_found(door: FrontDoor, episode: Episode) -> None:
    charlie = signed_in(door.users["charlie"])
    for address in (url(episode, "contact"), url(episode, "end"), f"/cases/{episode.case_id}/tasks/new/"):
        assert charlie.get(address).status_code == 404


def test_promise_task__for_me_or_the_coordinator(triage: Client, door: FrontDoor, episode: Episode) -> None:
    address = f"/cases/{episode.case_id}/tasks/new/"
    page = page_of(triage, address)
    assert "I do" in page
    assert "Alice Test, co-ordinator" in page
    late = triage.post(address, {"what": "Order a frame", "due_at": "09:00", "owner": str(door.users["alice"].pk)})
    assert faults(late) == {"due_at": "09:00 has passed. For tomorrow type 09:00 tomorrow"}
    triage.post(address, {"what": "Order a frame", "due_at": "09:00 tomorrow", "owner": str(door.users["alice"].pk)})
    assert Task.objects.get(kind="task").owner == door.users["alice"]


def test_finish_task__goes_back_to_the_case(alice: Client, door: FrontDoor, episode: Episode) -> None:
    task = promise_task(by=door.actor("alice"), case_id=episode.case_id, what="Ring", due_at=NOW + timedelta(hours=1))
    answer = alice.post(f"/tasks/{task.pk}/done/")
    task.refresh_from_db()
    assert (task.done_by, answer.url) == ("Alice Test", f"/cases/{episode.case_id}/")  # type: ignore[attr-defined]


# --- find people


def test_find_people__with_what_is_live_and_open(triage: Client, door: FrontDoor, episode: Episode) -> None:
    page = triage.post("/people/find/", {"words": "testalder"}).content.decode()
    assert "Maud Testalder, 91, born 1 Feb 1935" in page
    assert f"{episode.reference}</a>, since 14:32, Alice Test, UCR South" in page
    assert AccessLog.objects.filter(what="person.find").exists()
    other = register(door.actor("spa"), person(given_name="Ada", family_name="Mockford"))
    assert other.reference in triage.post("/people/find/", {"words": "1 2 1935"}).content.decode()


def test_find_people__a_callers_number_is_said_to_be_the_callers(triage: Client, door: FrontDoor) -> None:
    caller = Caller(kind="carer", name="Pat Proof", phone="0151 496 0177", relationship="Neighbour")
    asked = register(door.actor("spa"), person(family_name="Rungabout"), caller=caller)
    page = triage.post("/people/find/", {"words": "01514960177"}).content.decode()
    assert "The caller’s number, not known as theirs" in page
    assert f"left for ringing back on {asked.reference} by Pat Proof, Neighbour." in page


def test_find_people__says_what_an_ended_episode_was(triage: Client, door: FrontDoor, episode: Episode) -> None:
    end_episode(by=door.actor("alice"), episode_id=episode.pk, reason=EndReason.ADMITTED)
    assert "14:32 to 14:32" in triage.post("/people/find/", {"words": "testalder"}).content.decode()


def test_find_people__nobody_and_nothing(triage: Client, door: FrontDoor) -> None:
    assert "Nobody found" in triage.post("/people/find/", {"words": "xyzzy"}).content.decode()
    assert "Liz finds Elizabeth" in page_of(triage, "/people/find/")
    assert signed_in(door.users["commissioner"]).get("/people/find/").status_code == 403


def test_match_call__best_first(triage: Client, door: FrontDoor) -> None:
    told = {"born_on": None, "nhs_number": ""}
    register(door.actor("spa"), person(given_name="Rubina", family_name="Sampletown", **told))
    register(door.actor("spa"), person(given_name="Ruby", family_name="Sampleton", nhs_number="9991234012"))
    sent = {"given_name": "Ruby", "family_name": "Sampleton", "nhs_number": "999 123 4012", "birth": "rubbish"}
    part = triage.post("/referrals/find/", sent, headers={"HX-Request": "true"}).content.decode()
    assert "2 found" in part
    assert part.index("Best match") < part.index("Rubina")
    assert part.count("Best match") == 1
    by_birth = {"family_name": "Sampleton", "birth": "1 2 1935"}
    assert "Best match" in triage.post("/referrals/find/", by_birth, headers={"HX-Request": "true"}).content.decode()


def test_match_call__nobody_yet(triage: Client) -> None:
    htmx = {"HX-Request": "true"}
    assert "appear here as you type" in triage.post("/referrals/find/", {}, headers=htmx).content.decode()
    like = triage.post("/referrals/find/", {"family_name": "Nobody"}, headers=htmx).content.decode()
    assert "Sending makes a new record" in like


def test_match_call__without_a_script_is_the_page_with_all_that_was_typed(triage: Client, door: FrontDoor) -> None:
    register(door.actor("spa"))
    sent = {"family_name": "Testalder", "summary": "Fell again", "agrees": Agrees.YES}
    page = triage.post("/referrals/find/", sent).content.decode()
    assert "1 found" in page
    assert "Fell again" in page
    assert "to put right" not in page
