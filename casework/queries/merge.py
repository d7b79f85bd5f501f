"""What hangs on a person, found by introspection: everything that moves when two records are made one."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q, QuerySet, UniqueConstraint
from simple_history.models import HistoricalChanges

from accounts.domain import Permission
from audit.commands import require
from audit.domain import Actor
from audit.refusals import NotFound
from pathways.domain import EpisodeStatus
from pathways.models import Episode
from referrals import queries
from referrals.domain import Status
from referrals.domain.duplicates import Mergeable, NumberStatus, RowKind, why_not_merge
from referrals.models import Death, Merge, MergeRow, Person, PersonKeys, PossibleDuplicate, Referral

OF_ONE_RECORD = (PersonKeys, PossibleDuplicate, Merge)
"""Tables that speak of a record, not of the human being: they stay with it. History tables stay as well."""


@dataclass(frozen=True, slots=True)
class Relation:
    """One way in which rows hang on a person."""

    model: type[Model]
    field: str

    @property
    def label(self) -> str:
        """Return the table's name as `app.model`."""
        return self.model._meta.label_lower

    @property
    def rows(self) -> QuerySet[Any]:
        """Return every row, whatever the model's own manager leaves out."""
        return self.model._base_manager.order_by("pk")

    def of(self, person_id: UUID) -> QuerySet[Any]:
        """Return the rows that hang on a person."""
        return self.rows.filter(**{self.field: person_id})

    @property
    def keeps_history(self) -> bool:
        """Say whether a change of a row leaves a version: then rows are saved one by one."""
        return hasattr(self.model, "history")

    def rules(self) -> Iterator[tuple[Q, list[str]]]:
        """Yield what a person may have only one of: the condition, and the other columns that tell rows apart."""
        if getattr(self.model._meta.get_field(self.field), "unique", False):
            yield Q(), []
        for rule in self.model._meta.constraints:
            if isinstance(rule, UniqueConstraint) and self.field in rule.fields:
                yield rule.condition or Q(), [name for name in rule.fields if name != self.field]

    def in_the_way(self, winner_id: UUID, loser_id: UUID) -> set[Any]:
        """Return the keys of the loser's rows that cannot move, since the winner has one of the kind: it stands."""
        found = set()
        for condition, others in self.rules():
            held = {tuple(row[1:]) for row in self.of(winner_id).filter(condition).values_list("pk", *others)}
            rows = self.of(loser_id).filter(condition).values_list("pk", *others)
            found |= {row[0] for row in rows if tuple(row[1:]) in held}
        return found


def relations() -> list[Relation]:
    """Return every relation to a person that a merge moves, in the order of the apps."""
    return [
        Relation(model, field.name)
        for model in apps.get_models()
        if model not in (Person, *OF_ONE_RECORD) and not issubclass(model, HistoricalChanges)
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model is Person
    ]


@dataclass(frozen=True)
class Hanging:
    """What of one table hangs on the two: rows that move, the winner's own, and those that stay with the loser."""

    relation: Relation
    moved: tuple[Any, ...]
    own: tuple[Any, ...]
    left: tuple[Any, ...]

    def rows(self) -> Iterator[tuple[RowKind, Any]]:
        """Yield every row with where it goes."""
        for kind, rows in ((RowKind.MOVED, self.moved), (RowKind.OWN, self.own), (RowKind.LEFT, self.left)):
            yield from ((kind, row) for row in rows)


def hanging(winner_id: UUID, loser_id: UUID) -> list[Hanging]:
    """Return what would go where, tables without rows left out."""
    found = []
    for relation in relations():
        own, rows = tuple(relation.of(winner_id)), tuple(relation.of(loser_id))
        stay = relation.in_the_way(winner_id, loser_id) if own and rows else set()
        moved, left = (tuple(row for row in rows if (row.pk in stay) is stays) for stays in (False, True))
        if own or rows:
            found.append(Hanging(relation, moved, own, left))
    return found


def fingerprint(found: Sequence[Hanging]) -> str:
    """Return a mark of exactly these rows, with the versions of what both have: a preview that is behind is told so."""
    marks = [f"{one.relation.label} {kind} {row.pk}" for one in found for kind, row in one.rows()]
    marks += [f"{row.pk} {getattr(row, 'version', '')}" for one in found if one.left for _, row in one.rows()]
    return hashlib.sha256("\n".join(marks).encode()).hexdigest()[:16]


