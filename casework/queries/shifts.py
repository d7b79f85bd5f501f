"""What one shift leaves to the next: open two-hour items, questions out, what was promised, people worried about."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts.domain import Permission
from accounts.models import Team
from accounts.queries import scope
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from casework.domain import Tab
from casework.queries.board import BY_DEADLINE, TAB_FILTERS
from casework.queries.lines import Line, lines
from pathways.domain import BLOCKER
from pathways.models import Task
from referrals.models import HandOver, InformationRequest, Referral, Worry
from referrals.queries import with_needs, with_people
from timelimits.models import CaseDeadline

MOST = 200
AHEAD = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What is open for a team: at most 200 of each sort; `people`: case → the referral that names its person."""

    two_hour: Sequence[Line] = ()
    questions: Sequence[InformationRequest] = ()
    calls: Sequence[Task] = ()
    worries: Sequence[Worry] = ()
    people: Mapping[UUID, Referral] | None = None

    def listed(self) -> dict[str, list[str]]:
        """Return what is listed as ids, by sort: what a hand-over keeps."""
        return {
            "two_hour": [str(row.case_id) for row in self.two_hour],
            "questions": [str(row.pk) for row in self.questions],
            "calls": [str(row.pk) for row in self.calls],
            "worries": [str(row.pk) for row in self.worries],
        }


def teams_of(by: Actor) -> list[Team]:
    """Return the teams whose shift the actor may hand over, by name."""
    require(by, Permission.SHIFT_HAND_OVER)
    return list(Team.objects.filter(pk__in=by.teams).order_by("name"))


def open_items(by: Actor, team: Team, now: datetime) -> OpenItems:
    """Return what is open for the team: a front door that sees the whole place hands over the whole place."""
    by = by.where_it_may(Permission.SHIFT_HAND_OVER)
    cases = scope(CaseDeadline.objects.all(), by)
    if not by.place_wide:
        cases = cases.filter(responsible_team=team)
    two_hour = CaseDeadline.objects.all() if by.place_wide else cases  # a closed one is a row without a name
    ids = cases.values("case_id")
    asked = InformationRequest.objects.filter(referral__case_id__in=ids, answered_at=None, closed_at=None)
    due = Task.objects.filter(case_id__in=ids, done_at=None, due_at__lte=now + AHEAD)
    calls = due.exclude(kind=BLOCKER, due_at__gte=now)  # what is in the way of leaving is told here once it is late
    worries = Worry.objects.filter(case_id__in=ids, ended_at=None)
    people = with_needs(with_people(by), "person")
    found = OpenItems(
        two_hour=lines(two_hour.filter(TAB_FILTERS[Tab.TWO_HOUR]).order_by(*BY_DEADLINE)[:MOST], by),
        questions=_first(asked.prefetch_related(Prefetch("referral", people)).order_by("asked_at", "pk")),
        calls=_first(calls.select_related("owner").order_by("due_at", "pk")),
        worries=_first(worries.order_by("since", "pk")),
    )
    of_cases = {row.case_id for rows in (found.calls, found.worries) for row in rows}
    of_cases |= {row.case_id for row in found.two_hour if not row.closed}
    return OpenItems(found.two_hour, found.questions, found.calls, found.worries, _people(by, of_cases))


def _first(rows: QuerySet[Any]) -> list[Any]:
    return list(rows[:MOST])


def _people(by: Actor, case_ids: Collection[UUID]) -> dict[UUID, Referral]:
    return {row.case_id: row for row in with_needs(with_people(by), "person").filter(case_id__in=case_ids)}


def log_shift(by: Actor, found: OpenItems) -> None:
    """Log one reading of the hand-over with the people shown."""
    shown = [
        *(row.person_id for row in found.two_hour if not row.closed),
        *(row.referral.person_id for row in found.questions),
        *(row.person_id for row in (found.people or {}).values()),
    ]
    if shown:
        note_read(by=by, what="handover", ids=list(dict.fromkeys(str(key) for key in shown)))


def latest_hand_over(team: Team) -> HandOver | None:
    """Return the team's last hand-over, accepted or not."""
    return HandOver.objects.filter(team=team).select_related("by", "accepted_by").order_by("-handed_at", "-pk").first()


def lock_hand_over(by: Actor, hand_over_id: UUID) -> HandOver:
    """Return a hand-over of one of the actor's teams, or of any for who answers for the place, its row locked."""
    mine = Q() if by.where_it_may(Permission.SHIFT_HAND_OVER).place_wide else Q(team_id__in=by.teams)
    row = HandOver.objects.select_for_update().filter(mine, pk=hand_over_id).first()  # joined rows would be older
    if row is None:
        raise NotFound
    return row
