"""Reads of episodes, always scoped by who asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from accounts.domain import AccessLevel, Duty, Permission, Role
from accounts.domain.rota import LONDON
from accounts.models import Team, User
from accounts.queries import current_memberships, is_open, may_see, on_duty, people_with_role, scope, teams_for_zone
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound
from pathways.domain import Candidate, ContactKind, EpisodeStatus, first_service, suggest
from pathways.models import Contact, Episode, Spell, Task
from pathways.queries.going import Going, going
from referrals.domain import CRISIS_RESPONSE, Service, Status, missing_to_decide, open_medical_question
from referrals.models import Person, Referral
from referrals.queries import Found, decidable, with_people
from referrals.queries import find_people as find_all
from referrals.queries.asking import read_asked
from referrals.queries.finding import today
from referrals.queries.people import PeopleSeen, mark_closed
from timelimits.models import CaseDeadline, Clock

MEDICAL = ("medically_stable", "medicines_addressed")


@dataclass(frozen=True, slots=True)
class Offer:
    """Who could take a referral, and what is not known yet. `question` is what stops a planned acceptance, or ""."""

    referral: Referral
    live: Episode | None
    teams: tuple[Team, ...]
    team: Team | None
    candidates: tuple[Candidate, ...]
    duty: User | None
    is_open: bool
    members: tuple[User, ...]
    question: str
    unknown: tuple[str, ...]
    going: Going


class EpisodesSeen(PeopleSeen):
    """Episodes with their people as one actor may see them."""

    @staticmethod
    def told_with(row: Episode) -> Referral:
        """Return the referral that opened the episode."""
        return row.opened_by


def for_actor(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[Episode]:
    """Return the episodes this actor may see, with their people as they may see them."""
    require(by, Permission.EPISODE_READ)
    rows = EpisodesSeen(Episode).select_related("person", "coordinator", "team")
    return scope(mark_closed(rows, by), by, levels=levels)


def get(by: Actor, episode_id: UUID, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> Episode:
    """Return one episode and log the reading. Raises NotFound when there is none or it is not yours."""
    episode = for_actor(by, levels).filter(pk=episode_id).first()
    if episode is None:
        raise NotFound
    note_read(by=by, what="episode", ids=[episode.person_id])
    return episode


def get_by_case(by: Actor, case_id: UUID, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> Episode:
    """Return the episode of a case and log the reading. Raises NotFound when there is none or it is not yours."""
    episode = for_actor(by, levels).filter(case_id=case_id).first()
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
    return _live(person_id).first()


def lock_live_episode(person_id: UUID) -> Episode | None:
    """Return the person's live episode with its row locked: it does not end while a referral joins it."""
    return _live(person_id).select_for_update(of=("self",)).first()


def _live(person_id: UUID) -> QuerySet[Episode]:
    live = Episode.objects.select_related("coordinator", "team", "person")
    return live.filter(person_id=person_id, status=EpisodeStatus.LIVE)


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


def offer(by: Actor, referral: Referral, team_id: UUID | None, now: datetime) -> Offer:
    """Return who could take a referral: the live episode that it would join, else teams and their co-ordinators.

    The team asked for is chosen, else the first that serves the zone with the service triage chose. Of somebody whose
    record is closed to who asks, nothing is said of an episode: accepting joins it all the same.
    """
    live = None if referral.person.closed else live_episode(referral.person_id)
    goes = going(referral, now)
    teams = teams_for(referral, goes.service)
    team = live.team if live else next((team for team in teams if team.pk == team_id), teams[0] if teams else None)
    duty = on_duty(team.pk, Duty.CO_ORDINATOR, now) if team else []
    return Offer(
        referral=referral,
        live=live,
        teams=tuple(teams),
        team=team,
        candidates=tuple(candidates(team.pk, now)) if team and not live else (),
        duty=duty[0] if duty else None,
        is_open=team is not None and is_open(team.pk, now),
        members=tuple(members(team.pk, now)) if team else (),
        question=open_medical_question(decidable(referral)),
        unknown=tuple(code for code in missing_to_decide(decidable(referral)) if code in MEDICAL),
        going=goes,
    )


def teams_for(referral: Referral, service: Service | None = None) -> list[Team]:
    """Return the teams that could take a referral: those of its service first, and of these the zone's own first."""
    wanted = str(service or first_service(referral.urgency, referral.service))
    kinds = [wanted, *(str(kind) for kind in Service if kind != wanted)]
    return [team for kind in kinds for team in teams_for_zone(referral.zone, kind)]


def care_teams() -> QuerySet[Team]:
    """Return the teams of the four services, by kind and name."""
    return Team.objects.filter(kind__in=[str(service) for service in Service]).order_by("kind", "name")


def coordinator_of(case_id: UUID) -> User | None:
    """Return who co-ordinates the live episode of a case, also of one that joined it."""
    live = Episode.objects.filter(case_id=root_case(case_id), status=EpisodeStatus.LIVE).select_related("coordinator")
    episode = live.first()
    return episode.coordinator if episode else None


def members(team_id: UUID, now: datetime) -> QuerySet[User]:
    """Return who works in a team now, by name."""
    held = current_memberships(now).filter(team_id=team_id)
    return User.objects.filter(is_active=True, pk__in=held.values("user_id")).order_by("name")


