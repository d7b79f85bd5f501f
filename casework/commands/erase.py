"""Erase a record: asked by one person, agreed to by another; a stub is left, and nothing that tells of whom it was."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, JSONField, Model, Value, When

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, NotFound, RuleBroken, Stale
from casework.queries.erasure import Touched, refuse_erasing, touched
from casework.queries.held import label, records_of
from referrals.commands.files import delete_on_commit
from referrals.domain.duplicates import NumberStatus
from referrals.domain.erasures import (
    EARLY,
    EMPTIED,
    STUB,
    WORDS,
    ErasureReason,
    ErasureVerdict,
    names_somebody,
    stub_name,
)
from referrals.models import Attachment, Erasure, Person, Referral, SubjectAccess
from referrals.queries import get_person, latest_case, refuse_erased
from timelimits.domain.local_time import local_date

MOST_WORDS = 300
PERSON = Person._meta.label_lower


@command
def ask_erasure(*, by: Actor, person_id: UUID, reason: str, words: str) -> Erasure:
    """Ask that a record be erased; a second person agrees, or says no. One that waits already is returned, quietly.

    Before the time of keeping has passed only a privacy officer asks, for a lawful other reason. Raises NotPermitted,
    NotFound, IllegalMove (erased), RuleBroken (reason_missing, words_name_them, officer_asks, on_hold, open,
    access_open, not_due).
    """
    require(by, Permission.RECORD_ERASE)
    person, people = _lock(by, person_id)
    refuse_erased(person)
    if (held := Erasure.objects.filter(person=person, decided_at=None).first()) is not None:
        return held
    why = ErasureReason(reason)
    if why in EARLY and not by.may(Permission.RECORD_ERASE_EARLY):
        raise RuleBroken("officer_asks", "Only a privacy officer asks for this.", "reason")
    kept = _kept_words(people, words, "words")
    refuse_erasing(person, people, why)
    row = Erasure.objects.create(
        person=person, reason=why, words=kept, asked_at=now(), asked_by=by.label, asked_by_id=by.id
    )
    _tell("person.erasure_asked", row)
    return row


@command
def agree_erasure(*, by: Actor, erasure_id: UUID, seen: int | None = None) -> Erasure:
    """Agree, as the second person: all that tells of the person is blanked or deleted now. Agreed already: quiet.

    `seen` is the number of rows in the preview that was looked at. Raises NotPermitted, NotFound, IllegalMove
    (refused), RuleBroken (same_person, and what forbids asking), Stale.
    """
    row, people = _lock_open(by, erasure_id)
    if row.verdict == ErasureVerdict.REFUSED:
        raise IllegalMove("refused", "This can't be done because it was refused already.")
    if row.verdict:
        return row
    refuse_erasing(row.person, people, row.reason)
    found = touched(people)
    total = sum(len(table.keys) for table in found)
    if seen is not None and seen != total:
        raise Stale("The record has changed since you looked. Look at what is erased again.")
    _erase(people, found)
    row.rows = total
    return _decide(by, row, ErasureVerdict.AGREED, "person.erased")


@command
def refuse_erasure(*, by: Actor, erasure_id: UUID, why: str) -> Erasure:
    """Say no, as the second person, and why; nothing changes. Refused already: quiet.

    Raises NotPermitted, NotFound, IllegalMove (erased), RuleBroken (same_person, reason_missing, words_name_them).
    """
    row, people = _lock_open(by, erasure_id)
    if row.verdict == ErasureVerdict.REFUSED:
        return row
    refuse_erased(row.person)
    row.refused_why = _kept_words(people, why, "why")
    return _decide(by, row, ErasureVerdict.REFUSED, "person.erasure_refused")


def _kept_words(people: Sequence[UUID], words: str, field: str) -> str:
    """Return why, as it is kept when the record is gone. Raises RuleBroken for none, or for words that name them."""
    kept = words.strip()[:MOST_WORDS]
    if not kept:
        raise RuleBroken("reason_missing", "Say why.", field)
    facts = ("family_name", "given_name", "called", "nhs_number", "phone", "postcode")
    names = [fact for row in Person.objects.filter(pk__in=people).values_list(*facts) for fact in row if fact]
    if names_somebody(kept, names):
        raise RuleBroken("words_name_them", "Say it without the person's name or number: these words are kept.", field)
    return kept


def _lock_open(by: Actor, erasure_id: UUID) -> tuple[Erasure, list[UUID]]:
    require(by, Permission.RECORD_ERASE)
    asked = Erasure.objects.filter(pk=erasure_id).first()
    if asked is None:
        raise NotFound
    person, people = _lock(by, asked.person_id)
    row = Erasure.objects.select_for_update().get(pk=erasure_id)
    row.person = person
    if not row.verdict and row.asked_by_id == by.id:
        raise RuleBroken("same_person", "This can't be done by whoever asked for it: a second person agrees.")
    return row, people


def _lock(by: Actor, person_id: UUID) -> tuple[Person, list[UUID]]:
    """Lock the referrals, then the record and all that were merged into it, as merging and accepting do."""
    person = get_person(by.where_it_may(Permission.RECORD_ERASE), person_id)
    people = records_of(person.pk)
    list(Referral.objects.select_for_update().filter(person__in=people).order_by("pk").values("pk"))
    held = {row.pk: row for row in Person.objects.select_for_update().filter(pk__in=people).order_by("pk")}
    if held[person.pk].merged_into_id or set(records_of(person.pk)) != set(people):
        return _lock(by, person_id)  # merged while we waited
    return held[person.pk], people


def _decide(by: Actor, row: Erasure, verdict: ErasureVerdict, event: str) -> Erasure:
    row.verdict, row.decided_at, row.decided_by, row.decided_by_id = verdict, now(), by.label, by.id
    row.save()
    _tell(event, row)
    return row


def _tell(event: str, row: Erasure) -> None:
    """Write one event: on the person's last case, else under the record's own id."""
    case_id = latest_case(row.person_id) or row.person_id
    subject = f"person:{row.person_id}"
    record(case_id=case_id, event=event, subject=subject, erasure=row.pk, reason=row.reason, rows=row.rows)


def _erase(people: Sequence[UUID], found: Sequence[Touched]) -> None:
    """Blank and delete, versions included, without leaving a version of it; the bytes of files go with the commit."""
    for file in Attachment.objects.filter(person__in=people):
        delete_on_commit(file)
    SubjectAccess.objects.filter(person__in=people, emptied_at=None).update(held=[], emptied_at=now())
    for table in found:
        rows: Any = table.model._base_manager.filter(pk__in=table.keys)
        if table.gone:
            rows._raw_delete(rows.db)
        else:
            rows.update(**_blanks(table.model))


def _blanks(model: type[Model]) -> dict[str, Any]:
    """Return what each field with words becomes; of the person themselves a stub is left."""
    values = {name: _blank(model, name) for name in WORDS[label(model)]}
    if label(model) == PERSON:
        stub = stub_name(local_date(now()))
        values |= {"family_name": stub, "nhs_number_status": NumberStatus.TRACE_REQUIRED, "erased_at": now()}
    return values


def _blank(model: type[Model], name: str) -> Any:
    field: Any = model._meta.get_field(name)
    if field.null:
        return None
    if isinstance(field, ArrayField | JSONField):
        return field.get_default() if field.has_default() else {}
    return "" if name in EMPTIED else Case(When(**{name: ""}, then=Value("")), default=Value(STUB))
