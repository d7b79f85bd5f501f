"""A caseload in words. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.models import User
from audit.domain import Actor
from casework.domain import Cursor
from casework.presenters.board import NO_CLOCK_WORDS, shown_clock
from casework.presenters.words import MOST_WARNINGS, day_of, first_of, in_short, since_words
from casework.queries.around import PlaceWords
from casework.queries.caseload import Carried, Load, Ringing
from pathways.domain import ContactKind
from pathways.models import Contact, Task
from referrals.domain import Phase, Service
from referrals.presenters import SERVICE_WORDS, age_of, flags, name_of, visit_warnings, warnings_of, where_now
from timelimits.domain import BREACH
from timelimits.presenters import ClockWords, clock_words

TASK_WORDS = 80


def caseload_words(
    load: Load, by: Actor, shown: UUID, others: Sequence[User], place: PlaceWords, after: Cursor | None, now: datetime
) -> dict[str, Any]:
    """Return one page of a caseload in words."""
    own = shown == by.user_id
    name = next((user.name for user in others if user.pk == shown), "")
    who = "" if own else f"who={shown}&"
    return {
        "title": "My caseload" if own else f"Caseload of {name}",
        "own": own,
        "rows": [_row(row, place, now) for row in load.rows],
        "people": _people(by, others),
        "shown": str(shown),
        "next_url": f"?{who}after={load.following}" if load.following else "",
        "first_url": f"?{who}" if after else "",
        "range": f"{len(load.rows)} shown, next deadline first",
    }


def _people(by: Actor, others: Sequence[User]) -> list[tuple[str, str]]:
    if not others:
        return []
    return [(str(by.user_id), "Me"), *((str(user.pk), user.name) for user in others if user.pk != by.user_id)]


def _row(row: Carried, place: PlaceWords, now: datetime) -> dict[str, Any]:
    referral = row.referral
    where, icon = where_now(referral)
    return {
        "clock": _deadline(row, now),
        "url": reverse("casework:case", args=[referral.case_id]),
        "name": name_of(referral.person),
        "age": age_of(referral.person, now),
        "where": where,
        "where_icon": icon,
        "zone": place.zones.get(referral.zone, referral.zone),
        "service": _service(row, now),
        "stage": "Not seen yet" if row.deadline.phase == Phase.ACCEPTED else "",
        "task": _task(row.task, now),
        "late": row.task is not None and row.task.due_at < now,
        "contact": _contact(row.contact, now),
        "needs": flags(row.needs)[:MOST_WARNINGS],
        "warnings": first_of([*warnings_of(referral, place.warnings), *visit_warnings(row.needs)]),
    }


def _deadline(row: Carried, now: datetime) -> ClockWords:
    case: Any = row.deadline
    if case.next_due_at is None:
        why = NO_CLOCK_WORDS.get(case.no_clock_reason, "No time limit runs")
        return ClockWords(state="pause", headline=why, second="Nothing is due", icon="pause")
    return clock_words(case.next_due_at, now, label=case.clock_label or "", soon_at=case.soon_at)


def _service(row: Carried, now: datetime) -> tuple[str, str]:
    """Return the service now and the day count."""
    episode: Any = row.episode
    if episode is None:
        return "Referral", ""
    service = SERVICE_WORDS[Service(episode.service_now)] if episode.service_now else "Waiting for a service"
    return service, day_of(episode.first_day, episode.last_day, now)


def _task(task: Task | None, now: datetime) -> str:
    if task is None:
        return ""
    return f"{since_words(task.due_at, now)}: {in_short(task.what, TASK_WORDS)}"


def _contact(contact: Contact | None, now: datetime) -> str:
    if contact is None:
        return "None yet"
    how = {ContactKind.FACE_TO_FACE: "Visit", ContactKind.PHONE: "Phone", ContactKind.VIDEO: "Video"}
    words = how.get(ContactKind(contact.kind), "Letter")
    return f"{words}, {since_words(contact.occurred_at, now)}{'' if contact.attended else ', no answer'}"


def alert_words(ringing: Sequence[Ringing], now: datetime) -> list[dict[str, Any]]:
    """Return the alerts to answer: what is late or soon, whose, since when."""
    return [
        {
            "clock": shown_clock(each.alert.event.clock, now),
            "name": name_of(each.referral.person) if each.referral else "",
            "stage": "Overdue" if each.alert.event.stage == BREACH else "Due soon",
            "sent": since_words(each.alert.sent_at, now),
            "url": reverse("timelimits:alert", args=[each.alert.pk]),
            "answer_url": reverse("timelimits:acknowledge", args=[each.alert.pk]),
        }
        for each in ringing
    ]