def find_people(by: Actor, words: str) -> Found:
    """Return people by whatever is known of them, the reference of an episode included; one reading is logged."""
    reference = read_asked(words, today()).reference
    episodes = scope(Episode.objects.filter(reference=reference), by) if reference else Episode.objects.none()
    return find_all(by, words, episodes.values_list("person_id", flat=True))


def episodes_of(by: Actor, person_ids: Iterable[UUID]) -> dict[UUID, list[Episode]]:
    """Return the episodes of these people that the actor may see, the live or latest first."""
    found: dict[UUID, list[Episode]] = {}
    if not by.may(Permission.EPISODE_READ):
        return found
    for episode in for_actor(by).filter(person_id__in=list(person_ids)).order_by("-accepted_at"):
        found.setdefault(episode.person_id, []).append(episode)
    return found


def not_seen_yet(episode: Episode) -> QuerySet[Referral]:
    """Return the referrals of an episode that still wait for their first visit."""
    return joined_referrals(episode.case_id).filter(status=Status.ACCEPTED, done_at=None)


def waits_since(referral: Referral) -> datetime:
    """Return from when a visit counts for a referral: its two hours, which begin later when the person got worse."""
    clocks = Clock.objects.filter(subject=f"referral:{referral.pk}", policy_code=CRISIS_RESPONSE, cancel_reason="")
    return clocks.values_list("started_at", flat=True).order_by("-started_at").first() or referral.received_at


def call_after(contact: Contact) -> datetime | None:
    """Return when we were told of what a visit came before, so that it does not meet its two hours."""
    if not contact.attended or contact.kind != ContactKind.FACE_TO_FACE:
        return None
    clocks = Clock.objects.filter(
        case_id__in=joined_referrals(root_case(contact.case_id)).values("case_id"),
        policy_code=CRISIS_RESPONSE, stopped_at=None, started_at__gt=contact.occurred_at,
    )  # fmt: skip
    return clocks.order_by("started_at").values_list("started_at", flat=True).first()


def joined_referrals(case_id: UUID) -> QuerySet[Referral]:
    """Return the referrals of an episode's case: the one that opened it and those that joined."""
    return _of_case(Referral.objects.all(), case_id)


def _of_case(rows: QuerySet[Referral], case_id: UUID) -> QuerySet[Referral]:
    return rows.filter(Q(case_id=case_id) | Q(joined_case_id=case_id)).order_by("received_at")


def person_of_case(by: Actor, case_id: UUID, what: str) -> Person:
    """Return the person of a case as the actor may see them, and log the reading. Raises NotFound."""
    referral = _of_case(with_people(by), case_id).first()
    if referral is None or not may_see(by, case_id):
        raise NotFound
    note_read(by=by, what=what, ids=[referral.person_id])
    return referral.person


def lock_referrals(case_id: UUID) -> list[Referral]:
    """Return the referrals of an episode's case with their rows locked, always before the episode's own."""
    return list(joined_referrals(case_id).select_for_update().order_by("pk"))


def lock_to_end(episode_id: UUID) -> None:
    """Lock what ends with an episode: its referrals, then its own row. Nothing joins it from here on."""
    for case_id in Episode.objects.filter(pk=episode_id).values_list("case_id", flat=True):
        lock_referrals(case_id)
    Episode.objects.select_for_update().filter(pk=episode_id).first()


def root_case(case_id: UUID) -> UUID:
    """Return the case that holds the episode: a joined referral's is its episode's, any other is its own."""
    joined = Referral.objects.filter(case_id=case_id).values_list("joined_case_id", flat=True).first()
    return joined or case_id


def lock_followed(case_id: UUID) -> UUID:
    """Return the case on whose list an answer is waited for: its own, else that of the episode it joined; locked.

    Raises IllegalMove (case_ended) when neither is on a list.
    """
    cases = (case_id, root_case(case_id))
    listed = CaseDeadline.objects.select_for_update().filter(case_id__in=cases).order_by("case_id")
    found = {row.case_id for row in listed}
    if not found:
        raise IllegalMove("case_ended", "This can't be done because the case has ended: nobody would follow it up.")
    return case_id if case_id in found else cases[1]


def case_ids(episode: Episode) -> list[UUID]:
    """Return the episode's case and the cases of the referrals that joined it: their timelines show together."""
    return [referral.case_id for referral in joined_referrals(episode.case_id)]


def spells_that_count(episode: Episode) -> QuerySet[Spell]:
    """Return the episode's spells, apart from a withdrawn referral's: the first of them begins its limits."""
    return episode.spells.exclude(referral__status=Status.WITHDRAWN)


def open_tasks(case_ids: Iterable[UUID]) -> QuerySet[Task]:
    """Return what is promised and not yet done, next due first."""
    return Task.objects.filter(case_id__in=list(case_ids), done_at=None).select_related("owner").order_by("due_at")


def contacts(case_ids: Iterable[UUID]) -> QuerySet[Contact]:
    """Return the contacts of these cases, newest first."""
    return Contact.objects.filter(case_id__in=list(case_ids)).order_by("-occurred_at", "-recorded_at")
