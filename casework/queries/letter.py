"""What a letter to the person tells: who they are, who looks after them, whom to ring, how to read it to them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.queries.directory import front_door_phone
from audit.commands import note_read
from audit.domain import Actor
from audit.refusals import NotFound
from casework.queries.case import episode_of
from pathways.domain import EpisodeStatus
from referrals.models import Person
from referrals.queries import Needs, is_closed, needs_of


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter; `episode` is read with its service, `front_door` is the number of the single point of access."""

    person: Person
    episode: Any
    needs: Needs
    front_door: str


def letter(by: Actor, case_id: UUID) -> Letter:
    """Return what the letter of a live episode tells, and log the reading.

    Raises NotFound when there is no live episode, it is not yours, or the record is closed to you: a letter of somebody
    who died, or whose address may not be seen, is never made.
    """
    episode = episode_of(by, case_id)
    if episode is None or episode.status != EpisodeStatus.LIVE or is_closed(by, episode.person_id):
        raise NotFound
    note_read(by=by, what="case.letter", ids=[episode.person_id])
    return Letter(episode.person, episode, needs_of(episode.person), front_door_phone())
