"""Verbs of the single point of access, by family."""

from referrals.commands.ask_for_help import ask_for_help
from referrals.commands.chase import (
    answer_information,
    ask_information,
    chase_information,
    check_who,
    confirm_999,
    give_information,
    take_referral,
)
from referrals.commands.crews import mark_crew, tell_crew
from referrals.commands.decide import triage_referral
from referrals.commands.drafts import drop_draft, keep_draft
from referrals.commands.duplicates import compare_people, keep_apart, offer_again
from referrals.commands.enquiries import record_enquiry
from referrals.commands.filled import fill_in_referral
from referrals.commands.hospital import ask_hospital_support
from referrals.commands.hospitals import rename_hospitals
from referrals.commands.key_safe import reveal_key_safe_code, set_key_safe_code
from referrals.commands.keys import forget_old_keys, once
from referrals.commands.news import add_news, ask_to_withdraw, see_news, tell_news
from referrals.commands.record import add_row, change_row, change_section, end_row, strike_row
from referrals.commands.register import register_referral
from referrals.commands.reviews import review_warning
from referrals.commands.rules import publish_triage_rules
from referrals.commands.signposts import finish_signposting, try_signposting
from referrals.commands.told import answer_told

__all__ = [
    "add_news",
    "add_row",
    "answer_information",
    "answer_told",
    "ask_for_help",
    "ask_hospital_support",
    "ask_information",
    "ask_to_withdraw",
    "change_row",
    "change_section",
    "chase_information",
    "check_who",
    "compare_people",
    "confirm_999",
    "drop_draft",
    "end_row",
    "fill_in_referral",
    "finish_signposting",
    "forget_old_keys",
    "give_information",
    "keep_apart",
    "keep_draft",
    "mark_crew",
    "offer_again",
    "once",
    "publish_triage_rules",
    "record_enquiry",
    "register_referral",
    "rename_hospitals",
    "reveal_key_safe_code",
    "review_warning",
    "see_news",
    "set_key_safe_code",
    "strike_row",
    "take_referral",
    "tell_crew",
    "tell_news",
    "triage_referral",
    "try_signposting",
]
