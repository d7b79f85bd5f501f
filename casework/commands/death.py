"""Record a death once, which ends everything open of the person; take it back when it was entered in error."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from casework.commands.ending import end_open_work, reopen_work
from referrals.models import Death, Person
from referrals.queries import lock_with_cases
from timelimits.domain import CancelReason
from timelimits.domain.local_time import local_date

MOST_REASON = 300


@command
def record_death(*, by: Actor, person_id: UUID, died_on: date, told_by: str) -> Death:
    """Record that somebody died, and end all that is open of every case of theirs, whoever has it.

    Clocks are cancelled because the person died; those past their instant stay breached. It is a fact: nothing refuses
    it but a day to come, or one before they were born. Recorded already: the first stands, quietly. Raises
    NotPermitted, NotFound, RuleBroken (day_in_future, day_before_birth, source_missing).
    """
    require(by, Permission.DEATH_RECORD)
    person, cases = lock_with_cases(by.where_it_may(Permission.DEATH_RECORD), person_id)
    if (held := Death.objects.filter(person=person, error_at=None).first()) is not None:
        return held
    if died_on > local_date(now()):
        raise RuleBroken("day_in_future", "This day is later than today.", field="died_on")
    if person.born_on and died_on < person.born_on:
        raise RuleBroken("day_before_birth", "This day is before the birth date on the record.", field="died_on")
    if not told_by.strip():
        raise RuleBroken("source_missing", "Say who told us.", field="told_by")
    death = Death.objects.create(
        person=person, died_on=died_on, told_by=told_by.strip()[:120], recorded_at=now(), recorded_by=by.label
    )
    end_open_work(by=by, case_ids=cases, act=death.act, reason=CancelReason.DIED, words="the person died")
    _tell("person.died", death, cases)
    return death


@command
def strike_death(*, by: Actor, person_id: UUID, reason: str) -> Death:
    """Say that a death was entered in error: all that it ended is open again as it was, clocks as if they ran on.

    The row stays, struck out; so does that of a record made one with this, with what ended with it. Raises
    NotPermitted, NotFound, RuleBroken (reason_missing), IllegalMove (not_recorded, another_episode).
    """
    require(by, Permission.DEATH_RECORD)
    person, cases = lock_with_cases(by.where_it_may(Permission.DEATH_RECORD), person_id)
    deaths = list(Death.objects.select_for_update().filter(person__in=_records(person), error_at=None))
    deaths.sort(key=lambda each: each.person_id != person.pk)
    if not deaths or deaths[0].person_id != person.pk:
        raise IllegalMove("not_recorded", "This can't be done because no death is recorded.")
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say what is wrong with it.", field="reason")
    for death in deaths:
        death.error_at, death.error_by, death.error_reason = now(), by.label, reason.strip()[:MOST_REASON]
        death.save()
        reopen_work(by=by, act=death.act)
        _tell("person.death_struck", death, cases)
    return deaths[0]


def _records(person: Person) -> list[UUID]:
    """Return the record and those that were made one with it: the death of one left behind is the same death."""
    found = [person.pk]
    for key in found:
        found += Person.objects.filter(merged_into=key).values_list("pk", flat=True)
    return found


def _tell(event: str, death: Death, cases: Sequence[UUID]) -> None:
    for case_id in cases:
        record(case_id=case_id, event=event, subject=f"person:{death.person_id}", act=death.act)
