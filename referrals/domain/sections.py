"""What a person's record is made of: one table of sections and kinds of row, read by forms, commands, pages and REST.

Nothing here is ever demanded: an empty field is "not asked yet", and stands on the list of what is still to ask.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from accounts.domain import CodeListName
from referrals.domain import national
from referrals.domain.circle import (
    BASES,
    CAPACITY_OUTCOMES,
    CATEGORIES,
    CONSENTS,
    KNOWN_TO,
    REVIEWS,
    ROLES_AROUND,
    TOOK_PART,
    Category,
)
from referrals.domain.national import YES_NO, Entry, List


class Kind(StrEnum):
    """How a field is asked and kept."""

    ONE = "one"
    MANY = "many"
    LINE = "line"
    TEXT = "text"
    DAY = "day"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `entries` are the choices, or `listed` names a list of the place. `ask`: it is among what is to ask.

    `needed`: a row makes no sense without it. `told` are the words on that list, the label where they are empty.
    """

    name: str
    label: str
    kind: Kind = Kind.LINE
    entries: List = ()
    listed: str = ""
    longest: int = 120
    hint: str = ""
    ask: bool = False
    needed: bool = False
    told: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A short form about the person; `share` is the kind of information that it is when it leaves."""

    code: str
    title: str
    model: str
    share: Category
    fields: tuple[Field, ...]
    intro: str = ""


@dataclass(frozen=True, slots=True)
class RowKind:
    """Rows of one kind: what one is called, its fields; `kept` ones are never changed, only struck out as an error."""

    code: str
    title: str
    noun: str
    model: str
    fields: tuple[Field, ...]
    share: Category | None = None
    kept: bool = False
    intro: str = ""
    end_words: str = "No longer so"


def _one(name: str, label: str, entries: List = (), **more: Any) -> Field:
    return Field(name, label, Kind.ONE, entries, longest=40, **more)


def _many(name: str, label: str, entries: List = (), **more: Any) -> Field:
    return Field(name, label, Kind.MANY, entries, longest=40, **more)


def _text(name: str, label: str, longest: int = 2000, **more: Any) -> Field:
    return Field(name, label, Kind.TEXT, longest=longest, **more)


def _day(name: str, label: str, **more: Any) -> Field:
    return Field(name, label, Kind.DAY, **more)


L = CodeListName
SECTIONS: tuple[Section, ...] = (
    Section(
        "details", "Name and address", "Person", Category.CONTACT,
        (
            Field("given_name", "First name", longest=100),
            Field("family_name", "Last name", longest=100, needed=True),
            Field("called", "Likes to be called", longest=100),
            _day("born_on", "Birth date", ask=True),
            Field("nhs_number", "NHS number", longest=20, ask=True),
            _one("nhs_number_status", "How sure the NHS number is", national.NUMBER_STATUSES),
            Field("address_lines", "Home address", Kind.LINES, hint="One line for each part", longest=120, ask=True),
            Field("postcode", "Postcode", longest=12),
            Field("phone", "Telephone", longest=40),
            Field("email", "E-mail", longest=254),
            Field("gp_practice", "GP practice", longest=120, ask=True),
        ),
    ),
    Section(
        "communication", "Communication and information", "Communication", Category.COMMUNICATION,
        (
            _one("contact_method", "Best way to reach them", national.CONTACT_METHODS, ask=True),
            _many("formats", "Information in", national.FORMATS, ask=True),
            _many("support", "Support to communicate", listed=L.COMMUNICATION_SUPPORT, ask=True),
            _one("interpreter", "Needs an interpreter", YES_NO, ask=True),
            Field("language", "Language they speak best", longest=60, hint="British Sign Language is one"),
            Field("note", "What else helps", longest=300),
            _one("digital", "Technology and digital help", national.DIGITAL),
            Field("digital_note", "Which, or why not", longest=200),
        ),
        intro="Asked once. Every page and letter about the person shows it from then on.",
    ),
    Section(
        "going_there", "Going there", "GoingThere", Category.GOING_THERE,
        (
            Field("access", "How to get in", longest=500, hint="Never the key-safe code: that has a place of its own"),
            _one("key_safe", "Key safe", YES_NO, ask=True),
            Field("key_safe_place", "Where the key safe is", longest=200),
            Field("pets", "Pets", longest=200),
            _one("smoking", "Somebody smokes in the home", YES_NO, ask=True),
            _one("home_oxygen", "Oxygen in the home", YES_NO, ask=True),
            Field("stairs", "Stairs and lift", longest=200),
            Field("infection", "Infection to guard against", longest=200),
            Field("parking", "Parking", longest=200),
        ),
    ),
    Section(
        "health", "Allergies and decisions made ahead", "Health", Category.HEALTH,
        (
            _one("allergies", "Allergies", national.ALLERGIES, ask=True),
            Field("allergy_words", "To what, and what happens", longest=500),
            _one("dnacpr", "DNACPR decision in place", YES_NO, ask=True, told="DNACPR decision"),
            _one("respect", "ReSPECT plan in place", YES_NO, ask=True, told="ReSPECT plan"),
            _one("advance_refusal", "Advance decision to refuse treatment", YES_NO),
            Field("paper_place", "Where the paper is", longest=200, hint="Folder on the kitchen table"),
            _day("decided_on", "Date on the paper"),
        ),
    ),
    Section(
        "circumstances", "Home and support", "Circumstances", Category.BACKGROUND,
        (
            _one("accommodation", "Where they live", national.ACCOMMODATIONS, ask=True),
            _one("lives_alone", "Lives alone", YES_NO, ask=True),
            _one("has_carer", "Has an unpaid carer", YES_NO, ask=True),
            _one("support_reason", "Main reason for support", national.SUPPORT_REASONS, ask=True),
            _one("funding", "Who pays for social care", national.FUNDINGS, ask=True),
            Field("council", "Responsible council", hint="Leave empty when it is ours"),
            Field("icb", "Responsible NHS integrated care board", hint="Leave empty when it is ours"),
            Field("placing_authority", "Placed here by", hint="The authority that placed somebody from elsewhere"),
        ),
    ),
    Section(
        "preferences", "Faith, culture and preferences", "Preferences", Category.PREFERENCES,
        (
            Field("faith", "Faith or belief"),
            Field("culture", "Culture and customs", longest=300, hint="Food, washing, who may help with what"),
            _text("likes", "What they like and do not like"),
        ),
    ),
    Section(
        "background", "Background", "Background", Category.BACKGROUND,
        (
            _one("sex", "Sex", national.GENDERS, ask=True),
            _one("gender", "Gender, as they say", national.GENDERS, ask=True),
            Field("gender_words", "Gender, in their own words", longest=60),
            _one("ethnicity", "Ethnicity", national.ETHNICITIES, ask=True),
            _many("cohorts", "Living with", national.COHORTS, ask=True,
                  hint="None of these closes a door to any service"),
            _one("autism", "Autistic", YES_NO, ask=True),
            _one("learning_disability", "Learning disability", YES_NO, ask=True),
            _one("sight", "Sight", national.SIGHTS, ask=True),
            _one("hearing", "Hearing", national.HEARINGS, ask=True),
        ),
        intro="Ask when there is time, and say why: so that we can see whether we treat everybody fairly.",
    ),
)  # fmt: skip
ROW_KINDS: tuple[RowKind, ...] = (
    RowKind(
        "statements", "What matters to them", "What matters", "Statement",
        (
            _text("words", "In their own words", 4000, needed=True),
            _day("said_on", "Said on", needed=True),
            _many("took_part", "Who took part", TOOK_PART),
            Field("took_part_names", "Names", longest=200),
        ),
        share=Category.PREFERENCES, kept=True,
    ),
    RowKind(
        "related", "Those around them", "Person around them", "RelatedPerson",
        (
            Field("name", "Name", needed=True),
            Field("relationship", "Relationship", longest=80, hint="Daughter, neighbour, social worker"),
            _many("roles", "They are", ROLES_AROUND),
            Field("phone", "Telephone", longest=40),
            _one("consent", "Does the person want them involved?", CONSENTS, told="Wants them involved"),
            Field("limits", "For what, if for some things only", longest=300),
            _day("authority_seen_on", "Attorney or deputy: paper seen on"),
            Field("note", "Best time to ring, anything else", longest=300),
        ),
        share=Category.PEOPLE,
    ),
    RowKind(
        "known_to", "Known to", "Service that knows them", "KnownTo",
        (
            _one("kind", "Which service", KNOWN_TO, needed=True),
            Field("organisation", "Name of the service"),
            Field("contact_name", "Whom to ask for"),
            Field("phone", "Telephone", longest=40),
            Field("note", "Anything else", longest=300),
        ),
        share=Category.PEOPLE,
    ),
    RowKind(
        "visit_warnings", "Warnings for whoever visits", "Warning", "VisitWarning",
        (
            _one("kind", "Warning", listed=L.WARNINGS, needed=True),
            Field("detail", "In a few words", longest=300),
            _one("review", "Look at it again", tuple(Entry(code, words) for code, words, _ in REVIEWS), needed=True),
        ),
        share=Category.GOING_THERE,
        intro="A warning that nobody looks at again stays on somebody for life. Each one has a day for that.",
    ),
    RowKind(
        "capacity", "Decisions and capacity", "Assessment of capacity", "CapacityAssessment",
        (
            Field("decision", "The decision", longest=300, needed=True, hint="One decision: to go home on Friday"),
            _one("outcome", "Found", CAPACITY_OUTCOMES, needed=True),
            _day("assessed_on", "Assessed on", needed=True),
            Field("assessed_by", "Assessed by", needed=True),
            _text("support_given", "Help given to decide"),
            _text("reasons", "Why"),
            Field("consulted", "Who was asked", longest=300),
            _text("best_interests", "Decided in their best interests"),
        ),
        kept=True, intro="Everybody is taken to be able to decide. One row for one decision at one time.",
    ),
    RowKind(
        "given", "Information given", "Information given", "InformationGiven",
        (
            Field("what", "What", longest=200, needed=True),
            _day("given_on", "When", needed=True),
            _one("format", "In", national.FORMATS),
            _many("took_part", "To whom", TOOK_PART),
        ),
        kept=True,
    ),
    RowKind(
        "sharing", "What may leave", "Basis for sharing", "SharingBasis",
        (
            _one("organisation", "With", hint="Nothing chosen: with everybody who works with the person"),
            _many("categories", "What", CATEGORIES, needed=True),
            _one("basis", "Why", BASES, needed=True),
            _day("ends_on", "Until"),
            Field("note", "In a few words", longest=300),
        ),
        intro="Partner systems are told nothing of the person without a basis here.",
    ),
)  # fmt: skip
PARTS: tuple[Section | RowKind, ...] = (*SECTIONS, *ROW_KINDS)
BY_SECTION = {section.code: section for section in SECTIONS}
BY_ROW_KIND = {kind.code: kind for kind in ROW_KINDS}


@dataclass(frozen=True, slots=True)
class ToAsk:
    """One thing that nobody has asked or looked at yet, and the section or row where it is written."""

    where: str
    words: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person, as far as it decides what is still to ask."""

    values: Mapping[str, Mapping[str, Any]]
    warnings: tuple[tuple[str, date | None], ...] = ()
    has_statement: bool = False
    has_circle: bool = False
    sharing_recorded: bool = False
    today: date = field(default=date.min)


