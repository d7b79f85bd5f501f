"""Leaving hospital: what is written down on the ward, and what must be so before it is confirmed. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

PSYCHIATRIC_LIAISON = "psychiatric_liaison"
BLOCKER = "blocker"


class DischargeStatus(StrEnum):
    """Where a discharge stands."""

    PLANNED = "planned"
    CONFIRMED = "confirmed"
    LEFT = "left"
    CANCELLED = "cancelled"


ON_LIST = frozenset({DischargeStatus.PLANNED, DischargeStatus.CONFIRMED})


class Behind(NamedTuple):
    """Where a page of the discharge list ended: what the list is ordered by, and whose row it was."""

    expected_on: date
    ready_on: date
    received_at: datetime
    key: UUID

    def __str__(self) -> str:
        """Return it as it stands in an address."""
        return "_".join([*(each.isoformat() for each in self[:3]), str(self.key)])


def read_behind(words: str) -> Behind | None:
    """Return where a page ended from the words of an address; None for what is no such place."""
    try:
        expected, ready, received, key = words.split("_")
        at = datetime.fromisoformat(received).astimezone(UTC)
        return Behind(date.fromisoformat(expected), date.fromisoformat(ready), at, UUID(key))
    except (ValueError, OverflowError):  # a calendar ends before an hour is taken off its first day
        return None


class BackReason(StrEnum):
    """Why what was confirmed, or recorded as having left, is so no more."""

    PLAN_CHANGED = "plan_changed"
    MISTAKE = "mistake"
    OTHER_PERSON = "other_person"
    DID_NOT_GO = "did_not_go"


class Criteria(StrEnum):
    """Whether the person still meets the criteria to reside in hospital."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_KNOWN = "not_known"


class Pathway(StrEnum):
    """The four discharge pathways (statutory guidance; domain-facts 4)."""

    P0 = "p0"
    P1 = "p1"
    P2 = "p2"
    P3 = "p3"


class Destination(StrEnum):
    """Where the person goes."""

    OWN_HOME = "own_home"
    CARE_HOME_THEIRS = "care_home_theirs"
    BED = "bed"
    CARE_HOME_NEW = "care_home_new"
    ELSEWHERE = "elsewhere"


HOME_FIRST = frozenset({Destination.OWN_HOME, Destination.CARE_HOME_THEIRS})


