"""A web server whose clock is wrong, against the database's and the worker's: ten minutes ahead, and ten behind.

Nothing is lost, nothing is twice, and every breach stands at the instant that the referral's own receipt makes it due.
"""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.request import urlopen

import pytest

from tests.factories.installation import HOUR, Answer, Installation

pytestmark = pytest.mark.chaos
TERMS = """
SELECT upper(t.period) IS NOT NULL, upper(t.period) IS NULL FROM pathways_coordinatorterm t
JOIN pathways_episode e ON e.id = t.episode_id WHERE e.case_id = %s ORDER BY t.period
"""
WRONG = timedelta(minutes=10)


@pytest.fixture(scope="module", params=[WRONG, -WRONG], ids=["web ahead", "web behind"])
def icras(installed: Installation, request: pytest.FixtureRequest) -> Iterator[Installation]:
    installed.running("web", "worker", "beat")
    installed.kill("web")
    with installed.wrong_clock(request.param):
        installed.running("web")
    yield installed
    installed.kill("web")


def test_clock_skew__every_referral_is_there_once_and_every_breach_at_its_due_instant(
    icras: Installation, what: str
) -> None:
    icras.refer_many(10, what, due_in=timedelta(seconds=1) - WRONG)
    assert icras.referrals(what) == 10
    for breach in icras.expect_breaches(what, 10):
        assert breach.due_at == breach.received_at + 2 * HOUR
    assert set(icras.expect_all_sent(what).values()) == {1}


def test_clock_skew__what_one_server_wrote_the_next_can_open_and_move_on(icras: Installation, what: str) -> None:
    with urlopen(f"http://127.0.0.1:{icras.port}/readyz") as answer:
        assert json.load(answer)["clock_differs"] is True  # a monitor is told
    made = answered(201, icras.refer(what))
    wanted = {"team": "ucr-south", "coordinator": "coordinator@icras.example"}
    accepted = answered(200, icras.post(f"{made['links']['self']}accept/", wanted, If_Match=tag(made)))
    icras.kill("web")
    icras.running("web")  # the next request meets a server whose clock is right
    own, handed = accepted["episode"]["links"]["self"], {"coordinator": "lead@icras.example", "reason": "Leave"}
    answered(200, icras.post(f"{own}allocate/", handed, If_Match=tag(accepted["episode"])))
    answered(201, icras.post(f"{own}contacts/", {"kind": "face_to_face", "attended": True}))
    assert icras.rows(TERMS, made["case_id"]) == [(True, False), (False, True)]


def answered(code: int, answer: Answer | None) -> dict[str, Any]:
    """Return the body of an answer with this code."""
    assert answer is not None
    assert answer[0] == code, answer
    return answer[1]


def tag(shown: dict[str, Any]) -> str:
    return f'"{shown["version"]}"'
