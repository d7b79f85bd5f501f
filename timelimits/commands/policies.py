"""Limits and opening hours as the place sets them: versions are added, never changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken
from timelimits import queries
from timelimits.commands.clocks import refuse_other_reasons
from timelimits.commands.derived import annotate, quieten, refresh, rewrite_deadlines
from timelimits.domain import Calendar, LimitKind
from timelimits.domain.bank_holidays import CalendarGapError
from timelimits.domain.definitions import DefinitionError, plain, read_edition, read_policy
from timelimits.domain.local_time import DAY, local_date
from timelimits.models import Clock, ExtraBankHoliday, OpeningCalendar, Policy
from timelimits.queries.book import Book
from timelimits.rules import check_opening


@command
def publish_policy(*, by: Actor, definition: Mapping[str, Any]) -> Policy:
    """Add one version of a limit (written as `timelimits.domain.definitions` says). The same content again is quiet.

    Raises RuleBroken: unreadable (field named), same version with other content, unknown calendar.
    """
    require(by, Permission.PLACE_MANAGE)
    terms = _readable(read_policy, definition)
    if terms.limit.calendar and Book().calendar(terms.limit.calendar) is None:
        raise RuleBroken("no_such_calendar", f"There is no calendar {terms.limit.calendar}.", "calendar")
    content = plain(definition)
    row = Policy.objects.filter(code=terms.code, variant=terms.variant, version=terms.version).first()
    if row is not None:
        _same(row.definition, content, f"{terms.code} {terms.variant}".strip(), terms.version)
        if terms.effective_until is not None and row.effective_until is None:
            row.effective_until = terms.effective_until
            row.save(update_fields=["effective_until"])
        return row
    return Policy.objects.create(
        code=terms.code,
        version=terms.version,
        variant=terms.variant,
        effective_from=terms.effective_from,
        effective_until=terms.effective_until,
        kind=terms.limit.kind,
        calendar=terms.limit.calendar,
        label=terms.label,
        title=terms.title,
        source=terms.source,
        blocks=list(terms.blocks),
        definition=content,
        published_at=now(),
    )


@command
def end_policy(*, by: Actor, code: str, variant: str, until: date) -> int:
    """End every open version of a limit on a date: no clock starts under it afterwards; running ones go on.

    Return how many.
    """
    require(by, Permission.PLACE_MANAGE)
    rows = Policy.objects.filter(code=code, variant=variant, effective_until=None, effective_from__lte=until)
    return rows.update(effective_until=until)


@command
def publish_calendar(*, by: Actor, definition: Mapping[str, Any]) -> OpeningCalendar:
    """Add one version of opening hours and work out the running clocks it moves; the same content again is quiet.

    Raises RuleBroken: unreadable, same version with other content, not later than the one before, no opening in 30
    days.
    """
    require(by, Permission.PLACE_MANAGE)
    edition = _readable(read_edition, definition)
    code, version, content = definition["code"], definition["version"], plain(definition)
    row = OpeningCalendar.objects.filter(code=code, version=version).first()
    if row is not None:
        _same(row.definition, content, f"calendar {code}", version)
        return row
    last = OpeningCalendar.objects.filter(code=code).order_by("-effective_from").first()
    if last is not None and edition.effective_from < max(last.effective_from + DAY, local_date(now())):
        raise RuleBroken(
            "not_later", "A new version starts today or later, and after the one before.", "effective_from"
        )
    try:
        check_opening(Calendar(code, (edition,)), Book().bank_holidays)
    except CalendarGapError as fault:
        raise RuleBroken("never_open", str(fault), "week") from fault
    row = OpeningCalendar.objects.create(
        code=code, version=version, effective_from=edition.effective_from, definition=content, published_at=now()
    )
    _work_out(Clock.objects.filter(policy__calendar=code), "clock.calendar_changed")
    return row


@command
def publish_bank_holiday(*, by: Actor, day: date, name: str) -> ExtraBankHoliday:
    """Add a one-off bank holiday and work out the running clocks it moves. Repeating is quiet."""
    require(by, Permission.PLACE_MANAGE)
    row, added = ExtraBankHoliday.objects.get_or_create(day=day, defaults={"name": name, "published_at": now()})
    if added:
        kinds = [LimitKind.WORKING_DAYS, LimitKind.OPENING_HOURS]
        _work_out(Clock.objects.filter(policy__kind__in=kinds), "clock.calendar_changed")
    return row


@command
def rebase_clocks(*, by: Actor, clock_ids: Collection[UUID], policy_id: int, reason: str) -> list[Clock]:
    """Measure running clocks by another version of their limit: an explicit act, previewed by `queries.preview_rebase`.

    Raises NotPermitted, NotFound, IllegalMove (ended), RuleBroken (not_a_correction_reason, another_limit).
    """
    require(by, Permission.CLOCK_REBASE)
    refuse_other_reasons(reason)
    policy = Policy.objects.get(pk=policy_id)
    moved = [queries.lock(by.where_it_may(Permission.CLOCK_REBASE), clock_id) for clock_id in sorted(set(clock_ids))]
    for clock in moved:
        if clock.stopped_at is not None:
            raise IllegalMove("clock_ended", "This can't be done because the clock has ended.")
        if clock.policy_code != policy.code:
            raise RuleBroken("another_limit", "A clock can only move between versions of its own limit.")
        clock.policy = policy
    _refresh(moved, "clock.rebased", reason=reason, policy_id=policy_id)
    return moved


def _work_out(rows: Any, event: str) -> None:
    """Work out every running clock of the rows; those whose due instant moved leave an event."""
    running = rows.filter(stopped_at=None).select_for_update(of=("self",)).select_related("policy").order_by("pk")
    _refresh(list(running), event)


def _refresh(clocks: Sequence[Clock], event: str, **codes: Any) -> None:
    book, cases = Book(), set()
    for clock in clocks:
        before = clock.due_at
        refresh(clock, book)
        if clock.due_at == before and not codes:
            continue
        annotate(clock)
        quieten(clock)
        cases.add(clock.case_id)
        record(
            case_id=clock.case_id,
            event=event,
            subject=clock.subject,
            clock=clock.pk,
            policy=clock.policy_code,
            before=before,
            due_at=clock.due_at,
            **codes,
        )
    rewrite_deadlines(sorted(cases), now())


def _readable(read: Any, definition: Mapping[str, Any]) -> Any:
    try:
        return read(definition)
    except DefinitionError as fault:
        raise RuleBroken("definition_unreadable", str(fault), fault.field) from fault


def _same(kept: Mapping[str, Any], given: Mapping[str, Any], what: str, version: int) -> None:
    """Raise RuleBroken unless both say the same, but for an end date."""
    if _without_end(kept) != _without_end(given):
        raise RuleBroken("version_changed", f"Version {version} of {what} is in use: add a new version.", "version")


def _without_end(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in content.items() if key != "effective_until"}
