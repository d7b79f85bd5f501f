"""Reads of people who wait to leave hospital, by site and ward."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from accounts.domain import Permission
from accounts.models import User
from accounts.queries import current_memberships, scope
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from pathways.domain import (
    BLOCKER,
    Behind,
    Criteria,
    Destination,
    DischargePlan,
    DischargeStatus,
    EpisodeStatus,
    KnownBeside,
    LiaisonOutcome,
    Pathway,
    RehabOffer,
    Unmet,
    unmet,
)
from pathways.models import Discharge, Episode, LiaisonRequest, Task
from referrals.domain import OPEN, Direction, Status
from referrals.models import Background, Circumstances, KnownTo, Referral
from referrals.queries import Needs, needs_in, with_needs, with_people
from timelimits.models import CaseDeadline, Clock

PAGE = 50
IN_ORDER = ("expected", "ready", "received_at", "pk")  # a date not known yet stands last
HOME_FIRST_COHORTS = ("dementia", "delirium")
CARE_HOMES = ("care_home", "nursing_home")
ENUMS = {"criteria": Criteria, "pathway": Pathway, "destination": Destination, "rehab": RehabOffer}
JUST_NOW = timedelta(hours=24)
MOST_LEFT = 20
MOST_COLLEAGUES = 200
WAITS = (Status.NEW, Status.WAITING, Status.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to psychiatric liaison, with the clock of its answer."""

    request: LiaisonRequest
    clock: Clock | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """One row of the discharge list."""

    referral: Referral
    discharge: Discharge | None
    blockers: tuple[Task, ...]
    liaison: tuple[Asked, ...]
    known_to_mental_health: bool
    home_first: bool
    lives_in_care_home: bool
    needs: Needs


@dataclass(frozen=True, slots=True)
class LeavingPage:
    """One page of the list; `following` is where it ended, None at the end of the list."""

    rows: Sequence[Leaving]
    following: Behind | None


def is_known_to_mental_health(referral: Referral) -> bool:
    """Say whether mental health services know the person already (R176)."""
    return _known_to([referral.person_id]).exists()


def _known_to(people: Collection[UUID]) -> QuerySet[KnownTo]:
    return KnownTo.objects.filter(person_id__in=people, kind="mental_health", ended_at=None)


def plan_of(row: Discharge | None, referral: Referral) -> DischargePlan:
    """Return what is written down about a discharge."""
    if row is None:
        return DischargePlan(ready_on=referral.ready_on)
    names = ("expected_on", "grounds", "bed_ground", "destination_reason", "needs", "rehab_reason")
    given: dict[str, Any] = {name: getattr(row, name) for name in (*names, "mh_professional", "mh_phone")}
    coded: dict[str, Any] = {
        name: enum(getattr(row, name)) if getattr(row, name) else None for name, enum in ENUMS.items()
    }
    return DischargePlan(**given, **coded, ready_on=referral.ready_on)


def missing(row: Discharge | None, referral: Referral, *, closed: bool = False) -> tuple[Unmet, ...]:
    """Return what is missing before this discharge can be confirmed, in the order of the form.

    `closed`: the record is closed to who asks, and nothing that it holds is said.
    """
    asked = LiaisonRequest.objects.filter(case_id=referral.case_id).order_by("answered_at")
    outcomes = [each.outcome for each in asked]
    known = KnownBeside(
        known_to_mental_health=is_known_to_mental_health(referral),
        home_first=is_home_first(referral),
        liaison_open="" in outcomes,
        liaison_stays=bool(outcomes)
        and next((each for each in reversed(outcomes) if each), "") == LiaisonOutcome.STAYS,
        closed=closed,
    )
    return unmet(plan_of(row, referral), known)


def is_home_first(referral: Referral) -> bool:
    """Say whether the person lives with dementia or delirium, who recover better in a familiar place (R172)."""
    return Background.objects.filter(person_id=referral.person_id, cohorts__overlap=list(HOME_FIRST_COHORTS)).exists()


