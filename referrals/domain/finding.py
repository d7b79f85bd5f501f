"""How people are looked for: what was asked, the questions put to the index of keys, who comes first. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from referrals.domain.short_names import other_forms

MOST_NAMES = 6
SHORTEST_PREFIX = 3
SHORTEST_MISSPELT, LONGEST_MISSPELT = 4, 12
YEARS_NEAR = 10
FAR = 4
NEAR = 2
PHONE_END = 6
_APOSTROPHES = re.compile("['’‘ʼ`´]")
_MARKS = re.compile("[\u0300-\u036f]")
_BETWEEN = re.compile("[\u0001-\u0060\u007b-\u00bf\u2000-\u206f]+")
_LETTERS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ı": "i", "ħ": "h", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"})
Keys = frozenset[str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody asks for. Each of `facts` is a set of keys of which one must hold; facts must all hold.

    `names` are plain words in any order; `family` are those known to be of the last name. `number` is an NHS number,
    `reference` that of a referral or an episode.
    """

    names: tuple[str, ...] = ()
    facts: tuple[Keys, ...] = ()
    number: str = ""
    reference: str = ""
    born_on: date | None = None
    wrong_number: bool = False
    family: tuple[str, ...] = ()

    @property
    def phone_end(self) -> str:
        """Return the last six digits of a telephone number, where nothing but one is asked; else nothing."""
        if self.names or self.number or self.reference or len(self.facts) != 1:
            return ""
        ends = (key.removeprefix("t:") for key in self.facts[0] if key.startswith("t:"))
        return next((end for end in ends if len(end) == PHONE_END), "")

    @property
    def is_empty(self) -> bool:
        """Say whether nothing was asked that anybody could be found by."""
        return not (self.names or self.facts or self.number or self.reference)


@dataclass(frozen=True, slots=True)
class Known:
    """What is compared of one person. `step` is the question that found them: the lower, the closer."""

    names: tuple[str, ...]
    keys: Keys = frozenset()
    number: str = ""
    born_on: date | None = None
    step: int = 0


def plain(words: str) -> str:
    """Return words in lower case without accents and apostrophes, as the database keeps names for searching."""
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", _APOSTROPHES.sub("", words)).lower())
    return bare.translate(_LETTERS)


def name_words(*names: str) -> list[str]:
    """Return the plain words of names, each once: "Smith-Jones" is two."""
    return list(dict.fromkeys(word[:40] for name in names for word in _BETWEEN.split(plain(name)) if word))


def all_words(*names: str) -> frozenset[str]:
    """Return the plain words of names, and the words of one name run together: "Mc Donald" is also "mcdonald"."""
    joined = (_BETWEEN.sub("", plain(name))[:40] for name in names)
    return frozenset(word for word in (*name_words(*names), *joined) if word)


def without_one_letter(word: str) -> Keys:
    """Return the word with each of its letters left out in turn; nothing for one too short or too long."""
    if not SHORTEST_MISSPELT <= len(word) <= LONGEST_MISSPELT:
        return frozenset()
    return frozenset(word[:place] + word[place + 1 :] for place in range(len(word)))


def written(word: str) -> Keys:
    """Return the keys of a name as written, and of the forms it is known by."""
    return frozenset(f"n:{form}" for form in (word, *other_forms(word)))


def misspelt(word: str) -> Keys:
    """Return the keys of names that differ by one letter: left out, added, wrong, or two the wrong way round."""
    shorter = without_one_letter(word)
    return frozenset({f"x:{word}", *(f"n:{one}" for one in shorter), *(f"x:{one}" for one in shorter)})


def birth_keys(born_on: date) -> Keys:
    """Return the key of a birth date."""
    return frozenset({f"d:{born_on:%Y%m%d}"})


def postcode_keys(postcode: str) -> Keys:
    """Return the key of a whole postcode, or nothing for none."""
    squeezed = re.sub(r"\s", "", postcode).upper()
    return frozenset({f"p:{squeezed}"} if squeezed else ())


