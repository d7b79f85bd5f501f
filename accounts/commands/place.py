"""What a place bundle says of the place, its organisations, teams and rota. A verb that changes nothing is quiet."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from accounts.commands.placing import put_row
from accounts.domain import Change, DayKind, Duty, Opening, Permission, Role, TeamKind
from accounts.models import ClaimRole, Organisation, Place, ShiftPattern, Team, TeamHours, User
from audit.commands import command, require
from audit.domain import Actor
from audit.refusals import RuleBroken


@command
def name_place(*, by: Actor, code: str, name: str, demo: bool) -> Change | None:
    """Name the one place of this deployment (R001). A bundle of another place is refused, and demo never changes."""
    require(by, Permission.PLACE_MANAGE)
    held = Place.objects.select_for_update().first()
    if held and held.code != code:
        raise RuleBroken("other_place", f"This database is of {held.name}, and stays so.", "code")
    if held and held.demo != demo:
        words = "a demonstration place: start a new one" if held.demo else "a live place: no demonstration here"
        raise RuleBroken("demo_never_changes", f"This database is {words}.", "demo")
    return put_row(Place, f"place {code}", {"id": 1}, {"code": code, "name": name, "demo": demo})


@command
def put_code_list(*, by: Actor, name: str, entries: Sequence[Mapping[str, Any]]) -> Change | None:
    """Replace one coded list of the place. A code that is left out is kept as retired: old records need its words."""
    require(by, Permission.PLACE_MANAGE)
    place = Place.objects.select_for_update().get(pk=1)
    before = {entry["code"]: entry for entry in place.words.get(name, [])}
    after = [dict(entry) for entry in entries]
    left_out = set(before) - {entry["code"] for entry in after}
    after += [before[code] | {"retired": True} for code in before if code in left_out]
    if place.words.get(name) == after:
        return None
    told = tuple(_told(before.get(entry["code"]), entry) for entry in after if before.get(entry["code"]) != entry)
    verb = "changed" if name in place.words else "added"
    place.words = place.words | {name: after}
    place.save(update_fields=["words"])
    return Change(f"list {name}", verb, (told or ("order",)) if verb == "changed" else ())


def _told(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    if before is None:
        return f"new code {after['code']}: {after['words']}"
    return f"{'retired' if after.get('retired') else 'changed'} {after['code']}: {after['words']}"


@command
def put_organisation(
    *, by: Actor, code: str, name: str, kind: str, starts_on: date | None = None, ends_on: date | None = None
) -> Change | None:
    """Add or change an organisation, with the dates between which it exists (R302)."""
    require(by, Permission.PLACE_MANAGE)
    wanted = {"name": name, "kind": kind, "starts_on": starts_on, "ends_on": ends_on}
    return put_row(Organisation, f"organisation {code}", {"code": code}, wanted)


@command
def put_team(
    *,
    by: Actor,
    code: str,
    name: str,
    organisation: str,
    kind: TeamKind,
    parent: str = "",
    duty_phone: str = "",
    zones: Iterable[str] = (),
    hours: Iterable[Opening] = (),
) -> Change | None:
    """Add or change a team and its opening hours: weekday 0 to 6, opens, closes, local time (R090)."""
    require(by, Permission.PLACE_MANAGE)
    wanted = {
        "name": name,
        "organisation_id": Organisation.objects.get(code=organisation).pk,
        "kind": kind,
        "parent_id": Team.objects.get(code=parent).pk if parent else None,
        "duty_phone": duty_phone,
        "zones": list(zones),
    }
    change = put_row(Team, f"team {code}", {"code": code}, wanted)
    told = _put_hours(Team.objects.get(code=code), hours)
    if told and (change is None or change.verb == "changed"):
        return Change(f"team {code}", "changed", (*(change.fields if change else ()), told))
    return change


def _put_hours(team: Team, hours: Iterable[Opening]) -> str:
    wanted = sorted(hours)
    if list(team.hours.values_list("weekday", "opens", "closes").order_by("weekday", "opens")) == wanted:
        return ""
    team.hours.all().delete()
    for weekday, opens, closes in wanted:
        TeamHours.objects.create(team=team, weekday=weekday, opens=opens, closes=closes)
    return "opening hours"


@command
def put_shift_pattern(
    *, by: Actor, team: str, duty: Duty, email: str, days: DayKind, begins: time, ends: time, valid_from: date
) -> Change | None:
    """Add a repeating shift; one that is there already is left alone. Raises RuleBroken for an unknown person."""
    require(by, Permission.ROTA_MANAGE)
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        raise RuleBroken("user_unknown", f"The rota names {email}, who has no account.", "user")
    shift = {"team": Team.objects.get(code=team), "duty": duty, "user": user, "day_kind": days}
    shift |= {"begins": begins, "ends": ends, "valid_from": valid_from}
    if ShiftPattern.objects.filter(**shift).exists():
        return None
    ShiftPattern.objects.create(**shift)
    return Change(f"shift {team} {duty} {email} {days} {begins:%H:%M}", "added")


@command
def put_claim_role(
    *, by: Actor, provider: str, claim: str, value: str, team: str, role: Role, profession: str = ""
) -> Change | None:
    """Add or change what a value of a work sign-in's claim brings: a role in a team, from the next sign-in on."""
    require(by, Permission.PLACE_MANAGE)
    key = {"provider": provider, "claim": claim, "value": value, "team": Team.objects.get(code=team), "role": role}
    return put_row(ClaimRole, _claim_words(provider, claim, value, team, role), key, {"profession": profession})


@command
def end_claim_roles(*, by: Actor, keep: Iterable[tuple[str, ...]]) -> list[Change]:
    """Take away every mapping but these (provider, claim, value, team, role): what it gave ends at the next sign-in."""
    require(by, Permission.PLACE_MANAGE)
    kept, ended = set(keep), []
    for row in ClaimRole.objects.select_for_update(of=("self",)).select_related("team").order_by("pk"):
        key = (row.provider, row.claim, row.value, row.team.code, row.role)
        if key not in kept:
            row.delete()
            ended.append(Change(_claim_words(*key), "ended"))
    return ended


def _claim_words(provider: str, claim: str, value: str, team: str, role: str) -> str:
    return f"sign-in {provider} {claim}={value}: {role} {team}"
