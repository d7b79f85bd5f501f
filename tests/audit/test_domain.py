from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from audit.domain import ANONYMOUS, SYSTEM, Actor, as_codes
from audit.refusals import IllegalMove, NotFound, NotPermitted, Refusal, RuleBroken, Stale

KEY = UUID(int=7)


def test_actor__is_frozen():
    with pytest.raises(FrozenInstanceError):
        SYSTEM.label = "somebody"


def test_may__is_what_the_permissions_say():
    alice = Actor(id=f"user:{KEY}", label="Alice", permissions=frozenset({"referral.accept"}))
    assert alice.may("referral.accept")
    assert not alice.may("referral.decline")
    assert not ANONYMOUS.may("referral.accept")


def test_system__may_everything_and_sees_the_whole_place():
    assert SYSTEM.may("anything.at_all")
    assert SYSTEM.place_wide
    assert SYSTEM.user_id is None
    assert SYSTEM.client_id is None


@pytest.mark.parametrize(
    ("kind", "user_id", "client_id"), [("user", KEY, None), ("client", None, KEY), ("system", None, None)]
)
def test_ids__tell_people_from_partners(kind, user_id, client_id):
    actor = Actor(id=f"{kind}:{KEY}", label="x")
    assert (actor.user_id, actor.client_id) == (user_id, client_id)


def test_as_codes__keeps_codes_ids_and_dates():
    at = datetime(2026, 5, 11, 14, 32, tzinfo=UTC)
    given = {
        "team": KEY,
        "at": at,
        "on": date(2026, 5, 11),
        "n": 3,
        "yes": True,
        "none": None,
        "all": ("a", {"b": "c"}),
    }
    assert as_codes(given) == {
        "team": str(KEY),
        "at": "2026-05-11T14:32:00+00:00",
        "on": "2026-05-11",
        "n": 3,
        "yes": True,
        "none": None,
        "all": ["a", {"b": "c"}],
    }


@pytest.mark.parametrize("words", ["Maud Testalder", "fell at 11", "O'Specimen", "x" * 200, object(), {"note": "a b"}])
def test_as_codes__refuses_words(words):
    with pytest.raises(ValueError, match="codes and ids only"):
        as_codes({"said": words})


@pytest.mark.parametrize(
    ("refusal", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (NotPermitted("referral.accept"), 403, "not_permitted"),
        (IllegalMove("already_accepted", "words"), 409, "already_accepted"),
        (Stale("words"), 409, "stale"),
        (RuleBroken("reason_missing", "words", field="reason"), 422, "reason_missing"),
    ],
)
def test_refusal__has_a_status_and_a_stable_code(refusal, status, code):
    assert isinstance(refusal, Refusal)
    assert (refusal.status, refusal.code) == (status, code)
    assert refusal.message


def test_not_found__says_the_same_for_not_there_and_not_yours():
    assert NotFound().message == NotFound().message
    assert str(uuid4()) not in NotFound().message
