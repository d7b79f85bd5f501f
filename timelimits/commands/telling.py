"""Telling whoever is on duty of stages, thousands at once: alerts and messages in the transaction of the events.

Who is told is worked out once for all events of one limit and rung whose cases have the same team and co-ordinator;
the alerts and messages themselves are made by one statement, which needs nothing more from this process.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from audit.domain import Actor
from notifications.commands import post_from
from timelimits.commands.alarms import clear_alarms, raise_alarm, raise_alarms
from timelimits.domain import BREACH, AlarmKind
from timelimits.models import Policy
from timelimits.queries.book import Book
from timelimits.queries.ladder import Landing, Rota

WAITING = """
SELECT c.policy_id, e.stage, e.rung, d.responsible_team_id, d.responsible_user_id, e.case_id, e.id
FROM timelimits_clockevent e JOIN timelimits_clock c ON c.id = e.clock_id
LEFT JOIN timelimits_casedeadline d ON d.case_id = e.case_id WHERE e.id = ANY(%s)
"""
LANDED = """
landed AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(landed)s) AS v
        (place int, label text, rung smallint, duty text, people uuid[], climb_at timestamptz))
"""
# Reads told: event_id, stage, label, reference, rung, duty, people
ALERT = """
alert AS (
    INSERT INTO timelimits_alert (id, event_id, rung, duty, recipient_id, sent_at)
    SELECT gen_random_uuid(), told.event_id, told.rung, told.duty, person.id, %(at)s
    FROM told CROSS JOIN unnest(told.people) AS person (id)
    ON CONFLICT DO NOTHING RETURNING id, event_id, rung, recipient_id)
"""
NOTES = """
SELECT 'alert:' || alert.event_id || ':' || alert.rung || ':' || alert.recipient_id AS key,
       alert.recipient_id AS user_id,
       CASE told.stage WHEN 'breach' THEN 'limit_breached' ELSE 'limit_warning' END AS template,
       jsonb_build_object('label', told.label) AS params, '/alerts/' || alert.id || '/' AS link, told.reference
FROM alert JOIN told ON told.event_id = alert.event_id
"""
CLIMBED = """
climbed AS (
    UPDATE timelimits_clockevent e SET rung = landed.rung, climb_at = landed.climb_at
    FROM json_to_recordset(%(events)s) AS v (id bigint, landed int) JOIN landed ON landed.place = v.landed
    WHERE e.id = v.id RETURNING e.id, e.case_id, e.stage, landed.place),
told AS MATERIALIZED (
    SELECT climbed.id AS event_id, climbed.stage, d.reference, landed.label, landed.rung, landed.duty, landed.people
    FROM climbed JOIN landed ON landed.place = climbed.place
    JOIN timelimits_casedeadline d ON d.case_id = climbed.case_id)
