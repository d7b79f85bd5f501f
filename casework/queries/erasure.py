"""What erasing a record changes, table by table, what forbids it, and requests that wait for a second person."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts.domain import Permission
from audit.commands import note_read, now, require
from audit.domain import SYSTEM, Actor
from audit.refusals import RuleBroken
from casework.closing import open_work
from casework.queries.held import label, reached, records_of, rows_of, title
from casework.queries.retention import kept_until
from referrals.domain.erasures import EARLY, ERASURE_REASONS, GONE, WORDS, ErasureReason, names_somebody
from referrals.models import (
    Draft,
    Enquiry,
    Erasure,
    HandOver,
    IdempotencyKey,
    LegalHold,
    Person,
    PersonImport,
    Referral,
    SubjectAccess,
)
from referrals.presenters import spaced_nhs_number
from referrals.queries import get_person, hidden_people
from timelimits.domain.local_time import local_date

MOST = 100


@dataclass(frozen=True, slots=True)
class Touched:
    """The rows of one table that erasing a record changes: blanked, or deleted."""

    model: type[Model]
    keys: tuple[Any, ...]

    @property
    def gone(self) -> bool:
        """Say whether the rows go whole."""
        return label(self.model) in GONE

    @property
    def title(self) -> str:
        """Return the table's name in words."""
        return title(self.model)


def touched(people: Sequence[UUID]) -> list[Touched]:
    """Return what erasing these records of one person would change, tables without such rows left out."""
    tables = [model for model in reached() if label(model) in GONE or label(model) in WORDS]
    found = {model: set(rows_of(model, people).values_list("pk", flat=True)) for model in tables}
    for model, keys in _loose(people):
        found.setdefault(model, set()).update(keys)
    return [Touched(model, tuple(keys)) for model, keys in found.items() if keys]


def _loose(people: Sequence[UUID]) -> Iterator[tuple[type[Model], list[Any]]]:
    """Yield rows that name the person in their text only: what was typed and not sent, answers, lists, notes."""
    who = list(Person.objects.filter(pk__in=people))
    cases = Referral.objects.filter(person__in=people).values_list("pk", "case_id")
    ids = [str(key) for key in (*people, *(each for pair in cases for each in pair))]
    typed = Concat(Cast("typed", TextField()), "form", output_field=TextField())
    yield Draft, _keys(Draft.objects.annotate(text=typed).filter(_tells(who, ids)))
    answers = IdempotencyKey.objects.annotate(text=Cast("answer", TextField()))
    yield IdempotencyKey, _keys(answers.filter(_tells(who, ids)))
    waiting = PersonImport.objects.filter(done_at=None)
    yield PersonImport, [row.pk for row in waiting if _lists(row, who)]
    names = Q(pk__in=[])
    for person in who:
        names |= Q(note__icontains=person.family_name)
    shifts = HandOver.objects.annotate(text=Cast("listed", TextField())).exclude(note="")
    yield HandOver, _keys(shifts.filter(names | _any("text__contains", ids)))
    told = Concat("caller_name", Value(" "), "asked", Value(" "), "said", output_field=TextField())
    phones = [person.phone for person in who if person.phone]
    calls = Enquiry.objects.filter(referral=None).annotate(text=told)
    yield Enquiry, _keys(calls.filter(_tells(who, ids) | Q(phone__in=phones)))


def _keys(rows: Any) -> list[Any]:
    return list(rows.values_list("pk", flat=True))


def _any(lookup: str, values: Sequence[str]) -> Q:
    found = Q(pk__in=[])
    for value in values:
        found |= Q(**{lookup: value})
    return found


def _tells(who: Sequence[Person], ids: Sequence[str]) -> Q:
    """Return the condition that `text` holds an id, an NHS number as written, or both names of somebody."""
    found = _any("text__contains", ids)
    for person in who:
        if person.nhs_number:
            found |= _any("text__contains", [person.nhs_number, spaced_nhs_number(person.nhs_number)])
        for given in filter(None, (person.given_name, person.called)):
            found |= Q(text__icontains=given) & Q(text__icontains=person.family_name)
    return found


