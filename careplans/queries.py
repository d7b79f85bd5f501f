"""Reads of what belongs to a person's care, always scoped by who asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from accounts.domain import CodeListName, Permission
from accounts.queries import code_lists, scope
from audit.commands import note_read, require
from audit.domain import Actor
from careplans.models import CaseMessage, Confidence, Consent, Experience, OnwardRequest, RecordLink, Risk
from pathways.queries import joined_referrals, person_of_case, root_case
from referrals.models import Person, Referral
from referrals.queries import with_people

PAGE = 50


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything of one case that the page of its plan shows, the newest of each first."""

    case_id: UUID
    person: Person
    onward: Sequence[OnwardRequest]
    risks: Sequence[Risk]
    ratings: Sequence[Confidence]
    experiences: Sequence[Experience]
    consents: Sequence[Consent]
    links: Sequence[RecordLink]
    messages: Sequence[CaseMessage]
    services: dict[str, str]


def plan(by: Actor, case_id: UUID) -> Plan:
    """Return the plan of a case and log the reading. Raises NotPermitted, and NotFound when it is not yours."""
    case_id = root_case(case_id)
    person = person_of(by, case_id)
    newest = ("-written_at", "pk")
    cases = list(joined_referrals(case_id).values_list("case_id", flat=True))  # what was written before it joined too
    messages = CaseMessage.objects.filter(case_id__in=cases).prefetch_related("reads__user")
    return Plan(
        case_id=case_id,
        person=person,
        onward=tuple(OnwardRequest.objects.filter(case_id__in=cases).order_by(*newest)),
        risks=tuple(Risk.objects.filter(case_id__in=cases).order_by(*newest)),
        ratings=tuple(Confidence.objects.filter(case_id__in=cases).order_by(*newest)),
        experiences=tuple(Experience.objects.filter(case_id__in=cases).order_by(*newest)),
        consents=tuple(Consent.objects.filter(case_id__in=cases).order_by(*newest)),
        links=tuple(RecordLink.objects.filter(case_id__in=cases).order_by("system", "pk")),
        messages=tuple(messages.order_by(*newest)),
        services=onward_services(),
    )


def person_of(by: Actor, case_id: UUID) -> Person:
    """Return the person of a case as the actor may see them, and log the reading. Raises NotPermitted, NotFound."""
    require(by, Permission.REFERRAL_READ)
    return person_of_case(by, case_id, what="plan")


def onward_services() -> dict[str, str]:
    """Return the services that a person can be sent on to, code → words; retired ones too."""
    return {entry.code: entry.words for entry in code_lists(CodeListName.ONWARD_SERVICES)[CodeListName.ONWARD_SERVICES]}


@dataclass(frozen=True, slots=True)
class Asked:
    """One open request with the referral of its case."""

    request: OnwardRequest
    referral: Referral


@dataclass(frozen=True, slots=True)
class AskedPage:
    """One page of open requests; `following` is the last of it, where the next begins, None at the end."""

    rows: Sequence[Asked]
    following: OnwardRequest | None


def open_onward(by: Actor, service: str = "", after: UUID | None = None) -> AskedPage:
    """Return up to 50 requests that wait for an answer, the first to be chased first, and log the reading.

    `after` is the last request of the page before. Four statements, whatever their number.
    """
    require(by, Permission.PLAN_EDIT)
    rows = scope(OnwardRequest.objects.filter(answered_at=None), by.where_it_may(Permission.PLAN_EDIT))
    rows = rows.filter(service=service) if service else rows
    last = OnwardRequest.objects.filter(pk=after).values_list("chase_at", "id").first() if after else None
    if last is not None:
        rows = rows.filter(chase_at__gte=last[0]).exclude(chase_at=last[0], id__lte=last[1])
    found = list(rows.order_by("chase_at", "id")[: PAGE + 1])
    shown = found[:PAGE]
    referrals = with_people(by).filter(case_id__in=[row.case_id for row in shown])
    by_case = {referral.case_id: referral for referral in referrals}
    asked = [Asked(row, by_case[row.case_id]) for row in shown if row.case_id in by_case]
    if asked:
        note_read(by=by, what="onward", ids=[each.referral.person_id for each in asked])
    return AskedPage(asked, shown[-1] if len(found) > PAGE else None)
