"""The words of a time limit as frozen data: limits, calendars, policies and what has happened to one clock. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from accounts.domain import Duty, Permission
from timelimits.domain.local_time import TICK

CRISIS_RESPONSE = "crisis_response"
SECOND_PERSON = "second_person"
BREACH = "breach"
BETWEEN_LIMITS = "between_limits"
ALL_PAUSED = "all_paused"
MAX_OVERRIDE = timedelta(hours=72)
MAX_CLOSED_DAYS = 30
PUSH_ON = timedelta(minutes=5)
WARNING_HOUR = 9
MINUTES_A_DAY = 24 * 60


class LimitKind(StrEnum):
    """How time is counted."""

    ELAPSED = "elapsed"
    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    OPENING_HOURS = "opening_hours"

    @property
    def in_days(self) -> bool:
        """Say whether whole local dates are counted; if not, minutes are."""
        return self in (LimitKind.CALENDAR_DAYS, LimitKind.WORKING_DAYS)


class Outcome(StrEnum):
    """How a clock ended."""

    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class State(StrEnum):
    """What a clock is at an instant. OVERDUE is still running."""

    RUNNING = "running"
    OVERDUE = "overdue"
    PAUSED = "paused"
    MET = "met"
    BREACHED = "breached"
    CANCELLED = "cancelled"


class CancelReason(StrEnum):
    """Why a clock stopped counting without being met: out of the denominator, counted apart."""

    NOT_WANTED = "not_wanted"
    WITHDRAWN = "withdrawn"
    REDIRECTED = "redirected"
    DECLINED = "declined"
    ADMITTED = "admitted"
    DIED = "died"
    NOT_NEEDED = "not_needed"
    ENTERED_IN_ERROR = "entered_in_error"


class ExtensionReason(StrEnum):
    """Why a limit was moved."""

    REMAINING_POTENTIAL = "remaining_potential"
    CLINICALLY_NEEDED = "clinically_needed"
    AWAITING_ONWARD_CARE = "awaiting_onward_care"


class AlarmKind(StrEnum):
    """What the engine could not do by itself, and says so on the health page."""

    ROW_RAISED = "row_raised"
    RUNG_EMPTY = "rung_empty"
    NOBODY_RESPONSIBLE = "nobody_responsible"
    CALENDAR_GAP = "calendar_gap"
    OVERRIDE_UNCONFIRMED = "override_unconfirmed"


class MissReason(StrEnum):
    """Why a limit was missed; each has a label in `MISS_REASONS`."""

    NO_CAPACITY = "no_capacity"
    STAFF_ABSENCE = "staff_absence"
    TRAVEL = "travel"
    REFERRED_LATE = "referred_late"
    INFORMATION_LATE = "information_late"
    NO_ACCESS = "no_access"
    PERSONS_CHOICE = "persons_choice"
    LATER_CLINICALLY_RIGHT = "later_clinically_right"
    RECORDED_LATE = "recorded_late"
    SYSTEM_FAULT = "system_fault"
    OTHER = "other"


class CorrectionReason(StrEnum):
    """Why a clock is corrected: its start, or the version of the limit that it is measured by."""

    TYPED_WRONG = "typed_wrong"
    TOLD_EARLIER = "told_earlier"
    WRONG_EVENT = "wrong_event"
    RULE_CHANGED = "rule_changed"


CORRECTION_REASONS: dict[CorrectionReason, str] = {
    CorrectionReason.TYPED_WRONG: "It was written down wrongly",
    CorrectionReason.TOLD_EARLIER: "We were told at another time than was written down",
    CorrectionReason.WRONG_EVENT: "It counted from the wrong event",
    CorrectionReason.RULE_CHANGED: "The rule has changed for people already with us",
}


MISS_REASONS: dict[MissReason, str] = {
    MissReason.NO_CAPACITY: "Nobody was free",
    MissReason.STAFF_ABSENCE: "Staff absence",
    MissReason.TRAVEL: "Travel or weather",
    MissReason.REFERRED_LATE: "The referral reached us late",
    MissReason.INFORMATION_LATE: "Information we needed came late",
    MissReason.NO_ACCESS: "No answer at the door",
    MissReason.PERSONS_CHOICE: "The person's choice",
    MissReason.LATER_CLINICALLY_RIGHT: "Later was clinically right",
    MissReason.RECORDED_LATE: "Done in time, not recorded in time",
    MissReason.SYSTEM_FAULT: "A fault of the system",
    MissReason.OTHER: "Something else (say what)",
}


class ApprovalKind(StrEnum):
    """What takes two people; each has its row in `TWO_PEOPLE`."""

    EXTENSION = "extension"
    SAFE_CARE_ACCEPTANCE = "safe_care_acceptance"
    HOSPITAL_SUPPORT = "hospital_support"
    SAFE_CARE_DISCHARGE = "safe_care_discharge"


class Verdict(StrEnum):
    """How the second person decided. LAPSED: what it was about ended first, nobody decided."""

    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class TwoPeople:
    """One thing that takes two people: its words, who may decide, and whether care goes on until they have.

    `variant` is of the limit to answer within: "" where care goes on, of its own where somebody waits for the answer.
    """

    words: str
    permission: Permission
    meanwhile: str
    variant: str = ""


TWO_PEOPLE: dict[ApprovalKind, TwoPeople] = {
    ApprovalKind.EXTENSION: TwoPeople(
        "Extend a limit", Permission.CLOCK_EXTEND, "The limit stays as it is until then."
    ),
    ApprovalKind.SAFE_CARE_ACCEPTANCE: TwoPeople(
        "Accepted with a medical question open",
        Permission.CLOCK_CONFIRM_OVERRIDE,
        "It is accepted already: care is not held up.",
    ),
    ApprovalKind.SAFE_CARE_DISCHARGE: TwoPeople(
        "Discharge confirmed with something open",
        Permission.CLOCK_CONFIRM_OVERRIDE,
        "It is confirmed already: leaving hospital is not held up.",
    ),
    ApprovalKind.HOSPITAL_SUPPORT: TwoPeople(
        "Urgent support to a hospital",
        Permission.CLOCK_CONFIRM_OVERRIDE,
        "It is not accepted until then.",
        variant="hospital_support",
    ),
}


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One piece of open work of a case, as whoever ends the case sees it. `kind` and `key` name the row."""

    kind: str
    key: str
    case_id: UUID
    words: str
    who: str = ""
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """Why open work ends. `act` names the act, for its undo; limits in `meets` end as done, all others as cancelled."""

    act: UUID
    reason: CancelReason
    words: str
    meets: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Window:
    """One opening period in minutes of wall time after midnight; past 1440 it runs into the next day."""

    opens: int
    closes: int


