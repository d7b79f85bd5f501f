"""Reads of referrals, always scoped by who asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.domain import AccessLevel, Code, Permission, TeamKind
from accounts.domain.rota import LONDON
from accounts.queries import scope
from audit.commands import note_read, require
from audit.domain import Actor, sending
from audit.refusals import NotFound, RuleBroken
from capacity.domain import prefixes_of
from capacity.queries import ZONE_OF
from referrals.domain import (
    CRISIS_RESPONSE,
    OPEN,
    SPA_TRIAGE,
    Ahead,
    Answer,
    Decidable,
    Direction,
    Phase,
    Service,
    Urgency,
    missing_to_decide,
)
from referrals.domain.typed import is_uuid
from referrals.models import Draft, Referral
from referrals.queries.narrowing import narrowed, unseen
from referrals.queries.people import with_people
from timelimits.domain import History
from timelimits.domain.bank_holidays import CalendarGapError
from timelimits.models import CaseDeadline
from timelimits.queries.book import Book, policy_in_force
from timelimits.rules import reckon

# What partners are told of a referral in a list: who it is about, and in what words, is not read
LISTED = (
    "reference", "case_id", "status", "version", "direction", "urgency", "service", "received_at", "recorded_at",
    "joined_case_id", "person_id",
)  # fmt: skip
TOLD_AS_ASKED = ("who_is_with_them", "access", "reason", "trigger", "would_be", "bed_ground")
MOST_DRAFTS = 20
STATUS_LEVELS = (AccessLevel.FULL, AccessLevel.STATUS)


def for_actor(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[Referral]:
    """Return the referrals this actor may see, with their people."""
    require(by, Permission.REFERRAL_READ)
    return scope(with_people(by).select_related("held_by", "crew"), by, levels=levels)


def get(by: Actor, referral_id: UUID, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> Referral:
    """Return one referral and log the reading. Raises NotFound when there is none or it is not yours."""
    referral = for_actor(by, levels).filter(pk=referral_id).first()
    if referral is None:
        raise NotFound
    note_read(by=by, what="referral", ids=[referral.person_id])
    return referral


def latest(
    by: Actor,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
    status: str = "",
    urgency: str = "",
    zone: str = "",
    hospital: str = "",
    open: bool = False,  # noqa: A002  (the word partners write)
    due_before: datetime | None = None,
) -> list[Referral]:
    """Return referrals in sight of partners, newest received first, `after` one exclusive; one reading is logged.

    `due_before` keeps those with a running time limit that ends before it; `open` what the board shows: not decided, or
    accepted and not yet seen. Zone, urgency and hospital narrow it as they narrow the board.
    """
    rows = for_actor(by, STATUS_LEVELS).select_related(None).order_by("-received_at", "-pk")
    rows = narrowed(unseen(rows) if open else rows, zone=zone, urgency=urgency, hospital=hospital)
    if after is not None:
        rows = rows.filter(Q(received_at__lt=after[0]) | Q(pk__lt=after[1]), received_at__lte=after[0])
    if status:
        rows = rows.filter(status=status)
    if due_before is not None:
        due = CaseDeadline.objects.filter(next_due_at__lt=due_before)
        rows = rows.filter(case_id__in=due.values("case_id"))
    found = list(rows.only(*LISTED)[:limit])
    if found:
        note_read(by=by, what="referral.list", ids=[row.person_id for row in found])
    return found


def lock(by: Actor, referral_id: UUID, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> Referral:
    """Return one referral with its row locked, in scope. Raises NotFound when there is none or it is not yours."""
    rows = scope(Referral.objects.select_for_update(), by, levels=levels)
    referral = rows.filter(pk=referral_id).first()
    if referral is None:
        raise NotFound
    return referral


# The teams that serve the zone come first, then by name, as `accounts.queries.teams_for_zone` has them.
ARRIVAL = f"""
WITH zone AS ({ZONE_OF})
SELECT coalesce((SELECT code FROM zone), ''),
    (SELECT id FROM accounts_team WHERE kind = %(kind)s
     ORDER BY coalesce((SELECT code FROM zone) = ANY(zones), false) DESC, name, id LIMIT 1),
    nextval('referrals_reference_seq')
