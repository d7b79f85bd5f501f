"""Words of lists: cut by words, times, and one table for every event that a command records."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from casework.presenters.board import arrived_words, checked_words
from casework.presenters.timeline import EVENTS
from casework.presenters.words import LINE, ago_words, day_of, digits_of, in_short, since_words
from pathways.domain import MOVES as EPISODE_MOVES
from referrals.domain import MOVES as REFERRAL_MOVES
from tests.architecture.source import called_name, product

NOW = datetime(2026, 9, 17, 13, 32, tzinfo=UTC)
EVENT = re.compile(r"[a-z]+\.[a-z0-9_]+")
IN_SQL = re.compile(r"'([a-z]+\.[a-z0-9_]+)'")


def _texts(node: ast.AST) -> Iterator[str]:
    """Yield every text of a tree but those of refusals, which name fields and permissions, and names of loggers."""
    if isinstance(node, ast.Call) and called_name(node) in {"RuleBroken", "NotPermitted", "structlog.get_logger"}:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for inner in ast.iter_child_nodes(node):
        yield from _texts(inner)


def recorded_events() -> set[str]:
    """Return every text in a command that could be the name of an event, and those of the tables of moves."""
    found = {move.event for move in (*REFERRAL_MOVES, *EPISODE_MOVES)}
    for source in product():
        if "commands" in source.path.parts or source.path.name in {"commands.py", "closing.py"}:
            found |= {text for text in _texts(source.tree) if EVENT.fullmatch(text)}
            found |= {event for text in _texts(source.tree) for event in IN_SQL.findall(text)}
    return found


def test_say_event__every_recorded_event_has_words() -> None:
    assert sorted(recorded_events() - set(EVENTS)) == []


def test_say_event__no_words_for_what_nobody_records() -> None:
    assert sorted(set(EVENTS) - recorded_events()) == []


@pytest.mark.parametrize(
    ("told", "short"),
    [
        ("Fell at 11.", "Fell at 11."),
        ("  Two\n lines ", "Two lines"),
        (
            "Ken went off in the ambulance about nine and does all. She is here on my settee and can not get up.",
            "Ken went off in the ambulance about nine and does all.",
        ),
        (
            "Weight loss and weak legs since her sister died, neighbours have been bringing meals but go away",
            "Weight loss and weak legs since her sister died",
        ),
        ("x" * 200, "x" * LINE),
    ],
)
def test_cut_words__by_sentence_then_clause_then_word(told: str, short: str) -> None:
    assert in_short(told) == short


def test_cut_words__never_an_ellipsis_and_never_too_long() -> None:
    cut = in_short("one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen " * 3)
    assert len(cut) <= LINE
    assert cut.endswith(" fifteen")


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(minutes=2), "14:30"),
        (timedelta(days=1), "Wed 14:32"),
        (timedelta(days=-1), "Fri 14:32"),
        (timedelta(days=30), "18 Aug"),
        (timedelta(days=365), "17 Sep 2025"),
    ],
)
def test_say_since__today_this_week_or_a_date(ago: timedelta, words: str) -> None:
    assert since_words(NOW - ago, NOW) == words
    assert since_words(None, NOW) == ""


@pytest.mark.parametrize(("seconds", "words"), [(9, "9 s ago"), (120, "2 min ago"), (7200, "2 h ago"), (None, "never")])
def test_say_ago__says_never_too(seconds: float | None, words: str) -> None:
    assert ago_words(seconds) == words


def test_say_checked__age_of_the_last_check() -> None:
    assert checked_words(timedelta(seconds=9)) == "Deadlines checked 9 s ago"
    assert checked_words(None) == "Deadlines checked never"


def test_count_days__first_day_is_nought_over_the_clock_change() -> None:
    first = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)  # 23:30 BST
    last = datetime(2026, 12, 5, 23, 59, tzinfo=UTC)
    assert day_of(first, last, datetime(2026, 10, 25, 0, 30, tzinfo=UTC)) == "Day 1 of 42"
    assert day_of(first, None, first) == "Day 0"
    assert day_of(None, None, NOW) == ""


def test_dial__digits_and_plus_only() -> None:
    assert digits_of("+44 (0151) 496-0107") == "+4401514960107"


@pytest.mark.parametrize(
    ("number", "words"),
    [(0, ""), (1, "1 new 2-hour referral"), (2, "2 new 2-hour referrals"), (100, "100 or more new 2-hour referrals")],
)
def test_announce_arrivals__nothing_when_none_came(number: int, words: str) -> None:
    assert arrived_words(number) == words
