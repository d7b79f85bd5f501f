"""Change and confirm the one co-ordinator of an episode."""

from uuid import UUID

from psycopg.types.range import TimestamptzRange

from accounts.commands import grant_access
from accounts.models import Team
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken, Stale
from notifications.domain import Template
from pathways import queries
from pathways.commands.accept import member_of, tell_coordinator
from pathways.domain import BY_VERB, Move
from pathways.models import CoordinatorTerm, Episode
from timelimits.commands import hand_over
from timelimits.models import CaseDeadline


def begin(by: Actor, verb: str, episode_id: UUID, version: int | None) -> tuple[Move, Episode]:
    """Check permission, lock the row in scope, check the version and the state."""
    move = BY_VERB[verb]
    require(by, move.permission)
    episode = queries.lock(by.where_it_may(move.permission), episode_id)
    if episode.status not in move.sources:
        raise IllegalMove("episode_ended", "This can't be done because the episode has ended.")
    if version is not None and version != episode.version:
        raise Stale("Somebody changed this episode after you opened it.")
    return move, episode


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

    The support plan's clock is not restarted (R132). Raises RuleBroken, IllegalMove, Stale.
    """
    move, episode = begin(by, "allocate", episode_id, version)
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why the co-ordinator changes.", field="reason")
    team = Team.objects.filter(pk=team_id or episode.team_id).first()
    if team is None:
        raise RuleBroken("team_unknown", "Choose a team.", field="team")
    coordinator = member_of(team, coordinator_id)
    if coordinator.pk == episode.coordinator_id and team.pk == episode.team_id:
        return episode
    _end_term(episode)
    CoordinatorTerm.objects.create(
        episode=episode,
        coordinator=coordinator,
        team=team,
        period=TimestamptzRange(now(), None),
        reason=reason,
        actor_id=by.id,
        actor_label=by.label,
    )
    episode.coordinator, episode.team, episode.coordinator_confirmed = coordinator, team, True
    episode.version += 1
    episode.save()
    _hand_over_all(by, episode)
    record(case_id=episode.case_id, event=move.event, subject=f"episode:{episode.pk}", coordinator=str(coordinator.pk))
    tell_coordinator(by, episode, Template.CASE_HANDED_OVER)
    return episode


def _end_term(episode: Episode) -> None:
    term = episode.terms.select_for_update().get(period__upper_inf=True)
    if term.period.lower == now():
        raise RuleBroken("changed_just_now", "The co-ordinator was changed this very moment. Look again.")
    term.period = TimestamptzRange(term.period.lower, now())
    term.save(update_fields=["period"])


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


@command
def confirm_coordinator(*, by: Actor, episode_id: UUID, version: int | None = None) -> Episode:
    """Confirm the duty co-ordinator who was named out of hours; confirming twice is quiet."""
    move, episode = begin(by, "confirm_coordinator", episode_id, version)
    if episode.coordinator_confirmed:
        return episode
    episode.coordinator_confirmed = True
    episode.version += 1
    episode.save()
    record(case_id=episode.case_id, event=move.event, subject=f"episode:{episode.pk}")
    return episode
