"""Verbs of the single point of access, by family."""

from referrals.commands.chase import answer_information, ask_information, confirm_999, take_referral
from referrals.commands.decide import decline_referral, record_not_wanted, redirect_referral, triage_referral
from referrals.commands.drafts import drop_draft, keep_draft
from referrals.commands.keys import forget_old_keys, once
from referrals.commands.register import register_referral

__all__ = [
    "answer_information",
    "ask_information",
    "confirm_999",
    "decline_referral",
    "drop_draft",
    "forget_old_keys",
    "keep_draft",
    "once",
    "record_not_wanted",
    "redirect_referral",
    "register_referral",
    "take_referral",
    "triage_referral",
]
