"""What of a case is open here: episode, services, waiting, first visits, tasks, discharge. Ended and reopened."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model
from psycopg.types.range import TimestamptzRange

from accounts.queries import scope
from audit.commands import now, record
from audit.domain import Actor
from audit.refusals import IllegalMove
from pathways.domain import SERVICE_LABELS, DischargeStatus, EndReason, EpisodeStatus, LiaisonOutcome
from pathways.models import CoordinatorTerm, Discharge, Episode, LiaisonRequest, Spell, Task, Waiting
from referrals.domain import Service, Status
from referrals.models import Referral
from timelimits.closing import keep
from timelimits.domain import CancelReason, OpenItem, Why
from timelimits.models import Closed

EPISODE, SPELL, WAITING, VISIT = "episode", "spell", "waiting", "first_visit"
TASK, DISCHARGE, LIAISON = "task", "discharge", "liaison"
KINDS: Mapping[str, type[Model]] = {
    EPISODE: Episode,
    SPELL: Spell,
    WAITING: Waiting,
    VISIT: Referral,
    TASK: Task,
    DISCHARGE: Discharge,
    LIAISON: LiaisonRequest,
}
END_REASONS = {
    CancelReason.DIED: EndReason.DIED,
    CancelReason.ADMITTED: EndReason.ADMITTED,
    CancelReason.NOT_WANTED: EndReason.NOT_WANTED,
    CancelReason.WITHDRAWN: EndReason.WITHDRAWN,
}


def open_work(actor: Actor, case_ids: Collection[UUID]) -> list[OpenItem]:
    """Return what is open of these cases that the actor may see: what is done for the person first, the episode last.

    A service that a joined referral brought to an episode belongs to that referral's case.
    """
    return [
        *_services(actor, case_ids),
        *_visits(actor, case_ids),
        *_promised(actor, case_ids),
        *_episodes(actor, case_ids),
    ]


def _services(actor: Actor, case_ids: Collection[UUID]) -> Iterable[OpenItem]:
    spells = Spell.objects.filter(period__upper_inf=True).select_related("episode", "referral")
    for spell in scope(spells, actor, field="episode__case_id").order_by("-main", "pk"):
        joined = spell.referral if spell.referral and spell.referral.joined_case_id else None
        case_id = joined.case_id if joined else spell.episode.case_id
        if case_id in case_ids:
            yield OpenItem(SPELL, str(spell.pk), case_id, f"{_service(spell.service)}, going on now")
    waitings = Waiting.objects.filter(period__upper_inf=True, episode__case_id__in=case_ids).select_related("episode")
    for row in scope(waitings, actor, field="episode__case_id"):
        yield OpenItem(WAITING, str(row.pk), row.episode.case_id, f"Waiting for {_service(row.service).lower()}")


def _service(code: str) -> str:
    return SERVICE_LABELS[Service(code)][1] if code else "a service"


def _visits(actor: Actor, case_ids: Collection[UUID]) -> Iterable[OpenItem]:
    waiting = Referral.objects.filter(case_id__in=case_ids, status=Status.ACCEPTED, done_at=None)
    for row in scope(waiting, actor).order_by("received_at"):
        yield OpenItem(VISIT, str(row.pk), row.case_id, f"First visit for {row.reference}")


def _promised(actor: Actor, case_ids: Collection[UUID]) -> Iterable[OpenItem]:
    tasks = Task.objects.filter(case_id__in=case_ids, done_at=None).select_related("owner")
    for task in scope(tasks, actor).order_by("due_at"):
        yield OpenItem(TASK, str(task.pk), task.case_id, task.what, task.owner.name, task.due_at)
    asked = LiaisonRequest.objects.filter(case_id__in=case_ids, answered_at=None)
    for row in scope(asked, actor).order_by("asked_at"):
        yield OpenItem(LIAISON, str(row.pk), row.case_id, "Psychiatric liaison asked", row.asked_of)
    leaving = Discharge.objects.filter(referral__case_id__in=case_ids, ended_at=None).select_related("referral")
    for each in scope(leaving, actor, field="referral__case_id"):
        yield OpenItem(DISCHARGE, str(each.pk), each.referral.case_id, "Discharge from hospital, on the list")


def _episodes(actor: Actor, case_ids: Collection[UUID]) -> Iterable[OpenItem]:
    live = Episode.objects.filter(case_id__in=case_ids, status=EpisodeStatus.LIVE).select_related("coordinator")
    for row in scope(live, actor):
        words = f"Episode {row.reference}, with its co-ordinator"
        yield OpenItem(EPISODE, str(row.pk), row.case_id, words, row.coordinator.name)


def _end_period(by: Actor, item: OpenItem, why: Why) -> None:
    rows: Any = KINDS[item.kind]._default_manager
    row = rows.select_for_update(of=("self",)).filter(pk=item.key, period__upper_inf=True).first()
    if row is None:
        return
    row.period = TimestamptzRange(row.period.lower, max(now(), row.period.lower), "[]")
    row.save(update_fields=["period"])
    keep(by, item, why, {})


def _end_visit(by: Actor, item: OpenItem, why: Why) -> None:
    row = Referral.objects.select_for_update().filter(pk=item.key, status=Status.ACCEPTED, done_at=None).first()
    if row is None:
        return
    row.done_at = now()
    row.save(update_fields=["done_at"])
    keep(by, item, why, {})


def _end_task(by: Actor, item: OpenItem, why: Why) -> None:
    task = Task.objects.select_for_update().filter(pk=item.key, done_at=None).first()
    if task is None:
        return
    task.done_at, task.done_by = now(), f"{by.label}: {why.words}"[:120]
    task.save(update_fields=["done_at", "done_by"])
    keep(by, item, why, {})


def _end_liaison(by: Actor, item: OpenItem, why: Why) -> None:
    row = LiaisonRequest.objects.select_for_update().filter(pk=item.key, answered_at=None).first()
    if row is None:
        return
    row.answered_at, row.answered_by, row.outcome = now(), by.label, LiaisonOutcome.CASE_CLOSED
    row.save(update_fields=["answered_at", "answered_by", "outcome"])
    keep(by, item, why, {})


def _end_discharge(by: Actor, item: OpenItem, why: Why) -> None:
    row = Discharge.objects.select_for_update().filter(pk=item.key, ended_at=None).first()
    if row is None:
        return
    keep(by, item, why, {"status": row.status})
    row.status, row.ended_at = DischargeStatus.CANCELLED, now()
    row.version += 1
    row.save(update_fields=["status", "ended_at", "version"])


def _end_episode(by: Actor, item: OpenItem, why: Why) -> None:
    row = Episode.objects.select_for_update().filter(pk=item.key, status=EpisodeStatus.LIVE).first()
    if row is None:
        return
    terms = list(row.terms.select_for_update().filter(period__upper_inf=True))
    keep(by, item, why, {"terms": [term.pk for term in terms]})
    for term in terms:
        term.period = TimestamptzRange(term.period.lower, max(now(), term.period.lower), "[]")
        term.save(update_fields=["period"])
    reason = END_REASONS.get(why.reason, EndReason.COMPLETED)
    row.status, row.end_reason, row.ended_at = EpisodeStatus.ENDED, reason, now()
    row.version += 1
    row.save()
    record(case_id=row.case_id, event="episode.ended", subject=f"episode:{row.pk}", reason=reason)


ENDS: Mapping[str, Callable[[Actor, OpenItem, Why], None]] = {
    SPELL: _end_period,
    WAITING: _end_period,
    VISIT: _end_visit,
    TASK: _end_task,
    LIAISON: _end_liaison,
    DISCHARGE: _end_discharge,
    EPISODE: _end_episode,
}


def _reopen_episode(by: Actor, row: Closed) -> None:
    episode = Episode.objects.select_for_update().get(pk=row.key)
    if Episode.objects.filter(person_id=episode.person_id, status=EpisodeStatus.LIVE).exists():
        raise IllegalMove("another_episode", "This can't be done because another episode has begun since.")
    for term in CoordinatorTerm.objects.select_for_update().filter(pk__in=row.before["terms"]):
        term.period = TimestamptzRange(term.period.lower, None)
        term.save(update_fields=["period"])
    episode.status, episode.end_reason, episode.ended_at = EpisodeStatus.LIVE, "", None
    episode.version += 1
    episode.save()
    record(case_id=episode.case_id, event="episode.reopened", subject=f"episode:{episode.pk}")


def _reopen_period(by: Actor, row: Closed) -> None:
    rows: Any = KINDS[row.kind]._default_manager
    found = rows.select_for_update(of=("self",)).get(pk=row.key)
    found.period = TimestamptzRange(found.period.lower, None)
    found.save(update_fields=["period"])


def _reopen_visit(by: Actor, row: Closed) -> None:
    referral = Referral.objects.select_for_update().get(pk=row.key)
    referral.done_at = None
    referral.save(update_fields=["done_at"])


def _reopen_task(by: Actor, row: Closed) -> None:
    task = Task.objects.select_for_update().get(pk=row.key)
    task.done_at, task.done_by = None, ""
    task.save(update_fields=["done_at", "done_by"])


def _reopen_liaison(by: Actor, row: Closed) -> None:
    asked = LiaisonRequest.objects.select_for_update().get(pk=row.key)
    asked.answered_at, asked.answered_by, asked.outcome = None, "", ""
    asked.save(update_fields=["answered_at", "answered_by", "outcome"])


def _reopen_discharge(by: Actor, row: Closed) -> None:
    leaving = Discharge.objects.select_for_update().get(pk=row.key)
    if leaving.status == DischargeStatus.LEFT:  # a fact recorded meanwhile stays
        return
    leaving.status, leaving.ended_at = row.before["status"], None
    leaving.version += 1
    leaving.save(update_fields=["status", "ended_at", "version"])


# The episode first: when another began meanwhile, nothing of it is opened again
REOPENS: Mapping[str, Callable[[Actor, Closed], None]] = {
    EPISODE: _reopen_episode,
    SPELL: _reopen_period,
    WAITING: _reopen_period,
    VISIT: _reopen_visit,
    TASK: _reopen_task,
    LIAISON: _reopen_liaison,
    DISCHARGE: _reopen_discharge,
}
