"""Words and drawings of clocks. Pure."""

from timelimits.presenters.explain import explain_page
from timelimits.presenters.words import (
    ClockWords,
    clock_path,
    clock_words,
    preview_words,
    reason_words,
    span_words,
    subject_path,
    words_of,
)

__all__ = [
    "ClockWords",
    "clock_path",
    "clock_words",
    "explain_page",
    "preview_words",
    "reason_words",
    "span_words",
    "subject_path",
    "words_of",
]
