"""The board of the single point of access: rows by index and keyset."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.crypto import constant_time_compare

from accounts.domain import Permission
from accounts.models import RestrictedCase
from accounts.queries import scope
from audit.commands import note_read, require
from audit.domain import Actor
from casework.domain import OPEN_PHASES, PAGE, BoardView, Cursor, Looked, Show, Tab
from casework.queries.lines import Line, lines
from referrals.domain import CRISIS_RESPONSE, SPA_TRIAGE, Phase, Urgency
from referrals.models import Referral
from referrals.queries import done_today, with_needs, with_people
from referrals.queries.narrowing import narrowed, unseen
from timelimits.models import CaseDeadline, Clock

LOG_AGAIN = timedelta(minutes=5)
SIGNER = TimestampSigner(salt="casework.board")
MOST_WHOLE = 500
BY_DEADLINE = ("next_due_at", "case_id")  # PostgreSQL puts those without an instant last, as the index does
TAB_FILTERS = {
    Tab.ALL: Q(phase__in=OPEN_PHASES),
    Tab.TWO_HOUR: Q(crisis=True, phase__in=OPEN_PHASES),
    Tab.NEW: Q(phase=Phase.NEW),
    Tab.WAITING: Q(phase=Phase.WAITING),
    Tab.ACCEPTED: Q(phase=Phase.ACCEPTED),
    Tab.STEP_DOWN: Q(step_down=True, phase__in=OPEN_PHASES),
}


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `following` is where the next one begins, None at the end."""

    rows: Sequence[Any]
    following: Cursor | None
    people: Sequence[UUID] = ()


def deadlines(by: Actor, view: BoardView) -> QuerySet[CaseDeadline]:
    """Return the open cases of a view: everyone's, or those their teams answer for.

    Restricted cases stay on the list of whoever sees the whole place, and `lines` says nothing of whose they are: a
    case that vanished would be forgotten, and the counts would not agree. Not when a hospital is asked for, which would
    tell where somebody is.
    """
    require(by, Permission.BOARD_READ)
    rows = CaseDeadline.objects.all()
    rows = rows if by.place_wide and not view.hospital else scope(rows, by)
    return _narrowed(of_teams(rows, by), view)


def _narrowed(rows: QuerySet[CaseDeadline], view: BoardView) -> QuerySet[CaseDeadline]:
    """Keep what lies in the zone, is of the urgency and from the hospital that are asked for."""
    rows = rows.filter(zone=view.zone) if view.zone else rows
    rows = rows.filter(crisis=view.urgency == Urgency.CRISIS) if view.urgency else rows
    if not view.hospital:
        return rows
    there = narrowed(unseen(Referral.objects.all()), hospital=view.hospital)
    return rows.filter(case_id__in=there.values("case_id"))


def of_teams(rows: QuerySet[Any], by: Actor, column: str = "responsible_team_id") -> QuerySet[Any]:
    """Keep what the actor's teams answer for; everything for those who see the whole place."""
    return rows if by.place_wide else rows.filter(**{f"{column}__in": by.teams})


@dataclass(frozen=True, slots=True)
class Done:
    """One row of what left the board today, with the clock that tells most of it."""

    referral: Referral
    clock: Clock | None
    restricted: bool


def page(by: Actor, view: BoardView, looked: Looked, now: datetime, after: Cursor | None) -> Page:
    """Return up to 50 rows of the view, next deadline first: one statement, whatever the number of rows."""
    if view.tab is Tab.DONE:
        return _done_page(by, view, now, after)
    rows = asked_for(by, view, looked)
    kept, following = cut(_lines(rows, after, by), lambda row: (row.next_due_at, row.case_id))
    return Page(kept, following, [line.person_id for line in kept if not line.closed])


def asked_for(by: Actor, view: BoardView, looked: Looked) -> QuerySet[CaseDeadline]:
    """Return the open cases of a view: the one query of the board, of its print and of its file."""
    tab = Tab.ALL if view.tab is Tab.DONE else view.tab
    return shown(deadlines(by, view).filter(TAB_FILTERS[tab]), by, view, looked)


@dataclass(frozen=True, slots=True)
class Whole:
    """Every row of a view, up to 500, with the referrals that hold addresses; `more`: there are others."""

    rows: Sequence[Line]
    referrals: Mapping[UUID, Referral]
    more: bool


def whole(by: Actor, view: BoardView, looked: Looked) -> Whole:
    """Return the whole open list of a view, next deadline first, up to 500 rows: two statements."""
    return whole_of(asked_for(by, view, looked), by)


def whole_of(cases: QuerySet[CaseDeadline], by: Actor) -> Whole:
    """Return these open cases as a whole list with what each person needs, up to 500 rows: two statements."""
    found = lines(cases.order_by(*BY_DEADLINE)[: MOST_WHOLE + 1], by)
    kept = found[:MOST_WHOLE]
    referrals = with_needs(with_people(by).filter(pk__in=[row.id for row in kept if not row.closed]), "person")
    return Whole(kept, {row.pk: row for row in referrals}, len(found) > MOST_WHOLE)


def log_whole(by: Actor, found: Whole, what: str) -> None:
    """Log one reading of a whole list with the people on it."""
    if found.rows:
        shown = (str(row.person_id) for row in found.rows if not row.closed)
        note_read(by=by, what=what, ids=list(dict.fromkeys(shown)))


