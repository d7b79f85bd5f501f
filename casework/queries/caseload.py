"""One person's caseload: their open cases, next deadline first, and the alerts they have not answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from accounts.domain import Permission
from accounts.models import User
from accounts.queries import current_memberships, scope
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from casework.domain import Cursor
from casework.queries.board import after_cursor, cut, with_clock
from pathways.domain import INTERMEDIATE_CARE
from pathways.models import Contact, Episode, Spell, Task
from pathways.queries import care_teams
from referrals.models import Referral
from referrals.queries import Needs, needs_in, with_needs, with_people
from timelimits.models import Alert, CaseDeadline, Clock

MOST_ALERTS = 20


@dataclass(frozen=True, slots=True)
class Carried:
    """One open case of a caseload."""

    deadline: CaseDeadline
    referral: Referral
    episode: Episode | None
    task: Task | None
    contact: Contact | None
    needs: Needs


@dataclass(frozen=True, slots=True)
class Load:
    """One page of a caseload."""

    rows: Sequence[Carried]
    following: Cursor | None


def caseload(by: Actor, user_id: UUID, after: Cursor | None) -> Load:
    """Return up to 50 open cases that the person answers for and the actor may see, and log the reading.

    Six statements, whatever the number of rows.
    """
    require(by, Permission.CASELOAD_READ)
    mine = scope(CaseDeadline.objects.all(), by).filter(responsible_user_id=user_id)
    kept, following = cut(after_cursor(with_clock(mine), after), lambda row: (row.next_due_at, row.case_id))
    ids = [row.case_id for row in kept]
    told = with_needs(with_people(by).filter(case_id__in=ids), "person")
    referrals = {referral.case_id: referral for referral in told}
    roots = [r.joined_case_id or r.case_id for r in referrals.values()]
    episodes = {episode.case_id: episode for episode in _episodes(roots)}
    open_tasks = Task.objects.filter(case_id__in=ids, done_at=None).select_related("owner")
    tasks = _first_of_each(open_tasks.order_by("case_id", "due_at"))
    contacts = _first_of_each(Contact.objects.filter(case_id__in=ids).order_by("case_id", "-occurred_at"))
    rows = [
        _carried(row, referrals[row.case_id], episodes, tasks, contacts) for row in kept if row.case_id in referrals
    ]
    if rows:
        note_read(by=by, what="caseload", ids=[row.referral.person_id for row in rows])
    return Load(rows, following)


def _carried(
    row: CaseDeadline,
    referral: Any,
    episodes: Mapping[UUID, Episode],
    tasks: Mapping[UUID, Task],
    contacts: Mapping[UUID, Contact],
) -> Carried:
    episode = episodes.get(referral.joined_case_id or referral.case_id)
    needs = needs_in(referral, referral.person)
    return Carried(row, referral, episode, tasks.get(row.case_id), contacts.get(row.case_id), needs)


def _episodes(case_ids: Sequence[UUID]) -> QuerySet[Any]:
    spells = Spell.objects.filter(episode=OuterRef("pk"), period__upper_inf=True).order_by("-main", "pk")
    six_weeks = Clock.objects.filter(case_id=OuterRef("case_id"), policy_code=INTERMEDIATE_CARE, stopped_at=None)
    return Episode.objects.filter(case_id__in=case_ids).annotate(
        service_now=Subquery(spells.values("service")[:1]),
        first_day=Subquery(six_weeks.values("started_at")[:1]),
        last_day=Subquery(six_weeks.values("due_at")[:1]),
    )


def _first_of_each(rows: QuerySet[Any]) -> dict[UUID, Any]:
    return {row.case_id: row for row in rows.distinct("case_id")}


def colleagues(by: Actor, now: datetime) -> list[User]:
    """Return whose caseload the actor may look at beside their own: their teams' people, for who keeps the rota."""
    if not by.may(Permission.ROTA_MANAGE):
        return []
    held = current_memberships(now)
    teams = [team.pk for team in care_teams()] if by.place_wide else list(by.teams)
    people = held.filter(team_id__in=teams).values("user_id")
    return list(User.objects.filter(is_active=True, pk__in=people).order_by("name"))


def whose(by: Actor, asked: UUID | None, others: Sequence[User]) -> UUID:
    """Return whose caseload is shown: the one asked for where the actor may, else their own. Raises NotFound."""
    if asked is None or asked == by.user_id:
        if by.user_id is None:
            raise NotFound
        return by.user_id
    if asked not in {user.pk for user in others}:
        raise NotFound
    return asked


@dataclass(frozen=True, slots=True)
class Ringing:
    """One alert that waits for an answer, and whose case it is about."""

    alert: Alert
    referral: Referral | None


def unanswered(by: Actor) -> list[Ringing]:
    """Return the alerts sent to the actor that nobody answered, of clocks that still run: the latest of each."""
    rows = Alert.objects.filter(recipient_id=by.user_id, event__acknowledged_at=None, event__clock__stopped_at=None)
    seen = scope(rows, by, field="event__case_id").select_related("event__clock__policy")
    latest = seen.order_by("event__clock_id", "-sent_at", "-event__id").distinct("event__clock_id")[:MOST_ALERTS]
    alerts = sorted(latest, key=lambda alert: alert.event.due_at)
    cases = {alert.event.case_id for alert in alerts}
    referrals = {r.case_id: r for r in with_people(by).filter(case_id__in=cases)}
    return [Ringing(alert, referrals.get(alert.event.case_id)) for alert in alerts]
