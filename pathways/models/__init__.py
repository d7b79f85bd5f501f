"""Episodes, and what is done before and around them: contacts, tasks, discharges from hospital."""

from pathways.models.discharges import Discharge, LiaisonRequest
from pathways.models.episodes import Contact, CoordinatorTerm, Episode, Spell, Task, Waiting

__all__ = ["Contact", "CoordinatorTerm", "Discharge", "Episode", "LiaisonRequest", "Spell", "Task", "Waiting"]
