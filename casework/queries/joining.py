"""What two records of one person say in the parts that each has one of: read side by side before they are made one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.domain import Permission
from audit.commands import note_read, require
from audit.domain import Actor
from casework.queries.merge import Hanging, both, fingerprint, hanging, why_not
from referrals.domain.joining import CODE, Pair, join_words, pairs
from referrals.domain.sections import SECTIONS
from referrals.models import KeySafeCode, Person, VisitWarning
from referrals.queries import model_of, place_lists, section_row, values_of

LONGEST_WARNING = 300


@dataclass(frozen=True)
class Warned:
    """A warning of a kind that both records have: the words of the loser's are added to the winner's."""

    ours: VisitWarning
    theirs: VisitWarning

    @property
    def words(self) -> str:
        """Return the words of both."""
        return join_words(self.ours.detail, self.theirs.detail)


@dataclass(frozen=True)
class Joining:
    """Everything that both may speak of: pairs of the sections, warnings of one kind, the codes (never shown)."""

    pairs: tuple[Pair, ...]
    warned: tuple[Warned, ...]
    codes: tuple[str, str]

    @property
    def codes_differ(self) -> bool:
        """Say whether both have a code of the key safe, and not the same."""
        return all(self.codes) and self.codes[0] != self.codes[1]

    @property
    def to_answer(self) -> tuple[str, ...]:
        """Return the keys of what must be answered before the two are made one."""
        asked = [pair.key for pair in self.pairs if pair.differs]
        return (*asked, CODE) if self.codes_differ else tuple(asked)

    @property
    def too_long(self) -> bool:
        """Say whether the words of two warnings do not fit into one."""
        return any(len(each.words) > LONGEST_WARNING for each in self.warned)


def joining(winner: Person, loser: Person, found: Sequence[Hanging]) -> Joining:
    """Return what both records say, thing by thing."""
    held: list[Pair] = []
    for shape in SECTIONS:
        if shape.code != "details":
            held += pairs(shape, *(values_of(shape, section_row(shape, who)) for who in (winner, loser)))
    codes = dict(KeySafeCode.objects.filter(person__in=(winner, loser)).values_list("person_id", "code"))
    shown = (codes.get(winner.pk, ""), codes.get(loser.pk, ""))
    return Joining(tuple(held), tuple(warnings_of_one_kind(found)), shown)


def warnings_of_one_kind(found: Sequence[Hanging]) -> list[Warned]:
    """Return the warnings of the loser that cannot move, each with the one of its kind that stands."""
    here = next((one for one in found if one.relation.model is VisitWarning), None)
    if here is None:
        return []
    standing = {row.kind: row for row in here.own if row.ended_at is None}
    return [Warned(standing[row.kind], row) for row in here.left]


def part_lists() -> dict[str, dict[str, str]]:
    """Return the choices that the place gives for what stands in the parts, field → code → words."""
    return place_lists(each for shape in SECTIONS if shape.code != "details" for each in shape.fields)


def row_for(section: str, person: Person) -> Any:
    """Return the row of a section, locked; None where there is none any more."""
    shape = next(each for each in SECTIONS if each.code == section)
    return model_of(shape)._default_manager.select_for_update().filter(person=person).first()


def between(by: Actor, winner_id: UUID, loser_id: UUID) -> Joining:
    """Return what two records in the actor's sight both say. Raises NotPermitted, NotFound."""
    people = {person.pk: person for person in both(by, winner_id, loser_id)}
    return joining(people[winner_id], people[loser_id], hanging(winner_id, loser_id))


@dataclass(frozen=True)
class Preview:
    """Two records side by side, what would move, and what forbids it, if anything: the code of a refusal."""

    winner: Person
    loser: Person
    hanging: tuple[Hanging, ...]
    joining: Joining
    mark: str
    refused: str


def preview(by: Actor, winner_id: UUID, loser_id: UUID) -> Preview:
    """Return what making two records one would do, and log the reading of both. Raises NotPermitted, NotFound."""
    require(by, Permission.PERSON_MERGE)
    people = {person.pk: person for person in both(by, winner_id, loser_id)}
    winner, loser = people[winner_id], people[loser_id]
    note_read(by=by, what="person.merge", ids=[winner.pk, loser.pk])
    found = hanging(winner.pk, loser.pk)
    held = joining(winner, loser, found)
    return Preview(winner, loser, tuple(found), held, fingerprint(found), why_not(winner, loser))
