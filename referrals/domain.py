"""The single point of access: words, the one table of moves, and rules about what is typed. Pure."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import nhs_number

from accounts.domain import Permission

FUTURE_TOLERANCE = timedelta(seconds=60)
LATE_ENTRY = timedelta(hours=24)
ADULT_AGE = 18


class Status(StrEnum):
    """Where a referral stands."""

    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_WANTED = "not_wanted"
    REDIRECTED = "redirected"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Status.NEW, Status.WAITING})
ENDED_UNACCEPTED = frozenset({Status.DECLINED, Status.NOT_WANTED, Status.REDIRECTED, Status.WITHDRAWN})


class Direction(StrEnum):
    """Step up: from the community, to avoid hospital (R044). Step down: from hospital (R045)."""

    STEP_UP = "step_up"
    STEP_DOWN = "step_down"


class Urgency(StrEnum):
    """How soon: within two hours (R126), or planned."""

    CRISIS = "crisis"
    PLANNED = "planned"


class Service(StrEnum):
    """The four services (R015)."""

    CRISIS = "crisis"
    REABLEMENT = "reablement"
    HOME = "home"
    BED = "bed"


class Agrees(StrEnum):
    """Whether the person agrees to us coming."""

    YES = "yes"
    NO = "no"
    LACKS_CAPACITY = "lacks_capacity"
    NOT_ASKED = "not_asked"


class LocationKind(StrEnum):
    """Where the person is now; R034 counts the last three apart."""

    HOME = "home"
    ELSEWHERE = "elsewhere"
    CARE_HOME = "care_home"
    HOSPITAL = "hospital"


class Answer(StrEnum):
    """An answer to a red flag."""

    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not_known"


class Channel(StrEnum):
    """How a referral came in; the channel never changes the rules or the clock."""

    PHONE = "phone"
    API = "api"


class Phase(StrEnum):
    """The list a case is on, written to its deadline row."""

    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    ACTIVE = "active"


class Identity(StrEnum):
    """How sure we are who it is."""

    AS_TOLD = "as_told"
    NUMBER_CONFLICT = "number_conflict"


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the transition table: who may, from where to where, what it is called, what its clocks do.

    `to` None keeps the status. `page` and `endpoint` are route names, or the reason why there is none.
    """

    verb: str
    permission: Permission
    sources: frozenset[Status]
    to: Status | None
    event: str
    words: str
    page: str
    endpoint: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    cancels: tuple[str, ...] = ()


CRISIS_RESPONSE = "crisis_response"
SPA_TRIAGE = "spa_triage"
P, S = Permission, Status

MOVES: tuple[Move, ...] = (
    Move(
        "register", P.REFERRAL_REGISTER, frozenset(), S.NEW, "referral.registered", "Take a call",
        "referrals:register", "referrals_api:list", starts=(CRISIS_RESPONSE, SPA_TRIAGE),
    ),
    Move(
        "take", P.REFERRAL_CHASE, OPEN, None, "referral.taken", "I have this",
        "referrals:take", "people at the board take a referral; a partner system has no hands",
    ),
    Move(
        "triage", P.REFERRAL_TRIAGE, OPEN, None, "referral.triaged", "Set urgency and service",
        "referrals:triage", "referrals_api:triage",
        starts=(CRISIS_RESPONSE, SPA_TRIAGE), cancels=(CRISIS_RESPONSE, SPA_TRIAGE),
    ),
    Move(
        "ask", P.REFERRAL_CHASE, OPEN, S.WAITING, "referral.information_asked", "Ask for information",
        "referrals:ask", "asking is done by telephone; the answer to a partner comes with the referrer portal",
    ),
    Move(
        "answer", P.REFERRAL_CHASE, frozenset({S.WAITING}), S.NEW, "referral.information_given", "Record the answer",
        "referrals:answer", "the answer is written down by whoever was told",
    ),
    Move(
        "confirm_999", P.REFERRAL_CONFIRM_999, OPEN | {S.ACCEPTED}, None, "referral.999_confirmed",
        "Record the 999 call", "referrals:confirm_999", "only somebody who has spoken to the crew can say so",
    ),
    Move(
        "accept", P.REFERRAL_ACCEPT, OPEN, S.ACCEPTED, "referral.accepted", "Accept",
        "pathways:accept", "pathways_api:accept", stops=(SPA_TRIAGE,),
    ),
    Move(
        "decline", P.REFERRAL_DECLINE, OPEN, S.DECLINED, "referral.declined", "Decline",
        "referrals:decline", "referrals_api:decline", stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE,),
    ),
    Move(
        "not_wanted", P.REFERRAL_WITHDRAW, OPEN, S.NOT_WANTED, "referral.not_wanted", "Did not want it",
        "referrals:not_wanted", "the person's own no is heard and recorded by a member of staff",
        stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE,),
    ),
    Move(
        "redirect", P.REFERRAL_REDIRECT, OPEN, S.REDIRECTED, "referral.redirected", "Redirect",
        "referrals:redirect", "a signpost is followed up by telephone; partners read the result",
        stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE,),
    ),
    Move(
        "withdraw", P.REFERRAL_WITHDRAW, OPEN | {S.ACCEPTED}, S.WITHDRAWN, "referral.withdrawn", "Withdraw",
        "pathways:withdraw", "pathways_api:withdraw", stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE,),
    ),
)  # fmt: skip
BY_VERB = {move.verb: move for move in MOVES}
STATUS_WORDS = {
    S.NEW: "New",
    S.WAITING: "Waiting for information",
    S.ACCEPTED: "Accepted",
    S.DECLINED: "Declined",
    S.NOT_WANTED: "Did not want it",
    S.REDIRECTED: "Redirected",
    S.WITHDRAWN: "Withdrawn",
}


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """Who it is about, as told. Everything but one name may be missing: absence means not known yet."""

    family_name: str
    given_name: str = ""
    nhs_number: str = ""
    born_on: date | None = None
    age_about: int | None = None
    address_lines: tuple[str, ...] = ()
    postcode: str = ""
    phone: str = ""
    gp_practice: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LocationNow:
    """Where the person is now, which may not be home, and how to get in."""

    kind: LocationKind = LocationKind.HOME
    address_lines: tuple[str, ...] = ()
    postcode: str = ""
    phone: str = ""
    access: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rang or referred, and the number to ring back."""

    kind: str = ""
    organisation: str = ""
    name: str = ""
    phone: str = ""
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class Hospital:
    """Ward and the day the person is ready, for a step down."""

    site: str = ""
    ward: str = ""
    ready_on: date | None = None


@dataclass(frozen=True, slots=True)
class Emergency:
    """The 999 call that a red flag asks for."""

    called_by: str = ""
    called_at: datetime | None = None
    crew_reference: str = ""


@dataclass(frozen=True, slots=True)
class ReferralDetails:
    """One request for help, as told, whatever the channel."""

    direction: Direction
    urgency: Urgency
    summary: str
    reason: str = ""
    received_at: datetime | None = None
    location: LocationNow = field(default_factory=LocationNow)
    caller: Caller = field(default_factory=Caller)
    contact: Caller = field(default_factory=Caller)
    hospital: Hospital = field(default_factory=Hospital)
    emergency: Emergency = field(default_factory=Emergency)
    who_is_with_them: str = ""
    agrees: Agrees = Agrees.NOT_ASKED
    medically_stable: bool | None = None
    medicines_addressed: bool | None = None
    red_flags: tuple[tuple[str, Answer], ...] = ()
    channel: Channel = Channel.PHONE


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a person while a call is still being taken, to look for them among those known."""

    family_name: str = ""
    given_name: str = ""
    nhs_number: str = ""
    born_on: date | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """A limit that a referral will be under once it is sent."""

    label: str
    due_at: datetime
    soon_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FirstVisitCheck:
    """Who will find out on the first visit what is not known yet, and why it can wait until then."""

    practitioner: UUID | None = None
    reason: str = "Not known at acceptance: the first visit will check."


