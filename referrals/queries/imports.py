"""Reads of lists of people that were sent."""

from collections.abc import Sequence
from uuid import UUID

from accounts.domain import Permission
from audit.commands import now, require
from audit.domain import Actor
from audit.refusals import NotFound
from referrals.domain.imports import Sheet, read_sheet
from referrals.models import PersonImport
from timelimits.domain.local_time import local_date

MOST = 20


def latest_imports(by: Actor) -> Sequence[PersonImport]:
    """Return the latest lists that were taken over, without what was in them. Raises NotPermitted."""
    require(by, Permission.PERSON_IMPORT)
    return list(PersonImport.objects.exclude(done_at=None).defer("content").order_by("-done_at")[:MOST])


def open_import(by: Actor, import_id: UUID) -> tuple[PersonImport, Sheet | None]:
    """Return a list that was sent, and what is in it until it is taken over. Raises NotPermitted, NotFound."""
    require(by, Permission.PERSON_IMPORT)
    row = PersonImport.objects.filter(pk=import_id).first()
    if row is None:
        raise NotFound
    return row, None if row.content is None else read_sheet(bytes(row.content), local_date(now()))
