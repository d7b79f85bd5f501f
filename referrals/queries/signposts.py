"""Reads of people we sent elsewhere and of questions that are out."""

from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from referrals.models import Signposting
from referrals.queries.people import with_people
from timelimits.models import Clock

PAGE = 50


def signposted(by: Actor, after: UUID | None = None) -> list[tuple[Signposting, Clock | None]]:
    """Return fifty people sent elsewhere without a result yet, the longest waiting first, each with its clock.

    `after`: those that stand behind this one, which may have its result by now. Raises NotPermitted, NotFound.
    """
    require(by, Permission.REFERRAL_CHASE)
    mine = scope(_seen(by), by, field="referral__case_id")
    rows = mine.filter(ended_at=None).order_by("made_at", "pk")
    if after is not None:
        last = mine.filter(pk=after).first()
        if last is None:
            raise NotFound
        rows = rows.filter(Q(made_at__gt=last.made_at) | Q(made_at=last.made_at, pk__gt=last.pk))
    found = list(rows[:PAGE])
    running = Clock.objects.filter(subject__in=[f"signposting:{row.pk}" for row in found], stopped_at=None)
    clocks = {clock.subject: clock for clock in running.select_related("policy")}
    if found:
        note_read(by=by, what="signposted.list", ids=[row.referral.person_id for row in found])
    return [(row, clocks.get(f"signposting:{row.pk}")) for row in found]


def _seen(by: Actor) -> QuerySet[Signposting]:
    return Signposting.objects.prefetch_related(Prefetch("referral", with_people(by)))


def get_signposting(by: Actor, signposting_id: UUID) -> Signposting:
    """Return one person sent elsewhere, and log the reading. Raises NotFound."""
    require(by, Permission.REFERRAL_CHASE)
    rows = scope(_seen(by), by, field="referral__case_id")
    row = rows.filter(pk=signposting_id).first()
    if row is None:
        raise NotFound
    note_read(by=by, what="signposting", ids=[row.referral.person_id])
    return row
