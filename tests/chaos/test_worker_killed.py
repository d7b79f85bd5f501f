"""Kill -9 of the worker in mid-write, and a beat started twice: each breach once, each message at least once."""

from collections import Counter
from datetime import timedelta

import pytest

from tests.factories.installation import Installation

pytestmark = pytest.mark.chaos
SOON = timedelta(seconds=2)
LATE = timedelta(seconds=1)
HOLD = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(78); RETURN NEW; END';
CREATE TRIGGER hold BEFORE UPDATE OF sent_at ON notifications_outbox
FOR EACH ROW WHEN (NEW.sent_at IS NOT NULL) EXECUTE FUNCTION hold();
"""
LET_GO = "DROP TRIGGER hold ON notifications_outbox; DROP FUNCTION hold();"
LEASE_OVER = "UPDATE notifications_outbox SET next_try_at = now() WHERE sent_at IS NULL AND next_try_at IS NOT NULL"


@pytest.fixture
def icras(installed: Installation) -> Installation:
    installed.running("web", "worker", "beat")
    return installed


def test_worker_killed__inside_a_sweep_the_next_writes_each_breach_once(icras: Installation, what: str) -> None:
    with icras.connect() as holder:
        holder.execute("LOCK TABLE notifications_outbox IN EXCLUSIVE MODE")  # the last thing that a sweep writes
        icras.refer_many(12, what, due_in=-LATE)
        icras.until(icras.waits_for_a_lock)
        icras.kill("worker")
        holder.rollback()
    icras.until(lambda: not icras.one("select count(*) from pg_locks where not granted"))
    icras.running("worker")
    for breach in icras.expect_breaches(what, 12):
        assert breach.noticed_at > breach.due_at
    sent = icras.expect_all_sent(what)
    assert set(sent.values()) == {1}  # nothing was sent of what was rolled back


def test_worker_killed__between_sending_and_noting_it_sends_again_with_the_same_key(
    icras: Installation, what: str
) -> None:
    with icras.connect() as holder:
        holder.execute(HOLD)
        holder.commit()
        holder.execute("SELECT pg_advisory_lock(78)")
        icras.refer_many(2, what, due_in=-LATE)
        icras.until(lambda: icras.sent(what))
        icras.until(icras.waits_for_a_lock)
        icras.kill("worker")
        holder.execute("SELECT pg_advisory_unlock(78)")
        holder.execute(LET_GO)
        holder.commit()
        holder.execute(LEASE_OVER)
    twice = icras.sent(what)
    icras.running("worker")
    sent = icras.expect_all_sent(what)
    assert sent - Counter(dict.fromkeys(sent, 1)) == twice  # those, and nothing else, came a second time
    icras.expect_breaches(what, 2)


def test_beat_twice__each_breach_and_each_message_once(icras: Installation, what: str) -> None:
    icras.start_beat("second-beat")
    try:
        icras.refer_many(40, what, due_in=SOON)
        icras.expect_breaches(what, 40)
        assert set(icras.expect_all_sent(what).values()) == {1}
    finally:
        icras.kill("second-beat")


def test_asleep__past_many_deadlines_each_breach_once_at_its_true_instant(icras: Installation, what: str) -> None:
    programs = ("worker", "beat", "web")
    icras.freeze("worker", "beat")
    try:
        icras.refer_many(60, what, due_in=SOON)
        icras.freeze("web")
        icras.until_overdue(what, by=2)
        assert not icras.two_hours(what)
    finally:
        icras.wake(*programs)
    for breach in icras.expect_breaches(what, 60):
        assert timedelta(seconds=1) < breach.noticed_at - breach.due_at  # seen late, and said so
    assert set(icras.expect_all_sent(what).values()) == {1}
    assert icras.referrals(what) == 60
