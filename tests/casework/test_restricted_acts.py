"""What is added to a referral, or taken back, when its record is restricted: closed to whoever is not named."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.domain import RestrictReason, Role
from accounts.models import Place, User
from accounts.queries import actor_for
from audit.domain import Actor
from audit.refusals import NotFound
from casework.commands import decline_referral, take_back_decision
from casework.commands.restrict import restrict_person
from referrals.commands import add_news, fill_in_referral, see_news
from referrals.domain import Way
from referrals.models import Person, Referral, ReferralTransition
from tests.factories.casework import accept_at, open_board, signed_in
from tests.factories.referrals import FrontDoor, person, person_at, register

pytestmark = pytest.mark.django_db
NUMBER = "9991234004"
Act = Callable[[Actor, Referral], Any]
NEWS = {"said_by": "Jo", "way": Way.PHONE, "words": "She has fallen again"}
ACTS: dict[str, Act] = {
    "fill_in": lambda by, row: fill_in_referral(by=by, referral_id=row.pk, told={"access": "Side door"}),
    "add_news": lambda by, row: add_news(by=by, referral_id=row.pk, **NEWS),
    "news/seen": lambda by, row: see_news(by=by, referral_id=row.pk),
    "take_back": lambda by, row: take_back_decision(by=by, referral_id=row.pk, reason="The wrong row"),
}


@pytest.fixture
def door(db: None) -> FrontDoor:
    return open_board()


@pytest.fixture
def wide(door: FrontDoor) -> User:
    """Somebody elsewhere who triages the whole place."""
    return person_at(door.elsewhere, "Wilma Wide", Role.TRIAGE_PRACTITIONER)


@pytest.fixture
def held(door: FrontDoor) -> Referral:
    return register(door.actor("spa"), person(nhs_number=NUMBER))


def restrict(door: FrontDoor, referral: Referral) -> None:
    officer = actor_for(person_at(door.elsewhere, "Olive Privacy", Role.PRIVACY_OFFICER))
    told = {"reason": RestrictReason.AT_RISK, "words": "Looked for", "team_ids": []}
    restrict_person(by=officer, person_id=referral.person_id, **told)


def ready(door: FrontDoor, referral: Referral, verb: str) -> None:
    """Bring the referral to where the act is possible."""
    if verb == "take_back":
        decline_referral(by=door.actor("triage"), referral_id=referral.pk, reason="needs_hospital", signpost="gp")


@pytest.mark.parametrize("verb", list(ACTS))
def test_act__of_a_closed_record_is_not_there(door: FrontDoor, held: Referral, wide: User, verb: str) -> None:
    """R021: the command, the page and the sending of its form say the same, and nothing is written."""
    ready(door, held, verb)
    restrict(door, held)
    before = ReferralTransition.objects.count()
    with pytest.raises(NotFound):
        ACTS[verb](actor_for(wide), held)
    client, page = signed_in(wide), f"/referrals/{held.pk}/{verb}/"
    said = {"version": "1", "reason": "x", "access": "Side door", "news": "x", "said_by": "x", "way": "phone"}
    answers = [client.post(page, said)] if verb == "news/seen" else [client.get(page), client.post(page, said)]
    assert {answer.status_code for answer in answers} == {404}
    assert not any("Testalder" in answer.text for answer in answers)
    assert ReferralTransition.objects.count() == before


@pytest.mark.parametrize("verb", list(ACTS))
def test_act__of_an_open_record_is_there_for_the_same_person(
    door: FrontDoor, held: Referral, wide: User, verb: str
) -> None:
    """Else the above would be refused for another reason."""
    ready(door, held, verb)
    ACTS[verb](actor_for(wide), held)


def test_fill_in__asks_nothing_for_a_record_that_is_closed(door: FrontDoor, held: Referral) -> None:
    """What came in since is open to who took it in: it is completed, and nothing is written on the record."""
    place = Place.objects.get()
    asks = ["nhs_number", "gp_practice", "birth", "access"]
    place.words["minimum_data"] = [{"code": "crisis", "words": "2-hour", "asks": asks}]
    place.save()
    Person.objects.filter(pk=held.person_id).update(gp_practice="")
    accept_at(door, held)
    restrict(door, held)
    again = register(door.actor("spa"), person(nhs_number=NUMBER, family_name="Guess", born_on=None))
    client, page = signed_in(door.users["spa"]), f"/referrals/{again.pk}/fill_in/"
    shown = client.get(page)
    assert "Guess" in shown.text
    for name in ("nhs_number", "gp_practice", "born_on"):
        assert f'name="{name}"' not in shown.text
    done = client.post(
        page, {"version": "1", "access": "Side door", "initial-gp_practice": "", "gp_practice": "Test Street"}
    )
    assert done.status_code == 302
    assert Referral.objects.get(pk=again.pk).access == "Side door"
    assert Person.objects.get(pk=held.person_id).gp_practice == ""