"""  # noqa: S608  (words of our own)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a new referral comes in: its zone ("" outside the place), the team that answers for it, its reference."""

    zone: str
    team_id: UUID
    reference: str


def arrival(postcode: str, received_at: datetime) -> Arrival:
    """Return where a referral for a postcode comes in. Raises RuleBroken when the place has no team for it."""
    with connection.cursor() as cursor:
        cursor.execute(ARRIVAL, {"tried": prefixes_of(postcode), "kind": TeamKind.SPA})
        zone, team_id, number = cursor.fetchone()
    if team_id is None:
        raise RuleBroken(
            "no_front_door", "This place has no single point of access team. Load its configuration first."
        )
    return Arrival(zone, team_id, _reference(number, received_at))


def next_reference(at: datetime) -> str:
    """Return the next reference, such as R-26-00042. Numbers are never used twice; some may be missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('referrals_reference_seq')")
        return _reference(cursor.fetchone()[0], at)


def _reference(number: int, at: datetime) -> str:
    return f"R-{at.astimezone(LONDON):%y}-{number:05d}"


def sent_already(by: Actor, form_id: UUID) -> tuple[Referral | None, UUID]:
    """Return the referral that this form made, and the id that the form is kept under.

    Of two sendings at once the second waits here for the first. Where somebody whose referral the actor may not see
    sent the same page before (a computer that colleagues share), the actor's is a form of its own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [form_id.int % 2**63])
    rows = Referral.objects.select_related("person").filter(form_id=form_id)
    if not rows.exists():
        return None, form_id
    sent = scope(rows, by).first() or rows.filter(transitions__verb="register", transitions__actor_id=by.id).first()
    return (sent, form_id) if sent else sent_already(by, sending(by.id, form_id))


def open_referrals(by: Actor, person_ids: Iterable[UUID]) -> dict[UUID, list[Referral]]:
    """Return the open referrals of these people that the actor may see, oldest first."""
    found: dict[UUID, list[Referral]] = {}
    if not by.may(Permission.REFERRAL_READ):
        return found
    for referral in for_actor(by).filter(person_id__in=list(person_ids), status__in=OPEN).order_by("received_at"):
        found.setdefault(referral.person_id, []).append(referral)
    return found


def limits_ahead(urgency: str, received_at: datetime) -> list[Ahead]:
    """Return the limits of a referral received then, next due first: triage, and for a crisis the visit.

    One whose calendar does not hold the year that was typed is left out. Raises RuleBroken when the place has no such
    limit.
    """
    book, found = Book(), []
    policies = [(SPA_TRIAGE, urgency)] + ([(CRISIS_RESPONSE, "")] if urgency == Urgency.CRISIS else [])
    for code, variant in policies:
        row = policy_in_force(code, variant, received_at)
        try:
            reckoning = reckon(History(received_at), book.terms(row))
        except CalendarGapError:
            continue
        found.append(Ahead(row.label, reckoning.due_at or received_at, reckoning.soon_at))
    return sorted(found, key=lambda limit: limit.due_at)


def draft_of(by: Actor, form: str) -> Draft | None:
    """Return what this user has typed into a form and not yet sent; nothing when it was sent meanwhile."""
    if by.user_id is None:
        return None
    draft = Draft.objects.filter(user_id=by.user_id, form=form).first()
    return draft if draft is not None and not _sent_already([draft]) else None


def drafts_of(by: Actor, form: str) -> list[Draft]:
    """Return what this user has begun of one kind of form and not yet sent, the newest first."""
    if by.user_id is None:
        return []
    same = Q(form=form) | Q(form__startswith=f"{form}:")
    rows = list(Draft.objects.filter(same, user_id=by.user_id).order_by("-started_at", "-pk")[:MOST_DRAFTS])
    sent = _sent_already(rows)
    return [row for row in rows if row.pk not in sent]


