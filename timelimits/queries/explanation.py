"""Everything behind one clock, gathered for the page and for REST."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from timelimits.domain import History, PolicyTerms, Reckoning, Segment, State
from timelimits.models import BreachReason, Clock, ClockEvent
from timelimits.rules import Terms


@dataclass(frozen=True, slots=True)
class Explanation:
    """One clock as it stands at an instant.

    `used` and `reckoning.allowed` are minutes, or whole days for limits in days; `until` is the stop, else that
    instant.
    """

    clock: Clock
    policy: PolicyTerms
    terms: Terms
    history: History
    reckoning: Reckoning
    state: State
    until: datetime
    pieces: tuple[Segment, ...]
    used: timedelta
    events: tuple[ClockEvent, ...]
    reasons: tuple[BreachReason, ...]
