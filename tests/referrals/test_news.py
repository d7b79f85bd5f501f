"""What is new about an open referral: written down once, seen by those who have it, and told to its owner in no words."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine

from accounts.domain import Role
from accounts.models import User
from accounts.queries import actor_for
from audit.domain import Actor
from audit.models import CaseEvent
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken
from casework.commands import decline_referral, end_episode
from notifications.models import Message
from pathways.domain import EndReason
from referrals.commands import add_news, ask_to_withdraw, register_referral, see_news, take_referral, tell_news
from referrals.domain import Channel, Status, Urgency, Way
from referrals.models import NewsSeen, Referral
from tests.factories.casework import NOW, accept_at, heartbeat, signed_in
from tests.factories.referrals import FrontDoor, details, person, person_at, register
from timelimits.models import Clock

pytestmark = pytest.mark.django_db
FELL = {"said_by": "Jo, the daughter", "way": Way.PHONE, "words": "She has fallen again"}


@pytest.fixture(autouse=True)
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ray(door: FrontDoor) -> Actor:
    """A referrer of another organisation."""
    return actor_for(person_at(door.elsewhere, "Ray Refer", Role.REFERRER))


@pytest.fixture
def sent(ray: Actor) -> Referral:
    """A referral that the referrer sent by the full form."""
    told = details(channel=Channel.PORTAL, told_name="Maud Testalder", urgency=Urgency.PLANNED)
    return register_referral(by=ray, details=told, person=person())


def told_to(referral: Referral) -> set[str]:
    rows = Message.objects.filter(key__startswith="news:", reference=referral.reference)
    return {row.user.name for row in rows.select_related("user")}


def test_add_news__stands_on_the_timeline_with_when_it_was_said_and_moves_no_clock(door: FrontDoor) -> None:
    referral = register(door.actor("spa"))
    before = list(Clock.objects.order_by("pk").values("started_at", "due_at", "stopped_at"))
    with time_machine.travel(NOW + timedelta(minutes=30), tick=False):
        add_news(by=door.actor("spa"), referral_id=referral.pk, **FELL, said_at=NOW + timedelta(minutes=5))
    news = referral.transitions.latest("id")
    assert (news.verb, news.note, news.kind) == ("add_news", "Jo, the daughter: She has fallen again", "phone")
    assert news.occurred_at == NOW + timedelta(minutes=5)
    assert "fallen" not in str(CaseEvent.objects.get(event="referral.news_added").data)
    assert list(Clock.objects.order_by("pk").values("started_at", "due_at", "stopped_at")) == before
    assert "She has fallen again" in signed_in(door.users["spa"]).get(f"/cases/{referral.case_id}/").text


def test_add_news__sent_twice_is_one_and_is_never_refused_as_late(door: FrontDoor) -> None:
    referral, by = register(door.actor("spa")), door.actor("spa")
    take_referral(by=door.actor("triage"), referral_id=referral.pk)
    for _ in range(2):
        add_news(by=by, referral_id=referral.pk, **FELL, version=1)
    add_news(by=by, referral_id=referral.pk, **FELL, version=3)  # said once more, from the page as it is now
    assert referral.transitions.filter(verb="add_news").count() == 2


def test_add_news__refuses_the_future_no_words_and_what_has_ended(door: FrontDoor) -> None:
    referral, by = register(door.actor("spa")), door.actor("spa")
    for changes, code in (
        ({"said_at": NOW + timedelta(hours=1)}, "said_in_future"),
        ({"words": " "}, "words_missing"),
        ({"said_by": ""}, "said_by_missing"),
        ({"words": "x" * 1000}, "words_too_long"),
    ):
        with pytest.raises(RuleBroken) as refused:
            add_news(by=by, referral_id=referral.pk, **{**FELL, **changes})
        assert refused.value.code == code
    decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason="needs_hospital", signpost="gp")
    with pytest.raises(IllegalMove, match="declined"):
        add_news(by=by, referral_id=referral.pk, **FELL)


def test_add_news__tells_whoever_has_a_crisis_or_an_accepted_one_in_no_words(door: FrontDoor) -> None:
    crisis, planned = register(door.actor("spa")), register(door.actor("spa"), urgency=Urgency.PLANNED)
    for each in (crisis, planned):
        add_news(by=door.actor("spa"), referral_id=each.pk, **FELL)
    assert told_to(crisis) == {"Priya Demo", "Sam Second"}
    assert told_to(planned) == set()
    episode = accept_at(door, planned).episode
    add_news(by=door.actor("spa"), referral_id=planned.pk, **FELL)
    assert told_to(planned) == {episode.coordinator.name}
    message = Message.objects.get(user=episode.coordinator, key__startswith="news:")
    assert message.link == f"/cases/{episode.case_id}/"
    end_episode(by=door.actor("lead"), episode_id=episode.pk, reason=EndReason.NOT_WANTED)
    with pytest.raises(IllegalMove, match="ended"):
        add_news(by=door.actor("spa"), referral_id=planned.pk, **FELL)


def test_see_news__says_who_looked_first_and_takes_the_mark_off_the_board(door: FrontDoor) -> None:
    referral, client = register(door.actor("spa")), signed_in(door.users["triage"])
    heartbeat()
    add_news(by=door.actor("spa"), referral_id=referral.pk, **FELL)
    shown = client.get(f"/board/?chosen={referral.pk}").text
    assert "new information</span>" in shown
    assert "She has fallen again" in shown
    add_news(by=door.actor("spa"), referral_id=referral.pk, **FELL | {"words": "She is on the floor still"})
    last = re.search(r'name="last" value="(\d+)"', shown).group(1)
    assert client.post(f"/referrals/{referral.pk}/news/seen/", {"last": last}).status_code == 302
    assert NewsSeen.objects.count() == 1
    assert "new information</span>" in client.get("/board/").text  # what came after the page was opened stays new
    assert client.post(f"/referrals/{referral.pk}/news/seen/").status_code == 302
    see_news(by=door.actor("spa"), referral_id=referral.pk)
    assert set(NewsSeen.objects.values_list("seen_by", flat=True)) == {"Priya Demo"}
    assert "new information</span>" not in client.get("/board/").text
    assert "Looked at by Priya Demo" in client.get(f"/referrals/{referral.pk}/").text


@pytest.mark.parametrize("name", ["alice", "commissioner"])
def test_news__is_not_for_others(door: FrontDoor, name: str) -> None:
    referral = register(door.actor("spa"))
    for act, told in ((add_news, FELL), (see_news, {})):
        with pytest.raises((NotPermitted, NotFound)):
            act(by=door.actor(name), referral_id=referral.pk, **told)


def test_page__keeps_what_was_typed_and_names_the_fault(door: FrontDoor) -> None:
    referral, client = register(door.actor("spa")), signed_in(door.users["spa"])
    typed = {"version": "1", "news": "She has fallen again", "said_by": "Jo", "said_at": "23:59"}
    refused = client.post(f"/referrals/{referral.pk}/add_news/", typed)
    assert refused.status_code == 422
    assert {"way", "said_at"} <= set(refused.context["form"].errors)
    silent = client.post(f"/referrals/{referral.pk}/add_news/", {"version": "1"}).text
    assert silent.index("#id_said_by") < silent.index("#id_way") < silent.index("#id_news")  # faults as on the page
    assert "She has fallen again" in refused.text
    done = client.post(f"/referrals/{referral.pk}/add_news/", typed | {"way": "email", "said_at": "14:00"})
    assert done.status_code == 302
    assert referral.transitions.latest("id").note == "Jo: She has fallen again"


# The referrer ---------------------------------------------------------------------------------------------------


def test_tell__the_referrer_adds_to_their_own_and_reads_back_their_own_alone(
    door: FrontDoor, ray: Actor, sent: Referral
) -> None:
    client = signed_in(_user(ray))
    add_news(by=door.actor("spa"), referral_id=sent.pk, **FELL)
    page = f"/sent-referrals/{sent.pk}/tell/"
    assert client.post(page, {"version": "2", "news": " "}).status_code == 422
    for _ in range(2):
        assert client.post(page, {"version": "2", "news": "Key is with Ken now"}).status_code == 302
    shown = client.get(f"/sent-referrals/{sent.pk}/").text
    assert "Key is with Ken now" in shown
    assert "Ray Refer, 14:32" in shown
    assert "On their own page" not in shown
    assert "She has fallen again" not in shown
    assert sent.transitions.filter(verb="tell").count() == 1
    assert "Key is with Ken now" in signed_in(door.users["triage"]).get(f"/referrals/{sent.pk}/").text


def test_tell__is_not_for_what_others_sent(door: FrontDoor, ray: Actor) -> None:
    other = register(door.actor("spa"))
    for act in (tell_news, ask_to_withdraw):
        with pytest.raises(NotFound):
            act(by=ray, referral_id=other.pk, words="Mine?")


def test_withdraw__by_the_referrer_shows_what_ends_and_ends_it_while_nobody_has_accepted(
    door: FrontDoor, ray: Actor, sent: Referral
) -> None:
    client, page = signed_in(_user(ray)), f"/sent-referrals/{sent.pk}/withdraw/"
    asked = client.get(page).text
    assert "nobody decides on it any more" in asked
    assert "1 time limit" in asked
    assert client.post(page, {"version": "1", "news": ""}).status_code == 422
    done = client.post(page, {"version": "1", "news": "Gone to her son"})
    assert (done.status_code, Referral.objects.get(pk=sent.pk).status) == (302, Status.WITHDRAWN)
    assert not Clock.objects.filter(case_id=sent.case_id, stopped_at=None).exists()
    assert "nothing more is done on it" in client.get(page).text


def test_withdraw__once_accepted_it_is_asked_of_the_owner_and_ends_nothing(
    door: FrontDoor, ray: Actor, sent: Referral
) -> None:
    client, page = signed_in(_user(ray)), f"/sent-referrals/{sent.pk}/withdraw/"
    episode = accept_at(door, sent).episode
    assert "Nothing ends by this" in client.get(page).text
    version = str(Referral.objects.get(pk=sent.pk).version)
    assert client.post(page, {"version": version, "news": "Gone to her son"}).status_code == 302
    assert Referral.objects.get(pk=sent.pk).status == Status.ACCEPTED
    assert told_to(sent) == {episode.coordinator.name}
    shown = signed_in(door.users["alice"]).get(f"/referrals/{sent.pk}/").text
    assert "Asks to withdraw it" in shown
    with pytest.raises(IllegalMove):
        ask_to_withdraw(by=ray, referral_id=_planned(ray).pk, words="Not accepted yet")


def _user(by: Actor) -> User:
    return User.objects.get(pk=by.user_id)


def _planned(by: Actor) -> Referral:
    return register_referral(by=by, details=details(channel=Channel.PORTAL, told_name="Maud"), person=person())
