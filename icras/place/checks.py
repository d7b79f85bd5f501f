"""Check a bundle whole, before anything is written. Pure: every fault is listed, with its file and key."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from accounts.domain import CodeListName, TeamKind
from capacity.domain import is_prefix
from icras.place.bundle import Bundle, Entry, Fault
from icras.place.people import check_people
from icras.place.shapes import read_hours
from icras.place.times import check_times
from icras.place.triage import check_triage
from referrals.domain import ASKABLE, Service

SLUG = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
Faults = Iterator[Fault]


def faults_of(bundle: Bundle) -> list[Fault]:
    """Return everything that is wrong with the bundle; an empty list means that it may be loaded."""
    checks: tuple[Callable[[Bundle], Faults], ...] = (
        _place,
        _zones,
        _organisations,
        _teams,
        _lists,
        check_times,
        check_triage,
        check_people,
    )
    return [*bundle.faults, *(fault for check in checks for fault in check(bundle))]


def _place(bundle: Bundle) -> Faults:
    for name in ("code", "name"):
        if not _is_text(bundle.place.data.get(name)):
            yield bundle.place.fault(name, "needs words")
    yield from _unknown(bundle.place, {"code", "name"})


def _unknown(entry: Entry, known: set[str]) -> Faults:
    yield from (entry.fault(name, "is not a known setting") for name in sorted(set(entry.data) - known))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _coded(entries: list[Entry], words: str) -> Faults:
    """Each has a code of its own and words."""
    counts = Counter(str(entry.data.get("code")) for entry in entries)
    for entry in entries:
        code = entry.data.get("code")
        if not isinstance(code, str) or not SLUG.fullmatch(code):
            yield entry.fault("code", "needs small letters, digits, - or _")
        elif counts[code] > 1:
            yield entry.fault("code", "is there twice")
        if not _is_text(entry.data.get(words)):
            yield entry.fault(words, "needs words")


def _codes(bundle: Bundle, table: str) -> set[str]:
    return {str(entry.data.get("code")) for entry in bundle.entries(table)}


def _zones(bundle: Bundle) -> Faults:
    zones = bundle.entries("zone")
    yield from _coded(zones, "name")
    if not zones:
        yield Fault("zones.toml", "zone", "a place needs at least one zone")
    taken: dict[str, str] = {}
    for entry in zones:
        yield from _unknown(entry, {"code", "name", "postcode_prefixes"})
        prefixes = entry.data.get("postcode_prefixes")
        if not isinstance(prefixes, list) or not prefixes:
            yield entry.fault("postcode_prefixes", "needs at least one")
            continue
        for prefix in prefixes:
            yield from _prefix(entry, str(prefix), taken)


def _prefix(entry: Entry, prefix: str, taken: dict[str, str]) -> Faults:
    if not is_prefix(prefix):
        yield entry.fault("postcode_prefixes", f'"{prefix}" is not written like "L20" or "L20 3"')
    elif prefix in taken:
        yield entry.fault("postcode_prefixes", f'"{prefix}" is in {taken[prefix]} too: zones may not overlap')
    taken.setdefault(prefix, entry.key)


def _organisations(bundle: Bundle) -> Faults:
    organisations = bundle.entries("organisation")
    yield from _coded(organisations, "name")
    for entry in organisations:
        yield from _unknown(entry, {"code", "name", "kind", "starts_on", "ends_on"})
        if not _is_text(entry.data.get("kind")):
            yield entry.fault("kind", "needs words")
        starts_on, ends_on = entry.data.get("starts_on"), entry.data.get("ends_on")
        for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
            if day is not None and type(day) is not date:
                yield entry.fault(name, "needs a date, like 2022-06-30")
        if type(starts_on) is date and type(ends_on) is date and ends_on < starts_on:
            yield entry.fault("ends_on", "is before starts_on")


def _teams(bundle: Bundle) -> Faults:
    teams = bundle.entries("team")
    yield from _coded(teams, "name")
    known = {"code", "name", "organisation", "kind", "parent", "duty_phone", "zones", "hours"}
    for entry in teams:
        yield from _unknown(entry, known)
        yield from _one_of(entry, "organisation", _codes(bundle, "organisation"))
        yield from _one_of(entry, "kind", set(TeamKind))
        if "parent" in entry.data:
            yield from _one_of(entry, "parent", _codes(bundle, "team") - {str(entry.data.get("code"))})
        for zone in entry.data.get("zones", []):
            if zone not in _codes(bundle, "zone"):
                yield entry.fault("zones", f"{zone} is not a zone")
        yield from read_hours(entry)[1]
    if not any(entry.data.get("kind") == TeamKind.SPA for entry in teams):
        yield Fault("teams.toml", "team", "a place needs a single point of access: a team of kind spa")


def _one_of(entry: Entry, name: str, known: set[str]) -> Faults:
    value = entry.data.get(name)
    if value not in set(known):
        yield entry.fault(name, f"{value!r} is not one of {', '.join(sorted(map(str, known)))}")


def _lists(bundle: Bundle) -> Faults:
    names = [str(name) for name in CodeListName]
    yield from (Fault("codes.toml", name, "is missing or empty") for name in names if not bundle.lists.get(name))
    yield from (Fault("codes.toml", name, "is not a known list") for name in bundle.lists if name not in names)
    for entries in bundle.lists.values():
        yield from _coded(entries, "words")
    for entry in bundle.lists.get(CodeListName.GP_PRACTICES, []):
        if "zone" in entry.data:
            yield from _one_of(entry, "zone", _codes(bundle, "zone"))
    for entry in bundle.lists.get(CodeListName.PERIODS, []):
        if not isinstance(entry.data.get("number"), int) or entry.data["number"] < 0:
            yield entry.fault("number", "needs a whole number, 0 or more")
    yield from (fault for entry in bundle.lists.get(CodeListName.MINIMUM_DATA, []) for fault in _asks(entry))
    for entry in bundle.lists.get(CodeListName.HOSPITALS, []):
        if not entry.data.get("wards"):
            yield entry.fault("wards", "needs at least one")
        yield from _one_of(entry, "organisation", _codes(bundle, "organisation"))


def _asks(entry: Entry) -> Faults:
    """The service, and what is asked before it is decided, are known to us."""
    yield from _one_of(entry, "code", set(Service))
    asks = entry.data.get("asks")
    if not isinstance(asks, list) or not asks:
        yield entry.fault("asks", "needs at least one")
        return
    unknown = ", ".join(sorted(str(code) for code in asks if code not in ASKABLE))
    if unknown:
        yield entry.fault("asks", f"{unknown}: use {', '.join(ASKABLE)}")