class RehabOffer(StrEnum):
    """Whether rehabilitation was offered before any long-term decision (R055)."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXCEPTION = "exception"


class LiaisonOutcome(StrEnum):
    """What psychiatric liaison found (R178)."""

    NO_CONCERN = "no_concern"
    ADVICE = "advice"
    FOLLOW_UP = "follow_up"
    STAYS = "stays"
    CASE_CLOSED = "case_closed"


PATHWAY_WORDS = {
    Pathway.P0: "P0, home as before",
    Pathway.P1: "P1, home with support",
    Pathway.P2: "P2, a bed to recover in",
    Pathway.P3: "P3, a care home for long",
}
CRITERIA_WORDS = {
    Criteria.NOT_MET: "No longer met: may leave",
    Criteria.MET: "Still met: stays",
    Criteria.NOT_KNOWN: "Not known yet",
}
DESTINATION_WORDS = {
    Destination.OWN_HOME: "Own home",
    Destination.CARE_HOME_THEIRS: "The care home they live in",
    Destination.BED: "A bed-based service",
    Destination.CARE_HOME_NEW: "A new care home",
    Destination.ELSEWHERE: "Somewhere else",
}
REHAB_WORDS = {
    RehabOffer.ACCEPTED: "Offered, and wanted",
    RehabOffer.DECLINED: "Offered, not wanted",
    RehabOffer.EXCEPTION: "Not offered: say why",
}
STATUS_WORDS = {
    DischargeStatus.PLANNED: "Being planned",
    DischargeStatus.CONFIRMED: "Confirmed",
    DischargeStatus.LEFT: "Has left",
    DischargeStatus.CANCELLED: "Stays in hospital",
}
BACK_WORDS = {
    BackReason.PLAN_CHANGED: "The plan was changed",
    BackReason.MISTAKE: "Recorded by mistake",
    BackReason.OTHER_PERSON: "Another person was meant",
    BackReason.DID_NOT_GO: "They could not go after all",
}
LIAISON_WORDS = {
    LiaisonOutcome.NO_CONCERN: "Seen: no concern now",
    LiaisonOutcome.ADVICE: "Seen: advice given",
    LiaisonOutcome.FOLLOW_UP: "Seen: they follow up",
    LiaisonOutcome.STAYS: "Seen: not ready to leave",
    LiaisonOutcome.CASE_CLOSED: "Closed with the case",
}


@dataclass(frozen=True, slots=True)
class DischargePlan:
    """What is written down about one discharge. Needs are described; what care answers them is not prescribed."""

    expected_on: date | None = None
    ready_on: date | None = None
    criteria: Criteria = Criteria.NOT_KNOWN
    pathway: Pathway | None = None
    grounds: str = ""
    bed_ground: str = ""
    destination: Destination | None = None
    destination_reason: str = ""
    needs: str = ""
    rehab: RehabOffer | None = None
    rehab_reason: str = ""
    mh_professional: str = ""
    mh_phone: str = ""


@dataclass(frozen=True, slots=True)
class Unmet:
    """One thing that is missing before a discharge can be confirmed: a code, the field it is about, words."""

    code: str
    field: str
    words: str


@dataclass(frozen=True, slots=True)
class KnownBeside:
    """What is known of the person beside the plan: services that know them, how they live, what liaison says.

    `closed`: the record is closed to who plans; it binds all the same, and what it holds is not said.
    """

    known_to_mental_health: bool = False
    home_first: bool = False
    liaison_open: bool = False
    liaison_stays: bool = False
    closed: bool = False


ON_CLOSED_RECORD = (
    "Something on their restricted record must be settled first. Ask those who are named on it, or say why it is safe."
)
"""Instead of words that tell what somebody lives with, or which services know them."""


def default_destination(*, home_first: bool, lives_in_care_home: bool) -> Destination | None:
    """Return where somebody with dementia or delirium goes unless it is said otherwise: where they live (R172)."""
    if not home_first:
        return None
    return Destination.CARE_HOME_THEIRS if lives_in_care_home else Destination.OWN_HOME


def unmet(plan: DischargePlan, known: KnownBeside) -> tuple[Unmet, ...]:
    """Return what is missing before this discharge can be confirmed, in the order of the form.

    May leave at all; a pathway with its grounds; a bed only on one of two grounds (R053); a place to go, which is home
    with dementia or delirium unless it is said why not (R172); rehabilitation is offered before a long-term decision
    (R055); a named mental health professional for somebody known to mental health services (R176); what psychiatric
    liaison was asked is answered (R178).
    """
    found = (*_of_leaving(plan), *_of_going(plan, known), *_of_mind(plan, known))
    told = (missing for absent, missing in found if absent)
    return tuple(dict.fromkeys(Unmet("on_closed_record", "", each.words) if _hides(each) else each for each in told))


def _hides(missing: Unmet) -> bool:
    return missing.words == ON_CLOSED_RECORD


def _of_leaving(plan: DischargePlan) -> tuple[tuple[bool, Unmet], ...]:
    return (
        (
            plan.criteria is Criteria.MET,
            Unmet("criteria_met", "criteria", "The criteria to reside in hospital are still met."),
        ),
        (plan.pathway is None, Unmet("pathway_missing", "pathway", "Choose the pathway.")),
        (
            plan.pathway is not None and not plan.grounds.strip(),
            Unmet("grounds_missing", "grounds", "Say why this pathway."),
        ),
        (
            plan.pathway is Pathway.P2 and not plan.bed_ground,
            Unmet("bed_ground_missing", "bed_ground", "A bed needs one of the two grounds; without one it is home."),
        ),
    )


def _of_going(plan: DischargePlan, known: KnownBeside) -> tuple[tuple[bool, Unmet], ...]:
    return (
        (plan.destination is None, Unmet("destination_missing", "destination", "Say where they go.")),
        (
            known.home_first and plan.destination not in (None, *HOME_FIRST) and not plan.destination_reason.strip(),
            Unmet(
                "home_first",
                "destination_reason",
                ON_CLOSED_RECORD
                if known.closed
                else "With dementia or delirium home comes first. Say why it is not home.",
            ),
        ),
        (
            _long_term(plan) and plan.rehab is None,
            Unmet("rehab_not_offered", "rehab", "Offer rehabilitation before a long-term decision, or say why not."),
        ),
        (
            plan.rehab is RehabOffer.EXCEPTION and not plan.rehab_reason.strip(),
            Unmet("rehab_reason_missing", "rehab_reason", "Say why rehabilitation was not offered."),
        ),
    )


def _of_mind(plan: DischargePlan, known: KnownBeside) -> tuple[tuple[bool, Unmet], ...]:
    return (
        (
            known.known_to_mental_health and not plan.mh_professional.strip(),
            Unmet(
                "mh_professional_missing",
                "mh_professional",
                ON_CLOSED_RECORD
                if known.closed
                else "This person is known to mental health services: name their professional who takes part.",
            ),
        ),
        (known.liaison_open, Unmet("liaison_open", "liaison", "Psychiatric liaison was asked and has not answered.")),
        (known.liaison_stays, Unmet("liaison_stays", "liaison", "Psychiatric liaison says: not ready to leave.")),
    )


def _long_term(plan: DischargePlan) -> bool:
    return plan.pathway is Pathway.P3 or plan.destination is Destination.CARE_HOME_NEW