def discharge_list(by: Actor, site: str = "", ward: str = "", after: Behind | None = None) -> LeavingPage:
    """Return up to 50 people who wait to leave hospital and whom the actor may see: the next expected first.

    `after`: where the page before ended, so that nobody is passed over when the list has moved meanwhile.
    Eight statements at most, whatever their number; one reading is logged.
    """
    require(by, Permission.DISCHARGE_READ)
    rows = _waiting(by)
    rows = rows.filter(hospital_site=site) if site else rows
    rows = rows.filter(hospital_ward=ward) if ward else rows
    rows = rows.annotate(
        expected=Coalesce("discharge__expected_on", Value(date.max)), ready=Coalesce("ready_on", Value(date.max))
    )
    found: list[Any] = list((rows.filter(_behind(after)) if after else rows).order_by(*IN_ORDER)[: PAGE + 1])
    shown = _dress(found[:PAGE])
    if shown:
        note_read(by=by, what="discharge.list", ids=[row.referral.person_id for row in shown])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return LeavingPage(shown, Behind(last.expected, last.ready, last.received_at, last.pk) if last else None)


def _behind(after: Behind) -> Q:
    """Keep the rows behind this one, in the order of the list."""
    rest, same = Q(), Q()
    for name, value in zip(IN_ORDER, after, strict=True):
        rest |= same & Q((f"{name}__gt", value))
        same &= Q((name, value))
    return rest


def _of_hospital(by: Actor) -> QuerySet[Referral]:
    rows = scope(with_needs(with_people(by).select_related("discharge"), "person"), by)
    return rows.filter(direction=Direction.STEP_DOWN, status__in=WAITS)


def _waiting(by: Actor) -> QuerySet[Referral]:
    return _of_hospital(by).filter(_ours()).exclude(discharge__ended_at__isnull=False)


def _ours() -> Q:
    """Keep what is not decided yet, or accepted while its episode goes on: nobody waits who died, or is not ours."""
    case_id = Coalesce(OuterRef("joined_case_id"), OuterRef("case_id"))
    return Q(status__in=OPEN) | Q(Exists(Episode.objects.filter(case_id=case_id, status=EpisodeStatus.LIVE)))


def is_ours(referral: Referral) -> bool:
    """Say whether a referral is not decided yet, or accepted and its episode goes on."""
    return Referral.objects.filter(_ours(), pk=referral.pk).exists()


def _dress(referrals: Sequence[Referral]) -> list[Leaving]:
    cases, people = [row.case_id for row in referrals], [row.person_id for row in referrals if not row.person.closed]
    blockers: dict[UUID, list[Task]] = {}
    for task in Task.objects.filter(case_id__in=cases, kind=BLOCKER, done_at=None).select_related("owner"):
        blockers.setdefault(task.case_id, []).append(task)
    liaison = asked_of_liaison(cases, answered_too=False)
    known = set(_known_to(people).values_list("person_id", flat=True))
    cohorts = Background.objects.filter(person_id__in=people, cohorts__overlap=list(HOME_FIRST_COHORTS))
    home = set(cohorts.values_list("person_id", flat=True))
    homes = Circumstances.objects.filter(person_id__in=people, accommodation__in=CARE_HOMES)
    in_care_home = set(homes.values_list("person_id", flat=True))
    return [
        Leaving(
            row,
            getattr(row, "discharge", None),
            tuple(sorted(blockers.get(row.case_id, []), key=lambda task: task.due_at)),
            tuple(each for each in liaison if each.request.case_id == row.case_id),
            row.person_id in known,
            row.person_id in home,
            row.person_id in in_care_home,
            needs_in(row, row.person),
        )
        for row in referrals
    ]


def asked_of_liaison(case_ids: Collection[UUID], *, answered_too: bool) -> list[Asked]:
    """Return what psychiatric liaison was asked about these cases, the first asked first, each with its clock."""
    rows = LiaisonRequest.objects.filter(case_id__in=case_ids).order_by("asked_at", "pk")
    found = list(rows if answered_too else rows.filter(answered_at=None))
    clocks: dict[str, Clock] = {}
    if found:
        of_these = Clock.objects.filter(subject__in=[f"liaison:{row.pk}" for row in found])
        clocks = {clock.subject: clock for clock in of_these.select_related("policy")}
    return [Asked(row, clocks.get(f"liaison:{row.pk}")) for row in found]


