"""Who is to be told of a stage: the first rung from a given one on which somebody stands.

Reads the case's row and the rota.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from accounts.domain import Duty, TeamKind
from accounts.models import Team, User
from accounts.queries import cover_for, on_duty
from timelimits.domain import Rung


class Held(Protocol):
    """Who answers for a case."""

    @property
    def responsible_team_id(self) -> UUID: ...

    @property
    def responsible_user_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a stage landed.

    The rung, its duty, who is told, and the rungs passed on the way because nobody stood there.
    """

    rung: int
    duty: str
    people: tuple[UUID, ...]
    minutes: int
    empty: tuple[str, ...] = ()


@dataclass
class Rota:
    """Who is on duty at one instant, each question asked once."""

    at: datetime
    _people: dict[tuple[UUID, str], tuple[UUID, ...]] = field(default_factory=dict)
    _covers: dict[UUID, UUID | None] = field(default_factory=dict)

    def land(self, ladder: Sequence[Rung], start: int, case: Held) -> Landing | None:
        """Return the first rung from `start` (0 is the lowest) on which somebody stands; None past the top."""
        empty: list[str] = []
        for index in range(start, len(ladder)):
            rung = ladder[index]
            if people := self.standing(rung.duty, case):
                return Landing(index, rung.duty, people, rung.minutes, tuple(empty))
            if rung.duty is not Duty.CO_ORDINATOR or case.responsible_user_id is not None:
                empty.append(rung.duty)
        return Landing(len(ladder), "", (), 0, tuple(empty)) if empty else None

    def standing(self, duty: Duty, case: Held) -> tuple[UUID, ...]:
        """Return who answers on this rung for the case.

        The co-ordinator or their cover, else whoever is on the duty.
        """
        if duty is Duty.CO_ORDINATOR and case.responsible_user_id is not None:
            answering = self._answering(case.responsible_user_id)
            if answering is not None:
                return (answering,)
        return self._on_duty(case.responsible_team_id, duty)

    def _answering(self, user_id: UUID) -> UUID | None:
        if user_id not in self._covers:
            answering = cover_for(User.objects.get(pk=user_id), self.at)
            self._covers[user_id] = answering.pk if answering.is_active else None
        return self._covers[user_id]

    def _on_duty(self, team_id: UUID, duty: str) -> tuple[UUID, ...]:
        """Return who is on the duty for the team.

        For a manager on call also for the teams above it, then any management team.
        """
        key = (team_id, str(duty))
        if key not in self._people:
            self._people[key] = self._ask(team_id, str(duty))
        return self._people[key]

    def _ask(self, team_id: UUID, duty: str) -> tuple[UUID, ...]:
        people = tuple(user.pk for user in on_duty(team_id, duty, self.at))
        if people or duty not in (Duty.LEAD, Duty.ON_CALL):
            return people
        parent = Team.objects.filter(pk=team_id).values_list("parent_id", flat=True).first()
        if parent is not None:
            return self._on_duty(parent, duty)
        if duty != Duty.ON_CALL:
            return ()
        management = Team.objects.filter(kind=TeamKind.MANAGEMENT).order_by("name").values_list("pk", flat=True)
        found = (tuple(user.pk for user in on_duty(pk, duty, self.at)) for pk in management)
        return next((people for people in found if people), ())
