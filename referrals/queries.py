"""Reads of people and referrals, always scoped by who asks."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time
from uuid import UUID

from django.contrib.postgres.search import TrigramSimilarity
from django.db import connection
from django.db.models import Q, QuerySet

from accounts.domain import AccessLevel, Permission, TeamKind
from accounts.models import Team
from accounts.queries import scope, teams_for_zone
from accounts.rota import LONDON
from audit.commands import note_read, now, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals.domain import (
    CRISIS_RESPONSE,
    OPEN,
    SPA_TRIAGE,
    Ahead,
    Decidable,
    Told,
    Urgency,
    clean_nhs_number,
    clean_postcode,
)
from referrals.models import Draft, Person, Referral
from referrals.typed import is_uuid, read_birth
from timelimits.book import Book, policy_in_force
from timelimits.domain import History
from timelimits.models import CaseDeadline
from timelimits.rules import reckon

STATUS_LEVELS = (AccessLevel.FULL, AccessLevel.STATUS)
MOST_MATCHES = 8
FEW_MATCHES = 40
SHORTEST_NAME = 3


def for_actor(by: Actor, levels: Iterable[AccessLevel] = (AccessLevel.FULL,)) -> QuerySet[Referral]:
    """Return the referrals this actor may see, with their people."""
    require(by, Permission.REFERRAL_READ)
    return scope(Referral.objects.select_related("person", "held_by"), by, levels=levels)


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
    due_before: datetime | None = None,
) -> list[Referral]:
    """Return referrals in sight of partners, newest received first, `after` one exclusive; one reading is logged.

    `due_before` keeps those with a running time limit that ends before it.
    """
    rows = for_actor(by, STATUS_LEVELS).select_related(None).order_by("-received_at", "-pk")
    if after is not None:
        rows = rows.filter(Q(received_at__lt=after[0]) | Q(pk__lt=after[1]), received_at__lte=after[0])
    if status:
        rows = rows.filter(status=status)
    if urgency:
        rows = rows.filter(urgency=urgency)
    if due_before is not None:
        due = CaseDeadline.objects.filter(next_due_at__lt=due_before)
        rows = rows.filter(case_id__in=due.values("case_id"))
    found = list(rows[:limit])
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


def front_door(zone: str) -> Team:
    """Return the team that answers for new referrals from a zone. Raises RuleBroken when the place has none."""
    team = teams_for_zone(zone, TeamKind.SPA).first()
    if team is None:
        raise RuleBroken(
            "no_front_door", "This place has no single point of access team. Load its configuration first."
        )
    return team


def next_reference(received_at: datetime) -> str:
    """Return the next reference, such as R-26-00042. Numbers are never used twice; some may be missing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('referrals_reference_seq')")
        number = cursor.fetchone()[0]
    return f"R-{received_at.astimezone(LONDON):%y}-{number:05d}"


