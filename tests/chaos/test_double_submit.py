"""Pressed twice, from a stale tab, after Back, and thirty times at once: written once, or refused with words."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from audit.commands import now
from casework.commands import end_episode
from pathways.commands import accept_referral
from pathways.domain import EndReason
from pathways.models import Contact, Episode, Task
from referrals.commands import triage_referral
from referrals.domain import Service, Urgency
from referrals.models import IdempotencyKey, Referral, ReferralTransition
from tests.factories.partners import Partner, partner_of
from tests.factories.partners import referral as told
from tests.factories.races import race
from tests.factories.referrals import FrontDoor, open_front_door, register
from timelimits.models import Clock

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 30


@pytest.fixture
def door() -> FrontDoor:
    return open_front_door()


@pytest.fixture
def episode(door: FrontDoor) -> Episode:
    return accept_referral(
        by=door.actor("triage"),
        referral_id=register(door.actor("spa")).pk,
        team_id=door.crisis.pk,
        coordinator_id=door.users["alice"].pk,
    ).episode


def signed_in(door: FrontDoor, name: str) -> Client:
    client = Client()
    client.force_login(door.users[name])
    return client


def pressed(door: FrontDoor, name: str, url: str, sent: dict[str, object], times: int = 2) -> list[int]:
    """Send one form so many times at the same moment, from one session, and return the answers."""
    key = signed_in(door, name).cookies["sessionid"].value

    def press() -> int:
        client = Client()
        client.cookies["sessionid"] = key
        return client.post(url, sent).status_code

    return race(*[press] * times)


def test_decline__double_clicked_is_one_and_both_go_on(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    sent = {"version": 1, "reason": "needs_hospital", "signpost": "gp"}
    assert pressed(door, "triage", f"/referrals/{referral.pk}/decline/", sent) == [302, 302]
    assert list(ReferralTransition.objects.order_by("pk").values_list("verb", flat=True)) == ["register", "decline"]


def test_accept__pressed_thirty_times_at_once_is_one_episode(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    sent = {"version": 1, "team": str(door.crisis.pk), "coordinator": str(door.users["alice"].pk)}
    url = f"/referrals/{referral.pk}/accept/"
    assert pressed(door, "triage", url, sent, MANY) == [302] * MANY
    assert (Episode.objects.count(), ReferralTransition.objects.count()) == (1, 2)


def test_contact_and_task__double_clicked_are_one_each(door: FrontDoor, episode: Episode) -> None:
    url = f"/episodes/{episode.pk}/contact/"
    sent = {"version": 1, "kind": "phone", "went": "no_answer", "way": "out", "occurred_at": "now"}
    sent["form_id"] = str(uuid4())
    assert pressed(door, "alice", url, sent) == [302, 302]
    assert Contact.objects.count() == 1
    later = {"what": "Ring the daughter", "due_at": "in 2 hours", "owner": str(door.users["alice"].pk)}
    later["form_id"] = str(uuid4())
    assert pressed(door, "alice", f"/cases/{episode.case_id}/tasks/new/", later) == [302, 302]
    assert Task.objects.filter(kind="task").count() == 1


def test_contact__gone_back_to_is_one_and_of_another_form_or_with_other_words_another(
    door: FrontDoor, episode: Episode
) -> None:
    client, url = signed_in(door, "alice"), f"/episodes/{episode.pk}/contact/"
    sent = {"version": 1, "kind": "phone", "went": "no_answer", "way": "out", "form_id": str(uuid4())}
    client.post(url, sent)
    assert "You sent this before" in client.post(url, sent, follow=True).content.decode()
    assert Contact.objects.count() == 1
    client.post(url, sent | {"form_id": str(uuid4())})
    client.post(url, sent | {"went": "left_message"})
    assert Contact.objects.count() == 3


def test_end__from_a_stale_tab_says_since_when(door: FrontDoor, episode: Episode) -> None:
    end_episode(by=door.actor("lead"), episode_id=episode.pk, reason=EndReason.ADMITTED)
    answer = signed_in(door, "lead").get(f"/episodes/{episode.pk}/end/")
    assert answer.status_code == 409
    assert "the episode ended at" in answer.content.decode()


def test_urgency__changed_to_and_fro_keeps_the_clocks_it_had(door: FrontDoor) -> None:
    referral = register(door.actor("spa"), received_at=now() - timedelta(hours=1))
    before = dict(Clock.objects.values_list("policy__variant", "pk"))
    for urgency in (Urgency.PLANNED, Urgency.CRISIS, Urgency.PLANNED, Urgency.CRISIS):
        triage_referral(
            by=door.actor("triage"),
            referral_id=referral.pk,
            urgency=urgency,
            service=Service.HOME,
            reason="Judged again",
        )
    running = Clock.objects.filter(stopped_at=None)
    assert dict(running.values_list("policy__variant", "pk")) == before
    assert Clock.objects.count() == 3  # the two of a crisis, and the planned triage's, cancelled
    assert set(running.values_list("started_at", flat=True)) == {referral.received_at}


def refer_at_once(partner: Partner, keys: list[str]) -> list[tuple[int, str]]:
    def send(key: str) -> tuple[int, str]:
        mine = Partner(partner.client, partner.token)
        answer = mine.post("/api/v1/referrals/", told(), Idempotency_Key=key)
        return answer.status_code, answer.json().get("reference", "")

    return race(*[lambda key=key: send(key) for key in keys])


def test_referral__thirty_times_at_once_with_one_key_is_one(door: FrontDoor) -> None:
    answers = refer_at_once(partner_of(door.spa.organisation), ["the-same"] * MANY)
    assert set(answers) == {(201, Referral.objects.get().reference)}
    assert (IdempotencyKey.objects.count(), Clock.objects.count()) == (1, 2)


def test_referral__thirty_times_at_once_with_thirty_keys_is_thirty(door: FrontDoor) -> None:
    answers = refer_at_once(partner_of(door.spa.organisation), [uuid4().hex for _ in range(MANY)])
    assert {code for code, _ in answers} == {201}
    assert len({reference for _, reference in answers}) == Referral.objects.count() == MANY
    assert Clock.objects.count() == 2 * MANY
