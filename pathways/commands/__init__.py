"""Verbs of episodes, by family."""

from pathways.commands.accept import Accepted, accept_referral
from pathways.commands.blockers import add_blocker
from pathways.commands.contact import record_contact
from pathways.commands.coordinate import allocate_episode, confirm_coordinator
from pathways.commands.discharge import confirm_discharge, plan_discharge, record_left
from pathways.commands.liaison import answer_liaison, ask_liaison
from pathways.commands.tasks import finish_task, promise_task
from pathways.commands.undo import record_not_left, unconfirm_discharge

__all__ = [
    "Accepted",
    "accept_referral",
    "add_blocker",
    "allocate_episode",
    "answer_liaison",
    "ask_liaison",
    "confirm_coordinator",
    "confirm_discharge",
    "finish_task",
    "plan_discharge",
    "promise_task",
    "record_contact",
    "record_left",
    "record_not_left",
    "unconfirm_discharge",
]
