"""Change and confirm the one co-ordinator of an episode."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from psycopg.types.range import TimestamptzRange

from accounts.commands import end_access, grant_access
from accounts.domain import TeamKind
from accounts.models import Team
from accounts.queries import period
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken, Stale
from notifications.domain import Template
from pathways import queries
from pathways.commands.accept import member_of, tell_coordinator
from pathways.domain import BY_VERB, EpisodeStatus, Move
from pathways.models import CoordinatorTerm, Episode
from referrals.commands.deaths import refuse_if_dead
from referrals.models import Referral
from referrals.presenters import wall_clock
from timelimits.commands import hand_over
from timelimits.domain.local_time import TICK
from timelimits.models import CaseDeadline

FOR_THE_LIVING = ("allocate", "confirm_coordinator")


@dataclass(frozen=True, slots=True)
class Begun:
    """A move of an episode whose row is locked. `again`: it was made before, so the command returns quietly."""

    move: Move
    episode: Episode
    again: bool


def begin(by: Actor, verb: str, episode_id: UUID, version: int | None, done: Callable[[Episode], bool]) -> Begun:
    """Check permission, lock the row in scope, check the version and the state.

    `done` says whether the episode stands already as the move would have it: doing it again is quiet. Raises
    NotPermitted, NotFound, RuleBroken (person_died), IllegalMove (with since when) or Stale (with who changed it).
    """
    move = BY_VERB[verb]
    require(by, move.permission)
    episode = queries.lock(by.where_it_may(move.permission), episode_id)
    if done(episode):
        return Begun(move, episode, again=True)
    if verb in FOR_THE_LIVING:
        refuse_if_dead(episode.person_id)
    if episode.status not in move.sources:
        raise IllegalMove("episode_ended", f"This can't be done because {ended_words(episode)}.")
    if version is not None and version != episode.version:
        raise Stale(f"{_who_changed(episode)}, after you opened it.")
    return Begun(move, episode, again=False)


def ended_words(episode: Episode) -> str:
    """Return since when an episode has ended: "the episode ended at 10:42"."""
    return f"the episode ended at {wall_clock(episode.ended_at, now())}" if episode.ended_at else "the episode ended"


def _who_changed(episode: Episode) -> str:
    """Return who named the present co-ordinator, and when, where somebody has since acceptance."""
    terms = list(episode.terms.select_related("coordinator").order_by("-period")[:2])
    if len(terms) < 2:
        return "Somebody changed this episode"
    at = wall_clock(terms[0].period.lower, now())
    return f"{terms[0].actor_label} made {terms[0].coordinator.name} the co-ordinator at {at}"


@command
def allocate_episode(
    *,
    by: Actor,
    episode_id: UUID,
    coordinator_id: UUID,
    reason: str,
    team_id: UUID | None = None,
    version: int | None = None,
) -> Episode:
    """Hand the episode to another co-ordinator, with the reason. The terms touch: there is never a gap (R084).

    A team that hands over sees the cases for 24 hours more, or what the place says; a front door keeps its sight.
    The support plan's clock is not restarted (R132). Raises RuleBroken, IllegalMove, Stale.
    """

    def done(now_is: Episode) -> bool:
        who = (coordinator_id, team_id or now_is.team_id)
        return now_is.status == EpisodeStatus.LIVE and who == (now_is.coordinator_id, now_is.team_id)

    begun = begin(by, "allocate", episode_id, version, done)
    episode = begun.episode
    if begun.again:
        return episode
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why the co-ordinator changes.", field="reason")
    team = Team.objects.filter(pk=team_id or episode.team_id).first()
    if team is None:
        raise RuleBroken("team_unknown", "Choose a team.", field="team")
    coordinator, before = member_of(team, coordinator_id), episode.team
    since = _end_term(episode)
    CoordinatorTerm.objects.create(
        episode=episode,
        coordinator=coordinator,
        team=team,
        period=TimestamptzRange(since, None),
        reason=reason,
        actor_id=by.id,
        actor_label=by.label,
    )
    episode.coordinator, episode.team, episode.coordinator_confirmed = coordinator, team, True
    episode.version += 1
    episode.save()
    _hand_over_all(by, episode)
    _end_sight(by, episode, before)
    event = begun.move.event
    record(case_id=episode.case_id, event=event, subject=f"episode:{episode.pk}", coordinator=str(coordinator.pk))
    tell_coordinator(by, episode, Template.CASE_HANDED_OVER)
    return episode


def _end_term(episode: Episode) -> datetime:
    """End the present term and return the instant: now, or just after its start where that is not past.

    Another server's clock may be ahead of ours.
    """
    term = episode.terms.select_for_update().get(period__upper_inf=True)
    ended_at: datetime = max(now(), term.period.lower + TICK)
    term.period = TimestamptzRange(term.period.lower, ended_at)
    term.save(update_fields=["period"])
    return ended_at


def _hand_over_all(by: Actor, episode: Episode) -> None:
    case_ids = queries.case_ids(episode)
    for case_id in case_ids:
        grant_access(by=by, case_id=case_id, team_id=episode.team_id, why="allocated")
    for case in CaseDeadline.objects.select_for_update().filter(case_id__in=case_ids).order_by("case_id"):
        hand_over(
            by=by,
            case_id=case.case_id,
            user_id=episode.coordinator_id,
            team_id=episode.team_id,
            zone=case.zone,
            phase=case.phase,
        )


def _end_sight(by: Actor, episode: Episode, before: Team) -> None:
    """Let the team that hands over see the cases for some hours more (R070), unless it is their front door."""
    case_ids = queries.case_ids(episode)
    front_doors = Referral.objects.filter(case_id__in=case_ids).values_list("front_door_id", flat=True)
    if before.pk == episode.team_id or before.kind == TeamKind.SPA or before.pk in front_doors:
        return
    ends_at = now() + timedelta(hours=period("sight_hours"))
    end_access(by=by, case_ids=case_ids, team_id=before.pk, ends_at=ends_at)


@command
def confirm_coordinator(*, by: Actor, episode_id: UUID, version: int | None = None) -> Episode:
    """Confirm the duty co-ordinator who was named out of hours; confirming twice is quiet."""
    begun = begin(by, "confirm_coordinator", episode_id, version, lambda found: found.coordinator_confirmed)
    episode = begun.episode
    if begun.again:
        return episode
    episode.coordinator_confirmed = True
    episode.version += 1
    episode.save()
    record(case_id=episode.case_id, event=begun.move.event, subject=f"episode:{episode.pk}")
    return episode