def clean_nhs_number(typed: str) -> str:
    """Return ten digits, or "" for nothing typed. Spaces, hyphens and no-break spaces are accepted.

    Raises ValueError with words for the user: wrong length, all one digit, or a modulus 11 failure (domain-facts 9).
    """
    digits = re.sub(r"[\s\u00a0\u2007\u202f\-\u2010-\u2015]", "", typed)
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("An NHS number has 10 digits, for example 999 123 4004.")
    if len(set(digits)) == 1 or not nhs_number.is_valid(digits):
        raise ValueError("This is not an NHS number: check the digits with the caller.")
    return digits


def clean_postcode(typed: str) -> str:
    """Return a postcode in capitals with one space before the last three, or as typed when it is not whole."""
    squeezed = re.sub(r"\s", "", typed).upper()
    if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", squeezed):
        return f"{squeezed[:-3]} {squeezed[-3:]}"
    return " ".join(typed.upper().split())


def settle_received_at(told: datetime | None, now: datetime) -> datetime:
    """Return when the referral was received: now if not told or up to 60 s ahead. Raises ValueError if later."""
    if told is None:
        return now
    if told > now + FUTURE_TOLERANCE:
        raise ValueError("The time received is later than now.")
    return min(told, now)


def age_on(day: date, born_on: date | None, age_about: int | None) -> int | None:
    """Return the age in whole years on a day; someone born on 29 February ages on 1 March; else the age as told."""
    if born_on is None:
        return age_about
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def flags_raised(flags: tuple[tuple[str, Answer], ...]) -> tuple[str, ...]:
    """Return the codes of the red flags answered yes."""
    return tuple(code for code, answer in flags if answer is Answer.YES)


def missing_to_decide(details: "Decidable") -> tuple[str, ...]:
    """Return the codes of what is not known yet. None of them stops a crisis acceptance (R035, R052)."""
    questions = {
        "medically_stable": details.medically_stable is None,
        "medicines_addressed": details.medicines_addressed is None,
        "agrees": details.agrees == Agrees.NOT_ASKED,
        "nhs_number": not details.nhs_number,
        "gp_practice": not details.gp_practice,
        "red_flags": Answer.NOT_KNOWN in details.red_flag_answers,
    }
    return tuple(code for code, unknown in questions.items() if unknown)


@dataclass(frozen=True, slots=True)
class Decidable:
    """What the rules of a decision read."""

    urgency: str
    medically_stable: bool | None
    medicines_addressed: bool | None
    agrees: str
    nhs_number: str
    gp_practice: str
    red_flag_answers: frozenset[str]


def open_medical_question(details: Decidable) -> str:
    """Return the field that stops an acceptance, or "". Not known never stops a crisis; a no does (R035, R052)."""
    for name in ("medically_stable", "medicines_addressed"):
        value = getattr(details, name)
        if value is False and name == "medically_stable":
            return name
        if value is not True and details.urgency != Urgency.CRISIS:
            return name
    return ""
