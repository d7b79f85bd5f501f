"""Verbs that reach across apps, by family."""

from casework.commands.ending import (
    decline_referral,
    end_episode,
    end_open_work,
    record_not_wanted,
    redirect_referral,
    reopen_work,
    take_back_decision,
    withdraw_referral,
)

__all__ = [
    "decline_referral",
    "end_episode",
    "end_open_work",
    "record_not_wanted",
    "redirect_referral",
    "reopen_work",
    "take_back_decision",
    "withdraw_referral",
]
