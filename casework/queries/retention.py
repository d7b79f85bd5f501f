"""Reads of retention: records that are due for review, how long one is kept, and legal holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest

from accounts.domain import Permission
from accounts.queries import period
from audit.commands import note_read, now, require
from audit.domain import Actor
from pathways.domain import EpisodeStatus
from pathways.models import Contact, Episode
from referrals.domain.retention import latest_last, review_on
from referrals.models import Death, LegalHold, Person, Referral
from referrals.queries import hidden_people
from timelimits.domain.local_time import end_of_day, local_date
from timelimits.models import CaseDeadline

PAGE = 50
MOST_HOLDS = 200
YEARS = "retention_years"
Key = tuple[datetime, UUID]
"""Where a page goes on: since when a record is held, and its id."""


@dataclass(frozen=True)
class Due:
    """A record that is due for review: the last day on which anything happened, and since when it is due."""

    person: Person
    last: date
    review_on: date
    on_hold: bool


def due_for_review(by: Actor, after: Key | None = None) -> tuple[Sequence[Due], Key | None]:
    """Return records with nothing open whose time has passed, those held longest first, and where the next page begins.

    Closed records are left out for whoever they are closed to; the reading is logged. Raises NotPermitted.
    """
    require(by, Permission.RECORD_RETAIN)
    by = by.where_it_may(Permission.RECORD_RETAIN)
    years = period(YEARS)
    rows = _due(latest_last(local_date(now()), years)).exclude(pk__in=hidden_people(by))
    if after is not None:
        rows = rows.filter(Q(created_at__gt=after[0]) | Q(created_at=after[0], pk__gt=after[1]))
        rows = rows.filter(created_at__gte=after[0])
    found = list(rows.order_by("created_at", "pk")[: PAGE + 1])
    shown = [_of(person, years) for person in found[:PAGE]]
    if shown:
        note_read(by=by, what="person.retention", ids=[each.person.pk for each in shown])
    return shown, (shown[-1].person.created_at, shown[-1].person.pk) if len(found) > PAGE else None


def _due(last: date) -> QuerySet[Any]:
    """Return records of which nothing is open and nothing happened after the day, with what `_of` reads."""
    until, mine = end_of_day(last), _cases(OuterRef("pk"))
    return _with_last(Person.objects.filter(merged_into=None, erased_at=None, created_at__lte=until)).exclude(
        Exists(Referral.objects.filter(person=OuterRef("pk"), recorded_at__gt=until))
        | Exists(Referral.objects.filter(person=OuterRef("pk"), done_at__gt=until))
        | Exists(Episode.objects.filter(person=OuterRef("pk"), ended_at__gt=until))
        | Exists(Episode.objects.filter(person=OuterRef("pk"), status=EpisodeStatus.LIVE))
        | Exists(Death.objects.filter(person=OuterRef("pk"), error_at=None, died_on__gt=last))
        | Exists(CaseDeadline.objects.filter(case_id__in=mine))
        | Exists(Contact.objects.filter(case_id__in=mine, occurred_at__gt=until))
    )


def any_due() -> bool:
    """Say whether there is a record that is due for review."""
    return _due(latest_last(local_date(now()), period(YEARS))).exists()


def _cases(person: Any) -> QuerySet[Any, Any]:
    return Referral.objects.filter(person=OuterRef(person)).values("case_id")


def _with_last(people: QuerySet[Person]) -> QuerySet[Any]:
    """Add the last of each thing that may have happened: one look at an index each."""
    of = {"person": OuterRef("pk")}
    done = Referral.objects.filter(**of).annotate(at=Greatest("done_at", "recorded_at")).order_by("-at").values("at")
    ended = Episode.objects.filter(**of, ended_at__isnull=False).order_by("-ended_at").values("ended_at")
    died = Death.objects.filter(**of, error_at=None).values("died_on")
    seen = Contact.objects.filter(case_id__in=_cases(OuterRef("pk"))).order_by("-occurred_at").values("occurred_at")
    return people.annotate(
        last_done=Subquery(done[:1]),
        last_ended=Subquery(ended[:1]),
        last_seen=Subquery(seen[:1]),
        died=Subquery(died[:1], output_field=DateField()),
        on_hold=Exists(LegalHold.objects.filter(**of, lifted_at=None)),
    )


def _of(person: Any, years: int) -> Due:
    times = (person.created_at, person.last_done, person.last_ended, person.last_seen)
    last = max(filter(None, [*(local_date(at) for at in times if at), person.died]))
    return Due(person, last, review_on(last, years), person.on_hold)


def kept_until(person: Person) -> date | None:
    """Return the day on which a record that the actor was let see falls due for review; None while a case is open."""
    open_cases = CaseDeadline.objects.filter(case_id__in=Referral.objects.filter(person=person).values("case_id"))
    live = Episode.objects.filter(person=person, status=EpisodeStatus.LIVE)
    if open_cases.exists() or live.exists():
        return None
    return _of(_with_last(Person.objects.filter(pk=person.pk)).get(), period(YEARS)).review_on


def holds_of(person: Person) -> Sequence[LegalHold]:
    """Return every legal hold of a record that the actor was let see: the one that stands first, then the latest."""
    return list(LegalHold.objects.filter(person=person).order_by(F("lifted_at").desc(nulls_first=True)))


def standing_holds(by: Actor) -> Sequence[LegalHold]:
    """Return the legal holds that stand, those to look at again first; the reading is logged. Raises NotPermitted."""
    require(by, Permission.RECORD_RETAIN)
    by = by.where_it_may(Permission.RECORD_RETAIN)
    rows = LegalHold.objects.filter(lifted_at=None).exclude(person_id__in=hidden_people(by)).select_related("person")
    found = list(rows.order_by("review_on", "pk")[:MOST_HOLDS])
    if found:
        note_read(by=by, what="person.holds", ids=[row.person_id for row in found])
    return found
