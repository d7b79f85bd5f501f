"""Verbs of episodes, by family."""

from pathways.commands.accept import Accepted, accept_referral
from pathways.commands.contact import record_contact
from pathways.commands.coordinate import allocate_episode, confirm_coordinator
from pathways.commands.end import end_episode, withdraw_referral
from pathways.commands.tasks import finish_task, promise_task

__all__ = [
    "Accepted",
    "accept_referral",
    "allocate_episode",
    "confirm_coordinator",
    "end_episode",
    "finish_task",
    "promise_task",
    "record_contact",
    "withdraw_referral",
]
