"""Words of episodes and discharges for people. Pure."""

from pathways.presenters.discharges import (
    asked_words,
    blocker_words,
    discharge_words,
    gone_row,
    leaving_row,
    list_url,
    site_chips,
)
from pathways.presenters.episodes import (
    acts_for,
    candidate_choices,
    candidate_words,
    case_url,
    contact_done,
    offer_words,
    person_rows,
)

__all__ = [
    "acts_for",
    "asked_words",
    "blocker_words",
    "candidate_choices",
    "candidate_words",
    "case_url",
    "contact_done",
    "discharge_words",
    "gone_row",
    "leaving_row",
    "list_url",
    "offer_words",
    "person_rows",
    "site_chips",
]
