"""Safe-care override: no rule removes or delays safe care."""

from datetime import timedelta
from uuid import UUID

from django.db import connection

from accounts.domain import Duty, Permission
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor, sending
from audit.refusals import IllegalMove, NotFound, RuleBroken
from notifications.commands import post_many
from notifications.domain import Note, Template
from timelimits.commands.alarms import clear_alarms, raise_alarm
from timelimits.domain import MAX_OVERRIDE, AlarmKind
from timelimits.models import CaseDeadline, Override
from timelimits.queries.book import Book
from timelimits.queries.ladder import Rota
from timelimits.rules import end_of_next_working_day


@command
def override_block(
    *, by: Actor, case_id: UUID, permission: str, reason: str, hours: int, form_id: UUID | None = None
) -> Override:
    """Lift a block on one case for 1 to 72 hours. A clinician's or lead's act; the on-call manager is told at once.

    A second person confirms by the end of the next working day. One form (`form_id`) sent twice with the same words is
    one override. Raises NotPermitted, NotFound, RuleBroken.
    """
    require(by, Permission.CLOCK_OVERRIDE)
    if not may_see(by.where_it_may(Permission.CLOCK_OVERRIDE), case_id):
        raise NotFound
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say why safe care needs this.", "reason")
    if not timedelta(0) < timedelta(hours=hours) <= MAX_OVERRIDE:
        raise RuleBroken("override_too_long", "Between 1 and 72 hours.", "hours")
    sent_id = None if form_id is None else sending(by.id, form_id, case_id, permission, reason, hours)
    if sent_id is not None and (sent := _sent_already(sent_id)) is not None:
        return sent
    row = Override.objects.create(
        case_id=case_id,
        permission=permission,
        reason=reason.strip(),
        asked_by=by.id,
        asked_label=by.label,
        starts_at=now(),
        ends_at=now() + timedelta(hours=hours),
        confirm_by=end_of_next_working_day(now(), Book().bank_holidays),
        sent_id=sent_id,
    )
    record(case_id=case_id, event="block.overridden", subject=f"override:{row.pk}", permission=permission, hours=hours)
    _tell_on_call(by, row, Template.OVERRIDE_MADE)
    return row


def _sent_already(sent_id: UUID) -> Override | None:
    """Return the override that this very sending made; of two at once the second waits here for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [sent_id.int % 2**63])
    return Override.objects.filter(sent_id=sent_id).first()


def _tell_on_call(by: Actor, row: Override, template: Template) -> None:
    case = CaseDeadline.objects.filter(case_id=row.case_id).first()
    people = Rota(now()).standing(Duty.ON_CALL, case) if case else ()
    if not people:
        raise_alarm(AlarmKind.RUNG_EMPTY, f"case:{row.case_id}:{Duty.ON_CALL}", now(), template)
    reference = case.reference if case else ""
    notes = [Note(f"override:{row.pk}:{template}:{p}", p, template, f"/overrides/{row.pk}/", reference) for p in people]
    post_many(by=by, notes=notes)


@command
def confirm_override(*, by: Actor, override_id: UUID) -> Override:
    """Confirm somebody else's override, as the second person. Repeating is quiet.

    Raises NotPermitted, NotFound, IllegalMove for one's own.
    """
    require(by, Permission.CLOCK_CONFIRM_OVERRIDE)
    row = Override.objects.select_for_update().filter(pk=override_id).first()
    if row is None or not may_see(by.where_it_may(Permission.CLOCK_CONFIRM_OVERRIDE), row.case_id):
        raise NotFound
    if row.confirmed_at is not None:
        return row
    if row.asked_by == by.id:
        raise IllegalMove(
            "own_override", "This can't be done because you made this override. Somebody else must confirm it."
        )
    row.confirmed_at, row.confirmed_by = now(), by.id
    row.save(update_fields=["confirmed_at", "confirmed_by"])
    clear_alarms(AlarmKind.OVERRIDE_UNCONFIRMED, [f"override:{row.pk}"], now())
    record(case_id=row.case_id, event="override.confirmed", subject=f"override:{row.pk}")
    return row


@command
def chase_overrides(*, by: Actor) -> int:
    """Alarm, and tell the on-call manager of, every override that nobody confirmed in time; return how many."""
    late = list(Override.objects.filter(confirmed_at=None, confirm_by__lt=now()).order_by("confirm_by")[:100])
    for row in late:
        raise_alarm(AlarmKind.OVERRIDE_UNCONFIRMED, f"override:{row.pk}", now())
        _tell_on_call(by, row, Template.OVERRIDE_UNCONFIRMED)
    return len(late)
