"""Words of what two records both say, thing by thing. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.domain import Code
from casework.queries.joining import Joining
from referrals.domain.joining import CODE, Answer, Pair, Values
from referrals.domain.sections import BY_SECTION
from referrals.presenters import value_words

Lists = Mapping[str, Mapping[str, str]]
CODE_WORDS = "Key-safe code"
HELD = "One is held"
OF_WARNING = "Words of a warning"


def part_facts(held: Joining, known: Sequence[Code], listed: Lists) -> list[dict[str, Any]]:
    """Return what is in the parts of either, as rows of the table of the two. The code itself is never shown."""
    said = [(pair, pair_words(pair, pair.ours, listed), pair_words(pair, pair.theirs, listed)) for pair in held.pairs]
    rows = [_fact(pair.label, ours, theirs, pair.differs) for pair, ours, theirs in said if ours or theirs]
    words = {code.code: code.words for code in known}
    for each in held.warned:
        row = _fact(
            f"Warning: {words.get(each.ours.kind, each.ours.kind)}", each.ours.detail, each.theirs.detail, False
        )
        rows.append(row | {"both": each.words != each.ours.detail})
    if any(held.codes):
        ours, theirs = (HELD if code else "" for code in held.codes)
        rows.append(_fact(CODE_WORDS, ours, theirs, held.codes_differ))
    return rows


def _fact(what: str, ours: str, theirs: str, differs: bool) -> dict[str, Any]:
    return {"what": what, "values": (ours, theirs), "differs": differs, "taken": bool(theirs and not ours)}


def pair_words(pair: Pair, values: Values, listed: Lists) -> str:
    """Return what a record says of a thing."""
    said = (value_words(each, values[each.name], listed.get(each.name, {})) for each in pair.fields)
    return ": ".join(filter(None, said))


def questions(held: Joining, listed: Lists) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return what must be answered before two records are made one: key, words, what can be chosen."""
    asked = []
    for pair in held.pairs:
        if pair.differs:
            said = {
                Answer.BOTH: f"Both: {pair_words(pair, pair.after(Answer.BOTH), listed)}",
                Answer.KEPT: pair_words(pair, pair.ours, listed),
                Answer.TAKEN: pair_words(pair, pair.theirs, listed),
            }
            asked.append((pair.key, pair.label, [(str(answer), said[answer]) for answer in pair.answers]))
    if held.codes_differ:
        choices = [(Answer.KEPT, "That of the record that is kept"), (Answer.TAKEN, "That of the other record")]
        asked.append((CODE, CODE_WORDS, [(str(answer), words) for answer, words in choices]))
    return asked


def thing_words(key: str) -> str:
    """Return what the thing is called that was taken over."""
    section, _, name = key.partition("-")
    if section not in BY_SECTION:
        return CODE_WORDS if key == CODE else OF_WARNING
    return next(each.told or each.label for each in BY_SECTION[section].fields if each.name == name)
