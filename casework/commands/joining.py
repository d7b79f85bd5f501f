"""Let the record that is kept take over what it does not know in each part, and give exactly that back."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from casework.queries.joining import Joining, Warned, row_for
from casework.queries.merge import Hanging
from referrals.domain.joining import CODE, Answer, Pair
from referrals.domain.sections import BY_SECTION
from referrals.models import KeySafeCode, Merge, Person, VisitWarning
from referrals.queries import model_of

WARNING = "visit_warning-"
Taken = dict[str, dict[str, Any]]


def fill_parts(
    winner: Person, loser: Person, held: Joining, answers: Mapping[str, str], found: Sequence[Hanging]
) -> Taken:
    """Write what the winner's parts take over; return what each said before and after, by the key of the thing."""
    both_have = {one.relation.model for one in found if one.left}
    taken: Taken = {}
    for section, shape in BY_SECTION.items():
        if section != "details" and model_of(shape) in both_have:
            taken |= _fill(winner, [pair for pair in held.pairs if pair.section == section], answers)
    for each in held.warned:
        taken |= _add_words(each)
    if held.codes_differ and answers[CODE] == Answer.TAKEN:
        taken[CODE] = {"version": _swap_codes(winner, loser)}
    return taken


def _fill(winner: Person, pairs: Sequence[Pair], answers: Mapping[str, str]) -> Taken:
    row = row_for(pairs[0].section, winner)
    taken: Taken = {}
    for pair in pairs:
        after = pair.after(answers.get(pair.key, ""))
        if after != pair.ours:
            taken[pair.key] = {"was": _plain(pair.ours), "became": _plain(after)}
            _set(row, after)
    if taken:
        _save(row)
    return taken


def _add_words(each: Warned) -> Taken:
    row, was = VisitWarning.objects.select_for_update().get(pk=each.ours.pk), each.ours.detail
    if each.words == was:
        return {}
    row.detail = each.words
    _save(row)
    return {f"{WARNING}{row.pk}": {"was": {"detail": was}, "became": {"detail": each.words}}}


def _swap_codes(winner: Person, loser: Person) -> int:
    """Change the codes of two key safes for each other, so that no code is written anywhere else."""
    ours, theirs = (KeySafeCode.objects.select_for_update().get(person=who) for who in (winner, loser))
    ours.code, theirs.code = theirs.code, ours.code
    for row in (ours, theirs):
        _save(row)
    return ours.version


def give_back_parts(merge: Merge, winner: Person, loser: Person) -> list[str]:
    """Let the winner's parts say what they said before, unless somebody changed it since; return what stays."""
    kept = []
    for key, taken in merge.filled.items():
        if key == CODE:
            back = _codes_back(winner, loser, taken["version"])
        elif isinstance(taken, dict):
            back = _back(winner, key, taken)
        else:
            continue
        kept += [] if back else [key]
    return kept


def _back(winner: Person, key: str, taken: dict[str, Any]) -> bool:
    if key.startswith(WARNING):
        row = VisitWarning.objects.select_for_update().filter(pk=key.removeprefix(WARNING), person=winner).first()
    else:
        row = row_for(key.split("-", maxsplit=1)[0], winner)
    if row is None or any(_code(getattr(row, name)) != value for name, value in taken["became"].items()):
        return False
    _set(row, {name: _value(row, name, value) for name, value in taken["was"].items()})
    _save(row)
    return True


def _codes_back(winner: Person, loser: Person, version: int) -> bool:
    """Change the codes back. Where the winner's was changed since, the loser's is not known any more: it goes."""
    held = {row.person_id: row for row in KeySafeCode.objects.select_for_update().filter(person__in=(winner, loser))}
    ours, theirs = held.get(winner.pk), held.get(loser.pk)
    if ours is not None and theirs is not None and ours.version == version:
        _swap_codes(winner, loser)
        return True
    if theirs is not None:
        theirs.delete()
    return False


def _set(row: Any, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _save(row: Any) -> None:
    row.version += 1
    row.save()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _code(value) for name, value in values.items()}


def _code(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _value(row: Any, name: str, value: Any) -> Any:
    is_day = row._meta.get_field(name).get_internal_type() == "DateField"
    return date.fromisoformat(value) if is_day and value else value
