"""Kill -9 of the web server in mid-write: a referral is there whole and once, or not at all."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.factories.installation import Installation

pytestmark = pytest.mark.chaos
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(77); RETURN NULL; END';
CREATE CONSTRAINT TRIGGER hold AFTER INSERT ON referrals_idempotencykey DEFERRABLE INITIALLY DEFERRED
FOR EACH ROW EXECUTE FUNCTION hold();
"""
LET_GO = "DROP TRIGGER hold ON referrals_idempotencykey; DROP FUNCTION hold();"


@pytest.fixture
def icras(installed: Installation) -> Installation:
    installed.running("web")
    return installed


def test_web_killed__inside_the_transaction_leaves_nothing_and_the_same_key_makes_it_once(
    icras: Installation, what: str
) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(1) as pool, icras.connect() as holder:
        holder.execute("LOCK TABLE timelimits_casedeadline IN EXCLUSIVE MODE")  # the last thing that is written
        asked = pool.submit(icras.refer, what, key)
        icras.until(icras.waits_for_a_lock)
        icras.kill("web")
        assert asked.result() is None
        holder.rollback()
    icras.until(lambda: not icras.one("select count(*) from pg_locks where not granted"))
    assert icras.referrals(what) == 0
    assert icras.one("select count(*) from referrals_idempotencykey where key = %s", key) == 0
    icras.running("web")
    assert (icras.refer(what, key) or [0])[0] == 201
    assert icras.referrals(what) == 1


def test_web_killed__after_the_commit_answers_the_same_key_with_the_first_answer(
    icras: Installation, what: str
) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(1) as pool, icras.connect() as holder:
        holder.execute(HOLD)
        holder.commit()
        holder.execute("SELECT pg_advisory_lock(77)")
        asked = pool.submit(icras.refer, what, key)
        icras.until(icras.waits_for_a_lock)  # PostgreSQL stands inside COMMIT
        icras.kill("web")
        assert asked.result() is None
        holder.execute("SELECT pg_advisory_unlock(77)")
        holder.commit()
        icras.until(lambda: icras.referrals(what) == 1)
        holder.execute(LET_GO)
    icras.running("web")
    code, told = icras.refer(what, key) or (0, {})
    assert code == 201
    assert told["reference"] == icras.one("select reference from referrals_referral where summary = %s", what)
    assert icras.referrals(what) == 1


def test_web_killed__twice_under_load_every_201_is_there_once(icras: Installation, what: str) -> None:
    keys = [uuid4().hex for _ in range(45)]
    done = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(icras.until_made, what, key) for key in keys]
        for chance in (0.15, 0.3):
            done.wait(chance * random.random())
            icras.kill("web")
            icras.running("web")
        for each in sent:
            each.result()
    assert icras.referrals(what) == len(keys)
