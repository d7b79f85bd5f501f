"""Days that come without anybody looking: an answer that is due, a hold to look at again, a basis that has ended."""

from collections.abc import Iterator
from datetime import date, timedelta
from uuid import UUID

from accounts.domain import Permission, Role
from accounts.queries import current_memberships
from audit.commands import command, now, require
from audit.domain import Actor
from casework.domain import Day
from casework.queries.retention import any_due
from notifications.commands import post_many
from notifications.domain import BELL, Note, Template
from referrals.domain.disclosures import answer_by
from referrals.models import LegalHold, SharingBasis, SubjectAccess
from timelimits.domain.local_time import local_date

AHEAD = timedelta(days=7)
"""How long before an answer is due it is said the first time; it is said again on the day."""
LOOKS_BACK = timedelta(days=31)
"""What came while nothing ran is still said; what is older stands on its page."""
Came = tuple[Day, object, date, str]
"""What came, of which row, on which day, and where it is seen."""


@command
def tell_days(*, by: Actor) -> int:
    """Ring the privacy officers' bell, once for each day that has come; without one, the service managers'.

    Returns how many days were looked at. The words name nobody.
    """
    require(by, Permission.PERSON_DISCLOSE)
    came = [*_answers(), *_holds(), *_bases(), *_records()]
    if came:
        told = _told()
        post_many(by=by, notes=[_note(each, user_id) for each in came for user_id in told])
    return len(came)


def _note(came: Came, user_id: UUID) -> Note:
    kind, row, day, link = came
    key = f"day:{kind}:{row}:{day}:{user_id}"
    return Note(key, user_id, Template.DAY_CAME, link, params={"label": kind.label}, channels=(BELL,))


def _told() -> list[UUID]:
    held = current_memberships(now()).filter(user__is_active=True).order_by("user_id")
    for role in (Role.PRIVACY_OFFICER, Role.SERVICE_MANAGER):
        if found := list(held.filter(role=role).values_list("user_id", flat=True).distinct()):
            return found
    return []


def _recent(day: date) -> bool:
    today = local_date(now())
    return today - LOOKS_BACK <= day <= today


def _answers() -> Iterator[Came]:
    rows = SubjectAccess.objects.filter(released_at=None, emptied_at=None, opened_at__gte=now() - 3 * LOOKS_BACK)
    for pk, opened_at in rows.values_list("pk", "opened_at"):
        due = answer_by(local_date(opened_at))
        for kind, day in ((Day.ANSWER_SOON, due - AHEAD), (Day.ANSWER_DUE, due)):
            if _recent(day):
                yield kind, pk, day, f"/people/access/{pk}/"


def _holds() -> Iterator[Came]:
    today = local_date(now())
    rows = LegalHold.objects.filter(lifted_at=None, review_on__range=(today - LOOKS_BACK, today))
    for pk, person_id, day in rows.values_list("pk", "person_id", "review_on"):
        yield Day.HOLD_REVIEW, pk, day, f"/people/{person_id}/hold/"


def _bases() -> Iterator[Came]:
    """Yield the bases of sharing that ended: nothing leaves on them from the day after their last one."""
    last = local_date(now()) - timedelta(days=1)
    rows = SharingBasis.objects.filter(ended_at=None, ends_on__range=(last - LOOKS_BACK, last))
    for row in rows:
        if row.ends_on is not None:
            yield Day.BASIS_ENDED, row.pk, row.ends_on, f"/people/{row.person_id}/"


def _records() -> Iterator[Came]:
    """Yield, once a month, that there are records whose time has passed."""
    if any_due():
        month = local_date(now()).replace(day=1)
        yield Day.RECORDS_DUE, "all", month, "/records/retention/"