def phone_keys(phone: str) -> Keys:
    """Return the key of a telephone number by its last six digits, or four; nothing for fewer."""
    digits = re.sub(r"[^0-9]", "", phone)
    return frozenset({f"t:{digits[-6:]}"} if len(digits) >= 6 else {f"t:{digits[-4:]}"} if len(digits) >= 4 else ())


def dates_near(born_on: date) -> list[date]:
    """Return the dates that a slip of hand makes of one: day and month swapped, one of the three wrong, a day off."""
    day, month, year = born_on.day, born_on.month, born_on.year
    wanted = [(month, day, year)]
    wanted += [(other, month, year) for other in range(1, 32)]
    wanted += [(day, other, year) for other in range(1, 13)]
    wanted += [(day, month, year + off) for off in range(-YEARS_NEAR, YEARS_NEAR + 1)]
    found = {made for made in (_date(*each) for each in wanted) if made}
    return sorted(found | {born_on - timedelta(days=1), born_on + timedelta(days=1)})


def _date(day: int, month: int, year: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_near(one: date, other: date) -> bool:
    """Say whether two birth dates could be one, written wrong once."""
    return other in dates_near(one)


def _key(key: str, *, beginning: bool = False) -> str:
    return "'" + key.replace("\\", "").replace("'", "") + ("':*" if beginning else "'")


def any_of(keys: Iterable[str], beginnings: Iterable[str] = ()) -> str:
    """Return a question that one of these keys answers; beginnings match every key that begins so."""
    parts = [*map(_key, sorted(keys)), *(_key(each, beginning=True) for each in sorted(beginnings))]
    return "(" + " | ".join(parts) + ")" if parts else ""


def all_of(parts: Iterable[str]) -> str:
    """Return a question that only somebody answers whom each part finds."""
    return " & ".join(filter(None, parts))


@dataclass(frozen=True)
class Questioner:
    """Turns what was asked into questions, the closest first. `sounds`: word → the keys of how it sounds."""

    asked: Asked
    sounds: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def questions(self) -> list[str]:
        """Return the questions to ask one after another until enough people are found; each is asked once."""
        return list(dict.fromkeys(filter(None, self._named() if self._names else [self._facts_alone()])))

    def guesses(self) -> list[str]:
        """Return the questions to ask when nobody was found: one of several names may be far from what was typed."""
        names = self._names
        if len(names) < 2:
            return []
        beginnings = [[key[:4] for key in self.sounds.get(name, ())] for name in names]
        found = []
        for place, begins in enumerate(beginnings):
            others = [any_of(self.like(name)) for name in [*names[:place], *names[place + 1 :]]]
            found.append(all_of([*others, any_of((), begins), self._facts]))
        return found

    def words(self) -> list[str]:
        """Return the words whose sound must be known to ask the questions."""
        return list(dict.fromkeys(word for names in ([*self._names], *self._joined()) for word in names))

    @property
    def _names(self) -> list[str]:
        return [name for name in self.asked.names if len(name) > 1][:MOST_NAMES]

    @property
    def _facts(self) -> str:
        return all_of(any_of(fact) for fact in self.asked.facts)

    def _facts_alone(self) -> str:
        """Return the facts as a question, unless a year of birth is all that was said."""
        wide = all(key.startswith("y:") for fact in self.asked.facts for key in fact)
        return "" if wide else self._facts

    def _named(self) -> Iterable[str]:
        names, facts = self._names, self._facts
        alike = [any_of(self.like(name)) for name in names]
        yield all_of([*(any_of(written(name)) for name in names), facts])
        yield from (all_of([*(any_of(written(word)) for word in words), facts]) for words in self._joined())
        yield all_of([*(any_of(written(name), _beginning(name)) for name in names), facts])
        yield all_of([*(any_of(self.sounding(name)) for name in names), facts])
        yield from (all_of([*(any_of(self.sounding(word)) for word in words), facts]) for words in self._joined())
        yield all_of([*alike, facts])
        if self.asked.born_on:
            near = any_of(f"d:{day:%Y%m%d}" for day in dates_near(self.asked.born_on))
            yield all_of([*alike, near])
        if self.asked.facts:
            yield all_of(["(" + " | ".join(alike) + ")", facts])
            yield all_of(any_of(self.sounding(name)) for name in names)
            yield self._facts_alone()
        yield from self._one_less()
        yield all_of(any_of(self.sounding(name)) for name in self.asked.family)

    def _joined(self) -> list[list[str]]:
        """Return the names with two neighbours run together: "mc donald" is looked for as "mcdonald"."""
        names, found = list(self.asked.names)[: MOST_NAMES + 1], []
        for place in range(len(names) - 1):
            words = [*names[:place], names[place] + names[place + 1], *names[place + 2 :]]
            found.append([word for word in words if len(word) > 1])
        return found

    def _one_less(self) -> Iterable[str]:
        """Yield the names with one left out, when three or more were given: a middle name may not be known to us."""
        names = self._names
        if len(names) >= 3:
            for left_out in range(len(names)):
                kept = names[:left_out] + names[left_out + 1 :]
                yield all_of(any_of(self.sounding(name)) for name in kept)

    def sounding(self, name: str) -> Keys:
        """Return the keys of a name as written, its other forms, and names that sound like it."""
        return written(name) | frozenset(self.sounds.get(name, ()))

    def like(self, name: str) -> Keys:
        """Return the keys of names that sound like it or differ by one letter."""
        return self.sounding(name) | misspelt(name)


def _beginning(name: str) -> list[str]:
    return [f"n:{name}"] if len(name) >= SHORTEST_PREFIX else []


def steps_between(one: str, other: str, most: int = FAR) -> int:
    """Return how many letters to add, leave out, change or swap make one word of the other, up to `most`."""
    if one == other:
        return 0
    if abs(len(one) - len(other)) >= most:
        return most
    before, row = list[int](), list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, against in enumerate(other, 1):
            cost = min(_one_letter(before, row, j), before[j - 1] + (letter != against))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == against:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return min(row[-1], most)


def _one_letter(above: Sequence[int], row: Sequence[int], place: int) -> int:
    return min(above[place], row[-1]) + 1


def name_distance(asked: Sequence[str], known: Iterable[str]) -> int:
    """Return how far typed names are from a person's, 0 for all as written, in any order; an initial may stand."""
    held = frozenset(known)
    if "".join(asked) in held:
        return 0
    return sum(_distance(name, held) for name in asked)


def same_names(asked: Sequence[str], known: Iterable[str]) -> bool:
    """Say whether every typed name is one of a person's, or another form of one: Liz is Elizabeth."""
    held = frozenset(known)
    return bool(asked) and ("".join(asked) in held or all({name, *other_forms(name)} & held for name in asked))


def could_be(asked: Sequence[str], known: Iterable[str]) -> bool:
    """Say whether each typed name is at most two letters from one of a person's."""
    held = frozenset(known)
    return all(_distance(name, held) < FAR for name in asked)


def any_alike(asked: Sequence[str], known: Iterable[str]) -> bool:
    """Say whether one of these names is one of a person's, another form of it, or a letter from it. Initials last."""
    held = frozenset(known)
    names = [name for name in asked if len(name) > 1] or asked
    return any(_distance(name, held) <= NEAR for name in names)


def _distance(name: str, held: frozenset[str]) -> int:
    if name in held:
        return 0
    if any(word.startswith(name) for word in held) or other_forms(name) & held:
        return 1
    return 1 + min((steps_between(name, word) for word in held), default=FAR)


def rank(asked: Asked, known: Known) -> tuple[bool, int, int, int]:
    """Return what people are ordered by, least first: same number, facts that do not hold, how far the names are."""
    missed = sum(not (fact & known.keys) for fact in asked.facts)
    if asked.born_on and known.born_on and asked.born_on != known.born_on and is_near(asked.born_on, known.born_on):
        missed -= 1
    other_number = bool(asked.number) and known.number != asked.number
    return other_number, missed * FAR + name_distance(asked.names, known.names), missed, known.step
