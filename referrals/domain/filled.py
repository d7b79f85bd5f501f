"""What may be told of a referral after it was sent, and what of it differs from what was told first. Pure."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from referrals.domain.referrals import Answer

Changes = Mapping[str, tuple[Any, Any]]
FILLED = (
    "red_flags", "agrees", "medically_stable", "medicines_addressed", "location_kind", "location_lines",
    "location_postcode", "access", "who_is_with_them", "ring_back", "reason", "trigger", "needs", "would_be",
    "planned_reason", "bed_ground", "hospital_site", "hospital_ward", "ready_on",
)  # fmt: skip
"""What was told in the first call and may be told later, or otherwise: never the words of the caller, nor when."""


def changes_of(held: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return what is told now and was not so before, as {column: (first, now)}; of red flags those that differ."""
    found = {}
    for column, value in told.items():
        first, now = _flags(held[column], value) if column == "red_flags" else (held[column], value)
        if first != now:
            found[column] = (_plain(first), _plain(now))
    return found


def _flags(held: Mapping[str, str], told: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    differ = {code: answer for code, answer in told.items() if held.get(code) != answer}
    return {code: held[code] for code in differ if code in held}, differ


def taken_back(held: Mapping[str, str], told: Mapping[str, str]) -> bool:
    """Say whether a red flag that was raised would be lowered: only the 999 call settles it."""
    return any(answer != Answer.YES and held.get(code) == Answer.YES for code, answer in told.items())


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
