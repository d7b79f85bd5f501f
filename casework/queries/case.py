"""One case whole: referrals, episode, clocks, tasks, what happened. A dozen statements, however long it is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts.models import User
from audit.commands import note_read, now
from audit.domain import Actor
from audit.models import CaseEvent
from audit.queries import timeline
from audit.refusals import NotFound
from casework.domain import Cursor, TimelineFilter
from pathways.domain import ContactKind
from pathways.models import Contact, Episode, Spell, Task, Waiting
from pathways.queries import Leaving, discharge_of
from pathways.queries import for_actor as episodes_for
from referrals.models import InformationRequest, Referral, ReferralTransition, Worry
from referrals.queries import Needs, needs_in, with_needs
from referrals.queries import for_actor as referrals_for
from referrals.queries.decision import may_go_back
from referrals.queries.questions import questions_from, questions_inside
from timelimits.models import BreachReason, Clock
from timelimits.queries import clocks_for

EVENTS_PAGE = 30
MOST_TASKS = 200
GROUPS: Mapping[TimelineFilter, tuple[str, ...]] = {
    TimelineFilter.CONTACTS: ("contact",),
    TimelineFilter.CLOCKS: ("clock", "alert", "override", "block"),
    TimelineFilter.DECISIONS: ("referral", "episode", "spell"),
}
NAMED_USERS = ("coordinator", "user", "approved_by", "practitioner")


@dataclass(frozen=True, slots=True)
class Move:
    """Why a referral was moved, as its transition row holds it."""

    reason: str
    signpost: str
    note: str


@dataclass(frozen=True, slots=True)
class Case:
    """What a case page shows. `root` is the case of the episode, or of the referral that has none.

    `back`: the decision that ended the referral may still be taken back.
    """

    root: UUID
    referrals: tuple[Referral, ...]
    episode: Episode | None
    clocks: tuple[Clock, ...]
    tasks: tuple[Task, ...]
    seen_at: datetime | None
    needs: Needs = field(default_factory=Needs)
    counts: Mapping[TimelineFilter, int] = field(default_factory=dict)
    moves: Mapping[str, Move] = field(default_factory=dict)
    worries: tuple[Mapping[str, Any], ...] = ()
    leaving: Leaving | None = None
    questions: tuple[InformationRequest, ...] = ()
    back: bool = False

    @property
    def opened_by(self) -> Referral:
        """Return the referral that opened the case."""
        return next(referral for referral in self.referrals if referral.case_id == self.root)


@dataclass(frozen=True, slots=True)
class Events:
    """One page of a timeline and what its events name; `following` is where the earlier ones begin."""

    rows: tuple[CaseEvent, ...]
    following: Cursor | None
    contacts: Mapping[str, Contact]
    users: Mapping[str, str]


def case(by: Actor, case_id: UUID) -> Case:
    """Return a case and log the reading. Raises NotFound when there is none or it is not yours.

    The case of a referral that joined an episode is the episode's case: both are shown together.
    """
    referrals = tuple(_referrals(by, case_id))
    asked = next((referral for referral in referrals if referral.case_id == case_id), None)
    if asked is None:
        raise NotFound
    root = asked.joined_case_id or asked.case_id
    if root not in {referral.case_id for referral in referrals}:
        raise NotFound
    note_read(by=by, what="case", ids=[asked.person_id])
    ids = [referral.case_id for referral in referrals]
    unexplained = BreachReason.objects.filter(clock=OuterRef("pk"))
    seen = [referral.seen_at for referral in referrals if referral.seen_at]
    return Case(
        root=root,
        referrals=referrals,
        episode=episode_of(by, root),
        clocks=tuple(clocks_for(by, ids).annotate(reason_given=Subquery(unexplained.values("reason")[:1]))),
        tasks=tuple(Task.objects.filter(case_id__in=ids).select_related("owner").order_by("due_at")[:MOST_TASKS]),
        seen_at=max(seen, default=None),
        needs=needs_in(asked, asked.person),
        counts=_counts(referrals),
        moves=_moves(referrals),
        worries=tuple(each for referral in referrals for each in referral.worries),
        leaving=discharge_of(by, referrals),
        questions=tuple(each for referral in referrals for each in questions_from(referral.asked)),
        back=may_go_back(asked, now()),
    )


def _referrals(by: Actor, case_id: UUID) -> QuerySet[Any]:
    """Return the referrals of the case, whichever of its case ids was asked for.

    Each with when it was last seen, its moves, how many events of each sort its case has, and the person's needs.
    """
    asked = Referral.objects.filter(case_id=case_id)
    root = Subquery(asked.values(root=Coalesce("joined_case_id", "case_id"))[:1])
    visits = Contact.objects.filter(case_id=OuterRef("case_id"), attended=True, kind=ContactKind.FACE_TO_FACE)
    of_case = Q(case_id=root) | Q(joined_case_id=root)  # each by its index; a list of ids would read the whole table
    told = CaseEvent.objects.filter(case_id=OuterRef("case_id")).order_by().values("event").annotate(n=Count("pk"))
    moves = ReferralTransition.objects.filter(referral=OuterRef("pk"))
    worries = Worry.objects.filter(case_id=OuterRef("case_id"), ended_at=None).order_by("since", "pk")
    said = JSONObject(at="recorded_at", reason="reason", signpost="signpost", note="note")
    rows = referrals_for(by).filter(of_case).order_by("received_at", "pk")
    found: QuerySet[Any] = with_needs(rows, "person").annotate(
        seen_at=Subquery(visits.order_by("-occurred_at").values("occurred_at")[:1]),
        moves=ArraySubquery(moves.values(said=said)),
        worries=ArraySubquery(worries.values(one=JSONObject(pk="pk", why="why", by="by", since="since"))),
        asked=questions_inside(),
        told=ArraySubquery(told.values(one=JSONObject(event="event", n="n"))),
    )
    return found


def episode_of(by: Actor, root: UUID) -> Any:
    """Return the episode of a case with its service or what it waits for; None without one, or it is not yours."""
    spells = Spell.objects.filter(episode=OuterRef("pk"), period__upper_inf=True).order_by("-main", "pk")
    waits = Waiting.objects.filter(episode=OuterRef("pk"), period__upper_inf=True)
    rows = episodes_for(by).filter(case_id=root)
    return rows.annotate(
        service_now=Subquery(spells.values("service")[:1]),
        waits_for=Subquery(waits.values("service")[:1]),
        kept_safe_by=Subquery(waits.values("kept_safe_by")[:1]),
    ).first()


def events(held: Case, shown: TimelineFilter, before: Cursor | None) -> Events:
    """Return up to 30 events of the case, newest first, with the rows they speak of: three statements."""
    ids = [referral.case_id for referral in held.referrals]
    rows = timeline(ids, GROUPS.get(shown))
    if before is not None and before.at is not None and before.key.isdecimal():
        rows = rows.filter(occurred_at__lte=before.at).exclude(occurred_at=before.at, id__gte=int(before.key))
    found = list(rows[: EVENTS_PAGE + 1])
    kept = tuple(found[:EVENTS_PAGE])
    last = kept[-1] if len(found) > EVENTS_PAGE else None
    return Events(
        rows=kept,
        following=Cursor(last.occurred_at, str(last.pk)) if last else None,
        contacts=_contacts(kept),
        users=_users(kept),
    )


def _counts(referrals: Sequence[Any]) -> dict[TimelineFilter, int]:
    found: Counter[str] = Counter()
    for each in (each for referral in referrals for each in referral.told):
        found[each["event"].split(".", maxsplit=1)[0]] += each["n"]
    counts = {each: sum(found[word] for word in words) for each, words in GROUPS.items()}
    return {TimelineFilter.ALL: found.total(), **counts}


def _moves(referrals: Sequence[Any]) -> dict[str, Move]:
    return {
        transition_key(f"referral:{referral.pk}", datetime.fromisoformat(row["at"])): Move(
            row["reason"], row["signpost"], row["note"]
        )
        for referral in referrals
        for row in referral.moves
    }


def _contacts(rows: Sequence[CaseEvent]) -> dict[str, Contact]:
    wanted = [row.subject.removeprefix("contact:") for row in rows if row.subject.startswith("contact:")]
    return {f"contact:{contact.pk}": contact for contact in Contact.objects.filter(pk__in=wanted)}


def transition_key(subject: str, recorded_at: datetime) -> str:
    """Return what an event and its transition row have in common: they are written together."""
    return f"{subject} {recorded_at.astimezone(UTC).isoformat()}"


def _users(rows: Sequence[CaseEvent]) -> dict[str, str]:
    named = {row.data.get(key) for row in rows for key in NAMED_USERS} - {None}
    ids = [str(each).removeprefix("user:") for each in named]
    return {str(key): name for key, name in User.objects.filter(pk__in=_uuids(ids)).values_list("pk", "name")}


def _uuids(texts: Sequence[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def next_due(held: Case, most: int) -> list[tuple[datetime, Clock | Task]]:
    """Return what is due next on the case: running clocks and open tasks, the earliest first."""
    clocks = [(c.due_at, c) for c in held.clocks if c.stopped_at is None and c.due_at is not None]
    tasks = [(task.due_at, task) for task in held.tasks if task.done_at is None]
    due: list[tuple[datetime, Clock | Task]] = [*clocks, *tasks]
    return sorted(due, key=lambda pair: (pair[0], str(pair[1].pk)))[:most]
