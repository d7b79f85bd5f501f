"""When two records may be of one person, and when they may be made one. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Likeness(StrEnum):
    """Why two records may be of one person, the surest first."""

    SAME_NUMBER = "same_number"
    SAME_NAME_AND_BIRTH = "same_name_and_birth"
    NEAR = "near"


class Decision(StrEnum):
    """What somebody decided about two records that may be of one person."""

    OPEN = "open"
    MERGED = "merged"
    DIFFERENT = "different"


class RowKind(StrEnum):
    """Where a row hung when two records were made one: it moved, was the winner's own, or stayed with the loser."""

    MOVED = "moved"
    OWN = "own"
    LEFT = "left"


class NumberStatus(StrEnum):
    """How sure an NHS number is (domain-facts 9). Absence means not known yet: somebody still has to trace it."""

    VERIFIED = "01"
    NOT_TRACED = "02"
    TRACE_REQUIRED = "03"
    NO_MATCH = "04"
    TO_RESOLVE = "05"
    IN_PROGRESS = "06"
    NOT_NEEDED = "07"
    POSTPONED = "08"


WITH_NUMBER = frozenset({NumberStatus.VERIFIED, NumberStatus.NOT_TRACED})
WITHOUT_NUMBER = frozenset({NumberStatus.NOT_NEEDED, NumberStatus.POSTPONED})


def number_status_fits(number: str, status: NumberStatus) -> bool:
    """Say whether a trace status can stand with this NHS number, or with none."""
    return status not in (WITHOUT_NUMBER if number else WITH_NUMBER)


def first_status(number: str) -> NumberStatus:
    """Return the trace status of a number as told, or of none: not traced yet, or not known yet."""
    return NumberStatus.NOT_TRACED if number else NumberStatus.TRACE_REQUIRED


@dataclass(frozen=True, slots=True)
class Mergeable:
    """What decides whether a record may be made one with another."""

    number: str = ""
    status: NumberStatus = NumberStatus.TRACE_REQUIRED
    is_live: bool = False
    is_pointer: bool = False
    is_dead: bool = False
    has_open_work: bool = False


def why_not_merge(winner: Mergeable, loser: Mergeable) -> str:
    """Return the code of what forbids making two records one, or ""."""
    if winner.is_pointer or loser.is_pointer:
        return "already_merged"
    if winner.is_live and loser.is_live:
        return "both_live"
    if any(dead.is_dead and other.has_open_work for dead, other in ((winner, loser), (loser, winner))):
        return "one_died"
    if winner.number and loser.number and winner.number != loser.number and loser.status == NumberStatus.VERIFIED:
        return "different_numbers" if winner.status == NumberStatus.VERIFIED else "keep_verified"
    return ""


NO_MERGE_WORDS = {
    "already_merged": "one of them is part of another record already",
    "both_live": "both have a live episode. End one of them first",
    "one_died": "one of them is written down as dead, and the other has open work. Record the death on the other, "
    "or strike it out, first",
    "different_numbers": "both have a verified NHS number, and the numbers differ",
    "keep_verified": "the NHS number of the other record is verified. Keep that record instead",
    "changed": "something was added to one of them since you looked. Look again, then confirm",
    "later_merge": "this record was itself merged later. Undo that first",
    "visit_owed": "a referral that joined an episode of the other record still waits for its first visit. Record the "
    "visit first; or withdraw it, and register it again once they are apart",
    "warnings_too_long": "the words of two warnings of one kind do not fit into one. Shorten one of them first",
    "same_record": "it is one and the same record",
}
