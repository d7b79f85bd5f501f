"""What was told of a referral as words, and what of it was told later, or otherwise. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from referrals.domain import (
    BED_WORDS,
    PLANNED_WORDS,
    TRIGGER_WORDS,
    UCR_NEEDS,
    WOULD_BE_WORDS,
    Agrees,
    Answer,
    LocationKind,
)

WHERE_WORDS = {
    LocationKind.HOME: "At home",
    LocationKind.ELSEWHERE: "Somewhere else",
    LocationKind.CARE_HOME: "Care home",
    LocationKind.HOSPITAL: "Hospital",
}
AGREES_WORDS = {
    Agrees.YES: "Yes",
    Agrees.NO: "No",
    Agrees.LACKS_CAPACITY: "Lacks capacity",
    Agrees.NOT_ASKED: "Not asked yet",
}
ANSWER_WORDS = {Answer.YES: "yes", Answer.NO: "no", Answer.NOT_KNOWN: "not known"}
KNOWN_WORDS = {True: "Yes", False: "No", None: "Not known yet"}
MISSING_WORDS = {
    "medically_stable": "Is the person medically stable?",
    "medicines_addressed": "Are their medicines dealt with?",
    "agrees": "Does the person agree to us coming?",
    "nhs_number": "NHS number",
    "gp_practice": "Which GP practice?",
    "red_flags": "A red flag was not answered",
    "birth": "Birth date or age",
    "address": "Where they are",
    "phone": "A number to ring",
    "who_is_with_them": "Who is with them?",
    "access": "How do we get in?",
    "reason": "The nearest reason",
    "trigger": "What makes it urgent?",
    "would_be": "Where would they be otherwise?",
    "planned_reason": "Why planned support?",
    "bed_ground": "On which ground a bed?",
    "hospital": "Which hospital and ward?",
    "ready_on": "When are they ready to leave?",
}
COLUMN_WORDS = {
    "red_flags": "Red flags",
    "agrees": "Agrees to us coming",
    "medically_stable": "Medically stable",
    "medicines_addressed": "Medicines dealt with",
    "location_kind": "Place",
    "location_lines": "Where now",
    "location_postcode": "Postcode now",
    "access": "Getting in",
    "who_is_with_them": "Who is with them",
    "ring_back": "Number to ring back",
    "reason": "Nearest reason",
    "trigger": "What makes it urgent",
    "needs": "Two-hour needs",
    "would_be": "Where they would otherwise be",
    "planned_reason": "Why planned",
    "bed_ground": "Ground for a bed",
    "hospital_site": "Hospital",
    "hospital_ward": "Ward",
    "ready_on": "Ready to leave on",
}
VALUE_WORDS: Mapping[str, Mapping[Any, str]] = {
    "agrees": AGREES_WORDS,
    "medically_stable": KNOWN_WORDS,
    "medicines_addressed": KNOWN_WORDS,
    "location_kind": WHERE_WORDS,
    "trigger": TRIGGER_WORDS,
    "needs": UCR_NEEDS,
    "would_be": WOULD_BE_WORDS,
    "planned_reason": PLANNED_WORDS,
    "bed_ground": BED_WORDS,
}
NOTHING = "not told"


def changed_words(changes: Mapping[str, Any], codes: Mapping[str, str]) -> list[str]:
    """Return each thing told later, with what was told first: "Getting in: key safe (first: not told)".

    `codes` holds the words of the place's codes: red flags and reasons.
    """
    found = []
    for column, words in COLUMN_WORDS.items():
        if column in changes:
            first, told = (_said(column, value, codes) for value in changes[column])
            found.append(f"{words}: {told} (first: {first})")
    return found


def filled_words(columns: Iterable[str]) -> str:
    """Return what was told later, without what it is: "Getting in, medically stable"."""
    told = set(columns)
    return ", ".join(words for column, words in COLUMN_WORDS.items() if column in told)


def _said(column: str, value: Any, codes: Mapping[str, str]) -> str:
    words = VALUE_WORDS.get(column, codes)
    if value in ("", None, [], {}):
        return NOTHING
    if column == "red_flags":
        return ", ".join(f"{words.get(code, code)}: {ANSWER_WORDS[Answer(answer)]}" for code, answer in value.items())
    if column == "ready_on":
        day = date.fromisoformat(value)
        return f"{day.day} {day:%b %Y}"
    return ", ".join(words.get(each, each) for each in value) if isinstance(value, list) else words.get(value, value)
