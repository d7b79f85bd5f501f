"""What ends with an act, in words. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from casework.presenters.words import since_words
from timelimits.domain import OpenItem

ICONS = {"clock": "run", "task": "task", "question": "ask", "approval": "people"}


KIND_WORDS = {"clock": ("time limit", "time limits"), "question": ("question to others", "questions to others")}


def ending_kinds(items: Sequence[OpenItem]) -> list[str]:
    """Return how many of each kind end, without a word of what they are: "2 time limits"."""
    counted = Counter(item.kind if item.kind in KIND_WORDS else "other" for item in items)
    names = {**KIND_WORDS, "other": ("other thing in hand", "other things in hand")}
    found = [(counted[kind], words[counted[kind] > 1]) for kind, words in names.items()]
    return [f"{number} {words}" for number, words in found if number]


def ending_rows(items: Sequence[OpenItem], now: datetime) -> list[dict[str, str]]:
    """Return what ends: the words, who has it, by when it was due."""
    return [
        {
            "icon": ICONS.get(item.kind, "gone"),
            "words": f"Time limit: {item.words}" if item.kind == "clock" else item.words,
            "who": item.who,
            "due": f"due {since_words(item.due_at, now)}" if item.due_at else "",
        }
        for item in items
    ]
