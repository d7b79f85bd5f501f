"""What ends with an act, in words. Pure."""

from collections.abc import Sequence
from datetime import datetime

from casework.presenters.words import since_words
from timelimits.domain import OpenItem

ICONS = {"clock": "run", "task": "task", "question": "ask", "approval": "people"}


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
