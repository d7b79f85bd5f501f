"""The words of clocks, as the house writes them."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.factories.timelimits import uk, utc
from timelimits.presenters import clock_path, clock_words, reason_words, span_words, subject_path
from timelimits.presenters.words import days_words, long_words

NOW = uk("2026-09-17 14:32")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "headline", "due_at"),
    [
        ("run", "38 min left", NOW + 38 * MINUTE),
        ("run", "1 h 24 min left", NOW + 84 * MINUTE),
        ("run", "2 h left", NOW + 2 * HOUR),
        ("run", "Less than a minute left", NOW + timedelta(seconds=59)),
        ("run", "Less than a minute left", NOW),
        ("run", "12 h left", NOW + 12 * HOUR),
        ("run", "Due by Sat 19 Sep", uk("2026-09-19 23:59")),
        ("run", "Due by Fri 1 Jan 2027", uk("2027-01-01 12:00")),
        ("late", "Overdue by less than a minute", NOW - timedelta(microseconds=1)),
        ("late", "Overdue by 12 min", NOW - 12 * MINUTE),
        ("late", "Overdue by 2 h 5 min", NOW - 125 * MINUTE),
        ("late", "Overdue by 3 days", NOW - 75 * HOUR),
    ],
)
def test_clock_words__of_a_running_clock(state, headline, due_at):
    words = clock_words(due_at, NOW, label="2-hour visit")
    assert (words.state, words.headline, words.second, words.icon) == (state, headline, "2-hour visit", state)


def test_clock_words__soon_from_the_soon_instant_on():
    due_at = NOW + 8 * MINUTE
    assert clock_words(due_at, NOW, label="x", soon_at=NOW).state == "soon"
    assert clock_words(due_at, NOW, label="x", soon_at=NOW + MINUTE).state == "run"


@pytest.mark.parametrize(
    ("state", "headline", "outcome", "stopped_at"),
    [
        ("met", "Met with 8 min to spare", "met", NOW - 8 * MINUTE),
        ("met", "Met", "met", NOW - timedelta(seconds=3)),
        ("missed", "Missed by 3 days", "breached", NOW + timedelta(days=3)),
    ],
)
def test_clock_words__of_a_stopped_clock(state, headline, outcome, stopped_at):
    words = clock_words(NOW, NOW, label="14-day review", stopped_at=stopped_at, outcome=outcome)
    assert (words.state, words.headline) == (state, headline)


def test_clock_words__of_a_cancelled_clock_say_why():
    words = clock_words(NOW, NOW, label="Bed", stopped_at=NOW, outcome="cancelled", cancel_reason="not_wanted")
    assert (words.state, words.headline, words.second) == ("gone", "Cancelled", "Bed: did not want it")


def test_clock_words__of_a_paused_clock_say_why_and_since_when():
    words = clock_words(None, NOW, label="Triage", paused_at=NOW - 30 * MINUTE, pause_reason="question_out")
    assert (words.state, words.headline, words.second) == ("pause", "Paused", "Question out, since 14:02")
    earlier = clock_words(None, NOW, label="Triage", paused_at=NOW - 24 * HOUR)
    assert earlier.second == "since Wed 16 Sep 14:32 BST"
    assert clock_words(None, NOW, label="Triage").second == "Triage"


def test_small_words():
    assert span_words(49 * HOUR) == "2 days"
    assert long_words(110 * MINUTE) == "1 h 50 min"
    assert long_words(timedelta(hours=13)) == "13 h 0 min"
    assert long_words(timedelta(seconds=47 * 60 + 12)) == "47 min 12 s"
    assert long_words(timedelta(seconds=5)) == "5 s"
    assert long_words(timedelta(0)) == "0 min"
    assert days_words(timedelta(days=1)) == "1 day"
    assert reason_words("no_access") == "No access"
    assert subject_path("referral:1") == "/referrals/1/"
    assert subject_path("spell:1") == ""


def test_clock_path__leads_to_the_case_where_the_subject_has_no_page() -> None:
    case = UUID(int=7)
    assert clock_path("referral:1", case) == "/referrals/1/"
    assert clock_path("spell:1", case) == f"/cases/{case}/"
    assert utc("2026-01-01 00:00").tzinfo
