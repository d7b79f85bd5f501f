"""Reads of restricted records: whether one is, who keeps sight of it, and who opened it in need."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from accounts.domain import AccessLevel, Permission
from accounts.models import BreakGlass, CaseAccess, RestrictedCase, Restriction, Team, User
from audit.commands import note_read, now, require
from audit.domain import Actor
from audit.refusals import NotFound
from pathways.models import Episode
from referrals.models import Person, Referral
from referrals.queries import hidden_people
from timelimits.models import CaseDeadline

ADDRESS = "/people/restricted/"
MOST = 200


def restriction_of(case_ids: Collection[UUID], *, lock: bool = False) -> Restriction | None:
    """Return the restriction that these cases are under, if any."""
    rows = Restriction.objects.select_for_update() if lock else Restriction.objects.all()
    return rows.filter(pk__in=Restriction.objects.filter(cases__in=list(case_ids)).values("pk")).first()


def responsible_teams(case_ids: Collection[UUID]) -> set[UUID]:
    """Return the teams that answer for the open cases; for a person with none, those of their last episode."""
    teams = CaseDeadline.objects.filter(pk__in=list(case_ids)).values_list("responsible_team_id", flat=True)
    if found := set(teams):
        return found
    last = Episode.objects.filter(case_id__in=list(case_ids)).order_by("-accepted_at").first()
    return {last.team_id} if last else set()


def closed_record(by: Actor, person_id: UUID) -> bool:
    """Say whether this is a restricted record that is closed to the actor."""
    return Person.objects.filter(pk=person_id, merged_into=None, pk__in=hidden_people(by)).exists()


def closed_or_open(by: Actor, person_id: UUID) -> bool:
    """Say whether this restricted record is closed to the actor. Raises NotPermitted, NotFound when it is none."""
    require(by, Permission.PERSON_BREAK_GLASS)
    if not RestrictedCase.objects.filter(pk=person_id).exists():
        raise NotFound
    return closed_record(by, person_id)


def cases_of(person: Person) -> list[UUID]:
    """Return every case of a person."""
    return covered(person.pk)[1:]


def covered(person_id: UUID) -> list[UUID]:
    """Return what a restriction of this person covers: the record, under its own id, and every case."""
    cases = Referral.objects.filter(person=person_id).order_by("pk").values_list("case_id", flat=True)
    return [person_id, *cases]


@dataclass(frozen=True, slots=True)
class Named:
    """Who is named on a restricted record, by name."""

    teams: tuple[Team, ...]
    users: tuple[User, ...]


def named_on(person_id: UUID) -> Named:
    """Return the teams and the colleagues that are named on a restricted record."""
    grants = CaseAccess.objects.filter(case_id=person_id, ends_at=None, level=AccessLevel.FULL)
    return Named(
        tuple(Team.objects.filter(pk__in=grants.values("team_id")).order_by("name")),
        tuple(User.objects.filter(pk__in=grants.values("user_id")).order_by("name")),
    )


def colleagues(addresses: Collection[str]) -> dict[str, UUID]:
    """Return who works here with these e-mail addresses, by the address as asked for; unknown ones are left out."""
    held = User.objects.filter(is_active=True, email__in=[each.lower() for each in addresses])
    found = {user.email.lower(): user.pk for user in held}
    return {each: found[each.lower()] for each in addresses if each.lower() in found}


def teams_with_sight(case_ids: Collection[UUID]) -> Sequence[Team]:
    """Return the teams that see any of these cases by a grant of their own, by name."""
    grants = CaseAccess.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now()), case_id__in=list(case_ids))
    return list(Team.objects.filter(pk__in=grants.values("team_id")).order_by("name"))


def latest_broken(by: Actor) -> Sequence[BreakGlass]:
    """Return who opened a restricted record in need, the latest first: all of them for a privacy officer.

    A lead is shown those of the cases that their teams have sight of. Raises NotPermitted.
    """
    require(by, Permission.BREAK_GLASS_READ)
    rows = BreakGlass.objects.select_related("user", "restriction").order_by("-at")
    if not by.may(Permission.PERSON_RESTRICT):
        seen = CaseAccess.objects.filter(team_id__in=by.teams).filter(Q(ends_at=None) | Q(ends_at__gt=now()))
        rows = rows.filter(restriction__cases__case_id__in=seen.values("case_id")).distinct()
    found = list(rows[:MOST])
    if found:
        note_read(by=by, what="person.broken_glass", ids=[row.pk for row in found])
    return found


def standing_restrictions(by: Actor) -> Sequence[Restriction]:
    """Return the restrictions in force with the id of the record of each, the latest first. Names nobody."""
    if not by.may(Permission.PERSON_RESTRICT):
        return []
    whose = Person.objects.filter(pk=OuterRef("case_id"), merged_into=None).values("pk")
    records = RestrictedCase.objects.filter(restriction=OuterRef("pk"), case_id__in=Subquery(whose)).values("case_id")
    rows = Restriction.objects.filter(ends_at=None).annotate(record=Subquery(records[:1]))
    return list(rows.order_by("-starts_at")[:MOST])