def _lists(row: PersonImport, who: Sequence[Person]) -> bool:
    """Say whether a list that waits to be taken over holds the number, or both names, of somebody."""
    words = bytes(row.content or b"").decode(errors="ignore")
    for person in who:
        if names_somebody(words, [person.nhs_number or ""]):
            return True
        if names_somebody(words, [person.family_name]) and names_somebody(words, [person.given_name]):
            return True
    return False


def refuse_erasing(person: Person, people: Sequence[UUID], reason: str) -> None:
    """Raise RuleBroken (on_hold, open, access_open, not_due) with words, where the record may not be erased."""
    if LegalHold.objects.filter(person__in=people, lifted_at=None).exists():
        raise _no("on_hold", "the record is under a legal hold. It is kept until the hold is lifted.")
    cases = Referral.objects.filter(person__in=people).values_list("case_id", flat=True)
    until = kept_until(person)
    if (items := open_work(SYSTEM, list(cases))) or until is None:
        words = f": {items[0].words}" if items else ""
        raise _no("open", f"something of theirs is still open{words}. End it first.")
    if SubjectAccess.objects.filter(person__in=people, released_at=None, emptied_at=None).exists():
        raise _no("access_open", "they ask to see what is held, and that is not released yet.")
    if reason not in EARLY and until > local_date(now()):
        raise _no("not_due", f"the record is kept until {until.day} {until:%B %Y}.", "reason")


def _no(code: str, why: str, field: str = "") -> RuleBroken:
    return RuleBroken(code, f"This can't be done because {why}", field)


@dataclass(frozen=True)
class Preview:
    """What erasing a record would change, what forbids it in words, and the request that waits, if any."""

    person: Person
    tables: tuple[Touched, ...]
    refused: str
    waiting: Erasure | None

    @property
    def reason(self) -> str:
        """Return in words why it is asked for; empty when it is not."""
        return ERASURE_REASONS[ErasureReason(self.waiting.reason)] if self.waiting else ""

    @property
    def total(self) -> int:
        """Return how many rows are blanked or deleted."""
        return sum(len(table.keys) for table in self.tables)


def preview(by: Actor, person_id: UUID) -> Preview:
    """Return what erasing a record would do, and log the reading. Raises NotPermitted, NotFound."""
    require(by, Permission.RECORD_ERASE)
    person = get_person(by.where_it_may(Permission.RECORD_ERASE), person_id)
    note_read(by=by, what="person.erasure", ids=[person.pk])
    if person.erased_at is not None:
        return Preview(person, (), "", None)
    people = records_of(person.pk)
    waiting = Erasure.objects.filter(person=person, decided_at=None).first()
    early = waiting.reason if waiting else _widest(by)
    try:
        refuse_erasing(person, people, early)
    except RuleBroken as refusal:
        return Preview(person, tuple(touched(people)), refusal.message, waiting)
    return Preview(person, tuple(touched(people)), "", waiting)


def _widest(by: Actor) -> ErasureReason:
    """Return the reason with which most can be erased by whoever asks."""
    early = by.may(Permission.RECORD_ERASE_EARLY)
    return ErasureReason.ENTERED_IN_ERROR if early else ErasureReason.TIME_PASSED


def waiting_erasures(by: Actor) -> Sequence[Erasure]:
    """Return requests that wait for a second person, the oldest first, of people in sight; their reading is logged."""
    require(by, Permission.RECORD_ERASE)
    hidden = hidden_people(by.where_it_may(Permission.RECORD_ERASE))
    rows = Erasure.objects.filter(decided_at=None, person__merged_into=None, person__erased_at=None)
    found = list(rows.exclude(person_id__in=hidden).select_related("person").order_by("asked_at")[:MOST])
    if found:
        note_read(by=by, what="person.erasures", ids=[row.person_id for row in found])
    return found
