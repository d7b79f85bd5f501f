"""What a referral says and what a decision reads. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

FUTURE_TOLERANCE = timedelta(seconds=60)
LATE_ENTRY = timedelta(hours=24)


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
    PUBLIC = "public"
    PORTAL = "portal"


class Phase(StrEnum):
    """The list a case is on, written to its deadline row."""

    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    ACTIVE = "active"
    SIGNPOSTED = "signposted"


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
class Crew:
    """An ambulance crew that is with the person and waits for our answer: since when, and how to reach them."""

    since: datetime | None = None
    phone: str = ""
    reference: str = ""


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
    crew: Crew | None = None
    told_name: str = ""
    helped_before: bool | None = None


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


def settle_received_at(told: datetime | None, now: datetime) -> datetime:
    """Return when the referral was received: now if not told or up to 60 s ahead. Raises ValueError if later."""
    if told is None:
        return now
    if told > now + FUTURE_TOLERANCE:
        raise ValueError("The time received is later than now.")
    return min(told, now)


ASKED_ALWAYS = ("medically_stable", "medicines_addressed", "agrees", "nhs_number", "gp_practice", "red_flags")
ASKABLE = (
    *ASKED_ALWAYS,
    "birth",
    "address",
    "phone",
    "who_is_with_them",
    "access",
    "reason",
    "trigger",
    "would_be",
    "planned_reason",
    "bed_ground",
    "hospital",
    "ready_on",
)
"""What a place may ask for before a service is decided (places: minimum_data), in the order in which it is shown."""


def missing_to_decide(details: "Decidable", asks: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the codes of what is not known yet, of those that the place asks for. None stops a crisis (R035, R052)."""
    questions = {
        "medically_stable": details.medically_stable is None,
        "medicines_addressed": details.medicines_addressed is None,
        "agrees": details.agrees == Agrees.NOT_ASKED,
        "nhs_number": not details.nhs_number,
        "gp_practice": not details.gp_practice,
        "red_flags": Answer.NOT_KNOWN in details.red_flag_answers,
    }
    wanted = set(ASKED_ALWAYS if asks is None else asks)
    return tuple(code for code in ASKABLE if code in wanted and questions.get(code, code in details.blank))


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
    blank: frozenset[str] = frozenset()


def open_medical_question(details: Decidable) -> str:
    """Return the field that stops an acceptance, or "". Not known never stops a crisis; a no does (R035, R052)."""
    for name in ("medically_stable", "medicines_addressed"):
        value = getattr(details, name)
        if value is False and name == "medically_stable":
            return name
        if value is not True and details.urgency != Urgency.CRISIS:
            return name
    return ""
