"""Make two records of one person one, and take them apart again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.domain import Permission
from audit.bulk import insert
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import IllegalMove, RuleBroken, Stale
from casework.commands.closed import closed_cases, newly_closed, open_again
from casework.commands.joining import fill_parts, give_back_parts
from casework.queries.joining import Joining, joining
from casework.queries.merge import Hanging, Relation, Standing, both, fingerprint, get_merge, hanging, standing, why_not
from referrals.commands.duplicates import decide
from referrals.commands.reviews import drop_review, settle_reviews
from referrals.domain.duplicates import NO_MERGE_WORDS, Decision
from referrals.domain.joining import CODE, Answer
from referrals.models import Merge, MergeRow, Person, Referral

STATUS = "nhs_number_status"
TOGETHER = (("nhs_number", STATUS), ("born_on",), ("address_lines", "postcode"), ("phone",),
            ("gp_practice",), ("called",), ("email",))  # fmt: skip
"""What the winner takes over where it knows nothing itself; an address and its postcode go together."""


@command
def merge_people(
    *, by: Actor, winner_id: UUID, loser_id: UUID, reason: str, seen: str = "", answers: Mapping[str, str] | None = None
) -> Merge:
    """Make two records one: what hangs on the loser moves to the winner, and the loser becomes a pointer to it.

    Nothing that is only added to is rewritten: events, moves and versions keep naming what they named. `seen` is the
    mark of the preview, `answers` say what stands where the parts of the two differ: kept, taken or both. The same
    again is quiet. Raises NotPermitted, NotFound, RuleBroken (same_record, both_live, different_numbers, keep_verified,
    reason_missing, unanswered, warnings_too_long), IllegalMove (already_merged), Stale.
    """
    require(by, Permission.PERSON_MERGE)
    if winner_id == loser_id:
        raise _no("same_record")
    winner, loser = _lock(by, winner_id, loser_id)
    done = Merge.objects.filter(winner=winner, loser=loser, undone_at=None).first()
    if done is not None and done.reason == reason.strip():
        return done
    refused = why_not(winner, loser)
    if refused == "already_merged":
        raise IllegalMove(refused, f"This can't be done because {NO_MERGE_WORDS[refused]}.")
    if refused:
        raise _no(refused)
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say how you know that it is one person.", field="reason")
    found = hanging(winner.pk, loser.pk)
    if seen and seen != fingerprint(found):
        raise Stale(f"This can't be done because {NO_MERGE_WORDS['changed']}.")
    return _merge(by, winner, loser, reason.strip(), found, answers or {})


def _no(code: str) -> RuleBroken:
    return RuleBroken(code, f"This can't be done because {NO_MERGE_WORDS[code]}.")


def _lock(by: Actor, winner_id: UUID, loser_id: UUID) -> tuple[Person, Person]:
    """Lock the referrals of both, then both records, always in the order of their ids, as accepting does."""
    both(by, winner_id, loser_id)
    list(Referral.objects.select_for_update().filter(person__in=(winner_id, loser_id)).order_by("pk").values("pk"))
    people = Person.objects.select_for_update().filter(pk__in=(winner_id, loser_id)).order_by("pk")
    held = {person.pk: person for person in people}
    return held[winner_id], held[loser_id]


def _answered(winner: Person, loser: Person, found: Sequence[Hanging], answers: Mapping[str, str]) -> Joining:
    """Return what both records say. Raises RuleBroken while somebody has not said what stands."""
    held = joining(winner, loser, found)
    if held.too_long:
        raise _no("warnings_too_long")
    allowed = {pair.key: pair.answers for pair in held.pairs} | {CODE: (Answer.KEPT, Answer.TAKEN)}
    for key in held.to_answer:
        if answers.get(key) not in allowed[key]:
            raise RuleBroken("unanswered", "Both say something else. Choose what stands.", field=key)
    return held


def _merge(
    by: Actor, winner: Person, loser: Person, reason: str, found: Sequence[Hanging], answers: Mapping[str, str]
) -> Merge:
    held = _answered(winner, loser, found, answers)
    merge = Merge.objects.create(
        winner=winner, loser=loser, reason=reason, done_at=now(), done_by_id=by.id, done_by=by.label
    )
    closed = closed_cases(winner, loser)
    rows = [[merge.pk, one.relation.label, str(row.pk), kind] for one in found for kind, row in one.rows()]
    insert(MergeRow, ("merge", "model", "key", "kind"), rows)
    loser.merged_into = winner
    loser.save()
    _move(((one.relation, row) for one in found for row in one.moved), winner)
    merge.filled, merge.warnings_added = _fill(winner, loser)
    merge.filled |= fill_parts(winner, loser, held, answers, found)
    merge.filled |= newly_closed(closed, closed_cases(winner))
    merge.save()
    for warned in held.warned:
        drop_review(by=by, warning=warned.theirs)
    settle_reviews(by=by, person_id=winner.pk)
    decide(by, winner, loser, Decision.MERGED)
    _tell("person.merged", merge)
    return merge


def _move(rows: Iterable[tuple[Relation, Any]], person: Person) -> None:
    """Hang rows on a person; where versions are kept, each leaves one."""
    by_relation: dict[Relation, list[Any]] = {}
    for relation, row in rows:
        by_relation.setdefault(relation, []).append(row)
    for relation, each in by_relation.items():
        if not relation.keeps_history:
            relation.rows.filter(pk__in=[row.pk for row in each]).update(**{relation.field: person})
            continue
        for row in each:
            setattr(row, relation.field, person)
            row.save(update_fields=[relation.field])


def _fill(winner: Person, loser: Person) -> tuple[dict[str, Any], list[int]]:
    """Let the winner take over what it does not know; warnings of both stand.

    Returns the names of what was taken, with the trace status there was before; and which of the loser's warnings.
    """
    filled: dict[str, Any] = {}
    for names in TOGETHER:
        if getattr(loser, names[0]) and not _knows(winner, names):
            for name in names:
                filled[name] = winner.nhs_number_status if name == STATUS else ""
                setattr(winner, name, getattr(loser, name))
    added = [place for place, words in enumerate(loser.warnings) if words not in winner.warnings]
    winner.warnings = [*winner.warnings, *(loser.warnings[place] for place in added)]
    if filled or added:
        _save(winner)
    return filled, added


def _knows(person: Person, names: Sequence[str]) -> bool:
    """Say whether a person has any of these; the trace status alone says nothing."""
    return any(getattr(person, name) for name in names if name != STATUS)


def _save(person: Person) -> None:
    person.version += 1
    person.save()


def _tell(event: str, merge: Merge) -> None:
    """Write the event on every case of the record that stands."""
    cases = Referral.objects.filter(person_id__in=(merge.winner_id, merge.loser_id)).order_by("pk")
    for case_id in cases.values_list("case_id", flat=True):
        subject = f"person:{merge.winner_id}"
        record(case_id=case_id, event=event, subject=subject, merge=merge.pk, other=merge.loser_id)


@dataclass(frozen=True)
class Unmerged:
    """Two records that stand again, and what a human must look at: `standing` says what went back and what stayed."""

    merge: Merge
    standing: Standing
    kept: tuple[str, ...]


@command
def unmerge_people(*, by: Actor, merge_id: UUID, reason: str) -> Unmerged:
    """Take two records apart: exactly the rows that moved go back; those made since stay and are told.

    The two are never offered again. `kept` are details that the winner took over and somebody changed since. Repeating
    it is quiet. A referral of one that joined an episode of the other is told, and is seen first: else the end of that
    episode would end its two hours. Raises NotPermitted, NotFound, RuleBroken (reason_missing), IllegalMove
    (later_merge, visit_owed).
    """
    require(by, Permission.PERSON_MERGE)
    merge = get_merge(by, merge_id)
    winner, loser = _lock(by, merge.winner_id, merge.loser_id)
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if merge.undone_at is not None:
        return Unmerged(merge, Standing((), (), (), ()), ())
    if winner.merged_into_id is not None:
        raise IllegalMove("later_merge", f"This can't be done because {NO_MERGE_WORDS['later_merge']}.")
    if not reason.strip():
        raise RuleBroken("reason_missing", "Say how you know that they are two people.", field="reason")
    found = standing(merge)
    if found.visit_owed:
        raise IllegalMove("visit_owed", f"This can't be done because {NO_MERGE_WORDS['visit_owed']}.")
    kept = _give_back(merge, winner, loser)
    loser.merged_into = None
    loser.save()
    open_again(merge, found.back)
    _move(found.back, loser)
    for person in (winner, loser):
        settle_reviews(by=by, person_id=person.pk)
    merge.undone_at, merge.undone_by, merge.undone_reason = now(), by.label, reason.strip()
    merge.save()
    decide(by, winner, loser, Decision.DIFFERENT)
    _tell("person.unmerged", merge)
    return Unmerged(merge, found, kept)


def _give_back(merge: Merge, winner: Person, loser: Person) -> tuple[str, ...]:
    """Let the winner forget what it took over, unless somebody changed it since; return the names of what stays."""
    empty = Person()
    kept = []
    taken = [names for names in TOGETHER if names[0] in merge.filled]
    for names in taken:
        if any(getattr(winner, name) != getattr(loser, name) for name in names):
            kept.append(names[0])
            continue
        for name in names:
            setattr(winner, name, merge.filled[name] or getattr(empty, name))
    added = [loser.warnings[place] for place in merge.warnings_added]
    winner.warnings = [words for words in winner.warnings if words not in added]
    if taken or added:
        _save(winner)
    return (*kept, *give_back_parts(merge, winner, loser))
