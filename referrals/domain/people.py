"""Who somebody is: details as told, NHS numbers, ages. Pure."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase

import nhs_number

CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)  # upper() makes two letters of one: ß


class Identity(StrEnum):
    """How sure we are who it is."""

    AS_TOLD = "as_told"
    NUMBER_CONFLICT = "number_conflict"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class PersonDetails:
    """Who it is about, as told. Everything but one name may be missing: absence means not known yet."""

    family_name: str
    given_name: str = ""
    nhs_number: str = ""
    born_on: date | None = None
    age_about: int | None = None
    address_lines: tuple[str, ...] = ()
    postcode: str = ""
    phone: str = ""
    gp_practice: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a person while a call is still being taken, to look for them among those known."""

    family_name: str = ""
    given_name: str = ""
    nhs_number: str = ""
    born_on: date | None = None
    postcode: str = ""
    phone: str = ""


def clean_nhs_number(typed: str) -> str:
    """Return ten digits, or "" for nothing typed. Spaces, hyphens and no-break spaces are accepted.

    Raises ValueError with words for the user: wrong length, all one digit, or a modulus 11 failure (domain-facts 9).
    """
    digits = re.sub(r"[\s\u00a0\u2007\u202f\u00ad\u200b\u2060\ufeff\-\u2010-\u2015\u2212]", "", typed)
    if not digits:
        return ""
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise ValueError("An NHS number has 10 digits, for example 999 123 4004.")
    if len(set(digits)) == 1 or not nhs_number.is_valid(digits):
        raise ValueError("This is not an NHS number: check the digits with the caller.")
    return digits


def clean_postcode(typed: str) -> str:
    """Return a postcode in capitals with one space before the last three, or as typed when it is not whole.

    Never longer than what was typed, but for that one space.
    """
    words = typed.translate(CAPITALS).split()
    squeezed = "".join(words)
    if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?[0-9][A-Z]{2}", squeezed):
        return f"{squeezed[:-3]} {squeezed[-3:]}"
    return " ".join(words)


def age_on(day: date, born_on: date | None, age_about: int | None) -> int | None:
    """Return the age in whole years on a day; someone born on 29 February ages on 1 March; else the age as told."""
    if born_on is None:
        return age_about
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
