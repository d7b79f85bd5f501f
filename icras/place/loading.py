"""Load a checked bundle in one transaction, as the system; say what changed."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID, uuid5

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.commands.demo import put_demo_client, put_demo_membership, put_demo_user
from accounts.commands.place import (
    end_claim_roles,
    name_place,
    put_claim_role,
    put_code_list,
    put_organisation,
    put_shift_pattern,
    put_team,
)
from accounts.domain import Change, CodeListName, DayKind, Duty, Role, Scope, TeamKind
from accounts.domain.rota import LONDON
from accounts.models import User
from accounts.queries import code_lists
from audit.commands import command, now, record
from audit.domain import Actor
from capacity.commands import end_zone, put_zone
from capacity.queries import zones
from icras.place.bundle import Bundle
from icras.place.people import CLAIM_KEY
from icras.place.shapes import read_hours, read_period
from icras.place.times import load_times
from icras.place.triage import load_triage
from referrals.commands import rename_hospitals

PLACES = UUID("6f0e1c0a-6a3f-5c55-9a57-1c7a5e0f0001")  # stands where an event of a case has the case
DEMO_PASSWORD = "icras-demo"  # noqa: S105  (for made-up people, whom production refuses)


@command
def load_bundle(*, by: Actor, bundle: Bundle, dry_run: bool) -> list[Change]:
    """Bring the database to what the bundle says; with `dry_run` undo it again. Returns every change, in order.

    Only a bundle without faults may be given. Raises RuleBroken, and changes nothing, when the database says no.
    """
    changes = [change for change in _changes(by, bundle) if change is not None]
    code = bundle.place.data["code"]
    if changes:
        record(case_id=uuid5(PLACES, code), event="place.loaded", subject=f"place:{code}", changes=len(changes))
    if dry_run:
        transaction.set_rollback(True)
    return changes


def _changes(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    yield name_place(by=by, **bundle.place.data, demo=bundle.demo)
    yield from _zones(by, bundle)
    for entry in bundle.entries("organisation"):
        yield put_organisation(by=by, **entry.data)
    yield from _teams(by, bundle)
    yield from _lists(by, bundle)
    yield from load_times(by, bundle)
    yield load_triage(by, bundle)
    yield from _claims(by, bundle)
    yield from _people(by, bundle)
    yield from _shifts(by, bundle)


def _lists(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    hospitals = {entry.code: entry.words for entry in code_lists(CodeListName.HOSPITALS)[CodeListName.HOSPITALS]}
    for name, entries in bundle.lists.items():
        yield put_code_list(by=by, name=name, entries=[entry.data for entry in entries])
    yield rename_hospitals(by=by, before=hospitals)


def _zones(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    entries = bundle.entries("zone")
    for zone in zones().exclude(code__in=[entry.data["code"] for entry in entries]):
        yield end_zone(by=by, code=zone.code, on=_today())
    for position, entry in enumerate(entries):
        yield put_zone(by=by, **entry.data, position=position)


def _today() -> date:
    return now().astimezone(LONDON).date()


def _teams(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    """Put parents before their children."""
    waiting, placed = list(bundle.entries("team")), set[str]()
    while waiting:
        entry = next((each for each in waiting if each.data.get("parent", "") in {"", *placed}), waiting[0])
        waiting.remove(entry)
        placed.add(entry.data["code"])
        data = {**entry.data, "kind": TeamKind(entry.data["kind"]), "hours": read_hours(entry)[0]}
        yield put_team(by=by, **data)


def _claims(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    """Put what the claims of work sign-ins bring, and take away what the bundle no longer says."""
    entries = bundle.entries("claim")
    yield from end_claim_roles(by=by, keep=[tuple(entry.data[name] for name in CLAIM_KEY) for entry in entries])
    for entry in entries:
        yield put_claim_role(by=by, **{**entry.data, "role": Role(entry.data["role"])})


def _people(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    if not bundle.demo:
        return
    emails = [entry.data["email"] for entry in bundle.entries("user")]
    missing = User.objects.filter(email__in=emails).count() < len(emails)
    password_hash = make_password(DEMO_PASSWORD) if missing else ""  # slow on purpose: once for all of them
    for entry in bundle.entries("user"):
        yield put_demo_user(by=by, **({"phone": ""} | entry.data), password_hash=password_hash)
    for entry in bundle.entries("member"):
        data = {key: value for key, value in entry.data.items() if key not in {"user", "role"}}
        yield put_demo_membership(by=by, email=entry.data["user"], role=Role(entry.data["role"]), **data)
    for entry in bundle.entries("client"):
        scopes = [Scope(scope) for scope in entry.data["scopes"]]
        yield put_demo_client(by=by, **{**entry.data, "scopes": scopes})


def _shifts(by: Actor, bundle: Bundle) -> Iterator[Change | None]:
    for entry in bundle.entries("shift"):
        begins, ends = read_period(entry.data["time"])
        for team in entry.data["teams"]:
            for days in entry.data["days"]:
                yield put_shift_pattern(
                    by=by,
                    team=team,
                    duty=Duty(entry.data["duty"]),
                    email=entry.data["user"],
                    days=DayKind(days),
                    begins=begins,
                    ends=ends,
                    valid_from=entry.data["valid_from"],
                )
