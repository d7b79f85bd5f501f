"""Reads of people and referrals, always scoped by who asks."""

import re
from collections.abc import Iterable
from datetime import datetime, time
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from accounts.domain import AccessLevel, Permission, TeamKind
from accounts.models import Team
from accounts.queries import scope, teams_for_zone
from accounts.rota import LONDON
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from referrals.domain import Decidable, clean_nhs_number, clean_postcode
from referrals.models import Person, Referral

STATUS_LEVELS = (AccessLevel.FULL, AccessLevel.STATUS)
MOST_MATCHES = 8
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
    return scope(Referral.objects.select_related("person"), by).filter(form_id=form_id).first()


def find_people(by: Actor, words: str) -> list[Person]:
    """Return up to eight people by NHS number, telephone number, postcode or a name of three letters or more.

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
    name = " ".join(re.sub(r"[^\w\s'’-]", " ", words.lower()).split())
    if len(name) >= SHORTEST_NAME:
        parts = Q()
        for part in name.split():
            parts &= Q(search_name__contains=part)
        wanted |= parts
    return wanted


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