def drafts_of_acts(by: Actor, verbs: Iterable[str]) -> list[tuple[Draft, str, Referral]]:
    """Return what this user has begun of acts on referrals in sight and not sent, with the act, the newest first."""
    if by.user_id is None or not by.may(Permission.REFERRAL_READ):
        return []
    named = Q(pk__in=[])
    for verb in verbs:
        named |= Q(form__startswith=f"{verb}:")
    rows = list(Draft.objects.filter(named, user_id=by.user_id).order_by("-started_at", "-pk")[:MOST_DRAFTS])
    told = [(row, verb, pk) for row in rows for verb, _, pk in [row.form.partition(":")]]
    found = {str(row.pk): row for row in for_actor(by).filter(pk__in=[pk for _, _, pk in told])}
    if found:
        note_read(by=by, what="draft.list", ids=[row.person_id for row in found.values()])
    return [(row, verb, found[pk]) for row, verb, pk in told if pk in found]


def _sent_already(drafts: list[Draft]) -> set[int]:
    """Return which drafts are of a form that has been sent."""
    ids = {draft.pk: (draft.typed.get("form_id") or [""])[0] for draft in drafts}
    told = [found for found in ids.values() if is_uuid(found)]
    sent = {str(found) for found in Referral.objects.filter(form_id__in=told).values_list("form_id", flat=True)}
    return {pk for pk, found in ids.items() if found in sent}


def other_referrals(by: Actor, referral: Referral) -> list[Referral]:
    """Return the person's other referrals that the actor may see, newest first."""
    return list(
        for_actor(by).filter(person_id=referral.person_id).exclude(pk=referral.pk).order_by("-received_at")[:10]
    )


def done_today(by: Actor, now: datetime) -> QuerySet[Referral]:
    """Return what left the board since local midnight, newest first."""
    midnight = datetime.combine(now.astimezone(LONDON).date(), time(), tzinfo=LONDON)
    return for_actor(by).filter(done_at__gte=midnight).order_by("-done_at", "-pk")


def decidable(referral: Referral) -> Decidable:
    """Return what the rules of a decision read."""
    held = "held" if referral.person.closed else ""  # not asked of somebody whose record may say it
    return Decidable(
        urgency=referral.urgency,
        medically_stable=referral.medically_stable,
        medicines_addressed=referral.medicines_addressed,
        agrees=referral.agrees,
        nhs_number=referral.person.nhs_number or held,
        gp_practice=referral.person.gp_practice or held,
        red_flag_answers=frozenset(referral.red_flags.values() or [Answer.NOT_KNOWN]),  # nobody asked any
        blank=frozenset(code for code, told in _told(referral).items() if not told),
    )


def _told(referral: Referral) -> dict[str, object]:
    """Return what was told of everything else that a place may ask for; a hospital is asked for only from hospital."""
    person, at_home = referral.person, referral.direction != Direction.STEP_DOWN
    return {
        "birth": person.closed or person.born_on or person.age_about is not None,
        "address": referral.location_postcode or referral.location_lines or person.postcode or person.address_lines,
        "phone": referral.ring_back or person.phone,
        "hospital": at_home or referral.hospital_site or referral.hospital_ward,
        "ready_on": at_home or referral.ready_on,
        "planned_reason": not at_home or referral.planned_reason,
        **{name: getattr(referral, name) for name in TOLD_AS_ASKED},
    }


def missing_of(referral: Referral, minimum: Iterable[Code]) -> tuple[str, ...]:
    """Return what is missing to decide, of what the place asks for the service; before one is chosen, for how soon."""
    wanted = referral.service or (Service.CRISIS if referral.urgency == Urgency.CRISIS else "")
    asks = next((entry.extra.get("asks") for entry in minimum if entry.code == wanted), None)
    return missing_to_decide(decidable(referral), asks)


def coordinator_name(referral: Referral) -> str:
    """Return who is answerable for an accepted referral while its case is open, else ""."""
    rows = CaseDeadline.objects.filter(case_id=referral.case_id, phase__in=[Phase.ACCEPTED, Phase.ACTIVE])
    return rows.values_list("responsible_user__name", flat=True).first() or ""
