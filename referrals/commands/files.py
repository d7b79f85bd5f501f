"""Put a file on a person's record, have it scanned, take one away that was an error."""

from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from accounts.domain import Permission
from audit.commands import command, now, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals import queries
from referrals.commands.record import note
from referrals.domain.files import MOST_BYTES, MOST_FILES, FileKind, Scan, kind_of, safe_name
from referrals.models import Attachment
from referrals.queries.files import attachments_of, is_clean, path_of

LONGEST = 200
SCANNED_AT_ONCE = 5


def attach_file(*, by: Actor, person_id: UUID, name: str, about: str, content: bytes) -> Attachment:
    """Keep a file on somebody's record; nobody opens it until the scanner has found it clean.

    What it is is told from its bytes: PDF, JPEG, PNG, plain text, Word without macros. The same file again is quiet.
    Raises NotPermitted, NotFound, RuleBroken (no_scanner, file_empty, file_too_large, file_kind, about_missing,
    too_many_files) with the field at fault.
    """
    stored_as = uuid4()
    with ExitStack() as undo:
        undo.callback(_forget_bytes, stored_as)
        row = _attach(by=by, person_id=person_id, name=name, about=about, content=content, stored_as=stored_as)
        undo.pop_all()
    return row


def _forget_bytes(stored_as: UUID) -> None:
    """Delete what was written for a row that is not there; asked anew, since a commit may have got through."""
    if not Attachment.objects.filter(stored_as=stored_as).exists():
        path_of(Attachment(stored_as=stored_as)).unlink(missing_ok=True)


@command
def _attach(*, by: Actor, person_id: UUID, name: str, about: str, content: bytes, stored_as: UUID) -> Attachment:
    require(by, Permission.PERSON_EDIT)
    person = queries.lock_person(by.where_it_may(Permission.PERSON_EDIT), person_id)
    kind, held, digest = _fit(about, content), attachments_of(person), sha256(content).hexdigest()
    if (same := next((row for row in held if row.digest == digest), None)) is not None:
        return same
    if len(held) >= MOST_FILES:
        raise RuleBroken("too_many_files", f"This record has {MOST_FILES} files. Take away one first.", "file")
    _write(path_of(Attachment(stored_as=stored_as)), content)
    row = Attachment.objects.create(
        person=person,
        stored_as=stored_as,
        kind=kind,
        name=safe_name(name, kind),
        about=about.strip()[:LONGEST],
        size=len(content),
        digest=digest,
        added_at=now(),
        added_by=by.label,
    )
    note(by, person.pk, "person.file_added", file=row.pk, kind=kind)
    return row


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(content)


def _fit(about: str, content: bytes) -> FileKind:
    if not settings.ICRAS_SCANNER:
        words = "Files can't be added here yet: no virus scanner is set up. Tell whoever looks after ICRAS."
        raise RuleBroken("no_scanner", words, "file")
    if not content:
        raise RuleBroken("file_empty", "This file is empty. Choose another.", "file")
    if len(content) > MOST_BYTES:
        raise RuleBroken("file_too_large", f"At most {MOST_BYTES // 1024**2} MB. Choose a smaller file.", "file")
    kind = kind_of(content)
    if kind is None:
        raise RuleBroken("file_kind", "Use a PDF, JPEG, PNG, plain text or Word (docx, no macros) file.", "file")
    if not about.strip():
        raise RuleBroken("about_missing", "Say what it is, such as “ReSPECT form, signed 3 May”.", "about")
    return kind


def scan_files(*, by: Actor) -> int:
    """Have five of the files scanned that wait, each in a transaction of its own; return how many were looked at.

    In no order, so that files to which the scanner gives no answer hold up no other.
    """
    require(by, Permission.PERSON_EDIT)
    if not settings.ICRAS_SCANNER:
        return 0
    waiting = Attachment.objects.filter(scan=Scan.WAITING, error_at=None).order_by("?")
    chosen = list(waiting.values_list("pk", flat=True)[:SCANNED_AT_ONCE])
    return sum(scan_file(by=by, attachment_id=pk) for pk in chosen)


@command
def scan_file(*, by: Actor, attachment_id: UUID) -> bool:
    """Have one file scanned; say whether it was looked at. One that is looked at elsewhere, or done, is left alone.

    A scanner that gives no answer leaves it waiting. The bytes of an infected one are deleted once that is kept.
    """
    require(by, Permission.PERSON_EDIT)
    waiting = Attachment.objects.select_for_update(skip_locked=True).filter(scan=Scan.WAITING, error_at=None)
    row = waiting.filter(pk=attachment_id).first()
    if row is None:
        return False
    clean = is_clean(path_of(row))
    if clean is None:
        return True
    row.scan, row.scanned_at = (Scan.CLEAN if clean else Scan.INFECTED), now()
    row.save(update_fields=["scan", "scanned_at"])
    note(by, row.person_id, "person.file_scanned", file=row.pk, scan=row.scan)
    if not clean:
        delete_on_commit(row)
    return True


def delete_on_commit(row: Attachment) -> None:
    """Delete the bytes once what was written of it cannot be undone any more."""
    path = path_of(row)
    transaction.on_commit(lambda: path.unlink(missing_ok=True))


@command
def strike_file(*, by: Actor, person_id: UUID, attachment_id: UUID, reason: str) -> Attachment:
    """Take a file away that was an error, such as one of another person: its bytes go, the row says who and why.

    Repeating is quiet. Raises NotPermitted, NotFound, RuleBroken (reason_missing, reason_too_long).
    """
    require(by, Permission.PERSON_EDIT)
    person = queries.lock_person(by.where_it_may(Permission.PERSON_EDIT), person_id)
    row = Attachment.objects.select_for_update().filter(pk=attachment_id, person=person).first()
    if row is None:
        raise NotFound
    if row.error_at is not None:
        return row
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say what is wrong with it.", "reason")
    if len(reason.strip()) > LONGEST:
        raise RuleBroken("reason_too_long", f"Say what is wrong with it in {LONGEST} letters.", "reason")
    row.error_at, row.error_by, row.error_reason = now(), by.label, reason.strip()
    row.save(update_fields=["error_at", "error_by", "error_reason"])
    note(by, person.pk, "person.file_struck", file=row.pk)
    delete_on_commit(row)
    return row
