"""Check the time limits of a bundle: every version can be read, has somebody to tell, and a calendar that opens."""

from collections import Counter
from collections.abc import Iterator

from icras.place.bundle import Bundle, Entry, Fault
from timelimits.bank_holidays import CalendarGapError, england_and_wales
from timelimits.definitions import DefinitionError, read_edition, read_policy
from timelimits.domain import Calendar, Edition, PolicyTerms
from timelimits.rules import check_opening

NEEDED = (
    ("crisis_response", ""),
    ("spa_triage", "crisis"),
    ("spa_triage", "planned"),
    ("crisis_spell", ""),
    ("support_plan", ""),
    ("intermediate_care", ""),
    ("transition_plan", ""),
)


def check_times(bundle: Bundle) -> Iterator[Fault]:
    """Yield the faults of calendars and policies."""
    calendars: dict[str, list[Edition]] = {}
    yield from _calendars(bundle.entries("calendar"), calendars)
    policies: list[tuple[Entry, PolicyTerms]] = []
    for entry in bundle.entries("policy"):
        try:
            policies.append((entry, read_policy(entry.data)))
        except DefinitionError as wrong:
            yield entry.fault(wrong.field, str(wrong).partition(": ")[2])
    yield from _twice(policies)
    for entry, terms in policies:
        if terms.limit.calendar and terms.limit.calendar not in calendars:
            yield entry.fault("calendar", f"there is no calendar {terms.limit.calendar}")
    held = {(terms.code, terms.variant) for _, terms in policies}
    for code, variant in NEEDED:
        if (code, variant) not in held:
            yield Fault("limits.toml", "policy", f"{code} {variant}".strip() + " is missing: the service starts it")


def _calendars(entries: list[Entry], calendars: dict[str, list[Edition]]) -> Iterator[Fault]:
    for entry in entries:
        try:
            edition = read_edition(entry.data)
            check_opening(Calendar(entry.data["code"], (edition,)), england_and_wales())
        except DefinitionError as wrong:
            yield entry.fault(wrong.field, str(wrong).partition(": ")[2])
        except CalendarGapError as gap:
            yield entry.fault("week", str(gap))
        else:
            calendars.setdefault(entry.data["code"], []).append(edition)


def _twice(policies: list[tuple[Entry, PolicyTerms]]) -> Iterator[Fault]:
    counts = Counter((terms.code, terms.variant, terms.version) for _, terms in policies)
    for entry, terms in policies:
        if counts[terms.code, terms.variant, terms.version] > 1:
            yield entry.fault("version", f"{terms.version} is there twice")
