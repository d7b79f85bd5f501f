"""Who may see a case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain import AccessLevel
from accounts.models import CaseAccess
from audit.bulk import insert
from audit.commands import command, now
from audit.domain import Actor

NAMED = "named"


@dataclass(frozen=True, slots=True)
class Grant:
    """Who is let in, a team or an organisation, how far and why."""

    why: str
    team_id: UUID | None = None
    organisation_id: UUID | None = None
    level: AccessLevel = AccessLevel.FULL


@command
def grant_access(
    *,
    by: Actor,
    case_id: UUID,
    why: str,
    team_id: UUID | None = None,
    organisation_id: UUID | None = None,
    level: AccessLevel = AccessLevel.FULL,
) -> None:
    """Let a team or an organisation see the case from now on; granting twice is quiet."""
    grant_many(by=by, case_id=case_id, grants=[Grant(why, team_id, organisation_id, level)])


@command
def grant_many(*, by: Actor, case_id: UUID, grants: Sequence[Grant]) -> None:
    """Grant several at once, as `grant_access` does one."""
    names = ("case_id", "team", "organisation", "level", "starts_at", "why")
    rows = [(case_id, each.team_id, each.organisation_id, each.level, now(), each.why) for each in grants]
    insert(CaseAccess, names, rows, skip_existing=True)


@command
def end_access(*, by: Actor, case_ids: Collection[UUID], team_id: UUID, ends_at: datetime | None = None) -> None:
    """End a team's full sight of these cases, now unless another instant is told; the dated rows stay.

    A grant by name to a restricted case stands: it was given to the team for itself. So does what a team sees of how a
    referral goes that it sent.
    """
    rows = CaseAccess.objects.select_for_update().filter(case_id__in=case_ids, team_id=team_id, ends_at=None)
    for grant in rows.filter(level=AccessLevel.FULL).exclude(why=NAMED).order_by("pk"):
        grant.ends_at = ends_at or now()
        grant.save(update_fields=["ends_at"])
