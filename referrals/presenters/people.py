"""Words and numbers of people. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from accounts.domain import Code
from accounts.domain.rota import LONDON
from referrals.domain import (
    age_on,
)
from referrals.models import Person
from referrals.presenters.shown import PersonShown


def spaced_nhs_number(number: str | None) -> str:
    """Return an NHS number as 3-3-4, or "" when there is none."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if number else ""


def spaced_phone(number: str) -> str:
    """Return a UK number in the groups it is read in ("07700 900 318"); anything else as typed."""
    digits = re.sub(r"[\s()-]", "", number)
    if not re.fullmatch(r"0\d{9,10}", digits):
        return number
    if digits.startswith("02"):
        return f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    if re.match(r"0(1\d1|11\d|3|8)", digits):
        return f"{digits[:4]} {digits[4:7]} {digits[7:]}"
    return f"{digits[:5]} {digits[5:8]} {digits[8:]}"


def name_of(person: PersonShown) -> str:
    """Return a name as typed: given name first."""
    return f"{person.given_name} {person.family_name}".strip()


def age_of(person: PersonShown, now: datetime) -> int | None:
    """Return the age in whole years today, or as told."""
    return age_on(now.astimezone(LONDON).date(), person.born_on, person.age_about)


def person_line(person: Person, now: datetime) -> str:
    """Return "Ruby Sampleton, 79, born 4 Mar 1947", leaving out what is not known."""
    age = age_of(person, now)
    born = f"born {person.born_on.day} {person.born_on:%b %Y}" if person.born_on else ""
    about = f"about {age}" if age is not None and not person.born_on else str(age or "")
    return ", ".join(filter(None, (name_of(person), about, born)))


def home_of(person: Person) -> str:
    """Return the home address in one line, or nothing."""
    return ", ".join(filter(None, (*person.address_lines, person.postcode)))


def person_warnings(person: PersonShown, known: Sequence[Code]) -> list[str]:
    """Return a person's warnings in words: listed ones in the place's order, then those in free words."""
    order = {code.code: (position, code.words) for position, code in enumerate(known)}
    held = sorted(person.warnings, key=lambda code: order.get(code, (len(order), code)))
    return [order.get(code, (0, code))[1] for code in held]
