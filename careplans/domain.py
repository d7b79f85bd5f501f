"""What a person's care is made of beside the services themselves: words and pure rules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from urllib.parse import urlsplit

from audit.refusals import RuleBroken

HAND_BACK = "integrated_care_team"
"""The source that gives support afterwards too: who is left is handed back to it (R041)."""
LOWEST, HIGHEST = 0, 10
"""How sure somebody is of managing: 0 not at all, 10 wholly."""


class OnwardOutcome(StrEnum):
    """What became of a request to another service."""

    TAKEN_ON = "taken_on"
    WAITING_LIST = "waiting_list"
    DECLINED = "declined"
    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    NOT_NEEDED = "not_needed"


class RatedAt(StrEnum):
    """When somebody said how sure they are of managing."""

    START = "start"
    END = "end"


class AgreedTo(StrEnum):
    """What the person was asked to agree to."""

    PLAN = "plan"
    TRANSITION = "transition"


class Agreement(StrEnum):
    """What they said, or how it was decided for them."""

    YES = "yes"
    WITH_SUPPORT = "with_support"
    NO = "no"
    BEST_INTERESTS = "best_interests"


class Teller(StrEnum):
    """Whose experience it is."""

    PERSON = "person"
    CARER = "carer"


class Theme(StrEnum):
    """What an experience is about: one list for the whole service, so that months and places can be compared."""

    LISTENING = "listening"
    INFORMATION = "information"
    WAITING = "waiting"
    STAFF = "staff"
    RECOVERY = "recovery"
    EQUIPMENT = "equipment"
    CARER_SUPPORT = "carer_support"
    MOVING_ON = "moving_on"
    OTHER = "other"


class Felt(StrEnum):
    """How it was for them."""

    GOOD = "good"
    MIXED = "mixed"
    POOR = "poor"


class RiskFinding(StrEnum):
    """How a risk that was taken on purpose has gone."""

    GOES_WELL = "goes_well"
    CHANGED = "changed"
    STOPPED = "stopped"


DECISIONS = frozenset({OnwardOutcome.ELIGIBLE, OnwardOutcome.NOT_ELIGIBLE})
ONWARD_WORDS: Mapping[OnwardOutcome, str] = {
    OnwardOutcome.TAKEN_ON: "They take it on",
    OnwardOutcome.WAITING_LIST: "On their waiting list",
    OnwardOutcome.DECLINED: "They said no",
    OnwardOutcome.ELIGIBLE: "Eligible",
    OnwardOutcome.NOT_ELIGIBLE: "Not eligible",
    OnwardOutcome.NOT_NEEDED: "Not needed any more",
}
RATED_WORDS: Mapping[RatedAt, str] = {RatedAt.START: "At the start", RatedAt.END: "At the end"}
AGREED_TO_WORDS: Mapping[AgreedTo, str] = {AgreedTo.PLAN: "The plan", AgreedTo.TRANSITION: "Moving on"}
AGREEMENT_WORDS: Mapping[Agreement, str] = {
    Agreement.YES: "Agreed",
    Agreement.WITH_SUPPORT: "Agreed, with support to decide",
    Agreement.NO: "Did not agree",
    Agreement.BEST_INTERESTS: "Decided in their best interests",
}
TELLER_WORDS: Mapping[Teller, str] = {Teller.PERSON: "The person", Teller.CARER: "Whoever cares for them"}
THEME_WORDS: Mapping[Theme, str] = {
    Theme.LISTENING: "Being listened to",
    Theme.INFORMATION: "Being told what happens next",
    Theme.WAITING: "Waiting",
    Theme.STAFF: "The people who came",
    Theme.RECOVERY: "Getting stronger",
    Theme.EQUIPMENT: "Equipment and home",
    Theme.CARER_SUPPORT: "Support for carers",
    Theme.MOVING_ON: "Ending and handover",
    Theme.OTHER: "Something else",
}
FELT_WORDS: Mapping[Felt, str] = {Felt.GOOD: "Good", Felt.MIXED: "Could be better", Felt.POOR: "Poor"}
FINDING_WORDS: Mapping[RiskFinding, str] = {
    RiskFinding.GOES_WELL: "Goes well: carry on",
    RiskFinding.CHANGED: "Carry on, differently",
    RiskFinding.STOPPED: "Stopped",
}


@dataclass(frozen=True, slots=True)
class RiskTaken:
    """A risk taken on purpose: what the person gains, what could happen, what makes it safer, who agreed (R066)."""

    benefit: str
    harm: str
    control: str
    agreed_with: str
    review_on: date

    def unsaid(self) -> tuple[str, ...]:
        """Return which of the four parts are empty."""
        parts = {
            "benefit": self.benefit,
            "harm": self.harm,
            "control": self.control,
            "agreed_with": self.agreed_with,
        }
        return tuple(name for name, words in parts.items() if not words.strip())


@dataclass(frozen=True, slots=True)
class Decided:
    """What was said about a plan or about moving on. Best interests need who was consulted, a no needs the why."""

    about: AgreedTo
    answer: Agreement
    words: str

    def refusal(self) -> RuleBroken | None:
        """Return why it can't be kept yet, or None."""
        if self.words.strip() or self.answer is Agreement.YES:
            return None
        asked = {
            Agreement.BEST_INTERESTS: "Say who was consulted, and why it is best for them.",
            Agreement.WITH_SUPPORT: "Say what support they had to decide.",
            Agreement.NO: "Say what they do not agree with.",
        }
        return RuleBroken("words_missing", asked[self.answer], field="words")


def is_web_address(text: str) -> bool:
    """Say whether this is an https address of another system, with a host and without a password in it."""
    try:
        found = urlsplit(text)
        return found.scheme == "https" and bool(found.hostname) and "@" not in found.netloc
    except ValueError:
        return False


def is_late(chase_at: datetime, now: datetime) -> bool:
    """Say whether a request should have been chased by now."""
    return chase_at <= now
