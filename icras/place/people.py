"""Check the rota, the roles that work sign-ins bring, and the made-up people of a bundle."""

from collections.abc import Iterator
from datetime import date

from accounts.domain import DayKind, Duty, Role, Scope
from icras.place.bundle import Bundle, Entry, Fault
from icras.place.shapes import read_period
from timelimits.domain.definitions import DefinitionError

Faults = Iterator[Fault]
CLAIM_KEY = ("provider", "claim", "value", "team", "role")
LONGEST_CLAIM = 200


def check_people(bundle: Bundle) -> Faults:
    """Yield the faults of users, memberships, claims, shifts and partner clients."""
    teams = {str(entry.data.get("code")) for entry in bundle.entries("team")}
    yield from _claims(bundle.entries("claim"), teams)
    users = [str(entry.data.get("email", "")) for entry in bundle.entries("user")]
    for entry in bundle.entries("user"):
        yield from _user(entry, users)
    for entry in bundle.entries("member"):
        yield from _known(entry, "user", set(users))
        yield from _known(entry, "team", teams)
        yield from _known(entry, "role", set(Role))
        if type(entry.data.get("starts_on")) is not date:
            yield entry.fault("starts_on", "needs a date")
    for entry in bundle.entries("shift"):
        yield from _shift(entry, teams, set(users) if bundle.demo else None)
    for entry in bundle.entries("client"):
        yield from _client(entry, {str(each.data.get("code")) for each in bundle.entries("organisation")})


def _claims(entries: list[Entry], teams: set[str]) -> Faults:
    seen = set()
    for entry in entries:
        for name in ("provider", "claim", "value"):
            if not isinstance(entry.data.get(name), str) or not 0 < len(entry.data[name]) <= LONGEST_CLAIM:
                yield entry.fault(name, f"needs words, {LONGEST_CLAIM} letters at most")
        yield from _known(entry, "team", teams)
        yield from _known(entry, "role", {str(role) for role in Role} - {"partner_system"})
        if entry.data.get("role") == Role.ADMINISTRATOR:
            yield entry.fault("role", "administrators are made by hand, never by another house's directory")
        yield from (
            entry.fault(name, "is not a known setting") for name in sorted(set(entry.data) - {*CLAIM_KEY, "profession"})
        )
        key = tuple(str(entry.data.get(name)) for name in CLAIM_KEY)
        if key in seen:
            yield entry.fault("", "is there twice")
        seen.add(key)


def _known(entry: Entry, name: str, known: set[str]) -> Faults:
    if entry.data.get(name) not in known:
        yield entry.fault(name, f"{entry.data.get(name)!r} is not known")


def _user(entry: Entry, users: list[str]) -> Faults:
    email = str(entry.data.get("email", ""))
    if not email.endswith(".example"):
        yield entry.fault("email", "a made-up person has an address that ends in .example")
    if users.count(email) > 1:
        yield entry.fault("email", "is there twice")
    if not entry.data.get("name"):
        yield entry.fault("name", "needs words")


def _shift(entry: Entry, teams: set[str], users: set[str] | None) -> Faults:
    for team in entry.data.get("teams") or [None]:
        if team not in teams:
            yield entry.fault("teams", f"{team!r} is not a team")
    yield from _known(entry, "duty", set(Duty))
    if users is not None:
        yield from _known(entry, "user", users)
    for days in entry.data.get("days") or [None]:
        if days not in set(DayKind):
            yield entry.fault("days", f"{days!r} is not one of {', '.join(DayKind)}")
    if type(entry.data.get("valid_from")) is not date:
        yield entry.fault("valid_from", "needs a date")
    try:
        read_period(entry.data.get("time", ""))
    except (DefinitionError, TypeError):
        yield entry.fault("time", 'needs a period like "08:00-20:00"')


def _client(entry: Entry, organisations: set[str]) -> Faults:
    yield from _known(entry, "organisation", organisations)
    for name in ("client_id", "secret", "name"):
        if not entry.data.get(name):
            yield entry.fault(name, "needs words")
    for scope in entry.data.get("scopes") or [None]:
        if scope not in set(Scope):
            yield entry.fault("scopes", f"{scope!r} is not one of {', '.join(Scope)}")
