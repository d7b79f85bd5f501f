"""What somebody types into the search box, read as it is meant: names, numbers, dates and codes in any order. Pure."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date

from referrals.domain.finding import Asked, Keys, birth_keys, name_words, phone_keys, postcode_keys
from referrals.domain.people import clean_nhs_number
from referrals.domain.typed import MONTHS, read_birth

LONGEST = 100
SPACE = r"[\s\u00a0\u2007\u202f\-\u2010-\u2015]"
MONTH = rf"(?:{'|'.join(MONTHS)})[a-z]*"
APART = r"[\s/.,\-]+"
REFERENCE = re.compile(
    r"\b([re])[-\s]?([0-9]{2})(?:-|\s(?=[0-9]{3}))([0-9]{1,7})\b|\b([re])([0-9]{2})([0-9]{5})\b", re.IGNORECASE
)
TEN_DIGITS = re.compile(rf"(?<![0-9])(?:[0-9]{SPACE}*){{9}}[0-9](?![0-9])")
POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]?)\s*([0-9][a-z]{2})\b", re.IGNORECASE | re.ASCII)
OUTWARD = re.compile(r"\b[a-z]{1,2}[0-9][a-z0-9]?\b", re.IGNORECASE | re.ASCII)
DATES = (
    re.compile(rf"(?<![0-9])[0-9]{{1,2}}{APART}[0-9]{{1,2}}{APART}[0-9]{{2}}(?:[0-9]{{2}})?(?![0-9])"),
    re.compile(r"(?<![0-9])[0-9]{4}[\s/.\-][0-9]{1,2}[\s/.\-][0-9]{1,2}(?![0-9])"),
    re.compile(rf"\b[0-9]{{1,2}}(?:st|nd|rd|th)?[\s/.,\-]*{MONTH}[\s/.,\-]*[0-9]{{2,4}}\b", re.IGNORECASE),
)
MONTH_FIRST = re.compile(rf"\b({MONTH})\s+([0-9]{{1,2}})(?:st|nd|rd|th)?,?\s+([0-9]{{4}})\b", re.IGNORECASE)
NUMBER = re.compile(r"\+?[0-9](?:[0-9\s()/.\-]*[0-9])?")
TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "sir", "lady", "rev", "the", "and"})
LABELS = frozenset({"born", "dob", "nhs", "number", "no", "tel", "phone", "aged", "age", "postcode", "date", "of"})


def read_asked(words: str, today: date) -> Asked:
    """Read "mary smith 4/3/47", "999 123 4004", "o'brien L23", "R-26-00042" or any mixture of these.

    Ten digits that are no NHS number, where nothing else is asked, are said to be wrong.
    """
    return _Reader(words[:LONGEST], today).asked()


class _Reader:
    """Takes out of the words what can be read of them; what is left over are names."""

    def __init__(self, words: str, today: date) -> None:
        self.rest, self.today = words, today
        self.facts: list[Keys] = []
        self.born_on: date | None = None
        self.wrong_number = False

    def asked(self) -> Asked:
        reference, number = self._reference(), self._nhs_number()
        for fact in (self._postcode(), self._outward(), self._birth(), *self._numbers()):
            if fact:
                self.facts.append(fact)
        words = name_words(*self.rest.split())
        names = [word for word in words if word not in TITLES | LABELS] or words
        return Asked(tuple(names), tuple(self.facts), number, reference, self.born_on, self.wrong_number)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.rest)
        if found:
            self._drop(found)
        return found

    def _drop(self, found: re.Match[str]) -> None:
        self.rest = f"{self.rest[: found.start()]} {self.rest[found.end() :]}"

    def _reference(self) -> str:
        found = self._take(REFERENCE)
        if found is None:
            return ""
        letter, year, number = [part for part in found.groups() if part]
        return f"{letter.upper()}-{year}-{int(number):05d}"

    def _nhs_number(self) -> str:
        """Take ten digits for an NHS number when they are one: a telephone number may have ten as well."""
        found = TEN_DIGITS.search(self.rest)
        if found is None:
            return ""
        with suppress(ValueError):
            number = clean_nhs_number(found[0])
            self._drop(found)
            return number
        self.wrong_number = found[0] == self.rest.strip() and not found[0].startswith("0")
        return ""

    def _postcode(self) -> Keys:
        found = self._take(POSTCODE)
        return postcode_keys(found[0]) if found else frozenset()

    def _outward(self) -> Keys:
        found = self._take(OUTWARD)
        return frozenset({f"o:{found[0].upper()}"}) if found else frozenset()

    def _birth(self) -> Keys:
        self.rest = MONTH_FIRST.sub(r"\2 \1 \3", self.rest)
        return self._first_of([self._date(pattern) for pattern in DATES])

    def _date(self, pattern: re.Pattern[str]) -> Callable[[], Keys]:
        def read() -> Keys:
            found = pattern.search(self.rest)
            if found is None:
                return frozenset()
            spaced = re.sub(r"([0-9]|st|nd|rd|th)([a-z]{3})", r"\1 \2", found[0].lower())
            return self._born(re.sub(r"([a-z])([0-9])", r"\1 \2", spaced), found)

        return read

    def _born(self, typed: str, found: re.Match[str]) -> Keys:
        with suppress(ValueError):
            born_on = read_birth(typed, self.today).born_on
            if born_on:
                self.born_on = born_on
                self._drop(found)
                return birth_keys(born_on)
        return frozenset()

    def _first_of(self, readers: list[Callable[[], Keys]]) -> Keys:
        return next((keys for read in readers if (keys := read())), frozenset())

    def _numbers(self) -> list[Keys]:
        found = []
        while (match := self._take(NUMBER)) is not None:
            found.append(self._number(re.sub(r"[^0-9]", "", match[0])))
        return found

    def _number(self, digits: str) -> Keys:
        """Read digits alone: an age, a year or four last digits, a date without spaces, a telephone number."""
        if len(digits) <= 3:
            return self._age(int(digits))
        if len(digits) == 4:
            return frozenset({f"y:{digits}", f"t:{digits}"})
        return phone_keys(digits) | (self._run_together(digits) if len(digits) in (6, 8) else frozenset())

    def _age(self, years: int) -> Keys:
        if not 0 < years <= 120:
            return frozenset()
        return frozenset({f"y:{self.today.year - years}", f"y:{self.today.year - years - 1}"})

    def _run_together(self, digits: str) -> Keys:
        orders = [f"{digits[:2]} {digits[2:4]} {digits[4:]}"]
        if len(digits) == 8:
            orders.append(f"{digits[:4]} {digits[4:6]} {digits[6:]}")
        for typed in orders:
            with suppress(ValueError):
                born_on = read_birth(typed, self.today).born_on
                if born_on:
                    self.born_on = born_on
                    return birth_keys(born_on)
        return frozenset()
