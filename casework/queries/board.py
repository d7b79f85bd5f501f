"""The board of the single point of access: counts from the roll-up, rows by index and keyset."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.core.signing import BadSignature, TimestampSigner
from django.db.models import OuterRef, Q, QuerySet, Subquery, Value
from django.utils.crypto import constant_time_compare

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import note_read, require
from audit.domain import Actor
from casework.domain import COUNTED_TO, OPEN_PHASES, PAGE, BoardView, Counts, Cursor, Looked, Show, Tab
from referrals.domain import CRISIS_RESPONSE, SPA_TRIAGE, Phase
from referrals.models import Referral, ReferralTransition
from referrals.queries import done_today
from timelimits.models import CaseDeadline, Clock
from timelimits.queries import counts as rolled_up

LOG_AGAIN = timedelta(minutes=5)
SIGNER = TimestampSigner(salt="casework.board")
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
class Held:
    """One row of the board: who must do what by when, the limit that is due next, the referral and its last move."""

    deadline: CaseDeadline
    referral: Referral
    label: str
    soon_at: datetime | None
    moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `following` is where the next one begins, None at the end."""

    rows: Sequence[Any]
    following: Cursor | None
    people: Sequence[UUID] = ()


def deadlines(by: Actor, view: BoardView) -> QuerySet[CaseDeadline]:
    """Return the open cases of a view that the actor may see: everyone's, or those their teams answer for."""
    require(by, Permission.BOARD_READ)
    rows = _of_teams(scope(CaseDeadline.objects.all(), by), by)
    return rows.filter(zone=view.zone) if view.zone else rows


def _of_teams(rows: QuerySet[Any], by: Actor, column: str = "responsible_team_id") -> QuerySet[Any]:
    return rows if by.place_wide else rows.filter(**{f"{column}__in": by.teams})


@dataclass(frozen=True, slots=True)
class Done:
    """One row of what left the board today, with the clock that tells most of it."""

    referral: Referral
    clock: Clock | None


def page(by: Actor, view: BoardView, looked: Looked, now: datetime, after: Cursor | None) -> Page:
    """Return up to 50 rows of the view, next deadline first: two statements, whatever the number of rows."""
    if view.tab is Tab.DONE:
        return _done_page(by, view, now, after)
    rows = _shown(deadlines(by, view).filter(TAB_FILTERS[view.tab]), by, view, looked)
    found = after_cursor(with_clock(rows).select_related("responsible_user", "responsible_team"), after)
    kept, following = cut(found, lambda row: (row.next_due_at, row.case_id))
    by_case = {referral.case_id: referral for referral in _referrals([row.case_id for row in kept])}
    held = [_held(row, by_case[row.case_id]) for row in kept if row.case_id in by_case]
    return Page(held, following, [each.referral.person_id for each in held])


def _held(row: Any, referral: Any) -> Held:
    return Held(row, referral, row.clock_label or "", row.soon_at, referral.since)


def _shown(rows: QuerySet[CaseDeadline], by: Actor, view: BoardView, looked: Looked) -> QuerySet[CaseDeadline]:
    if view.show is Show.NOBODY:
        return rows.filter(responsible_user=None)
    if view.show is Show.MINE:
        return rows.filter(responsible_user_id=by.user_id)
    return _unseen(rows, looked) if view.show is Show.UNSEEN else rows


def _unseen(rows: QuerySet[CaseDeadline], looked: Looked) -> QuerySet[CaseDeadline]:
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
    passed = Q(next_due_at=after.at, case_id__lte=after.key)
    found = list(ordered.filter(next_due_at__gte=after.at).exclude(passed)[: PAGE + 1])
    return found if len(found) > PAGE else [*found, *undated[: PAGE + 1 - len(found)]]


def cut(found: Sequence[Any], place: Any) -> tuple[Sequence[Any], Cursor | None]:
    """Return a page of what was found and the cursor behind its last row, when there is more."""
    if len(found) <= PAGE:
        return found, None
    kept = found[:PAGE]
    at, key = place(kept[-1])
    return kept, Cursor(at, str(key))