def sent_already(by: Actor, form_id: UUID) -> Referral | None:
    """Return the referral that this form made; of two sendings at once the second waits here for the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [form_id.int % 2**63])
    rows = Referral.objects.select_related("person").filter(form_id=form_id)
    return scope(rows, by).first() or rows.filter(transitions__verb="register", transitions__actor_id=by.id).first()


def find_people(by: Actor, words: str) -> list[Person]:
    """Return up to eight people by NHS number, phone number, postcode, birth date or a name of three letters or more.

    Logs one reading with the ids shown. The words are never logged.
    """
    require(by, Permission.PERSON_FIND)
    found = list(_visible_people(by).filter(_match(words)).order_by("family_name", "given_name", "pk")[:MOST_MATCHES])
    if found:
        note_read(by=by, what="person.find", ids=[person.pk for person in found])
    return found


def _visible_people(by: Actor) -> QuerySet[Person]:
    if by.place_wide:
        return Person.objects.all()
    return Person.objects.filter(pk__in=scope(Referral.objects.all(), by).values("person_id"))


def _match(words: str) -> Q:
    digits = re.sub(r"\D", "", words)
    wanted = Q(pk__in=())
    if len(digits) >= 5:
        wanted |= Q(phone=digits)
    try:
        if number := clean_nhs_number(words):
            wanted |= Q(nhs_number=number)
    except ValueError:
        wanted |= Q(postcode=clean_postcode(words))
    with suppress(ValueError):
        if born_on := read_birth(words, now().astimezone(LONDON).date()).born_on:
            wanted |= Q(born_on=born_on)
    name = " ".join(re.sub(r"[^\w\s'’-]", " ", words.lower()).split())
    if len(name) >= SHORTEST_NAME:
        parts = Q()
        for part in name.split():
            parts &= Q(search_name__contains=part)
        wanted |= parts
    return wanted


def match_people(by: Actor, told: Told) -> list[Person]:
    """Return up to eight people it could be, best first: NHS number, birth date with a like name, like names, phone.

    Logs one reading with the ids shown. The words are never logged.
    """
    require(by, Permission.PERSON_FIND)
    wanted, name = _like(told), f"{told.given_name} {told.family_name}".strip().lower()
    found = _visible_people(by).filter(wanted) if wanted else Person.objects.none()
    found = found.annotate(likeness=TrigramSimilarity("search_name", name)).order_by("-likeness", "pk")
    likely: list[Person] = list(found[:FEW_MATCHES])
    best = sorted(likely, key=lambda person: _rank(person, told))[:MOST_MATCHES]
    if best:
        note_read(by=by, what="person.match", ids=[person.pk for person in best])
    return best


def _like(told: Told) -> Q:
    wanted = Q()
    name = f"{told.given_name} {told.family_name}".strip().lower()
    if told.nhs_number:
        wanted |= Q(nhs_number=told.nhs_number)
    if len(name) >= SHORTEST_NAME:
        wanted |= Q(search_name__trigram_similar=name)
    if len(told.family_name) >= SHORTEST_NAME:
        wanted |= Q(search_name__contains=told.family_name.lower())
    if told.born_on:
        wanted |= Q(born_on=told.born_on)
    return wanted


def _rank(person: Person, told: Told) -> tuple[bool, bool, bool]:
    same_number = bool(told.nhs_number) and person.nhs_number == told.nhs_number
    same_birth = told.born_on is not None and person.born_on == told.born_on
    same_name = person.family_name.lower() == told.family_name.lower() != ""
    return (not same_number, not (same_birth and same_name), not same_birth)


def looks_same(person: Person, told: Told) -> bool:
    """Say whether it is very likely the same person: the same NHS number, or the same last name and birth date."""
    return not all(_rank(person, told)[:2])


def open_person(by: Actor, person_id: UUID) -> Person:
    """Return one person to look at, and log the reading. Raises NotFound."""
    person = get_person(by, person_id)
    note_read(by=by, what="person", ids=[person.pk])
    return person


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

    Raises RuleBroken when the place has no such limit.
    """
    book, found = Book(), []
    policies = [(SPA_TRIAGE, urgency)] + ([(CRISIS_RESPONSE, "")] if urgency == Urgency.CRISIS else [])
    for code, variant in policies:
        row = policy_in_force(code, variant, received_at)
        reckoning = reckon(History(received_at), book.terms(row))
        found.append(Ahead(row.label, reckoning.due_at or received_at, reckoning.soon_at))
    return sorted(found, key=lambda limit: limit.due_at)


def draft_of(by: Actor, form: str) -> Draft | None:
    """Return what this user has typed into a form and not yet sent; nothing when it was sent meanwhile."""
    if by.user_id is None:
        return None
    draft = Draft.objects.filter(user_id=by.user_id, form=form).first()
    form_id = (draft.typed.get("form_id") or [""])[0] if draft else ""
    sent = is_uuid(form_id) and Referral.objects.filter(form_id=form_id).exists()
    return None if sent else draft


def get_person(by: Actor, person_id: UUID) -> Person:
    """Return a person the actor may see. Raises NotFound."""
    person = _visible_people(by).filter(pk=person_id).first()
    if person is None:
        raise NotFound
    return person


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
    return Decidable(
        urgency=referral.urgency,
        medically_stable=referral.medically_stable,
        medicines_addressed=referral.medicines_addressed,
        agrees=referral.agrees,
        nhs_number=referral.person.nhs_number or "",
        gp_practice=referral.person.gp_practice,
        red_flag_answers=frozenset(referral.red_flags.values()),
    )
