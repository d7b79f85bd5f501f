"""Verbs of time limits, by family."""

from timelimits.commands.approvals import approve, refuse
from timelimits.commands.blocks import chase_overrides, confirm_override, override_block
from timelimits.commands.clocks import (
    cancel_clocks,
    correct_start,
    give_breach_reason,
    pause_clock,
    reopen_clock,
    resume_clock,
    start_clock,
    start_clocks,
    stop_clock,
)
from timelimits.commands.deadlines import carry_over, close_case, compact_counts, hand_over
from timelimits.commands.extensions import extend_clock
from timelimits.commands.ladder import acknowledge, climb_ladders
from timelimits.commands.policies import (
    end_policy,
    publish_bank_holiday,
    publish_calendar,
    publish_policy,
    rebase_clocks,
)
from timelimits.commands.second_person import ask_approval, lapse_approval
from timelimits.commands.sweep import beat, sweep
from timelimits.queries import refuse_if_blocked

__all__ = [
    "acknowledge",
    "approve",
    "ask_approval",
    "beat",
    "cancel_clocks",
    "carry_over",
    "chase_overrides",
    "climb_ladders",
    "close_case",
    "compact_counts",
    "confirm_override",
    "correct_start",
    "end_policy",
    "extend_clock",
    "give_breach_reason",
    "hand_over",
    "lapse_approval",
    "override_block",
    "pause_clock",
    "publish_bank_holiday",
    "publish_calendar",
    "publish_policy",
    "rebase_clocks",
    "refuse",
    "refuse_if_blocked",
    "reopen_clock",
    "resume_clock",
    "start_clock",
    "start_clocks",
    "stop_clock",
    "sweep",
]
