"""Roles in teams between two dates (R021)."""

from datetime import date
from uuid import UUID

from django.db.models import Q

from accounts.commands.locks import keep_an_administrator, lock_administrators, locked_user
from accounts.domain import Permission, Role
from accounts.models import Membership, Team
from audit.commands import command, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken


@command
def give_role(
    *,
    by: Actor,
    user_id: UUID,
    team_id: UUID,
    role: Role,
    starts_on: date,
    ends_on: date | None = None,
    profession: str = "",
) -> Membership:
    """Give a person a role in a team from a local day on, to a last day if one is known.

    Quiet when they hold it open-ended, or between the same days, already.
    Raises NotPermitted; NotFound; RuleBroken ends_before_start,
    partner_is_no_person.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    user = locked_user(user_id)
    team = Team.objects.filter(pk=team_id).first()
    if team is None:
        raise NotFound
    if role == Role.PARTNER_SYSTEM:
        raise RuleBroken(
            "partner_is_no_person", "Partner systems are not people: add one on its own page.", field="role"
        )
    if ends_on is not None and ends_on < starts_on:
        raise RuleBroken("ends_before_start", "The last day is before the first.", field="ends_on")
    held = Membership.objects.filter(user=user, team=team, role=role)
    same = Q(ends_on=None) | Q(starts_on=starts_on, ends_on=ends_on)
    if (known := held.filter(same).first()) is not None:
        return known
    given = Membership.objects.create(
        user=user, team=team, role=role, starts_on=starts_on, ends_on=ends_on, profession=profession
    )
    record(case_id=user.pk, event="account.role_given", subject=f"user:{user.pk}", role=str(role), team=team.pk)
    return given


@command
def end_role(*, by: Actor, membership_id: int, ends_on: date) -> Membership:
    """Set the last local day of a role; the dated row stays. A role that has not begun ends on its first day.

    Raises NotPermitted; NotFound; RuleBroken last_administrator.
    """
    require(by, Permission.ACCOUNT_MANAGE)
    lock_administrators()
    held = Membership.objects.select_for_update().filter(pk=membership_id).first()
    if held is None:
        raise NotFound
    held.ends_on = max(ends_on, held.starts_on)
    _remove_twin(held)
    held.save(update_fields=["ends_on"])
    if held.role == Role.ADMINISTRATOR:
        keep_an_administrator()
    subject = f"user:{held.user_id}"
    record(case_id=held.user_id, event="account.role_ended", subject=subject, role=held.role, team=held.team_id)
    return held


def _remove_twin(held: Membership) -> None:
    """Delete another row that says the same as this one will: from and to the same days."""
    same = {name: getattr(held, name) for name in ("user_id", "team_id", "role", "provider", "starts_on", "ends_on")}
    Membership.objects.filter(**same).exclude(pk=held.pk).delete()
