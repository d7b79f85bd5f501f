"""Who may see a case."""

from typing import Any
from uuid import UUID

from accounts.domain import AccessLevel
from accounts.models import CaseAccess
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
) -> CaseAccess:
    """Let a team or an organisation see the case from now on; granting twice is quiet."""
    whom: dict[str, Any] = {"team_id": team_id, "organisation_id": organisation_id}
    grant, _ = CaseAccess.objects.get_or_create(
        case_id=case_id, **whom, level=level, ends_at=None, defaults={"starts_at": now(), "why": why}
    )
    return grant


@command
def end_access(*, by: Actor, case_id: UUID, team_id: UUID) -> None:
    """End a team's sight of the case now; the dated row stays."""
    for grant in CaseAccess.objects.select_for_update().filter(case_id=case_id, team_id=team_id, ends_at=None):
        grant.ends_at = now()
        grant.save(update_fields=["ends_at"])
