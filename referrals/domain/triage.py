"""Words of a decision: what is recommended, kinds of no, why urgent, what became of somebody sent elsewhere. Pure."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

SIGNPOST_FOLLOW_UP = "signpost_follow_up"
INFORMATION_REQUEST = "information_request"


class Disposition(StrEnum):
    """What the rules recommend. There is no decline among them: only a person says no."""

    ACCEPT = "accept"
    MANUAL = "manual"


class DeclineKind(StrEnum):
    """Why we say no: the person's needs are not ours to meet, or we have no room. Counted apart."""

    CRITERIA = "criteria"
    CAPACITY = "capacity"


KIND_OF = {"clinical": DeclineKind.CRITERIA, "eligibility": DeclineKind.CRITERIA, "capacity": DeclineKind.CAPACITY}
"""What the place's list calls a kind, and how it is counted."""


class SignpostResult(StrEnum):
    """What became of somebody whom we sent elsewhere (R020)."""

    REACHED = "reached"
    HELPED_OTHERWISE = "helped_otherwise"
    NOT_WANTED = "not_wanted"
    REFERRED_AGAIN = "referred_again"
    NOT_REACHED = "not_reached"
    CASE_CLOSED = "case_closed"


RESULT_WORDS = {
    SignpostResult.REACHED: "They have it in hand",
    SignpostResult.HELPED_OTHERWISE: "Helped by somebody else",
    SignpostResult.NOT_WANTED: "The person did not want it",
    SignpostResult.REFERRED_AGAIN: "Came back: a new referral was made",
    SignpostResult.NOT_REACHED: "Could not find out, tried three times or more",
}
TRIES_BEFORE_GIVING_UP = 3
SOMEWHERE_ELSE = "other"
"""The signpost that is on no list: it must be said where."""


class Trigger(StrEnum):
    """What makes it urgent (R046)."""

    CARER_BREAKDOWN = "carer_breakdown"
    CARE_BREAKDOWN = "care_breakdown"
    SUDDEN_CHANGE = "sudden_change"
    HOME_UNSAFE = "home_unsafe"
    OTHER_CRISIS = "other_crisis"


class WouldBe(StrEnum):
    """Where the person would otherwise be (R046)."""

    HOSPITAL = "hospital"
    CARE_HOME = "care_home"
    AT_RISK_AT_HOME = "at_risk_at_home"
    NOT_KNOWN = "not_known"


class PlannedReason(StrEnum):
    """Why planned support from the community (R049)."""

    PREVENTION = "prevention"
    RECUPERATION = "recuperation"
    REHABILITATION = "rehabilitation"


class BedGround(StrEnum):
    """The two grounds for a bed; without one of them it is home (R053)."""

    AT_RISK_WITHOUT_24H = "at_risk_without_24h"
    HOME_UNSUITABLE = "home_unsuitable"


@dataclass(frozen=True, slots=True)
class WhyNow:
    """Why help is needed now, as told while triaging; what is empty leaves what was known."""

    trigger: Trigger | None = None
    needs: tuple[str, ...] = ()
    would_be: WouldBe | None = None
    planned_reason: PlannedReason | None = None
    bed_ground: BedGround | None = None

    def known(self) -> dict[str, Any]:
        """Return what was told, as columns hold it."""
        return {name: list(value) if name == "needs" else value for name, value in asdict(self).items() if value}


class OverrideReason(StrEnum):
    """Why it is accepted otherwise than the rules of triage say (R051), or although a person must decide (R010)."""

    KNOWS_MORE = "knows_more"
    SAFE_TO_WAIT = "safe_to_wait"
    PERSON_PREFERS = "person_prefers"
    NEAREST_HELP = "nearest_help"
    TURNING_18 = "turning_18"
    OTHER = "other"


OVERRIDE_WORDS = {
    OverrideReason.KNOWS_MORE: "We know more than the rules read",
    OverrideReason.SAFE_TO_WAIT: "A clinician has spoken to them: safe to wait",
    OverrideReason.PERSON_PREFERS: "The person wants it so",
    OverrideReason.NEAREST_HELP: "We are the nearest who can help",
    OverrideReason.TURNING_18: "Nearly 18, moves to services for adults",
    OverrideReason.OTHER: "Another reason",
}


class HospitalReason(StrEnum):
    """Why the urgent service supports a hospital: only in exceptional circumstances (R047)."""

    NO_OTHER_HELP = "no_other_help"
    WOULD_BE_ADMITTED = "would_be_admitted"
    END_OF_LIFE_HOME = "end_of_life_home"
    SYSTEM_PRESSURE = "system_pressure"


HOSPITAL_WORDS = {
    HospitalReason.NO_OTHER_HELP: "No other service can do it in time",
    HospitalReason.WOULD_BE_ADMITTED: "In the emergency department, and would be admitted",
    HospitalReason.END_OF_LIFE_HOME: "Wants to die at home, and leaves today",
    HospitalReason.SYSTEM_PRESSURE: "The hospital has declared an incident",
}
TRIGGER_WORDS = {
    Trigger.CARER_BREAKDOWN: "The unpaid carer cannot carry on",
    Trigger.CARE_BREAKDOWN: "Paid care or support has stopped",
    Trigger.SUDDEN_CHANGE: "Suddenly worse, a fall or an illness",
    Trigger.HOME_UNSAFE: "Home is not safe tonight",
    Trigger.OTHER_CRISIS: "Another crisis",
}
WOULD_BE_WORDS = {
    WouldBe.HOSPITAL: "In hospital",
    WouldBe.CARE_HOME: "In a care home",
    WouldBe.AT_RISK_AT_HOME: "At home, at risk",
    WouldBe.NOT_KNOWN: "Not known",
}
PLANNED_WORDS = {
    PlannedReason.PREVENTION: "To prevent a crisis",
    PlannedReason.RECUPERATION: "To recover after illness",
    PlannedReason.REHABILITATION: "To regain skills",
}
BED_WORDS = {
    BedGround.AT_RISK_WITHOUT_24H: "At risk without care day and night",
    BedGround.HOME_UNSUITABLE: "Home is not suitable now",
}
UCR_NEEDS = {
    "falls": "A fall, no serious injury",
    "frailty": "Frail, suddenly weaker",
    "mobility": "Not moving or managing as before",
    "end_of_life": "End-of-life crisis",
    "equipment": "Equipment needed now to be safe",
    "confusion": "New or worse confusion",
    "catheter": "Catheter blocked or out",
    "diabetes": "Diabetes, urgent help",
    "carer_breakdown": "The unpaid carer cannot carry on",
}
UcrNeed = StrEnum("UcrNeed", {code.upper(): code for code in UCR_NEEDS})  # type: ignore[misc]
"""The nine two-hour needs (domain-facts 1.2): prompts to ask by, not exhaustive, never a reason to refuse."""
