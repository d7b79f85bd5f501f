"""What must be settled before a referral is accepted. A crisis never needs more than one more field."""

from accounts.domain import Permission
from audit.commands import now
from audit.refusals import RuleBroken
from pathways.queries import Going
from referrals.commands.deaths import refuse_if_dead
from referrals.domain import OverrideReason, Service, Urgency, open_medical_question
from referrals.models import Referral
from referrals.queries import decidable
from referrals.queries.hospital import hospital_support_open
from timelimits.commands import refuse_if_blocked

Override = tuple[str, str]
SAFE_CARE = "safe_care"


def why_otherwise(referral: Referral, reason: str, note: str, safe_care_reason: str) -> Override:
    """Return why it is not as the rules say, as code and words; of a crisis, why it is safe says so too.

    Raises RuleBroken for a code that is none.
    """
    if reason and reason not in set(OverrideReason):
        raise RuleBroken("override_reason_unknown", "Choose one of the listed reasons.", "override_reason")
    if not reason and safe_care_reason.strip() and referral.urgency == Urgency.CRISIS:
        return SAFE_CARE, safe_care_reason
    return reason, note


def refuse_if_not_ready(referral: Referral, goes: Going, safe_care_reason: str, override: Override) -> None:
    """Raise RuleBroken while something that must be settled first is open, with the field that settles it."""
    refuse_if_dead(referral.person_id)
    refuse_if_blocked(case_id=referral.case_id, permission=Permission.REFERRAL_ACCEPT, now=now())
    _refuse_open_medical_question(referral, safe_care_reason)
    _refuse_bed_without_ground(referral, goes)
    _refuse_without_reason(referral, goes, override)
    _refuse_hospital_support(referral, safe_care_reason)


def _refuse_open_medical_question(referral: Referral, safe_care_reason: str) -> None:
    question = open_medical_question(decidable(referral))
    if question and not safe_care_reason.strip():
        words = {
            "medically_stable": "nobody has said that the person is medically stable",
            "medicines_addressed": "nobody has said that their medicines are dealt with",
        }[question]
        raise RuleBroken(
            "medical_question_open", f"This can't be done because {words}. Record it, or say why it is safe.", question
        )


def _refuse_bed_without_ground(referral: Referral, goes: Going) -> None:
    """A bed needs one of the two grounds, also where nobody triaged and the rules recommend it (R053)."""
    if goes.service is Service.BED and not referral.bed_ground:
        words = "A bed needs one of the two grounds; without one it is home. Set the service, with its ground, first."
        raise RuleBroken("bed_ground_missing", words, "bed_ground")


def _refuse_without_reason(referral: Referral, goes: Going, override: Override) -> None:
    """Somebody under age or from elsewhere is never lost: a person decides by hand, and the reason is kept (R010)."""
    reason, note = override
    if goes.by_hand:
        words = "This can't be done without a reason: they are under age, or live outside the area. Say why we help."
        code = "manual_triage"
    elif goes.ask_why:
        words = "This can't be done without a reason: the rules of triage recommend otherwise. Say why."
        code = "not_as_recommended"
    else:
        return
    if not reason:
        raise RuleBroken(code, words, "override_reason")
    if not note.strip() and referral.urgency != Urgency.CRISIS:
        raise RuleBroken("override_note_missing", "Say why, in a few words.", "override_note")


def _refuse_hospital_support(referral: Referral, safe_care_reason: str) -> None:
    if hospital_support_open(referral) and not safe_care_reason.strip():
        raise RuleBroken(
            "hospital_support_not_agreed",
            "This can't be done because urgent support to a hospital needs a second person's agreement. Ask for it, "
            "or say why it is safe not to wait.",
            "safe_care_reason",
        )