def _lines(rows: QuerySet[CaseDeadline], after: Cursor | None, by: Actor) -> list[Line]:
    """Return one row more than a page, by (next_due_at, case_id) from the cursor on; those without an instant last."""
    ordered = rows.order_by(*BY_DEADLINE)
    if after is None:
        return lines(ordered[: PAGE + 1], by)
    found = [] if after.at is None else lines(passed(ordered, after)[: PAGE + 1], by)
    if len(found) > PAGE:
        return found
    undated = ordered.filter(next_due_at=None)
    undated = undated if after.at is not None else undated.filter(case_id__gt=after.key)
    return [*found, *lines(undated[: PAGE + 1 - len(found)], by)]


def shown(rows: QuerySet[CaseDeadline], by: Actor, view: BoardView, looked: Looked) -> QuerySet[CaseDeadline]:
    """Keep whose referrals are asked for."""
    if view.show is Show.NOBODY:
        return rows.filter(responsible_user=None)
    if view.show is Show.MINE:
        return rows.filter(responsible_user_id=by.user_id)
    return _unseen(rows, looked) if view.show is Show.UNSEEN else rows


def _unseen(rows: QuerySet[CaseDeadline], looked: Looked) -> QuerySet[CaseDeadline]:
    """Keep what came in since they looked, and was neither triaged nor opened by them."""
    return rows.filter(phase=Phase.NEW, opened_at__gt=looked.since).exclude(case_id__in=looked.opened)


def with_clock(rows: QuerySet[CaseDeadline]) -> QuerySet[CaseDeadline]:
    """Add which limit is due next and when it becomes soon."""
    due_next = Clock.objects.filter(case_id=OuterRef("case_id"), stopped_at=None, due_at=OuterRef("next_due_at"))
    return rows.annotate(
        clock_label=Subquery(due_next.values("policy__label")[:1]), soon_at=Subquery(due_next.values("soon_at")[:1])
    )


def after_cursor(rows: QuerySet[CaseDeadline], after: Cursor | None) -> list[CaseDeadline]:
    """Return one row more than a page, by (next_due_at, case_id) from the cursor on; those without an instant last."""
    ordered = rows.order_by(*BY_DEADLINE)
    if after is None:
        return list(ordered[: PAGE + 1])
    undated = ordered.filter(next_due_at=None)
    if after.at is None:
        return list(undated.filter(case_id__gt=after.key)[: PAGE + 1])
    found = list(passed(ordered, after)[: PAGE + 1])
    return found if len(found) > PAGE else [*found, *undated[: PAGE + 1 - len(found)]]


def passed(rows: QuerySet[CaseDeadline], after: Cursor) -> QuerySet[CaseDeadline]:
    """Keep the rows behind the cursor, those without an instant left out."""
    return rows.filter(next_due_at__gte=after.at).exclude(next_due_at=after.at, case_id__lte=after.key)


def cut(found: Sequence[Any], place: Any) -> tuple[Sequence[Any], Cursor | None]:
    """Return a page of what was found and the cursor behind its last row, when there is more."""
    if len(found) <= PAGE:
        return found, None
    kept = found[:PAGE]
    at, key = place(kept[-1])
    return kept, Cursor(at, str(key))


def log_list(by: Actor, people: Sequence[UUID], proof: str = "") -> str:
    """Log one reading of the list with the people shown, and return the proof that it was logged.

    A list fetched again within five minutes with the proof of the very same people is not logged twice.
    """
    shown = [str(key) for key in dict.fromkeys(people)]
    digest = sha256(" ".join([by.id, *sorted(shown)]).encode()).hexdigest()
    if shown and not _proves(proof, digest):
        note_read(by=by, what="board", ids=shown)
        return SIGNER.sign(digest)
    return proof


def _proves(proof: str, digest: str) -> bool:
    try:
        return constant_time_compare(SIGNER.unsign(proof, max_age=LOG_AGAIN), digest)
    except BadSignature:
        return False


def done(by: Actor, view: BoardView, now: datetime) -> QuerySet[Referral]:
    """Return what left the board today, the latest first."""
    rows = of_teams(done_today(by, now), by, "front_door_id")
    return narrowed(rows, zone=view.zone, urgency=view.urgency, hospital=view.hospital)


def _done_page(by: Actor, view: BoardView, now: datetime, after: Cursor | None) -> Page:
    """Return up to 50 referrals that left the board today, the latest first."""
    rows = done(by, view, now)
    if after is not None and after.at is not None:
        rows = rows.filter(done_at__lte=after.at).exclude(done_at=after.at, pk__gte=after.key)
    rows = rows.annotate(restricted=Exists(RestrictedCase.objects.filter(case_id=OuterRef("case_id"))))
    kept, following = cut(list(rows[: PAGE + 1]), lambda row: (row.done_at, row.pk))
    clocks = _telling_clocks(kept)
    rows_done = [Done(referral, clocks.get(referral.case_id), vars(referral)["restricted"]) for referral in kept]
    return Page(rows_done, following, [referral.person_id for referral in kept])


def _telling_clocks(referrals: Sequence[Referral]) -> dict[UUID, Clock]:
    """Return the clock that tells most of each referral: the last of its two-hour visit, else of its triage."""
    rows = Clock.objects.filter(
        case_id__in=[r.case_id for r in referrals], policy_code__in=(SPA_TRIAGE, CRISIS_RESPONSE)
    )
    return {clock.case_id: clock for clock in rows.select_related("policy").order_by("-policy_code", "started_at")}
