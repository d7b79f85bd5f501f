"""Take over a list of people from elsewhere: first looked through, then all of it or nothing."""

from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from accounts.domain import Permission
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals.commands.people import lock_numbers, settle_person
from referrals.domain import Identity, PersonDetails
from referrals.domain.files import MOST_BYTES
from referrals.domain.imports import MOST_SHOWN, Row, UnreadableError, read_sheet
from referrals.models import Person, PersonImport
from timelimits.domain.local_time import local_date

KEPT = timedelta(days=1)
ONE_AT_A_TIME = -1  # the key of the lock of imports; those of NHS numbers are the numbers


@command
def send_people(*, by: Actor, content: bytes) -> PersonImport:
    """Keep a file to be looked through and taken over, at most a day. The very same file is the first one, quietly.

    Raises NotPermitted, RuleBroken (file_too_large, file_unreadable).
    """
    require(by, Permission.PERSON_IMPORT)
    if len(content) > MOST_BYTES:
        raise RuleBroken("file_too_large", f"At most {MOST_BYTES // 1024**2} MB. Cut the list in parts.", "file")
    try:
        read_sheet(content, local_date(now()))
    except UnreadableError as fault:
        raise RuleBroken("file_unreadable", str(fault), "file") from fault
    digest = sha256(content).hexdigest()
    try:
        with transaction.atomic():
            return PersonImport.objects.create(digest=digest, content=content, sent_at=now(), sent_by=by.label)
    except IntegrityError:
        return PersonImport.objects.get(digest=digest)


@command
def import_people(*, by: Actor, import_id: UUID) -> PersonImport:
    """Take over everybody in a file, or nobody: one fault, or a number that is somebody else's, undoes it all.

    Whoever is known already, by number or by name, birth date and postcode, is left as they are. Done already: quiet.
    Raises NotPermitted, NotFound, RuleBroken (rows_wrong) with the first faults in words.
    """
    require(by, Permission.PERSON_IMPORT)
    _wait_for_others()
    row = PersonImport.objects.select_for_update().filter(pk=import_id).first()
    if row is None:
        raise NotFound
    if row.done_at is not None or row.content is None:
        return row
    sheet = read_sheet(bytes(row.content), local_date(now()))
    rows = sorted(sheet.rows, key=lambda each: each.details.nhs_number)
    lock_numbers(each.details.nhs_number for each in rows)
    wrong = [str(each) for each in sheet.wrong] or [words for each in sheet.rows if (words := _conflict(each))]
    if wrong:
        raise RuleBroken("rows_wrong", "Nobody was taken over. " + " ".join(wrong[:MOST_SHOWN]), "file")
    made = len({person.pk for each in rows if (person := _settle(by, each.details))})
    row.made, row.known, row.content = made, len(sheet.rows) - made, None
    row.done_at, row.done_by = now(), by.label
    row.save()
    record(case_id=row.pk, event="people.imported", subject=f"import:{row.pk}", made=row.made, known=row.known)
    return row


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ONE_AT_A_TIME])


def _settle(by: Actor, details: PersonDetails) -> Person | None:
    """Make the person unless they are known; return who was made."""
    if not details.nhs_number and _twin(details):
        return None
    person, identity = settle_person(by, details, None)
    if identity is not Identity.AS_TOLD:
        raise RuleBroken("rows_wrong", "Nobody was taken over: a number was given to somebody else meanwhile.", "file")
    return person if person.created_at == now() else None


def _twin(details: PersonDetails) -> bool:
    """Say whether somebody with the same name, birth date and postcode is known; never matched on emptiness."""
    if not (details.born_on and details.given_name):
        return False
    same = Person.objects.filter(postcode=details.postcode, born_on=details.born_on, merged_into=None)
    return same.filter(family_name__iexact=details.family_name, given_name__iexact=details.given_name).exists()


def _conflict(row: Row) -> str:
    """Return what is said when the number of a row belongs to somebody born on another day."""
    if not (row.details.nhs_number and row.details.born_on):
        return ""
    held = Person.objects.filter(nhs_number=row.details.nhs_number, merged_into=None, born_on__isnull=False)
    other = held.exclude(born_on=row.details.born_on).exists()
    return f"Line {row.line}: this NHS number is held for somebody born on another day." if other else ""


@command
def forget_imports(*, by: Actor) -> int:
    """Delete files that were sent more than a day ago and never taken over; return how many."""
    require(by, Permission.PERSON_IMPORT)
    return PersonImport.objects.filter(done_at=None, sent_at__lt=now() - KEPT).delete()[0]
