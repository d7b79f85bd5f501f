"""Who is on duty: opening hours, repeating shifts, single shifts, cover; history under the team's id."""

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from accounts.commands.locks import locked_colleague, locked_team, locked_user
from accounts.domain import DayKind, Duty, Permission
from accounts.domain.far import too_far
from accounts.domain.rota import LONDON
from accounts.models import Cover, Shift, ShiftPattern, TeamHours, User
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken

MIDNIGHT = time(0, 0)
Period = tuple[int, time, time]


@command
def set_team_hours(*, by: Actor, team_id: UUID, periods: Sequence[Period]) -> None:
    """Replace a team's opening hours: (weekday 0 to 6, opens, closes), closing at 00:00 means the end of that day.

    Raises NotPermitted; NotFound; RuleBroken hours_backwards, hours_overlap.
    """
    require(by, Permission.ROTA_MANAGE)
    team = locked_team(by, team_id)
    _refuse_bad_hours(sorted(periods))
    TeamHours.objects.filter(team=team).delete()
    for weekday, opens, closes in periods:
        TeamHours.objects.create(team=team, weekday=weekday, opens=opens, closes=closes)
    record(case_id=team.pk, event="rota.hours_set", subject=f"team:{team.pk}", periods=len(periods))


def _refuse_bad_hours(periods: Sequence[Period]) -> None:
    for index, (weekday, opens, closes) in enumerate(periods):
        if closes != MIDNIGHT and closes <= opens:
            raise RuleBroken("hours_backwards", "It closes before it opens. For past midnight, use two days.")
        later = periods[index + 1] if index + 1 < len(periods) else None
        if later and later[0] == weekday and (closes == MIDNIGHT or later[1] < closes):
            raise RuleBroken("hours_overlap", "Two of the opening times overlap.")


@command
def add_shift_pattern(
    *,
    by: Actor,
    team_id: UUID,
    user_id: UUID,
    duty: Duty,
    day_kind: DayKind,
    begins: time,
    ends: time,
    valid_from: date,
) -> ShiftPattern:
    """Put a person on a duty on every day of a kind, London time; past midnight when it ends at or before it begins.

    The same once more is quiet while it runs. Raises NotPermitted; NotFound; RuleBroken not_active, too_far.
    """
    require(by, Permission.ROTA_MANAGE)
    team, user = locked_team(by, team_id), _someone_active(user_id)
    _refuse_far(datetime.combine(valid_from, begins, tzinfo=LONDON), "valid_from")
    told: dict[str, Any] = {"day_kind": day_kind, "begins": begins, "ends": ends, "valid_from": valid_from}
    pattern, new = ShiftPattern.objects.get_or_create(team=team, duty=duty, user=user, valid_until=None, **told)
    if not new:
        return pattern
    record(case_id=team.pk, event="rota.pattern_added", subject=f"team:{team.pk}", user=user.pk, duty=str(duty))
    return pattern


@command
def end_shift_pattern(*, by: Actor, pattern_id: int, valid_until: date) -> ShiftPattern:
    """Set the last local day of a repeating shift. Raises NotPermitted; NotFound; RuleBroken too_far."""
    require(by, Permission.ROTA_MANAGE)
    pattern = ShiftPattern.objects.select_for_update().filter(pk=pattern_id).first()
    if pattern is None:
        raise NotFound
    team = locked_team(by, pattern.team_id)
    _refuse_far(datetime.combine(valid_until, pattern.ends, tzinfo=LONDON), "ends_on")
    pattern.valid_until = valid_until
    pattern.save(update_fields=["valid_until"])
    record(case_id=team.pk, event="rota.pattern_ended", subject=f"team:{team.pk}", user=pattern.user_id)
    return pattern


@command
def add_shift(*, by: Actor, team_id: UUID, user_id: UUID, duty: Duty, starts_at: datetime, ends_at: datetime) -> Shift:
    """Put a person on a duty once. The same once more is quiet.

    Raises NotPermitted; NotFound; RuleBroken ends_first, not_active, too_far.
    """
    require(by, Permission.ROTA_MANAGE)
    team, user = locked_team(by, team_id), _someone_active(user_id)
    _refuse_backwards(starts_at, ends_at)
    shift, new = Shift.objects.get_or_create(team=team, duty=duty, user=user, starts_at=starts_at, ends_at=ends_at)
    if not new:
        return shift
    record(case_id=team.pk, event="rota.shift_added", subject=f"team:{team.pk}", user=user.pk, duty=str(duty))
    return shift


@command
def remove_shift(*, by: Actor, shift_id: int) -> None:
    """Take a single shift off the rota. Quiet when it is gone already."""
    require(by, Permission.ROTA_MANAGE)
    shift = Shift.objects.select_for_update().filter(pk=shift_id).first()
    if shift is None:
        return
    team = locked_team(by, shift.team_id)
    record(case_id=team.pk, event="rota.shift_removed", subject=f"team:{team.pk}", user=shift.user_id, duty=shift.duty)
    shift.delete()


@command
def add_cover(*, by: Actor, user_id: UUID, covered_by_id: UUID, starts_at: datetime, ends_at: datetime) -> Cover:
    """Say who answers for somebody while they are away: one cover at a time.

    Raises NotPermitted; NotFound; RuleBroken covers_self, ends_first, covered_already, too_far.
    """
    require(by, Permission.ROTA_MANAGE)
    user, stand_in = locked_colleague(by, user_id), _someone_active(covered_by_id)
    if user == stand_in:
        raise RuleBroken("covers_self", "Choose somebody else to cover.", field="covered_by")
    _refuse_backwards(starts_at, ends_at)
    if Cover.objects.filter(user=user, starts_at__lt=ends_at, ends_at__gt=starts_at).exists():
        raise RuleBroken("covered_already", "Somebody covers part of this time already. Remove that first.")
    cover = Cover.objects.create(user=user, covered_by=stand_in, starts_at=starts_at, ends_at=ends_at)
    record(case_id=user.pk, event="rota.cover_added", subject=f"user:{user.pk}", covered_by=stand_in.pk)
    return cover


@command
def remove_cover(*, by: Actor, cover_id: int) -> None:
    """Take a cover away. Quiet when it is gone already."""
    require(by, Permission.ROTA_MANAGE)
    cover = Cover.objects.select_for_update().filter(pk=cover_id).first()
    if cover is None:
        return
    locked_colleague(by, cover.user_id)
    record(
        case_id=cover.user_id,
        event="rota.cover_removed",
        subject=f"user:{cover.user_id}",
        covered_by=cover.covered_by_id,
    )
    cover.delete()


def _someone_active(user_id: UUID) -> User:
    user = locked_user(user_id)
    if not user.is_active:
        raise RuleBroken("not_active", f"{user.name} is disabled and can’t be put on the rota.", field="user")
    return user


def _refuse_backwards(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise RuleBroken("ends_first", "It ends before it starts.", field="ends")
    _refuse_far(ends_at, "ends_day")


def _refuse_far(at: datetime, field: str) -> None:
    if words := too_far(at, now()):
        raise RuleBroken("too_far", f"{words}.", field=field)
