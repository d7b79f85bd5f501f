"""Reads of episodes, always scoped by who asks."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from accounts.domain import AccessLevel, Duty, Permission, Role
from accounts.queries import on_duty, people_with_role, scope
from accounts.rota import LONDON
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from pathways.domain import Candidate, EpisodeStatus, suggest
from pathways.models import Contact, Episode, Task
from referrals.models import Referral
from timelimits.models import CaseDeadline


def for_actor(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[Episode]:
    """Return the episodes this actor may see."""
    require(by, Permission.EPISODE_READ)
    return scope(Episode.objects.select_related("person", "coordinator", "team"), by, levels=levels)


def get(by: Actor, episode_id: UUID, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> Episode:
    """Return one episode and log the reading. Raises NotFound when there is none or it is not yours."""
    episode = for_actor(by, levels).filter(pk=episode_id).first()
    if episode is None:
        raise NotFound
    note_read(by=by, what="episode", ids=[episode.person_id])
    return episode


def lock(by: Actor, episode_id: UUID) -> Episode:
    """Return one episode with its row locked, in scope. Raises NotFound."""
    episode = scope(Episode.objects.select_for_update(), by).filter(pk=episode_id).first()
    if episode is None:
        raise NotFound
    return episode


def live_episode(person_id: UUID) -> Episode | None:
    """Return the person's live episode; there is never more than one."""
    live = Episode.objects.select_related("coordinator", "team", "person")
    return live.filter(person_id=person_id, status=EpisodeStatus.LIVE).first()


def next_reference(accepted_at: datetime) -> str:
    """Return the next reference, such as E-26-00042."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('pathways_reference_seq')")
        number = cursor.fetchone()[0]
    return f"E-{accepted_at.astimezone(LONDON):%y}-{number:05d}"


def candidates(team_id: UUID, now: datetime) -> list[Candidate]:
    """Return who could co-ordinate for this team, best first: on duty, fewest open cases, latest next deadline."""
    people = list(people_with_role(Role.CASE_COORDINATOR, team_id, now))
    carrying = (
        CaseDeadline.objects.filter(responsible_user__in=people)
        .values("responsible_user")
        .annotate(n=Count("pk"), next_due=Min("next_due_at"))
    )
    loads = {row["responsible_user"]: (row["n"], row["next_due"]) for row in carrying}
    duty = {user.pk for user in on_duty(team_id, Duty.CO_ORDINATOR, now)}
    return suggest([Candidate(user.pk, user.name, *loads.get(user.pk, (0, None)), user.pk in duty) for user in people])


def joined_referrals(case_id: UUID) -> QuerySet[Referral]:
    """Return the referrals of an episode's case: the one that opened it and those that joined."""
    return Referral.objects.filter(Q(case_id=case_id) | Q(joined_case_id=case_id)).order_by("received_at")


def root_case(case_id: UUID) -> UUID:
    """Return the case that holds the episode: a joined referral's is its episode's, any other is its own."""
    joined = Referral.objects.filter(case_id=case_id).values_list("joined_case_id", flat=True).first()
    return joined or case_id


def case_ids(episode: Episode) -> list[UUID]:
    """Return the episode's case and the cases of the referrals that joined it: their timelines show together."""
    return [referral.case_id for referral in joined_referrals(episode.case_id)]


def open_tasks(case_ids: Iterable[UUID]) -> QuerySet[Task]:
    """Return what is promised and not yet done, next due first."""
    return Task.objects.filter(case_id__in=list(case_ids), done_at=None).select_related("owner").order_by("due_at")


def contacts(case_ids: Iterable[UUID]) -> QuerySet[Contact]:
    """Return the contacts of these cases, newest first."""
    return Contact.objects.filter(case_id__in=list(case_ids)).order_by("-occurred_at", "-recorded_at")
