"""Reads of what comes in: enquiries, what a referrer sent, and whether somebody who asks for help is known."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.domain import AccessLevel, Permission
from accounts.models import RestrictedCase
from accounts.queries import scope
from audit.commands import note_read, require
from audit.domain import Actor
from audit.refusals import NotFound
from referrals.domain import PersonDetails, clean_postcode
from referrals.models import Enquiry, InformationRequest, Person, Referral, ReferralTransition
from timelimits.models import CaseDeadline

PAGE = 50


def enquiries_for(by: Actor) -> QuerySet[Enquiry]:
    """Return the enquiries this actor may read: those of their front door, or of every one for the whole place."""
    require(by, Permission.ENQUIRY_RECORD)
    rows = Enquiry.objects.all()
    return rows if by.where_it_may(Permission.ENQUIRY_RECORD).place_wide else rows.filter(team__in=by.teams)


def latest_enquiries(by: Actor, after: UUID | None = None) -> list[Enquiry]:
    """Return fifty enquiries, newest first; one reading is logged. `after`: those that stand behind this one.

    Raises NotPermitted; NotFound when that one is none of theirs.
    """
    found = enquiries_for(by).select_related("referral")
    if after is not None:
        last = found.filter(pk=after).first()
        if last is None:
            raise NotFound
        found = found.filter(Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk))
    rows = list(found.order_by("-received_at", "-id")[:PAGE])
    if rows:
        note_read(by=by, what="enquiry.list", ids=[row.pk for row in rows])
    return rows


def get_enquiry(by: Actor, enquiry_id: UUID) -> Enquiry:
    """Return one enquiry, and log the reading. Raises NotPermitted, NotFound."""
    row = enquiries_for(by).select_related("referral").filter(pk=enquiry_id).first()
    if row is None:
        raise NotFound
    note_read(by=by, what="enquiry", ids=[row.pk])
    return row


def sent_for(by: Actor) -> QuerySet[Referral]:
    """Return the referrals that the actor's own team or organisation sent: a grant of status, made when it came in."""
    require(by, Permission.REFERRAL_FOLLOW)
    own = by.where_it_may(Permission.REFERRAL_FOLLOW)
    return scope(Referral.objects.select_related("signposting"), own, levels=(AccessLevel.STATUS,))


def sent_referrals(by: Actor, after: UUID | None = None) -> list[Referral]:
    """Return fifty referrals that were sent, those with an open question first, then the newest; logs one reading.

    `after`: those that stand behind this one. Raises NotPermitted; NotFound when it was not sent from here.
    """
    asked = InformationRequest.objects.filter(
        referral=OuterRef("pk"), to_referrer=True, answered_at=None, closed_at=None
    )
    found = sent_for(by).annotate(asks=Exists(asked))
    if after is not None:
        last = found.filter(pk=after).first()
        if last is None:
            raise NotFound
        older = Q(received_at__lt=last.received_at) | Q(received_at=last.received_at, pk__lt=last.pk)
        found = found.filter((Q(asks=True) & older) | Q(asks=False) if last.asks else Q(asks=False) & older)
    rows: list[Referral] = list(found.order_by("-asks", "-received_at", "-pk")[:PAGE])
    if rows:
        note_read(by=by, what="sent.list", ids=[row.person_id for row in rows])
    return rows


def get_sent(by: Actor, referral_id: UUID) -> Referral:
    """Return one referral that was sent, and log the reading. Raises NotPermitted, NotFound."""
    row = sent_for(by).filter(pk=referral_id).first()
    if row is None:
        raise NotFound
    note_read(by=by, what="sent", ids=[row.person_id])
    return row


def asked_of_referrer(by: Actor, rows: Iterable[Referral]) -> dict[UUID, list[InformationRequest]]:
    """Return what is asked of the referrer on each of these, oldest first; `mine`: the actor answered it here."""
    found: dict[UUID, list[InformationRequest]] = {}
    asked = InformationRequest.objects.filter(referral__in=list(rows), to_referrer=True, closed_at=None)
    given = ReferralTransition.objects.filter(
        referral=OuterRef("referral"), verb="give", recorded_at=OuterRef("answered_at"), actor_id=by.id
    )
    for each in asked.annotate(mine=Exists(given)).order_by("asked_at", "pk"):
        found.setdefault(each.referral_id, []).append(each)
    return found


def teams_of(rows: Iterable[Referral]) -> dict[UUID, tuple[str, str]]:
    """Return (name, telephone) of the team that answers for each of these referrals now, while its case is open."""
    cases = {row.joined_case_id or row.case_id: row.pk for row in rows}
    held = CaseDeadline.objects.filter(case_id__in=cases).select_related("responsible_team")
    return {cases[each.case_id]: (each.responsible_team.name, each.responsible_team.duty_phone) for each in held}


def last_moves(rows: Iterable[Referral]) -> dict[UUID, ReferralTransition]:
    """Return the move that brought each of these referrals to where it stands."""
    moves = ReferralTransition.objects.filter(referral__in=list(rows)).order_by("referral_id", "-id")
    return {move.referral_id: move for move in moves.distinct("referral_id")}


def known_as_told(told: PersonDetails) -> Person | None:
    """Return the one person whose whole name, birth date and postcode are exactly as told; nobody when in doubt.

    For what the public sends in: who asks is never told whether anybody was found. A restricted record is never found.
    """
    if not (told.given_name and told.born_on and told.postcode):
        return None
    rows = Person.objects.filter(
        merged_into=None,
        postcode=clean_postcode(told.postcode),
        born_on=told.born_on,
        family_name__iexact=told.family_name.strip(),
        given_name__iexact=told.given_name.strip(),
    )
    found = list(rows.exclude(pk__in=RestrictedCase.objects.values("case_id"))[:2])
    return found[0] if len(found) == 1 else None


def last_accepted(person_id: UUID) -> Referral | None:
    """Return the last referral of somebody that was accepted."""
    rows = Referral.objects.filter(person_id=person_id, status="accepted")
    return rows.order_by("-received_at", "-pk").first()
