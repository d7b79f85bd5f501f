"""Who is to be told of a stage: the first rung from a given one on which somebody stands.

Reads the case's row and the rota.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from accounts.domain import Duty, TeamKind
from accounts.models import Team, User
from accounts.queries import answering, on_duty_of
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
    """Who is on duty at one instant. What is asked of many cases is read for all of them at once (`know`)."""

    at: datetime
    _people: dict[tuple[UUID, str], tuple[UUID, ...]] = field(default_factory=dict)
    _teams: set[UUID] = field(default_factory=set)
    _answering: dict[UUID, UUID | None] = field(default_factory=dict)

    def know(self, cases: Iterable[Held]) -> None:
        """Read whatever is not known yet of the teams and people who answer for these cases."""
        held = list(cases)
        self._know_teams({case.responsible_team_id for case in held})
        self._know_users({case.responsible_user_id for case in held if case.responsible_user_id is not None})

    def _know_teams(self, team_ids: Set[UUID]) -> None:
        if missing := team_ids - self._teams:
            found = on_duty_of(missing, self.at)
            self._people |= {key: tuple(user.pk for user in people) for key, people in found.items()}
            self._teams |= missing

    def _know_users(self, user_ids: Set[UUID]) -> None:
        if missing := user_ids - self._answering.keys():
            found = answering(User.objects.in_bulk(missing), self.at)
            self._answering |= {user_id: found[user_id].pk if user_id in found else None for user_id in missing}

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
            self._know_users({case.responsible_user_id})
            person = self._answering[case.responsible_user_id]
            if person is not None:
                return (person,)
        return self._on_duty(case.responsible_team_id, duty)

    def _on_duty(self, team_id: UUID, duty: str) -> tuple[UUID, ...]:
        """Return who is on the duty for the team.

        For a lead or a manager on call also for the teams above it, then for the latter any management team.
        """
        people = self._of(team_id, duty)
        if people or duty not in (Duty.LEAD, Duty.ON_CALL):
            return people
        parent = Team.objects.filter(pk=team_id).values_list("parent_id", flat=True).first()
        if parent is not None:
            return self._on_duty(parent, duty)
        if duty != Duty.ON_CALL:
            return ()
        management = Team.objects.filter(kind=TeamKind.MANAGEMENT).order_by("name").values_list("pk", flat=True)
        return next((people for pk in management if (people := self._of(pk, duty))), ())

    def _of(self, team_id: UUID, duty: str) -> tuple[UUID, ...]:
        self._know_teams({team_id})
        return self._people.get((team_id, str(duty)), ())
