"""Telling whoever is on duty of stages, thousands at once: alerts and messages in the transaction of the events.

Events are grouped by limit, stage and who answers for the case; only the groups pass through this process.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from audit.domain import Actor
from notifications.commands import post_from
from timelimits.alarms import clear_alarms, raise_alarm
from timelimits.book import Book
from timelimits.domain import BREACH, AlarmKind, Rung
from timelimits.ladder import Landing, Rota
from timelimits.models import Policy

GROUPS = """
SELECT c.policy_id, last.stage, last.rung, d.responsible_team_id, d.responsible_user_id,
       array_agg(last.id), array_agg(last.case_id), d.case_id IS NULL
FROM (SELECT DISTINCT ON (clock_id) id, clock_id, case_id, stage, rung FROM timelimits_clockevent
      WHERE id = ANY(%s) ORDER BY clock_id, happened_at DESC, id DESC) last
JOIN timelimits_clock c ON c.id = last.clock_id
LEFT JOIN timelimits_casedeadline d ON d.case_id = last.case_id
GROUP BY 1, 2, 3, 4, 5, d.case_id IS NULL
"""
ALERTS = """
INSERT INTO timelimits_alert (id, event_id, rung, duty, recipient_id, sent_at)
SELECT gen_random_uuid(), event.id, v.rung, v.duty, person.id, %s
FROM json_to_recordset(%s) AS v (events bigint[], rung smallint, duty text, people uuid[])
CROSS JOIN unnest(v.events) AS event (id) CROSS JOIN unnest(v.people) AS person (id)
ON CONFLICT DO NOTHING
"""
CLIMB = """
UPDATE timelimits_clockevent e SET rung = v.rung, climb_at = v.climb_at
FROM json_to_recordset(%s) AS v (events bigint[], rung smallint, climb_at timestamptz)
CROSS JOIN unnest(v.events) AS event (id) WHERE e.id = event.id
"""
NOTES = """
SELECT 'alert:' || a.event_id || ':' || a.rung || ':' || a.recipient_id AS key, a.recipient_id AS user_id,
       CASE e.stage WHEN 'breach' THEN 'limit_breached' ELSE 'limit_warning' END AS template,
       jsonb_build_object('label', p.label) AS params, '/alerts/' || a.id || '/' AS link, d.reference
FROM timelimits_alert a
JOIN timelimits_clockevent e ON e.id = a.event_id
JOIN timelimits_clock c ON c.id = e.clock_id
JOIN timelimits_policy p ON p.id = c.policy_id
JOIN timelimits_casedeadline d ON d.case_id = e.case_id
WHERE a.event_id = ANY(%s) AND a.sent_at = %s
"""


@dataclass(frozen=True, slots=True)
class Group:
    """Events of one limit and stage whose cases have the same team and co-ordinator, to be told from `rung` on.

    `lost` says that the cases are on no list, so that there is no team.
    """

    policy_id: int
    stage: str
    rung: int
    responsible_team_id: UUID
    responsible_user_id: UUID | None
    events: list[int]
    cases: list[UUID]
    lost: bool


def tell(by: Actor, event_ids: Sequence[int], at: datetime) -> None:
    """Tell of these events the first rung, from each event's own on, on which somebody stands.

    Of several events of one clock only the last is told, so that an outage is no flood of old warnings. An empty rung
    is passed over and alarmed. A breach climbs on from there after the rung's minutes; a warning does not.
    """
    if not event_ids:
        return
    ids = list(event_ids)
    landed = _land(_groups(ids), at)
    with connection.cursor() as cursor:
        cursor.execute(CLIMB, [json.dumps(landed, default=str)])
        cursor.execute(ALERTS, [at, json.dumps(landed, default=str)])
    post_from(by=by, source=NOTES, params=[ids, at])


def _groups(event_ids: list[int]) -> list[Group]:
    with connection.cursor() as cursor:
        cursor.execute(GROUPS, [event_ids])
        return [Group(*row) for row in cursor.fetchall()]


def _land(groups: Sequence[Group], at: datetime) -> list[dict[str, Any]]:
    """Return for each group where it landed, who is told and when it climbs on."""
    book, rota, landed = Book(), Rota(at), []
    stood: set[str] = set()
    policies = Policy.objects.in_bulk({group.policy_id for group in groups})
    for group in groups:
        if group.lost:
            _alarm_nobody(group, at)
            continue
        ladder = book.policy(policies[group.policy_id]).ladder
        landing = rota.land(ladder, group.rung, group)
        if landing is not None:
            _alarm_empty(landing, group, at)
            landed.append(_told(group, landing, ladder, at))
            if landing.people:
                stood.add(f"team:{group.responsible_team_id}:{landing.duty}")
    clear_alarms(AlarmKind.RUNG_EMPTY, stood, at)
    return landed


def _told(group: Group, landing: Landing, ladder: Sequence[Rung], at: datetime) -> dict[str, Any]:
    climbs = group.stage == BREACH and landing.rung < len(ladder) - 1
    return {
        "events": group.events,
        "rung": landing.rung,
        "duty": str(landing.duty),
        "people": [str(person) for person in landing.people],
        "climb_at": at + timedelta(minutes=landing.minutes) if climbs else None,
    }


def _alarm_nobody(group: Group, at: datetime) -> None:
    for case_id in group.cases:
        raise_alarm(AlarmKind.NOBODY_RESPONSIBLE, f"case:{case_id}", at, group.stage)


def _alarm_empty(landing: Landing, group: Group, at: datetime) -> None:
    for duty in landing.empty:
        raise_alarm(AlarmKind.RUNG_EMPTY, f"team:{group.responsible_team_id}:{duty}", at)
