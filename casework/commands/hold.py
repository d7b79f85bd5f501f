"""Put a person's record under a legal hold, and lift it."""

from datetime import date
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from referrals.commands.record import note
from referrals.models import LegalHold
from referrals.queries import lock_person
from timelimits.domain.local_time import local_date

MOST_WHY = 300


@command
def set_hold(*, by: Actor, person_id: UUID, why: str, review_on: date) -> LegalHold:
    """Put a record under a legal hold until somebody lifts it; on `review_on` somebody looks whether it is needed.

    One that stands is returned, quietly. Raises NotPermitted, NotFound, RuleBroken (reason_missing, day_past).
    """
    require(by, Permission.RECORD_RETAIN)
    person = lock_person(by.where_it_may(Permission.RECORD_RETAIN), person_id)
    if (held := LegalHold.objects.filter(person=person, lifted_at=None).first()) is not None:
        return held
    if not why.strip():
        raise RuleBroken("reason_missing", "Say why the record must be kept.", "why")
    if review_on <= local_date(now()):
        raise RuleBroken("day_past", "This day is not later than today.", "review_on")
    hold = LegalHold.objects.create(
        person=person, why=why.strip()[:MOST_WHY], since=now(), set_by=by.label, review_on=review_on
    )
    note(by, person.pk, "person.hold_set", hold=hold.pk)
    return hold


@command
def lift_hold(*, by: Actor, person_id: UUID, reason: str) -> LegalHold:
    """Lift the legal hold of a record; the row stays with who lifted it and why. Lifted already: quiet.

    Raises NotPermitted, NotFound, RuleBroken (reason_missing), IllegalMove (never_held).
    """
    require(by, Permission.RECORD_RETAIN)
    person = lock_person(by.where_it_may(Permission.RECORD_RETAIN), person_id)
    rows = LegalHold.objects.filter(person=person)
    hold = rows.filter(lifted_at=None).first()
    if hold is None:
        return _lifted_before(rows.order_by("-lifted_at").first())
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why it is not needed any more.", "reason")
    hold.lifted_at, hold.lifted_by, hold.lifted_why = now(), by.label, reason.strip()[:MOST_WHY]
    hold.save()
    note(by, person.pk, "person.hold_lifted", hold=hold.pk)
    return hold


def _lifted_before(hold: LegalHold | None) -> LegalHold:
    if hold is None:
        raise IllegalMove("never_held", "This can't be done because the record is under no legal hold.")
    return hold