def still_to_ask(known: Known) -> tuple[ToAsk, ...]:
    """Return what nobody has asked yet, in the order of the record; first warnings past their day or without one."""
    found = [ToAsk("visit_warnings", words, on) for words, on in known.warnings if on is None or on < known.today]
    for section in SECTIONS:
        values = known.values.get(section.code, {})
        asked = (each for each in section.fields if each.ask and not values.get(each.name))
        found += [ToAsk(section.code, each.told or each.label) for each in asked]
    rows = (
        (known.has_statement, "statements", "What matters to them"),
        (known.has_circle, "related", "Who is around them"),
        (known.sharing_recorded, "sharing", "Whom we may share with"),
    )
    return (*found, *(ToAsk(where, words) for there, where, words in rows if not there))


def faults_of(fields: Iterable[Field], values: Mapping[str, Any], lists: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Return what is wrong with the values by field name: an unknown code, "none" with others, too long, missing.

    `lists` holds the codes of the place's lists by field name.
    """
    found = {}
    for each in fields:
        if each.name in values and (words := _fault(each, values[each.name], lists)):
            found[each.name] = words
    return found


def _fault(each: Field, value: Any, lists: Mapping[str, Iterable[str]]) -> str:
    if not value:
        return f"{each.label}: this is needed" if each.needed else ""
    chosen = value if each.kind is Kind.MANY else [value]
    known = set(lists.get(each.name, ())) | {str(entry.code) for entry in each.entries}
    if each.kind in (Kind.ONE, Kind.MANY) and not set(chosen) <= known:
        return f"{each.label}: choose from the list"
    if each.kind is Kind.MANY and national.NONE in chosen and len(chosen) > 1:
        return f"{each.label}: “none” stands alone"
    pieces = value if each.kind is Kind.LINES else [value] if each.kind in (Kind.LINE, Kind.TEXT) else []
    if any(len(piece) > each.longest for piece in pieces):  # the database would cut a line of a list in silence
        return f"{each.label}: at most {each.longest} characters"
    return ""
