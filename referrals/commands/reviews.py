"""When a warning is looked at again: a time limit on the person's open case; without one, a day on the record."""

from datetime import timedelta
from uuid import UUID

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals import queries
from referrals.commands.stale import refuse_stale
from referrals.domain.circle import REVIEWS, WARNING_REVIEW
from referrals.models import VisitWarning
from timelimits.commands import cancel_clocks, start_clock, stop_clock
from timelimits.domain.local_time import local_date
from timelimits.models import Clock

DAYS = {variant: days for variant, _, days in REVIEWS}


@command
def review_warning(*, by: Actor, person_id: UUID, row_id: int, review: str, version: int | None = None) -> VisitWarning:
    """Say that a warning still holds, and when it is looked at next. The very same once more is quiet.

    Raises NotPermitted, NotFound, RuleBroken, Stale with who changed the warning and when.
    """
    require(by, Permission.PERSON_EDIT)
    person = queries.lock_person(by.where_it_may(Permission.PERSON_EDIT), person_id)
    warning = VisitWarning.objects.select_for_update().filter(person=person, pk=row_id, ended_at=None).first()
    if warning is None:
        raise NotFound
    if review not in DAYS:
        raise RuleBroken("review_unknown", "Choose when to look at it again.", "review")
    if version == warning.version - 1 and (warning.review, warning.changed_label) == (review, by.label):
        return warning
    refuse_stale(warning, version)
    stop_review(by=by, warning=warning)
    warning.review = review
    set_review(warning)
    warning.version += 1
    warning.changed_at, warning.changed_label = now(), by.label
    warning.save()
    settle_reviews(by=by, person_id=person.pk)
    if (case_id := queries.latest_case(person.pk)) is not None:
        record(case_id=case_id, event="person.warning_reviewed", subject=f"person:{person.pk}", row=warning.pk)
    return warning


@command
def settle_reviews(*, by: Actor, person_id: UUID) -> None:
    """Put each warning's review on the person's open case, and off a case that is closed.

    A warning whose day has passed while no case was open starts no clock, and so no alarm in the middle of a new
    crisis: it stands first on what is still to ask.
    """
    warnings = list(VisitWarning.objects.filter(person_id=person_id, ended_at=None).order_by("pk"))
    if not warnings:
        return
    cases, today = queries.open_cases(person_id), local_date(now())
    running = {
        clock.subject: clock.case_id
        for clock in Clock.objects.filter(subject__in=[_subject(each) for each in warnings], stopped_at=None)
    }
    for warning in warnings:
        case_id = running.get(_subject(warning))
        if case_id in cases:
            continue
        if case_id is not None:
            drop_review(by=by, warning=warning)
        if cases and warning.review_on >= today:
            _start(by, warning, cases[0])


def _start(by: Actor, warning: VisitWarning, case_id: UUID) -> None:
    start_clock(
        by=by,
        case_id=case_id,
        subject=_subject(warning),
        policy=WARNING_REVIEW,
        variant=warning.review,
        started_at=warning.reviewed_at,
    )


@command
def stop_review(*, by: Actor, warning: VisitWarning) -> None:
    """The warning was looked at: its limit is met, or missed."""
    if Clock.objects.filter(subject=_subject(warning), stopped_at=None).exists():
        stop_clock(by=by, subject=_subject(warning), policy=WARNING_REVIEW, stopped_at=now())


@command
def drop_review(*, by: Actor, warning: VisitWarning) -> None:
    """The limit does not count any more: the case was closed, or the warning was an error."""
    cancel_clocks(by=by, subject=_subject(warning), reason="not_needed")


def set_review(warning: VisitWarning) -> None:
    """Note that the warning was looked at now, and the day on which it is looked at next."""
    warning.reviewed_at = now()
    warning.review_on = local_date(now()) + timedelta(days=DAYS[warning.review])


def _subject(warning: VisitWarning) -> str:
    return f"warning:{warning.pk}"
