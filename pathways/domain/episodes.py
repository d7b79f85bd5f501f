"""Episodes and the four services: words and pure rules."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from accounts.domain import Permission
from referrals.domain import Service, Urgency

SUPPORT_PLAN = "support_plan"
CRISIS_SPELL = "crisis_spell"
INTERMEDIATE_CARE = "intermediate_care"
TRANSITION_PLAN = "transition_plan"
JOINED_EPISODE = "joined_episode"


class EpisodeStatus(StrEnum):
    """An episode is live from acceptance until it ends."""

    LIVE = "live"
    ENDED = "ended"


class EndReason(StrEnum):
    """Why an episode ended."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    NOT_WANTED = "not_wanted"
    ADMITTED = "admitted"
    DIED = "died"
    MOVED_AWAY = "moved_away"


class ContactKind(StrEnum):
    """How a contact was made."""

    FACE_TO_FACE = "face_to_face"
    PHONE = "phone"
    VIDEO = "video"
    LETTER = "letter"


class Way(StrEnum):
    """Who began it."""

    IN = "in"
    OUT = "out"


class ContactOutcome(StrEnum):
    """How it went. Only ATTENDED face to face meets the two-hour limit; NO_ACCESS leaves the clock running."""

    ATTENDED = "attended"
    NO_ACCESS = "no_access"
    NO_REPLY = "no_reply"
    SPOKE = "spoke"
    LEFT_MESSAGE = "left_message"


class WaitingKind(StrEnum):
    """Time between services; somebody named keeps the person safe meanwhile."""

    WAITING = "waiting"
    SUSPENDED = "suspended"
    IN_HOSPITAL = "in_hospital"


@dataclass(frozen=True, slots=True)
class Move:
    """One verb of an episode: who may, what it is called, where it is done."""

    verb: str
    permission: Permission
    sources: frozenset[EpisodeStatus]
    to: EpisodeStatus
    event: str
    words: str
    page: str
    endpoint: str


P, E = Permission, EpisodeStatus
MOVES: tuple[Move, ...] = (
    Move(
        "allocate", P.EPISODE_ALLOCATE, frozenset({E.LIVE}), E.LIVE, "episode.allocated", "Change co-ordinator",
        "pathways:allocate", "pathways_api:allocate",
    ),
    Move(
        "confirm_coordinator", P.EPISODE_ALLOCATE, frozenset({E.LIVE}), E.LIVE, "episode.coordinator_confirmed",
        "Confirm co-ordinator", "pathways:confirm_coordinator", "confirmed by people; a partner allocates by name",
    ),
    Move(
        "contact", P.CONTACT_RECORD, frozenset({E.LIVE, E.ENDED}), E.LIVE, "contact.recorded", "Log contact",
        "pathways:contact", "pathways_api:contacts",
    ),
    Move(
        "end", P.EPISODE_END, frozenset({E.LIVE}), E.ENDED, "episode.ended", "End episode",
        "casework:end", "an ending needs its handover, which partners cannot give yet",
    ),
)  # fmt: skip
BY_VERB = {move.verb: move for move in MOVES}
END_WORDS = {
    EndReason.COMPLETED: "Support finished",
    EndReason.WITHDRAWN: "Referral withdrawn",
    EndReason.NOT_WANTED: "Did not want it",
    EndReason.ADMITTED: "Went into hospital",
    EndReason.DIED: "Died",
    EndReason.MOVED_AWAY: "Moved away",
}


@dataclass(frozen=True, slots=True)
class ContactDetails:
    """One contact with, or about, a person."""

    kind: ContactKind
    attended: bool
    way: Way = Way.OUT
    occurred_at: datetime | None = None
    with_whom: str = ""
    about: str = ""
    outcome: ContactOutcome | None = None
    by_profession: str = ""
    ring_back_at: datetime | None = None
    ring_back_about: str = ""

    @property
    def is_first_response(self) -> bool:
        """Say whether this contact can meet the two-hour limit: attended, and face to face (R126)."""
        return self.attended and self.kind is ContactKind.FACE_TO_FACE


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who could be the co-ordinator, with what they carry already."""

    user_id: UUID
    name: str
    open_cases: int
    next_due_at: datetime | None
    on_duty: bool


def suggest(candidates: list[Candidate]) -> list[Candidate]:
    """Order candidates: on duty first, then the fewest open cases, then the latest next deadline. A human chooses."""
    far = max((c.next_due_at for c in candidates if c.next_due_at), default=None)

    def weight(candidate: Candidate) -> tuple[bool, int, float, str]:
        slack = (far - candidate.next_due_at).total_seconds() if far and candidate.next_due_at else 0.0
        return (not candidate.on_duty, candidate.open_cases, slack, candidate.name)

    return sorted(candidates, key=weight)


def first_service(urgency: str, service: str) -> Service:
    """Return the service an accepted referral goes to: crisis response for a crisis, else what triage chose."""
    if urgency == Urgency.CRISIS:
        return Service.CRISIS
    return Service(service) if service else Service.HOME


SERVICE_LABELS = {
    Service.CRISIS: ("Crisis response", "2-hour urgent (UCR)"),
    Service.REABLEMENT: ("Reablement", "Reablement"),
    Service.HOME: ("Home-based", "Home-based"),
    Service.BED: ("Bed-based", "Bed-based"),
}
