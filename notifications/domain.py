"""Channels, the words of each message, and when a failed one is tried again. Pure."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

LEASE = timedelta(minutes=2)
SENDING = LEASE / 2  # nothing is begun later: each answer of a mail server may take EMAIL_TIMEOUT, a mail needs several
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=1)
MOST_ATTEMPTS = 40


class Channel(StrEnum):
    """How a message leaves the product."""

    EMAIL = "email"


BELL = "bell"
ALL_CHANNELS = (BELL, Channel.EMAIL)


class Template(StrEnum):
    """What a message says; the words are in `WORDS`."""

    LIMIT_WARNING = "limit_warning"
    LIMIT_BREACHED = "limit_breached"
    OVERRIDE_MADE = "override_made"
    OVERRIDE_UNCONFIRMED = "override_unconfirmed"
    APPROVAL_ASKED = "approval_asked"
    APPROVAL_DECIDED = "approval_decided"
    PAUSE_AGREED = "pause_agreed"
    CASE_HANDED_OVER = "case_handed_over"
    CASE_CHANGED = "case_changed"
    GLASS_BROKEN = "glass_broken"
    RESTRICTED_REFERRAL = "restricted_referral"
    DAY_CAME = "day_came"
    MESSAGE_WRITTEN = "message_written"
    QUESTION_ASKED = "question_asked"
    QUESTION_ANSWERED = "question_answered"
    NEWS_CAME = "news_came"
    PASSWORD_RESET = "password_reset"  # noqa: S105
    PASSWORD_CHANGED = "password_changed"  # noqa: S105
    FACTOR_CHANGED = "factor_changed"
    INVITED = "invited"
    FACTOR_RESET = "factor_reset"


WORDS: dict[Template, str] = {
    Template.LIMIT_WARNING: "{label} is due soon",
    Template.LIMIT_BREACHED: "{label} is overdue: answer this",
    Template.OVERRIDE_MADE: "A safe-care override was made",
    Template.OVERRIDE_UNCONFIRMED: "A safe-care override still needs a second person",
    Template.APPROVAL_ASKED: "{label}: you are asked to agree",
    Template.APPROVAL_DECIDED: "{label}: the second person has decided",
    Template.PAUSE_AGREED: "{label} is paused, and you are named as having agreed: say so if you did not",
    Template.CASE_HANDED_OVER: "You are now the named contact",
    Template.CASE_CHANGED: "Something changed on one of your cases",
    Template.GLASS_BROKEN: "A restricted record was opened by somebody who is not named on it",
    Template.RESTRICTED_REFERRAL: "A referral came in for a restricted record, from somebody who is not named on it",
    Template.DAY_CAME: "{label}",
    Template.MESSAGE_WRITTEN: "A message was written on one of your cases",
    Template.QUESTION_ASKED: "We need to know more about a referral that you sent",
    Template.QUESTION_ANSWERED: "A question that you asked about a referral has its answer",
    Template.NEWS_CAME: "New information came in about a referral that you answer for",
    Template.PASSWORD_RESET: "Set a new password",
    Template.PASSWORD_CHANGED: "Your password was changed. Tell an administrator at once if it was not you",
    Template.FACTOR_CHANGED: "Your second factor was changed. Tell an administrator at once if it was not you",
    Template.INVITED: "Set your password",
    Template.FACTOR_RESET: "Your second factor was taken away by an administrator",
}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to tell one person. `key` is unique for ever: the same key is told once, whatever repeats.

    `link` is a path of this site; `reference` and `params` hold codes and labels of limits, nothing about a person.
    """

    key: str
    user_id: UUID
    template: Template
    link: str
    reference: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    channels: tuple[str, ...] = ALL_CHANNELS


def words(template: str, params: dict[str, Any]) -> str:
    """Return what a message says."""
    return WORDS[Template(template)].format_map({"label": "A time limit"} | params)


def retry_after(attempts: int) -> timedelta | None:
    """Return how long to wait after this many failed attempts (from 1): doubling up to an hour; None to give up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    doublings: int = min(attempts - 1, 10)
    return min(FIRST_RETRY * (1 << doublings), LONGEST_RETRY)
