"""People who wait to leave hospital, in words. Pure."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.domain.rota import LONDON
from pathways.domain import (
    BACK_WORDS,
    CRITERIA_WORDS,
    DESTINATION_WORDS,
    DISCHARGE_STATUS_WORDS,
    LIAISON_WORDS,
    PATHWAY_WORDS,
    BackReason,
    Criteria,
    Destination,
    DischargeStatus,
    LiaisonOutcome,
    Pathway,
)
from pathways.queries.discharges import Asked, Leaving
from referrals.presenters import age_of, before_the_door, flags, name_of, wall_clock
from timelimits.presenters.words import words_of


def leaving_row(row: Leaving, now: datetime, *, may_edit: bool) -> dict[str, Any]:
    """Return one row of the discharge list."""
    referral, plan = row.referral, row.discharge
    today = now.astimezone(LONDON).date()
    return {
        "pk": referral.pk,
        "name": name_of(referral.person),
        "age": age_of(referral.person, now),
        "where": ", ".join(filter(None, (referral.hospital_ward, referral.hospital_site))) or "Ward not known",
        "expected": _day(plan.expected_on if plan else None, today),
        "late": _late(plan.expected_on if plan else None, today),
        "ready": _day(referral.ready_on, today),
        "waited": _waited(referral.ready_on, today),
        "criteria": CRITERIA_WORDS[Criteria(plan.criteria if plan else Criteria.NOT_KNOWN)],
        "pathway": PATHWAY_WORDS[Pathway(plan.pathway)] if plan and plan.pathway else "Not proposed yet",
        "grounds": plan.grounds if plan else "",
        "destination": DESTINATION_WORDS[Destination(plan.destination)] if plan and plan.destination else "",
        "status": DISCHARGE_STATUS_WORDS[DischargeStatus(plan.status if plan else DischargeStatus.PLANNED)],
        "again": _again(plan),
        "confirmed": bool(plan and plan.status == DischargeStatus.CONFIRMED),
        "blockers": [blocker_words(task, now) for task in row.blockers],
        "warnings": _warnings(row),
        "door": before_the_door(row.needs),
        "needs": flags(row.needs),
        "liaison": [asked_words(each, now, may_edit=may_edit) for each in row.liaison],
        "url": reverse("casework:case", args=[referral.case_id]),
        "edit_url": reverse("pathways:discharge", args=[referral.pk]) if may_edit else "",
    }


def gone_row(referral: Any, now: datetime, *, may_edit: bool) -> dict[str, Any]:
    """Return one line of who has left, with the way to take it back."""
    row = referral.discharge
    return {
        "name": name_of(referral.person),
        "url": reverse("casework:case", args=[referral.case_id]),
        "where": ", ".join(filter(None, (referral.hospital_ward, referral.hospital_site))),
        "left": f"Left {_day(row.left_on, now.astimezone(LONDON).date())}, recorded {wall_clock(row.ended_at, now)}",
        "back_url": reverse("pathways:discharge_not_left", args=[referral.pk]) if may_edit else "",
    }


def asked_words(asked: Asked, now: datetime, *, may_edit: bool) -> dict[str, Any]:
    """Return one question to psychiatric liaison: its clock, and what was found or the way to say so."""
    row, clock = asked.request, asked.clock
    found = LIAISON_WORDS[LiaisonOutcome(row.outcome)] if row.outcome else ""
    return {
        "concern": row.concern,
        "of": ", ".join(filter(None, (row.asked_of, row.phone))),
        "asked": f"Asked by {row.asked_by}, {wall_clock(row.asked_at, now)}",
        "found": found,
        "note": row.note,
        "answered": f"{row.answered_by}, {wall_clock(row.answered_at, now)}" if row.answered_at else "",
        "clock": words_of(clock, clock.policy.label, now) if clock else None,
        "url": reverse("pathways:liaison_answer", args=[row.pk]) if may_edit and not row.answered_at else "",
    }


def discharge_words(row: Leaving, now: datetime, *, may_edit: bool) -> dict[str, Any]:
    """Return a discharge as a case page shows it: how it stands, the plan, what is in the way, what was asked."""
    shown, plan = leaving_row(row, now, may_edit=may_edit), row.discharge
    ended = bool(plan and plan.ended_at)
    told = (
        ("Expected", "" if ended else f"{shown['expected']}, ready {shown['ready']}".capitalize()),
        ("Left on", _day(plan.left_on, now.astimezone(LONDON).date()) if plan and plan.left_on else ""),
        ("Pathway", ". ".join(filter(None, (shown["pathway"], shown["grounds"])))),
        ("Where to", ". ".join(filter(None, (shown["destination"], plan.destination_reason if plan else "")))),
        ("Needs", plan.needs if plan else ""),
        ("Mental health professional", _professional(plan)),
    )
    left = bool(plan and plan.status == DischargeStatus.LEFT)
    return shown | {
        "facts": [{"term": term, "words": words} for term, words in told if words],
        "ended": ended,
        "edit_url": "" if ended else shown["edit_url"],
        "back_url": reverse("pathways:discharge_not_left", args=[row.referral.pk]) if may_edit and left else "",
        "ask_url": reverse("pathways:liaison", args=[row.referral.pk]) if may_edit and not ended else "",
    }


def _professional(plan: Any) -> str:
    return ", ".join(filter(None, (plan.mh_professional, plan.mh_phone))) if plan else ""


def list_url(site: str, ward: str) -> str:
    """Return the address of the list, by hospital and ward where told."""
    told = urlencode({name: value for name, value in (("site", site), ("ward", ward)) if value})
    return reverse("pathways:discharge_list") + (f"?{told}" if told else "")


def _again(plan: Any) -> str:
    """Return why what was confirmed must be confirmed again; nothing when it need not."""
    if plan is None or plan.unconfirmed_at is None:
        return ""
    return f"Was confirmed. {BACK_WORDS[BackReason(plan.unconfirmed_why)]}: confirm again"


def blocker_words(task: Any, now: datetime) -> dict[str, Any]:
    """Return one thing that is in the way."""
    return {
        "pk": task.pk,
        "words": task.what,
        "who": task.owner.name,
        "when": wall_clock(task.due_at, now),
        "late": task.due_at < now,
    }


def _warnings(row: Leaving) -> list[str]:
    plan = row.discharge
    found = [
        "Known to mental health: name their professional"
        if row.known_to_mental_health and not (plan and plan.mh_professional)
        else "",
        "Dementia or delirium: home first" if row.home_first else "",
    ]
    return [words for words in found if words]


def _day(day: date | None, today: date) -> str:
    if day is None:
        return "not known"
    return "today" if day == today else f"{day:%a} {day.day} {day:%b}"


def _late(day: date | None, today: date) -> str:
    days = (today - day).days if day else 0
    return f"Late by {days} day{'s' if days > 1 else ''}" if days > 0 else ""


def _waited(day: date | None, today: date) -> str:
    days = (today - day).days if day else 0
    return f"waiting {days} day{'s' if days != 1 else ''}" if days > 0 else ""


def site_chips(wards: Sequence[tuple[str, str, int]], site: str, ward: str) -> list[dict[str, Any]]:
    """Return the filters of the list: all, each hospital, and the wards of the chosen one, with how many wait."""
    sites: dict[str, int] = {}
    for name, _, number in wards:
        sites[name] = sites.get(name, 0) + number
    chips = [{"url": "?", "words": f"All ({sum(sites.values())})", "current": not site}]
    chips += [
        {"url": f"?{urlencode({'site': name})}", "words": f"{name or 'Hospital not known'} ({number})",
         "current": name == site and not ward}
        for name, number in sites.items() if name
    ]  # fmt: skip
    chips += [
        {"url": f"?{urlencode({'site': name, 'ward': one})}", "words": f"{one} ({number})", "current": one == ward}
        for name, one, number in wards if name == site and site and one
    ]  # fmt: skip
    return chips
