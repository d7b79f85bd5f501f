"""Telling whoever is on duty of stages, many at once: alerts and messages in the transaction of the events."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from audit.bulk import insert
from audit.domain import Actor
from notifications.commands import post_many
from notifications.domain import Note, Template
from timelimits.alarms import raise_alarm
from timelimits.domain import BREACH, AlarmKind, Rung
from timelimits.ladder import Landing, Rota
from timelimits.models import Alert, CaseDeadline


@dataclass(frozen=True, slots=True)
class Telling:
    """A stage to be told of: its event, the clock's label and ladder, and the rung to begin with."""

    event_id: int
    case_id: UUID
    stage: str
    label: str
    ladder: tuple[Rung, ...]
    rung: int


@dataclass(frozen=True, slots=True)
class Told:
    """How far a stage has gone and when it climbs on.

    None for a warning, for the top, and when nobody could be told.
    """

    event_id: int
    rung: int
    climb_at: datetime | None


def tell(by: Actor, tellings: Iterable[Telling], at: datetime, *, fresh: bool = False) -> list[Told]:
    """Tell the first rung on which somebody stands, of each stage. An empty rung is passed over and alarmed."""
    wanted = list(tellings)
    cases = CaseDeadline.objects.in_bulk({t.case_id for t in wanted})
    rota = Rota(at)
    told: list[Told] = []
    alerts: list[tuple[UUID, int, int, str, UUID, datetime]] = []
    notes: list[Note] = []
    for telling in wanted:
        case = cases.get(telling.case_id)
        landing = None if case is None else rota.land(telling.ladder, telling.rung, case)
        if case is None or landing is None:
            told.append(Told(telling.event_id, telling.rung, None))
            _alarm_nobody(telling, case, at)
            continue
        _alarm_empty(landing, case, at)
        told.append(Told(telling.event_id, landing.rung, _climb_at(telling, landing, at)))
        for person in landing.people:
            alert_id = uuid4()
            alerts.append((alert_id, telling.event_id, landing.rung, str(landing.duty), person, at))
            notes.append(_note(telling, landing, person, alert_id, case.reference))
    insert(Alert, ("id", "event", "rung", "duty", "recipient", "sent_at"), alerts, skip_existing=not fresh)
    post_many(by=by, notes=notes, fresh=fresh)
    return told


def _climb_at(telling: Telling, landing: Landing, at: datetime) -> datetime | None:
    if telling.stage != BREACH or landing.rung >= len(telling.ladder) - 1:
        return None
    return at + timedelta(minutes=landing.minutes)


def _note(telling: Telling, landing: Landing, person: UUID, alert_id: UUID, reference: str) -> Note:
    breach = telling.stage == BREACH
    return Note(
        key=f"alert:{telling.event_id}:{landing.rung}:{person}",
        user_id=person,
        template=Template.LIMIT_BREACHED if breach else Template.LIMIT_WARNING,
        link=f"/alerts/{alert_id}/",
        reference=reference,
        params={"label": telling.label},
    )


def _alarm_nobody(telling: Telling, case: CaseDeadline | None, at: datetime) -> None:
    if case is None:
        raise_alarm(AlarmKind.NOBODY_RESPONSIBLE, f"case:{telling.case_id}", at, telling.stage)


def _alarm_empty(landing: Landing, case: CaseDeadline, at: datetime) -> None:
    for duty in landing.empty:
        raise_alarm(AlarmKind.RUNG_EMPTY, f"team:{case.responsible_team_id}:{duty}", at)