def _referrals(case_ids: Sequence[UUID]) -> QuerySet[Referral]:
    latest = ReferralTransition.objects.filter(referral=OuterRef("pk")).order_by("-id")
    return (
        Referral.objects.filter(case_id__in=case_ids)
        .select_related("person", "held_by")
        .annotate(since=Subquery(latest.values("recorded_at")[:1]))
    )


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


def _done_page(by: Actor, view: BoardView, now: datetime, after: Cursor | None) -> Page:
    """Return up to 50 referrals that left the board today, the latest first."""
    rows = _of_teams(done_today(by, now), by, "front_door_id")
    rows = rows.filter(zone=view.zone) if view.zone else rows
    if after is not None:
        rows = rows.filter(done_at__lte=after.at).exclude(done_at=after.at, pk__gte=after.key)
    kept, following = cut(list(rows[: PAGE + 1]), lambda row: (row.done_at, row.pk))
    clocks = _telling_clocks(kept)
    done = [Done(referral, clocks.get(referral.case_id)) for referral in kept]
    return Page(done, following, [referral.person_id for referral in kept])


def _telling_clocks(referrals: Sequence[Referral]) -> dict[UUID, Clock]:
    """Return the clock that tells most of each referral: the last of its two-hour visit, else of its triage."""
    rows = Clock.objects.filter(
        case_id__in=[r.case_id for r in referrals], policy_code__in=(SPA_TRIAGE, CRISIS_RESPONSE)
    )
    return {clock.case_id: clock for clock in rows.select_related("policy").order_by("-policy_code", "started_at")}


def counts(by: Actor, view: BoardView, looked: Looked, now: datetime, arrived_since: datetime | None = None) -> Counts:
    """Return every count of the board in two statements: the roll-up, and short lists that stop at 100."""
    groups = [each for each in rolled_up(by) if each.phase in OPEN_PHASES and view.zone in ("", each.zone)]
    short = _short_counts(by, view, looked, now, arrived_since)
    tabs = {
        Tab.ALL: sum(each.cases for each in groups),
        Tab.TWO_HOUR: sum(each.cases for each in groups if each.crisis),
        Tab.NEW: sum(each.cases for each in groups if each.phase == Phase.NEW),
        Tab.WAITING: sum(each.cases for each in groups if each.phase == Phase.WAITING),
        Tab.ACCEPTED: sum(each.cases for each in groups if each.phase == Phase.ACCEPTED),
        Tab.STEP_DOWN: sum(each.cases for each in groups if each.step_down),
        Tab.DONE: short.pop("done"),
    }
    return Counts(tabs=tabs, **short)


def _short_counts(
    by: Actor, view: BoardView, looked: Looked, now: datetime, arrived_since: datetime | None
) -> dict[str, int]:
    """Count in one statement what no roll-up holds, each up to 100 rows found by index."""
    rows = deadlines(by, view).filter(phase__in=OPEN_PHASES)
    done = _of_teams(done_today(by, now), by, "front_door_id")
    lists: dict[str, QuerySet[Any]] = {
        "overdue": rows.filter(crisis=True, next_due_at__lt=now),
        "nobody": rows.filter(responsible_user=None),
        "mine": rows.filter(responsible_user_id=by.user_id),
        "unseen": _unseen(rows, looked),
        "done": (done.filter(zone=view.zone) if view.zone else done).select_related(None),
    }
    if arrived_since is not None:
        lists["arrived"] = rows.filter(phase=Phase.NEW, crisis=True, opened_at__gt=arrived_since)
    parts = [each.order_by().values_list(Value(name))[:COUNTED_TO] for name, each in lists.items()]
    found = [name for (name,) in parts[0].union(*parts[1:], all=True)]
    return {name: found.count(name) for name in lists}
