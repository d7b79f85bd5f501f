"""What two records of one person both say, thing by thing: what the kept one takes over, what must be asked. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from referrals.domain.national import NONE
from referrals.domain.sections import Field, Kind, Section

Values = Mapping[str, Any]
TOGETHER = (
    ("allergies", "allergy_words"),
    ("interpreter", "language"),
    ("key_safe", "key_safe_place"),
    ("digital", "digital_note"),
    ("gender", "gender_words"),
)
"""Fields that make no sense without each other: both stay or both are taken over."""
CODE = "key_safe_code"
BETWEEN = "; "


class Answer(StrEnum):
    """What somebody says where the two records differ."""

    KEPT = "kept"
    TAKEN = "taken"
    BOTH = "both"


@dataclass(frozen=True)
class Pair:
    """One thing of a section that both records may speak of, with what each says: the kept one's first."""

    section: str
    fields: tuple[Field, ...]
    ours: Values
    theirs: Values

    @property
    def key(self) -> str:
        """Return the name of the thing, as answers have it."""
        return f"{self.section}-{self.fields[0].name}"

    @property
    def label(self) -> str:
        """Return what the thing is called on screen."""
        return self.fields[0].told or self.fields[0].label

    @property
    def differs(self) -> bool:
        """Say whether both say something, and not the same: somebody has to answer."""
        return any(not _same(self.ours[each.name], self.theirs[each.name]) for each in self.fields)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """Return what can be answered: both can stand only where words or lists can be put together."""
        fits = all(_fits(each, self.ours[each.name], self.theirs[each.name]) for each in self.fields)
        return (*((Answer.BOTH,) if fits else ()), Answer.KEPT, Answer.TAKEN)

    def after(self, answer: str = "") -> dict[str, Any]:
        """Return what the kept record says afterwards. Where nothing differs, what it does not know is filled."""
        if self.differs and answer != Answer.BOTH:
            return dict(self.theirs if answer == Answer.TAKEN else self.ours)
        return {each.name: _joined(each, self.ours[each.name], self.theirs[each.name]) for each in self.fields}


def pairs(section: Section, ours: Values, theirs: Values) -> Iterator[Pair]:
    """Yield the things of a section."""
    partner = {name: names for names in TOGETHER for name in names}
    known = {each.name: each for each in section.fields}
    for each in section.fields:
        names = partner.get(each.name, (each.name,))
        if names[0] == each.name:
            fields = tuple(known[name] for name in names)
            yield Pair(section.code, fields, *({name: held[name] for name in names} for held in (ours, theirs)))


def join_words(ours: str, theirs: str) -> str:
    """Return the words of both, those that say the same once."""
    if not theirs or _plain(theirs) in _plain(ours):
        return ours
    return theirs if not ours else f"{ours}{BETWEEN}{theirs}"


def _plain(value: Any) -> Any:
    return " ".join(value.casefold().split()) if isinstance(value, str) else value


def _same(one: Any, other: Any) -> bool:
    """Say whether two values can stand as one: the same, or one of them not known."""
    if isinstance(one, list) and isinstance(other, list):
        return not one or not other or set(one) == set(other)
    return not one or not other or _plain(one) == _plain(other)


def _fits(each: Field, one: Any, other: Any) -> bool:
    if _same(one, other):
        return True
    if each.kind is Kind.MANY:
        return NONE not in (*one, *other)
    return each.kind in (Kind.LINE, Kind.TEXT) and len(join_words(one, other)) <= each.longest


def _joined(each: Field, one: Any, other: Any) -> Any:
    if not one or not other:
        return one or other
    if each.kind is Kind.MANY:
        return list(dict.fromkeys([*one, *other]))
    return join_words(one, other) if not _same(one, other) else one