def both(by: Actor, one_id: UUID, other_id: UUID) -> list[Person]:
    """Return two records in the actor's sight, as they are: not what they stand for.

    Raises NotPermitted, NotFound, also for one that was erased.
    """
    require(by, Permission.PERSON_MERGE)
    seen = queries.visible_people(by.where_it_may(Permission.PERSON_MERGE))
    found = list(seen.filter(pk__in=(one_id, other_id), erased_at=None))
    if len(found) != 2:
        raise NotFound
    return found


def why_not(winner: Person, loser: Person) -> str:
    """Return the code of what forbids making the two one, or ""."""
    episodes = Episode.objects.filter(person__in=(winner, loser), status=EpisodeStatus.LIVE)
    live = set(episodes.values_list("person_id", flat=True))
    dead = set(Death.objects.filter(person__in=(winner, loser), error_at=None).values_list("person_id", flat=True))
    return why_not_merge(*(_mergeable(person, live, dead) for person in (winner, loser)))


def _mergeable(person: Person, live: set[UUID], dead: set[UUID]) -> Mergeable:
    return Mergeable(
        number=person.nhs_number or "",
        status=NumberStatus(person.nhs_number_status),
        is_live=person.pk in live,
        is_pointer=person.merged_into_id is not None,
        is_dead=person.pk in dead,
        has_open_work=bool(dead) and bool(queries.open_cases(person.pk)),
    )


def best_first(one: Person, other: Person) -> tuple[Person, Person]:
    """Return which record to keep, and the other: a verified number first, then any number, then the older record."""

    def weight(person: Person) -> tuple[bool, bool, Any]:
        verified = person.nhs_number_status == NumberStatus.VERIFIED
        return not verified, person.nhs_number is None, person.created_at

    first, second = sorted((one, other), key=weight)
    return first, second


def get_merge(by: Actor, merge_id: UUID) -> Merge:
    """Return a merge of people in the actor's sight. Raises NotPermitted, NotFound."""
    require(by, Permission.PERSON_MERGE)
    seen = queries.visible_people(by.where_it_may(Permission.PERSON_MERGE))
    merge = Merge.objects.select_related("winner", "loser").filter(pk=merge_id, winner__in=seen).first()
    if merge is None:
        raise NotFound
    return merge


def latest_merges(by: Actor, most: int = 10) -> list[Merge]:
    """Return merges of people in the actor's sight, the latest first."""
    seen = queries.visible_people(by.where_it_may(Permission.PERSON_MERGE))
    rows = Merge.objects.select_related("winner").order_by("-done_at")
    hidden = queries.hidden_people(by)
    return list((rows.exclude(winner__in=hidden) if by.place_wide else rows.filter(winner__in=seen))[:most])


@dataclass(frozen=True)
class Standing:
    """What became of a merge's rows: still movable back, gone or elsewhere by now, and made since, which stay."""

    back: tuple[tuple[Relation, Any], ...]
    missing: tuple[MergeRow, ...]
    since: tuple[tuple[Relation, Any], ...]
    joined: tuple[Referral, ...]

    @property
    def visit_owed(self) -> bool:
        """Say whether one that joined an episode of the other still waits for its first visit: it would be lost."""
        return any(each.status == Status.ACCEPTED and each.done_at is None for each in self.joined)


def standing(merge: Merge) -> Standing:
    """Return what undoing a merge would do now."""
    held = list(merge.rows.order_by("pk"))
    moved = {(row.model, row.key): row for row in held if row.kind == RowKind.MOVED}
    known = {(row.model, row.key) for row in held}
    back: list[tuple[Relation, Any]] = []
    since: list[tuple[Relation, Any]] = []
    for relation in relations():
        for row in relation.of(merge.winner_id):
            key = (relation.label, str(row.pk))
            if key in moved:
                back.append((relation, row))
                del moved[key]
            elif key not in known:
                since.append((relation, row))
    return Standing(tuple(back), tuple(moved.values()), tuple(since), _joined(merge, back))


def _joined(merge: Merge, back: Sequence[tuple[Relation, Any]]) -> tuple[Referral, ...]:
    """Return referrals of one of the two that joined an episode of the other: a human must look at them."""

    def hers(model: type[Model]) -> Q:
        going = [row.pk for relation, row in back if relation.model is model]
        return Q(person_id=merge.loser_id) | Q(pk__in=going)

    rows = Referral.objects.filter(person__in=(merge.winner_id, merge.loser_id), joined_case_id__isnull=False)
    cases = Episode.objects.filter(hers(Episode)).values("case_id")
    return tuple(rows.filter(hers(Referral) ^ Q(joined_case_id__in=cases)).order_by("received_at"))
