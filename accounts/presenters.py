"""Words for templates about people, roles, duties and dates. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import time
from typing import Any
from urllib.parse import quote

from accounts.domain import ROLES, DayKind, Duty, ResetReason, Role
from accounts.domain.rota import Opening

DUTY_WORDS = {
    Duty.CO_ORDINATOR: "duty co-ordinator",
    Duty.DESK: "duty desk",
    Duty.LEAD: "lead on shift",
    Duty.ON_CALL: "on-call manager",
}
DAY_WORDS = {
    DayKind.WEEKDAY: "Monday to Friday",
    DayKind.WEEKEND: "Saturday and Sunday",
    DayKind.BANK_HOLIDAY: "bank holidays",
    DayKind.EVERY_DAY: "every day",
}
RESET_WORDS = {
    ResetReason.LOST: "Lost or stolen phone",
    ResetReason.REPLACED: "New phone",
    ResetReason.BROKEN: "Phone or app does not work",
    ResetReason.MISUSE: "Somebody else may have used it",
}
EVENT_WORDS = {
    "account.invited": "Invited",
    "account.changed": "Name or telephone changed",
    "account.disabled": "Disabled",
    "account.enabled": "Enabled",
    "account.second_factor_reset": "Second factor reset",
    "account.sessions_ended": "Second factor changed: signed out elsewhere",
    "account.role_given": "Role given",
    "account.role_ended": "Role ended",
    "account.admitted": "Account made by work sign-in",
    "account.linked": "Work sign-in linked",
    "account.unlinked": "Work sign-in taken away",
    "partner.added": "Added",
    "partner.secret_rotated": "New secret made",
    "partner.disabled": "Stopped",
    "partner.enabled": "Started again",
    "rota.cover_added": "Cover added",
    "rota.cover_removed": "Cover removed",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def duty_line(role: str, duties: Sequence[tuple[str, str]]) -> str:
    """Return "Triage practitioner, on duty" or "Team lead, lead on shift UCR South"; duties are (duty, team name)."""
    if not duties:
        return role or "No role yet"
    duty, team = duties[0]
    if duty == Duty.DESK:
        return f"{role}, on duty"
    return f"{role}, {DUTY_WORDS[Duty(duty)]} {team}"


def sentence(words: str) -> str:
    """Return the words with a capital first letter."""
    return words[:1].upper() + words[1:]


def role_words(role: str) -> str:
    """Return what a role is called on screen."""
    return ROLES[Role(role)].label


def event_line(event: str, data: Mapping[str, Any]) -> str:
    """Return what was done to an account or a partner system, with the coded reason or role in words."""
    words = EVENT_WORDS.get(event, event)
    if "reason" in data:
        return f"{words}: {RESET_WORDS[ResetReason(data['reason'])].lower()}"
    return f"{words}: {role_words(data['role'])}" if "role" in data else words


def times_line(begins: time, ends: time) -> str:
    """Return "08:00 to 20:00"; a shift that ends as it begins lasts the whole day."""
    return "all 24 hours" if begins == ends else f"{begins:%H:%M} to {ends:%H:%M}"


def hours_line(periods: Sequence[tuple[time, time]]) -> str:
    """Return "08:00 to 12:00, 13:00 to 20:00", or nothing when closed."""
    return ", ".join(f"{opens:%H:%M} to {closes:%H:%M}" for opens, closes in periods)


def people_tabs(url: str, active: bool, team: str) -> list[dict[str, Any]]:
    """Return the two lists of people, keeping the team chosen."""
    kept = f"&team={quote(team)}" if team else ""
    return [
        {"url": f"{url}?show=active{kept}", "words": "Can sign in", "current": active, "count": None},
        {"url": f"{url}?show=disabled{kept}", "words": "Disabled", "current": not active, "count": None},
    ]


def hours_by_day(periods: Iterable[Opening]) -> dict[str, str]:
    """Return each weekday's hours as the form's lines hold them: {"day_0": "08:00 to 20:00"}."""
    return {f"day_{number}": line for number, (_, line) in enumerate(week_of_hours(periods))}


def week_of_hours(periods: Iterable[Opening]) -> list[tuple[str, str]]:
    """Return (weekday, hours) for seven days; closed days have no hours."""
    found = sorted((one.weekday, one.opens, one.closes) for one in periods)
    return [
        (words, hours_line([(opens, closes) for day, opens, closes in found if day == number]))
        for number, words in enumerate(WEEKDAYS)
    ]


def pattern_lines(patterns: Iterable[Any]) -> list[tuple[Any, str, str]]:
    """Return (pattern, its duty in words, its days and times in words)."""
    return [
        (
            one,
            sentence(DUTY_WORDS[Duty(one.duty)]),
            f"{DAY_WORDS[DayKind(one.day_kind)]}, {times_line(one.begins, one.ends)}",
        )
        for one in patterns
    ]