def liaison_request(by: Actor, request_id: UUID) -> tuple[Asked, Referral]:
    """Return one question to psychiatric liaison of a case in sight, and log the reading. Raises NotFound."""
    require(by, Permission.DISCHARGE_READ)
    row = scope(LiaisonRequest.objects.all(), by).filter(pk=request_id).first()
    if row is None:
        raise NotFound
    referral = with_people(by).get(case_id=row.case_id)
    note_read(by=by, what="discharge", ids=[referral.person_id])
    clock = Clock.objects.filter(subject=f"liaison:{row.pk}").select_related("policy").first()
    return Asked(row, clock), referral


def one_leaving(by: Actor, referral_id: UUID) -> Leaving:
    """Return one row of the list, or one that has left it, and log the reading. Raises NotFound when not yours."""
    require(by, Permission.DISCHARGE_READ)
    found = list(_of_hospital(by).filter(pk=referral_id))
    if not found:
        raise NotFound
    note_read(by=by, what="discharge", ids=[found[0].person_id])
    return _dress(found)[0]


def discharge_of(by: Actor, referrals: Sequence[Referral]) -> Leaving | None:
    """Return the discharge of the latest of a case's referrals from hospital, in sight already; None without one.

    Every question to psychiatric liaison about the case comes with it, answered or not.
    """
    from_hospital = [row for row in referrals if row.direction == Direction.STEP_DOWN and row.status in WAITS]
    if not from_hospital or not by.may(Permission.DISCHARGE_READ):
        return None
    found = _dress(list(_of_hospital(by).filter(pk=from_hospital[-1].pk)))
    if not found:
        return None
    return replace(found[0], liaison=tuple(asked_of_liaison([found[0].referral.case_id], answered_too=True)))


def colleagues(by: Actor, case_id: UUID, at: datetime) -> list[User]:
    """Return who works with the actor, or in the team that has the case, by name: who may take something on."""
    responsible = CaseDeadline.objects.filter(case_id=case_id).values("responsible_team_id")
    held = current_memberships(at).filter(Q(team_id__in=by.teams) | Q(team_id__in=responsible))
    people = User.objects.filter(is_active=True, pk__in=held.values("user_id"))
    return list(people.order_by("name", "pk")[:MOST_COLLEAGUES])


def just_left(by: Actor, at: datetime) -> list[Referral]:
    """Return who was recorded as having left hospital in the last day, the latest first; one reading is logged."""
    rows = _of_hospital(by).filter(discharge__status=DischargeStatus.LEFT, discharge__ended_at__gt=at - JUST_NOW)
    found = list(rows.order_by("-discharge__ended_at", "pk")[:MOST_LEFT])
    if found:
        note_read(by=by, what="discharge.left", ids=[row.person_id for row in found])
    return found


def have_left(referral_ids: Iterable[UUID]) -> set[UUID]:
    """Return which of these referrals are of somebody who is not on the discharge list any more."""
    rows = Discharge.objects.filter(referral__in=list(referral_ids), ended_at__isnull=False)
    return set(rows.values_list("referral_id", flat=True))


def wards(by: Actor) -> list[tuple[str, str, int]]:
    """Return (site, ward, how many wait) of the list, by site and ward, up to 100 wards."""
    require(by, Permission.DISCHARGE_READ)
    counted: dict[tuple[str, str], int] = {}
    for site, ward in _waiting(by).values_list("hospital_site", "hospital_ward")[:2000]:
        counted[site, ward] = counted.get((site, ward), 0) + 1
    return [(site, ward, number) for (site, ward), number in sorted(counted.items())][:100]


def overdue_since(expected_on: date | None, today: date) -> int:
    """Return how many days somebody has waited past the expected day; 0 until then."""
    return max((today - expected_on).days, 0) if expected_on else 0