@dataclass(frozen=True, slots=True)
class Edition:
    """A calendar as it stands from one local date on: seven weekdays (0 Monday), dated exceptions, bank holidays.

    `bank_holiday` None means a bank holiday is like any other day; () means closed.
    """

    effective_from: date
    week: tuple[tuple[Window, ...], ...]
    exceptions: tuple[tuple[date, tuple[Window, ...]], ...] = ()
    bank_holiday: tuple[Window, ...] | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """Opening hours under one code: editions by date, oldest first. Days before the first edition follow the first."""

    code: str
    editions: tuple[Edition, ...]

    def edition_on(self, day: date) -> Edition:
        """Return the edition in force on a local date."""
        in_force = [edition for edition in self.editions if edition.effective_from <= day]
        return in_force[-1] if in_force else self.editions[0]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much time is allowed. Day kinds hold whole days."""

    kind: LimitKind
    amount: timedelta
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """A moment before the due instant when somebody is told.

    Exactly one of: `share` of the limit (0 to 1), `minutes_before` the due instant, `on_day` (day kinds).
    `rung` is the step of the ladder told first; only the breach climbs.
    """

    code: str
    share: float | None = None
    minutes_before: int | None = None
    on_day: int | None = None
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of the ladder: who is on this duty, and the minutes they have to answer before it climbs on."""

    duty: Duty
    minutes: int


@dataclass(frozen=True, slots=True)
class PolicyTerms:
    """One version of one time limit, whole. `label` is short ("2-hour visit"); `source` names the requirement."""

    code: str
    version: int
    variant: str
    effective_from: date
    limit: Limit
    label: str
    title: str
    source: str
    effective_until: date | None = None
    stages: tuple[Stage, ...] = ()
    ladder: tuple[Rung, ...] = ()
    blocks: tuple[str, ...] = ()
    pause_reasons: tuple[str, ...] = ()
    starts: str = ""
    stops: str = ""


@dataclass(frozen=True, slots=True)
class PauseSpan:
    """A stretch that does not count. Open while `resumed_at` is None."""

    paused_at: datetime
    resumed_at: datetime | None = None
    reason: str = ""
    asked_by: str = ""
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class ExtensionTo:
    """An agreed later due instant, and when it was agreed."""

    agreed_at: datetime
    new_due_at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Everything that happened to one clock; aware instants. Stopped before it started is lawful (late entry)."""

    started_at: datetime
    stopped_at: datetime | None = None
    cancelled: bool = False
    pauses: tuple[PauseSpan, ...] = ()
    extensions: tuple[ExtensionTo, ...] = ()


class SegmentKind(StrEnum):
    """What a piece of time was."""

    COUNTS = "counts"
    CLOSED = "closed"
    PAUSED = "paused"
    FIRST_DAY = "first_day"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Segment:
    """One piece of time. `counted` is minutes for time kinds, whole days for day kinds; `used` is the running sum."""

    starts_at: datetime
    ends_at: datetime
    kind: SegmentKind
    counted: timedelta
    used: timedelta

    @property
    def length(self) -> timedelta:
        """Return how long it really lasted."""
        return self.ends_at - self.starts_at


@dataclass(frozen=True, slots=True)
class StageAt:
    """When a stage falls. `at` is UTC."""

    code: str
    at: datetime
    rung: int = 0


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the rules say of one clock. `due_at` is None while a pause is open that began before the limit was used."""

    allowed: timedelta
    due_at: datetime | None
    soon_at: datetime | None
    stages: tuple[StageAt, ...] = field(default=())


def moments(reckoning: Reckoning) -> tuple[StageAt, ...]:
    """Return the stages and the breach, each at the first instant at which it is so.

    None while there is no due instant.
    """
    if reckoning.due_at is None:
        return ()
    return (*reckoning.stages, StageAt(BREACH, reckoning.due_at + TICK))
