"""Policies and calendars as shipped, and small ones for tests: the shipped bundle itself is read."""

import tomllib
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from accounts.models import Membership, Organisation, Shift, Team, User
from accounts.queries import actor_for
from audit.commands import now
from audit.domain import SYSTEM, Actor
from timelimits.commands import (
    approve,
    extend_clock,
    hand_over,
    publish_calendar,
    publish_policy,
    start_clock,
)
from timelimits.domain import Calendar, History, Limit, LimitKind, Stage, moments
from timelimits.domain.bank_holidays import england_and_wales
from timelimits.domain.definitions import read_edition, read_policy
from timelimits.domain.local_time import Unique, read_wall_time
from timelimits.models import CaseDeadline, Clock, Policy
from timelimits.queries.book import Book
from timelimits.rules import Terms, reckon

BUNDLE = Path(__file__).resolve().parents[2] / "places" / "sefton" / "limits.toml"
ALL_WEEK = {day: ["08:00-20:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
LADDER = [{"duty": "co_ordinator", "minutes": 5}, {"duty": "desk", "minutes": 5}, {"duty": "lead", "minutes": 10}]


def shipped() -> dict[str, list[dict[str, Any]]]:
    """Return the shipped bundle: tables "calendar" and "policy"."""
    return tomllib.loads(BUNDLE.read_text())


def policy_definition(**changes: Any) -> dict[str, Any]:
    """Return a definition of a two-hour policy, with changes."""
    return {
        "code": "two_hours",
        "version": 1,
        "effective_from": date(2020, 1, 1),
        "kind": "elapsed",
        "limit": "2 h",
        "label": "2-hour visit",
        "title": "A visit within two hours",
        "source": "R126",
        "stages": [{"code": "half", "at": "50%"}, {"code": "last_15", "at": "15 min before", "rung": 1}],
        "ladder": LADDER,
    } | changes


def calendar_definition(**changes: Any) -> dict[str, Any]:
    """Return a definition of a calendar open 08:00 to 20:00 every day, with changes."""
    return {"code": "spa", "version": 1, "effective_from": date(2020, 1, 1), "week": ALL_WEEK} | changes


def calendar(**changes: Any) -> Calendar:
    """Return a calendar of one edition."""
    return Calendar("spa", (read_edition(calendar_definition(**changes)),))


def terms(kind: str, amount: timedelta, *stages: Stage, opening: Calendar | None = None) -> Terms:
    """Return the terms of a limit: minutes or days of `amount`."""
    kind = LimitKind(kind)
    if kind is LimitKind.OPENING_HOURS:
        opening = opening or calendar()
    return Terms(Limit(kind, amount, opening.code if opening else ""), england_and_wales(), opening, stages)


def shipped_terms(code: str, variant: str = "") -> Terms:
    """Return the terms of a shipped policy."""
    bundle = shipped()
    found = [read_policy(d) for d in bundle["policy"] if d["code"] == code and d.get("variant", "") == variant]
    editions = [read_edition(d) for d in bundle["calendar"] if d["code"] == found[0].limit.calendar]
    opening = Calendar(found[0].limit.calendar, tuple(editions)) if editions else None
    return Terms(found[0].limit, england_and_wales(), opening, found[0].stages)


def uk(words: str) -> datetime:
    """Return the UTC instant of a wall time that happens once: "2026-10-24 18:10"."""
    read = read_wall_time(datetime.fromisoformat(words))
    assert isinstance(read, Unique), words
    return read.instant


def utc(words: str) -> datetime:
    """Return a UTC instant: "2026-10-25 01:30"."""
    return datetime.fromisoformat(words).replace(tzinfo=UTC)


def publish_all() -> None:
    """Publish the shipped calendars and policies, as loading the place does."""
    bundle = shipped()
    for definition in bundle["calendar"]:
        publish_calendar(by=SYSTEM, definition=definition)
    for definition in bundle["policy"]:
        publish_policy(by=SYSTEM, definition=definition)


def publish(**changes: Any) -> Policy:
    """Publish one small policy: two hours, unless changed."""
    return publish_policy(by=SYSTEM, definition=policy_definition(**changes))


def start(policy: str = "two_hours", at: datetime | None = None, **more: Any) -> Clock:
    """Start a clock on a case of its own by the real command; publish its policy first."""
    case_id = more.pop("case_id", None) or uuid4()
    given = {"by": SYSTEM, "case_id": case_id, "subject": f"referral:{uuid4()}", "policy": policy}
    return start_clock(**(given | {"started_at": at or now()} | more))


def publish_second_person() -> None:
    """Publish the limits for a second person to decide, as they are shipped."""
    for definition in shipped()["policy"]:
        if definition["code"] == "second_person":
            publish(**definition)


def extend(by: Actor, clock: Clock, until: date | datetime, *, reason: str = "clinically_needed") -> Clock:
    """Extend a clock by the real commands: asked for by one, agreed by Bob, a team lead, by his own sign-in."""
    publish_second_person()
    bob = member("bob", "team_lead", team())
    asked = extend_clock(by=by, clock_id=clock.pk, reason=reason, approver_id=bob.user_id, new_due_on=until)
    approve(by=bob, approval_id=asked.pk)
    clock.refresh_from_db()
    return clock


def team(code: str = "spa", parent: Team | None = None, kind: str = "spa") -> Team:
    """Make a team, with its organisation."""
    organisation, _ = Organisation.objects.get_or_create(
        code="trust", defaults={"name": "Mersey Test Trust", "kind": "nhs"}
    )
    return Team.objects.get_or_create(
        code=code, defaults={"organisation": organisation, "name": code.upper(), "kind": kind, "parent": parent}
    )[0]


def user(name: str) -> User:
    """Make a user, or find the one of that name."""
    return User.objects.get_or_create(email=f"{name}@icras.example", defaults={"name": name.title()})[0]


def member(name: str, role: str, of: Team, since: date = date(2020, 1, 1)) -> Actor:
    """Return the Actor of somebody who holds a role in a team."""
    person = user(name)
    Membership.objects.get_or_create(user=person, team=of, role=role, defaults={"starts_on": since})
    return actor_for(person)


def shift(name: str, duty: str, of: Team, start: datetime, hours: float = 12) -> User:
    """Put somebody on a duty of a team from an instant."""
    person = user(name)
    Shift.objects.create(team=of, duty=duty, user=person, starts_at=start, ends_at=start + timedelta(hours=hours))
    return person


def on_list(case_id: UUID, of: Team | None = None, **more: Any) -> CaseDeadline:
    """Put a case on a team's list by the real command."""
    given = {"by": SYSTEM, "case_id": case_id, "user_id": None, "team_id": (of or team()).pk}
    given |= {"zone": "bootle", "phase": "new", "reference": "R-26-00001"}
    hand_over(**(given | more))
    return CaseDeadline.objects.get(pk=case_id)


def start_many(number: int, at: datetime, policy: str = "two_hours") -> list[Clock]:
    """Start clocks on listed cases, written in bulk as the commands would, for tests of many."""
    row, desk = Policy.objects.get(code=policy), team()
    said = reckon(History(at), Book().terms(row))
    shared = {"policy": row, "policy_code": policy, "started_at": at, "start_recorded_at": at}
    shared |= {"due_at": said.due_at, "soon_at": said.soon_at, "next_check_at": moments(said)[0].at}
    clocks = [Clock(case_id=uuid4(), subject=f"referral:{uuid4()}", **shared) for _ in range(number)]
    listed = {"responsible_team": desk, "zone": "bootle", "phase": "new", "opened_at": at, "updated_at": at}
    Clock.objects.bulk_create(clocks)
    CaseDeadline.objects.bulk_create(
        CaseDeadline(case_id=clock.case_id, next_due_at=clock.due_at, **listed) for clock in clocks
    )
    return clocks
