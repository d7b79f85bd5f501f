"""End an episode, or withdraw a referral before or after acceptance: everything that ends with it, in one act."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
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
from pathways.models import Episode, Spell, Task
from referrals.commands.crews import refuse_while_crew_waits
from referrals.commands.decide import refuse_while_999_open
from referrals.commands.moves import begin, complete, end_clocks
from referrals.commands.reviews import settle_reviews
from referrals.domain import Status
from referrals.models import Referral
from referrals.queries import STATUS_LEVELS
from timelimits.commands import cancel_clocks, close_case, lapse_approval, stop_clock
from timelimits.domain import ApprovalKind, CancelReason

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

    Of a joined one it ends what it brought to the episode. Whoever referred may do so, seeing its status only, until
    it is accepted. Raises IllegalMove after that; and for everybody once the person has been seen, or while another
    referral has joined the episode: end the episode instead. Raises RuleBroken (crew_waits) while a crew waits, except
    for whoever sent it: then the crew's time is cancelled, never counted as answered.
    """
    begun = begin(by, "withdraw", referral_id, version, (reason,), STATUS_LEVELS)
    referral = begun.referral
    if begun.again:
        return referral
    if referral.status == Status.ACCEPTED and not may_see(by, referral.case_id):
        raise IllegalMove("accepted_meanwhile", "This can't be done because it has been accepted. Ring the team.")
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why, in a few words.", field="reason")
    if referral.status == Status.ACCEPTED and referral.done_at is not None:
        raise IllegalMove(
            "seen_already", "This can't be done because the person has been seen. End the episode instead."
        )
    _refuse_while_unsafe(by, referral)
    opened = Episode.objects.select_for_update().filter(opened_by=referral, status=EpisodeStatus.LIVE).first()
    if opened is not None and queries.not_seen_yet(opened).exclude(pk=referral.pk).exists():
        raise IllegalMove(
            "others_joined", "This can't be done because another referral joined its episode. End the episode instead."
        )
    complete(by, begun, note=reason)
    end_clocks(by, begun, now(), "withdrawn")
    if opened is not None:
        _finish(by, opened, EndReason.WITHDRAWN)
    elif referral.joined_case_id is not None:
        _take_out(by, referral, referral.joined_case_id)
    return referral


def _take_out(by: Actor, referral: Referral, joined: UUID) -> None:
    """End what a joined referral brought to the episode, which goes on without it."""
    _end_spells(by, Spell.objects.filter(referral=referral))
    _close_tasks([referral.case_id], f"{by.label}: referral withdrawn")
    lapse_approval(by=by, kind=ApprovalKind.SAFE_CARE_ACCEPTANCE, subject=f"referral:{referral.pk}")
    episode = Episode.objects.select_for_update().get(case_id=joined)
    if not queries.spells_that_count(episode).exists():
        begun = (INTERMEDIATE_CARE, TRANSITION_PLAN)
        cancel_clocks(by=by, subject=f"episode:{episode.pk}", reason=CancelReason.WITHDRAWN, policies=begun)


def _refuse_while_unsafe(by: Actor, referral: Referral) -> None:
    refuse_while_999_open(referral)
    if may_see(by, referral.case_id):  # whoever sent it speaks for the crew; we must tell it
        refuse_while_crew_waits(referral)


@command
def end_episode(*, by: Actor, episode_id: UUID, reason: EndReason, version: int | None = None) -> Episode:
    """End the episode now: spells and waiting end, clocks stop or are cancelled, open tasks are closed by name.

    Raises RuleBroken(crisis_not_seen) while a two-hour referral of the case still waits to be seen.
    """
    queries.lock_to_end(episode_id)
    begun = begin_episode(by, "end", episode_id, version, lambda found: found.end_reason == reason)
    episode = begun.episode
    if begun.again:
        return episode
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
    for rows in (episode.waitings.all(), episode.terms.all()):
        _end_periods(rows)
    _end_spells(by, episode.spells.all())
    _end_clocks(by, episode, reason)
    _close_tasks(queries.case_ids(episode), f"{by.label}: episode ended")
    event = BY_VERB["end"].event
    record(case_id=episode.case_id, event=event, subject=f"episode:{episode.pk}", reason=reason)
    close_case(by=by, case_id=episode.case_id)
    settle_reviews(by=by, person_id=episode.person_id)
    return episode


def _end_periods(rows: QuerySet[Any]) -> list[Any]:
    ended = list(rows.select_for_update().filter(period__upper_inf=True))
    for row in ended:
        row.period = TimestamptzRange(row.period.lower, max(now(), row.period.lower), "[]")
        row.save(update_fields=["period"])
    return ended


def _end_spells(by: Actor, spells: QuerySet[Spell]) -> None:
    for spell in _end_periods(spells):
        stop_clock(by=by, subject=f"spell:{spell.pk}", policy=CRISIS_SPELL, stopped_at=now())


def _close_tasks(case_ids: Sequence[UUID], words: str) -> None:
    for task in Task.objects.select_for_update().filter(case_id__in=case_ids, done_at=None):
        task.done_at, task.done_by = now(), words[:120]
        task.save(update_fields=["done_at", "done_by"])


def _end_clocks(by: Actor, episode: Episode, reason: EndReason) -> None:
    subject = f"episode:{episode.pk}"
    stop_clock(by=by, subject=subject, policy=INTERMEDIATE_CARE, stopped_at=now())
    cancel_clocks(by=by, subject=subject, reason=CANCELS[reason], policies=(SUPPORT_PLAN, TRANSITION_PLAN))
