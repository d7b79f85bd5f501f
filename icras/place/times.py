"""The time limits of a bundle: every version can be read, has somebody to tell, and a calendar that opens."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any

from accounts.domain import Change
from accounts.domain.rota import LONDON
from audit.commands import now
from audit.domain import Actor
from audit.refusals import RuleBroken
from icras.place.bundle import Bundle, Entry, Fault
from timelimits.commands import end_policy, publish_bank_holiday, publish_calendar, publish_policy
from timelimits.domain import Calendar, Edition, PolicyTerms
from timelimits.domain.bank_holidays import CalendarGapError, england_and_wales
from timelimits.domain.definitions import DefinitionError, read_edition, read_policy
from timelimits.models import ExtraBankHoliday, OpeningCalendar, Policy
from timelimits.rules import check_opening

NEEDED = (
    ("crisis_response", ""),
    ("spa_triage", "crisis"),
    ("spa_triage", "planned"),
    ("crisis_spell", ""),
    ("support_plan", ""),
    ("intermediate_care", ""),
    ("transition_plan", ""),
    ("second_person", ""),
    ("information_request", "crisis"),
    ("information_request", "planned"),
    ("signpost_follow_up", ""),
    ("psychiatric_liaison", ""),
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
    yield from _holidays(bundle.entries("bank_holiday"))
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


def _holidays(entries: list[Entry]) -> Iterator[Fault]:
    """Yield the faults of bank holidays that were proclaimed after the packaged ones were made."""
    for entry in entries:
        if not isinstance(entry.data.get("day"), date) or isinstance(entry.data.get("day"), datetime):
            yield entry.fault("day", "a date is needed, such as 2027-06-04")
        if not str(entry.data.get("name") or "").strip():
            yield entry.fault("name", "is missing")


def _twice(policies: list[tuple[Entry, PolicyTerms]]) -> Iterator[Fault]:
    counts = Counter((terms.code, terms.variant, terms.version) for _, terms in policies)
    for entry, terms in policies:
        if counts[terms.code, terms.variant, terms.version] > 1:
            yield entry.fault("version", f"{terms.version} is there twice")


def load_times(by: Actor, bundle: Bundle) -> Iterator[Change]:
    """Publish the versions that are new. A limit that the bundle names no more ends today; running clocks go on.

    Raises RuleBroken, naming file and key, for a version that is in use with other content.
    """
    calendars = set(OpeningCalendar.objects.values_list("code", "version"))
    for entry in bundle.entries("calendar"):
        _publish(publish_calendar, by, entry)
        if (entry.data["code"], entry.data["version"]) not in calendars:
            yield Change(f"calendar {entry.data['code']} version {entry.data['version']}", "added")
    for entry in bundle.entries("bank_holiday"):
        if not ExtraBankHoliday.objects.filter(day=entry.data["day"]).exists():
            publish_bank_holiday(by=by, day=entry.data["day"], name=entry.data["name"])
            yield Change(f"bank holiday {entry.data['day']}", "added")
    ends = {row[:3]: row[3] for row in Policy.objects.values_list("code", "variant", "version", "effective_until")}
    for entry in bundle.entries("policy"):
        row: Policy = _publish(publish_policy, by, entry)
        key = (row.code, row.variant, row.version)
        if key not in ends:
            yield Change(_policy_words(row), "added")
        elif ends[key] != row.effective_until:
            yield Change(_policy_words(row), "ended", (f"effective_until: {ends[key]} → {row.effective_until}",))
    yield from _end_left_out(by, bundle)


def _end_left_out(by: Actor, bundle: Bundle) -> Iterator[Change]:
    named = {(entry.data["code"], entry.data.get("variant", "")) for entry in bundle.entries("policy")}
    today = now().astimezone(LONDON).date()
    for row in Policy.objects.filter(effective_until=None).order_by("code", "variant", "version"):
        if (row.code, row.variant) not in named:
            end_policy(by=by, code=row.code, variant=row.variant, until=today)
            yield Change(_policy_words(row), "ended", (f"effective_until: {today}",))


def _policy_words(row: Policy) -> str:
    return f"limit {row.code} {row.variant}".strip() + f" version {row.version}"


def _publish(publish: Callable[..., Any], by: Actor, entry: Entry) -> Any:
    try:
        return publish(by=by, definition=entry.data)
    except RuleBroken as no:
        raise RuleBroken(no.code, f"{entry.file}: {entry.key}: {no.message}", no.field) from no
