"""Reads of the files on a person's record, through the person that the actor may see."""

import subprocess
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.domain import Permission
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from referrals.domain.files import MOST_FILES, Scan
from referrals.models import Attachment, Person
from referrals.queries.people import get_person

SCAN_SECONDS = 60


def attachments_of(person: Person) -> list[Attachment]:
    """Return the files of a person that the actor was let see, the latest first; those struck out are left out."""
    return list(Attachment.objects.filter(person=person, error_at=None).order_by("-added_at", "-pk")[:MOST_FILES])


def open_attachment(by: Actor, person_id: UUID, attachment_id: UUID) -> tuple[Attachment, bytes]:
    """Return a file with its bytes and log the reading. Raises NotPermitted; NotFound until it is found clean."""
    require(by, Permission.PERSON_READ)
    person = get_person(by, person_id)
    row = Attachment.objects.filter(pk=attachment_id, person=person, error_at=None, scan=Scan.CLEAN).first()
    if row is None:
        raise NotFound
    note_read(by=by, what="person.file", ids=[person.pk, row.pk])
    if (content := content_of(row)) is None:
        raise NotFound("The file is not in the folder of files. Tell whoever looks after ICRAS.")
    return row, content


def content_of(row: Attachment) -> bytes | None:
    """Return the bytes of a file; None when the folder does not hold them, as after a restore of the database alone."""
    try:
        return path_of(row).read_bytes()
    except FileNotFoundError:
        return None


def path_of(row: Attachment) -> Path:
    """Return where the bytes of a file lie: no address leads there."""
    return Path(settings.ICRAS_FILES) / row.stored_as.hex[:2] / row.stored_as.hex


def is_clean(path: Path) -> bool | None:
    """Ask the scanner of this deployment: True clean, False infected, None when it gave no answer.

    The setting is a command, which is given the path and ends with 0 (clean) or 1 (infected) as clamdscan does; or the
    dotted name of a function that is given the bytes and says whether they are clean.
    """
    scanner = settings.ICRAS_SCANNER
    if not path.is_file():
        return None
    if "/" not in scanner:
        return bool(import_string(scanner)(path.read_bytes()))
    try:
        done = subprocess.run([*scanner.split(), str(path)], capture_output=True, timeout=SCAN_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {0: True, 1: False}.get(done.returncode)
