"""Clocks, what they are measured by, what came of them, and the one row that says when a case needs somebody next."""

from timelimits.models.approvals import Approval
from timelimits.models.cases import CaseCount, CaseDeadline, Override
from timelimits.models.clocks import Alert, BreachReason, Clock, ClockEvent, Extension, Pause
from timelimits.models.closed import Closed
from timelimits.models.health import Alarm, Heartbeat
from timelimits.models.policies import ExtraBankHoliday, OpeningCalendar, Policy

__all__ = [
    "Alarm",
    "Alert",
    "Approval",
    "BreachReason",
    "CaseCount",
    "CaseDeadline",
    "Clock",
    "ClockEvent",
    "Closed",
    "Extension",
    "ExtraBankHoliday",
    "Heartbeat",
    "OpeningCalendar",
    "Override",
    "Pause",
    "Policy",
]
