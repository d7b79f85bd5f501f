"""Who may see a case."""

from uuid import UUID

from accounts.domain import AccessLevel
from accounts.models import CaseAccess
from audit.bulk import insert
from audit.commands import command, now
from audit.domain import Actor


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
    names = ("case_id", "team", "organisation", "level", "starts_at", "why")
    insert(CaseAccess, names, [(case_id, team_id, organisation_id, level, now(), why)], skip_existing=True)


@command
def end_access(*, by: Actor, case_id: UUID, team_id: UUID) -> None:
    """End a team's sight of the case now; the dated row stays."""
    for grant in CaseAccess.objects.select_for_update().filter(case_id=case_id, team_id=team_id, ends_at=None):
        grant.ends_at = now()
        grant.save(update_fields=["ends_at"])