"""


class Case(NamedTuple):
    """Who answers for a case."""

    responsible_team_id: UUID
    responsible_user_id: UUID | None


@dataclass
class Watch:
    """What one pass over many clocks knows of limits and of the rota at its instant: each question asked once."""

    at: datetime
    book: Book = field(default_factory=Book)
    policies: dict[int, Policy] = field(default_factory=dict)
    alarmed: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)
    rota: Rota = field(init=False)
    _landings: dict[tuple[int, int, Case], Landing | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rota = Rota(self.at)

    def know(self, policy_ids: Collection[int]) -> None:
        """Read the policies that are not known yet."""
        if missing := set(policy_ids) - self.policies.keys():
            self.policies |= Policy.objects.in_bulk(missing)

    def land(self, policy_id: int, rung: int, case: Case) -> Landing | None:
        """Return the first rung from `rung` on which somebody stands for the case; None where there is no ladder."""
        key = (policy_id, rung, case)
        if key not in self._landings:
            self._landings[key] = self.rota.land(self._ladder(policy_id), rung, case)
        return self._landings[key]

    def climbs(self, policy_id: int, stage: str, landing: Landing) -> bool:
        """Say whether a stage goes on to the next rung when nobody answers: only a breach does, to the last rung."""
        return stage == BREACH and landing.rung < len(self._ladder(policy_id)) - 1

    def _ladder(self, policy_id: int) -> Sequence[Any]:
        return self.book.policy(self.policies[policy_id]).ladder


@dataclass
class Telling:
    """Who is told of the events of one transaction: each landing once, however many events land there."""

    watch: Watch
    landed: list[dict[str, Any]] = field(default_factory=list)
    _places: dict[tuple[int, bool, int, Case], int | None] = field(default_factory=dict)
    _empty: set[str] = field(default_factory=set)
    _stood: set[str] = field(default_factory=set)

    def place(self, policy_id: int, stage: str, rung: int, case: Case) -> int | None:
        """Return the place in `landed` of who is told of a stage, from `rung` on; None where there is no ladder.

        An empty rung is passed over, to be alarmed. A breach climbs on from there after the rung's minutes, a warning
        does not.
        """
        key = (policy_id, stage == BREACH, rung, case)
        if key not in self._places:
            landing = self.watch.land(policy_id, rung, case)
            self._places[key] = None if landing is None else len(self.landed)
            if landing is not None:
                self.landed.append(self._told(policy_id, stage, landing))
                self._note(landing, case)
        return self._places[key]

    def params(self) -> dict[str, Any]:
        """Return the parameters that LANDED and ALERT need."""
        return {"landed": json.dumps(self.landed, default=str), "at": self.watch.at}

    def settle_alarms(self) -> None:
        """Alarm the rungs on which nobody stood and clear those on which somebody does, each once in a pass."""
        empty, stood = self._empty - self.watch.alarmed, self._stood - self.watch.cleared
        raise_alarms(AlarmKind.RUNG_EMPTY, empty, self.watch.at)
        clear_alarms(AlarmKind.RUNG_EMPTY, stood, self.watch.at)
        self.watch.alarmed |= empty
        self.watch.cleared |= stood

    def _told(self, policy_id: int, stage: str, landing: Landing) -> dict[str, Any]:
        climbs = self.watch.climbs(policy_id, stage, landing)
        return {
            "place": len(self.landed),
            "label": self.watch.policies[policy_id].label,
            "rung": landing.rung,
            "duty": str(landing.duty),
            "people": [str(person) for person in landing.people],
            "climb_at": self.watch.at + timedelta(minutes=landing.minutes) if climbs else None,
        }

    def _note(self, landing: Landing, case: Case) -> None:
        team = f"team:{case.responsible_team_id}"
        self._empty |= {f"{team}:{duty}" for duty in landing.empty}
        if landing.people:
            self._stood.add(f"{team}:{landing.duty}")


def climb(by: Actor, event_ids: Sequence[int], at: datetime) -> None:
    """Tell of these events, whose rung has been moved up, the first rung from there on which somebody stands."""
    if not event_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [list(event_ids)])
        waiting = cursor.fetchall()
    watch, events = Watch(at), []
    watch.know({row[0] for row in waiting})
    watch.rota.know(Case(row[3], row[4]) for row in waiting if row[3] is not None)
    telling = Telling(watch)
    for policy_id, stage, rung, team_id, user_id, case_id, event_id in waiting:
        if team_id is None:
            alarm_nobody(case_id, stage, at)
        elif (place := telling.place(policy_id, stage, rung, Case(team_id, user_id))) is not None:
            events.append({"id": event_id, "landed": place})
    params = telling.params() | {"events": json.dumps(events)}
    post_from(by=by, given=f"{LANDED}, {CLIMBED}, {ALERT},", source=NOTES, params=params)
    telling.settle_alarms()


def alarm_nobody(case_id: UUID, stage: str, at: datetime) -> None:
    """Alarm a limit that passed on a case that is on no list: there is nobody to tell."""
    raise_alarm(AlarmKind.NOBODY_RESPONSIBLE, f"case:{case_id}", at, stage)
