"""Words and drawings of clocks. Pure."""

from timelimits.presenters.explain import ExplainPage, explain_page
from timelimits.presenters.words import (
    ClockWords,
    clock_path,
    clock_words,
    left_words,
    preview_words,
    reason_words,
    since_words,
    span_words,
    subject_path,
    words_of,
)

__all__ = [
    "ClockWords",
    "ExplainPage",
    "clock_path",
    "clock_words",
    "explain_page",
    "left_words",
    "preview_words",
    "reason_words",
    "since_words",
    "span_words",
    "subject_path",
    "words_of",
]
