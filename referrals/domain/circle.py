"""Those around a person, and who may be told what. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from referrals.domain.national import Entry, List


class KnownToKind(StrEnum):
    """Services that know the person already."""

    MENTAL_HEALTH = "mental_health"
    VIRTUAL_WARD = "virtual_ward"
    DISTRICT_NURSES = "district_nurses"
    HOSPICE = "hospice"
    CARE_PROVIDER = "care_provider"
    OTHER = "other"


KNOWN_TO: List = (
    Entry(KnownToKind.MENTAL_HEALTH, "Mental health service: their care co-ordinator"),
    Entry(KnownToKind.VIRTUAL_WARD, "Virtual ward"),
    Entry(KnownToKind.DISTRICT_NURSES, "District nurses"),
    Entry(KnownToKind.HOSPICE, "Hospice"),
    Entry(KnownToKind.CARE_PROVIDER, "Care provider"),
    Entry(KnownToKind.OTHER, "Another service"),
)


class CircleRole(StrEnum):
    """What somebody is to the person; several at once are usual."""

    CARER = "carer"
    NEXT_OF_KIN = "next_of_kin"
    EMERGENCY = "emergency"
    KEYHOLDER = "keyholder"
    ATTORNEY_HEALTH = "attorney_health"
    ATTORNEY_MONEY = "attorney_money"
    DEPUTY_WELFARE = "deputy_welfare"
    DEPUTY_MONEY = "deputy_money"
    ADVOCATE = "advocate"
    PROFESSIONAL = "professional"


ROLES_AROUND: List = (
    Entry(CircleRole.CARER, "Unpaid carer"),
    Entry(CircleRole.NEXT_OF_KIN, "Next of kin"),
    Entry(CircleRole.EMERGENCY, "Emergency contact"),
    Entry(CircleRole.KEYHOLDER, "Holds a key"),
    Entry(CircleRole.ATTORNEY_HEALTH, "Attorney for health and welfare"),
    Entry(CircleRole.ATTORNEY_MONEY, "Attorney for property and money"),
    Entry(CircleRole.DEPUTY_WELFARE, "Court deputy for welfare"),
    Entry(CircleRole.DEPUTY_MONEY, "Court deputy for property and money"),
    Entry(CircleRole.ADVOCATE, "Advocate"),
    Entry(CircleRole.PROFESSIONAL, "Another professional"),
)
FOR_CARE = frozenset({CircleRole.ATTORNEY_HEALTH, CircleRole.DEPUTY_WELFARE})
CONSENTS: List = (
    Entry("yes", "Yes, involve them"),
    Entry("some", "Yes, for some things"),
    Entry("no", "No"),
    Entry("best_interests", "Could not say: involved in their best interests"),
)


class Talk(StrEnum):
    """May we talk to somebody about the person?"""

    YES = "yes"
    ASK = "ask"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Around:
    """One of those around a person, as far as it decides whether we may talk to them."""

    name: str
    roles: frozenset[str] = frozenset()
    consent: str = ""
    paper_seen: bool = False
    limits: str = ""
    relationship: str = ""
    phone: str = ""


def may_talk(who: Around) -> tuple[Talk, str]:
    """Return whether we may talk to somebody about the person, and why (R060, R177).

    Being next of kin gives no right. An attorney or deputy for health or welfare speaks for the person only where they
    cannot decide, and only once the paper was seen; a no of the person stands otherwise.
    """
    acts = bool(who.roles & FOR_CARE)
    if who.consent == "yes":
        return Talk.YES, "The person said yes"
    if who.consent == "some":
        return Talk.YES, f"Only about: {who.limits}" if who.limits else "Only about some things: ask which"
    if who.consent == "best_interests":
        return Talk.YES, "Decided in their best interests"
    if who.consent == "no":
        note = " Their attorney or deputy speaks for them only where they cannot decide." if acts else ""
        return Talk.NO, f"The person said no.{note}"
    return _without_consent(who, acts)


def _without_consent(who: Around, acts: bool) -> tuple[Talk, str]:
    if acts and who.paper_seen:
        return Talk.ASK, "Attorney or deputy, paper seen: where the person cannot decide. Else ask the person"
    if acts:
        return Talk.ASK, "Says they are attorney or deputy: see the paper, and ask the person"
    if CircleRole.ADVOCATE in who.roles:
        return Talk.YES, "Advocate"
    if CircleRole.PROFESSIONAL in who.roles:
        return Talk.YES, "For the person’s own care: what they need to know"
    if CircleRole.NEXT_OF_KIN in who.roles:
        return Talk.ASK, "Next of kin gives no right: ask the person first"
    return Talk.ASK, "Ask the person first"


def meant(circle: Iterable[Around], name: str, phone: str = "") -> list[Around]:
    """Return those whom a typed name may mean: every word of one is in the other; else whose number it is.

    Who is called like several means each of them: a no of the person is not lost by a short name.
    """
    held = list(circle)
    said = _tokens(name)
    named = [who for who in held if said and _is_called(who, said)]
    number = _digits(phone)
    return named or [who for who in held if number and _digits(who.phone) == number]


def _is_called(who: Around, said: frozenset[str]) -> bool:
    name = _tokens(who.name)
    return bool(name and name <= said) or said <= name | _tokens(who.relationship)


def _tokens(words: str) -> frozenset[str]:
    plain = "".join(mark if mark.isalnum() else " " for mark in words.replace("’", "").replace("'", ""))
    return frozenset(plain.casefold().split()) - TITLES


def _digits(phone: str) -> str:
    """Return the last ten digits, which +44 and 0 have in common; nothing where there are fewer."""
    found = "".join(mark for mark in phone if mark.isdigit())[-10:]
    return found if len(found) == 10 else ""


TITLES = frozenset({"mr", "mrs", "ms", "miss", "dr"})


class Category(StrEnum):
    """What can leave, by kind."""

    IDENTITY = "identity"
    CONTACT = "contact"
    COMMUNICATION = "communication"
    PREFERENCES = "preferences"
    BACKGROUND = "background"
    HEALTH = "health"
    GOING_THERE = "going_there"
    PEOPLE = "people"


CATEGORIES: List = (
    Entry(Category.IDENTITY, "Who they are: name, birth date, NHS number"),
    Entry(Category.CONTACT, "Address, telephone, GP practice"),
    Entry(Category.COMMUNICATION, "Communication and information needs"),
    Entry(Category.PREFERENCES, "Faith, culture, preferences, what matters"),
    Entry(Category.BACKGROUND, "Background and circumstances"),
    Entry(Category.HEALTH, "Allergies and decisions made ahead"),
    Entry(Category.GOING_THERE, "Going there and warnings"),
    Entry(Category.PEOPLE, "Those around them and services that know them"),
)


class Basis(StrEnum):
    """Why information may leave, or that it may not."""

    CONSENT = "consent"
    DIRECT_CARE = "direct_care"
    BEST_INTERESTS = "best_interests"
    LEGAL_DUTY = "legal_duty"
    OBJECTED = "objected"


BASES: List = (
    Entry(Basis.CONSENT, "The person agreed"),
    Entry(Basis.DIRECT_CARE, "Needed for their own care, and they expect it"),
    Entry(Basis.BEST_INTERESTS, "Could not decide: in their best interests"),
    Entry(Basis.LEGAL_DUTY, "The law requires it"),
    Entry(Basis.OBJECTED, "The person said no"),
)


@dataclass(frozen=True, slots=True)
class Shared:
    """One recorded basis, as far as it decides: what kinds, why, until when."""

    categories: frozenset[str]
    basis: str
    ends_on: date | None = None


def may_leave(recorded: Iterable[Shared], today: date) -> frozenset[str]:
    """Return the kinds that may leave on this day (R070): nothing without a basis.

    A no of the person takes back every other basis but a duty in law.
    """
    held = [each for each in recorded if each.ends_on is None or each.ends_on >= today]
    refused = _kinds(held, {Basis.OBJECTED})
    required = _kinds(held, {Basis.LEGAL_DUTY})
    given = _kinds(held, set(Basis) - {Basis.OBJECTED, Basis.LEGAL_DUTY})
    return (given - refused) | required


def _kinds(held: Iterable[Shared], bases: set[Basis]) -> frozenset[str]:
    return frozenset().union(*(each.categories for each in held if each.basis in bases))


CAPACITY_OUTCOMES: List = (
    Entry("has_capacity", "Can make this decision"),
    Entry("lacks_capacity", "Cannot make this decision now"),
)
TOOK_PART: List = (
    Entry("person", "The person"),
    Entry("carer", "Their unpaid carer"),
    Entry("family", "Family or friends"),
    Entry("advocate", "Advocate"),
    Entry("attorney", "Attorney or deputy"),
    Entry("interpreter", "Interpreter"),
    Entry("professional", "Other professionals"),
)
REVIEWS: tuple[tuple[str, str, int], ...] = (  # variant of the limit, words, days: as places/*/limits.toml has them
    ("month", "In 4 weeks", 28),
    ("quarter", "In 13 weeks", 91),
    ("half_year", "In 26 weeks", 182),
    ("year", "In 52 weeks", 364),
)
WARNING_REVIEW = "warning_review"
