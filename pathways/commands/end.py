"""End an episode, or withdraw a referral before or after acceptance: everything that ends with it, in one act."""

from uuid import UUID

from psycopg.types.range import TimestamptzRange

from accounts.queries import may_see
from audit.commands import command, now, record
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from pathways import queries
from pathways.commands.coordinate import begin as begin_episode
from pathways.domain import (
    BY_VERB,
    CRISIS_SPELL,
    INTERMEDIATE_CARE,
    SUPPORT_PLAN,
    TRANSITION_PLAN,
    EndReason,
    EpisodeStatus,
)
from pathways.models import Episode, Task
from referrals.commands.decide import refuse_while_999_open
from referrals.commands.moves import begin, complete, done_already, end_clocks
from referrals.domain import Status
from referrals.models import Referral
from referrals.queries import STATUS_LEVELS
from timelimits.commands import cancel_clocks, close_case, stop_clock

CANCELS = {
    EndReason.COMPLETED: "not_needed",
    EndReason.WITHDRAWN: "withdrawn",
    EndReason.NOT_WANTED: "not_wanted",
    EndReason.ADMITTED: "admitted",
    EndReason.DIED: "died",
    EndReason.MOVED_AWAY: "not_needed",
}


@command
def withdraw_referral(*, by: Actor, referral_id: UUID, reason: str, version: int | None = None) -> Referral:
    """Take a referral back, with the reason in words. After acceptance this ends the episode that it opened.

    Whoever referred may do so, seeing its status only, until it is accepted. Raises IllegalMove after that, and for
    everybody once the person has been seen: end the episode instead.
    """
    move, referral = begin(by, "withdraw", referral_id, version, STATUS_LEVELS)
    if done_already(move, referral):
        return referral
    if referral.status == Status.ACCEPTED and not may_see(by, referral.case_id):
        raise IllegalMove("accepted_meanwhile", "This can't be done because it has been accepted. Ring the team.")
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why, in a few words.", field="reason")
    if referral.status == Status.ACCEPTED and referral.done_at is not None:
        raise IllegalMove(
            "seen_already", "This can't be done because the person has been seen. End the episode instead."
        )
    refuse_while_999_open(referral)
    opened = Episode.objects.select_for_update().filter(opened_by=referral, status=EpisodeStatus.LIVE).first()
    complete(by, move, referral, note=reason)
    end_clocks(by, move, referral, now(), "withdrawn")
    if opened is not None:
        _finish(by, opened, EndReason.WITHDRAWN)
    return referral


@command
def end_episode(*, by: Actor, episode_id: UUID, reason: EndReason, version: int | None = None) -> Episode:
    """End the episode now: spells and waiting end, clocks stop or are cancelled, open tasks are closed by name.

    Raises RuleBroken(crisis_not_seen) while a two-hour referral of the case still waits to be seen.
    """
    _, episode = begin_episode(by, "end", episode_id, version)
    waiting = queries.joined_referrals(episode.case_id).filter(status=Status.ACCEPTED, done_at=None)
    if waiting.exists() and reason is EndReason.COMPLETED:
        raise RuleBroken("not_seen_yet", "This can't be done because a referral still waits for its first visit.")
    for referral in waiting:
        cancel_clocks(by=by, subject=f"referral:{referral.pk}", reason=CANCELS[reason])
        referral.done_at = now()
        referral.save(update_fields=["done_at"])
        close_case(by=by, case_id=referral.case_id)
    return _finish(by, episode, reason)


def _finish(by: Actor, episode: Episode, reason: EndReason) -> Episode:
    episode.status, episode.end_reason, episode.ended_at = EpisodeStatus.ENDED, reason, now()
    episode.version += 1
    episode.save()
    _end_periods(episode)
    _end_clocks(by, episode, reason)
    for task in Task.objects.select_for_update().filter(case_id__in=queries.case_ids(episode), done_at=None):
        task.done_at, task.done_by = now(), f"{by.label}: episode ended"[:120]
        task.save(update_fields=["done_at", "done_by"])
    event = BY_VERB["end"].event
    record(case_id=episode.case_id, event=event, subject=f"episode:{episode.pk}", reason=reason)
    close_case(by=by, case_id=episode.case_id)
    return episode


def _end_periods(episode: Episode) -> None:
    for rows in (episode.spells, episode.waitings, episode.terms):
        for row in rows.select_for_update().filter(period__upper_inf=True):
            row.period = TimestamptzRange(row.period.lower, max(now(), row.period.lower), "[]")
            row.save(update_fields=["period"])


def _end_clocks(by: Actor, episode: Episode, reason: EndReason) -> None:
    subject = f"episode:{episode.pk}"
    stop_clock(by=by, subject=subject, policy=INTERMEDIATE_CARE, stopped_at=now())
    cancel_clocks(by=by, subject=subject, reason=CANCELS[reason], policies=(SUPPORT_PLAN, TRANSITION_PLAN))
    for spell in episode.spells.all():
        stop_clock(by=by, subject=f"spell:{spell.pk}", policy=CRISIS_SPELL, stopped_at=now())
