"""Take a referral in, whatever the channel."""

from datetime import datetime
from uuid import UUID

from accounts.commands import grant_access
from accounts.domain import AccessLevel
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import RuleBroken
from capacity.queries import zone_for
from referrals import queries
from referrals.commands.moves import subject
from referrals.commands.people import settle_person
from referrals.domain import (
    BY_VERB,
    CRISIS_RESPONSE,
    SPA_TRIAGE,
    PersonDetails,
    Phase,
    ReferralDetails,
    Status,
    Urgency,
    clean_postcode,
    settle_received_at,
)
from referrals.models import Person, Referral, ReferralTransition
from timelimits.commands import hand_over, start_clocks


@command
def register_referral(
    *,
    by: Actor,
    details: ReferralDetails,
    person: PersonDetails | None = None,
    person_id: UUID | None = None,
    form_id: UUID | None = None,
) -> Referral:
    """Register one request for help (R032) and start its clocks from when it was received (R126).

    One form, however often and from however many tabs it is sent, makes one referral: the first is returned quietly.
    `details.received_at` may be any past instant; up to 60 seconds ahead is taken as now. Raises RuleBroken
    (received_in_future, nhs_number_invalid, name_missing, summary_missing) with the field at fault.
    """
    move = BY_VERB["register"]
    require(by, move.permission)
    if form_id is not None and (sent := queries.sent_already(by, form_id)):
        return sent
    if not details.summary.strip():
        raise RuleBroken("summary_missing", "Say what has happened.", field="summary")
    received_at = _received_at(details)
    who, identity = settle_person(by, person, person_id)
    referral = _row(details, who)
    referral.form_id = form_id
    referral.received_at, referral.recorded_at, referral.identity = received_at, now(), identity
    referral.zone = zone_for(referral.location_postcode or who.postcode) or ""
    referral.front_door = queries.front_door(referral.zone)
    referral.reference = queries.next_reference(received_at)
    referral.save()
    _note(by, referral)
    _let_in(by, referral)
    start_limits(by, referral, received_at)
    hand_over(
        by=by,
        case_id=referral.case_id,
        user_id=None,
        team_id=referral.front_door_id,
        zone=referral.zone,
        phase=Phase.NEW,
        step_down=referral.direction == "step_down",
        reference=referral.reference,
    )
    return referral


def _received_at(details: ReferralDetails) -> datetime:
    try:
        return settle_received_at(details.received_at, now())
    except ValueError as wrong:
        raise RuleBroken("received_in_future", str(wrong), field="received_at") from wrong


def _row(details: ReferralDetails, person: Person) -> Referral:
    place, caller, contact, emergency = details.location, details.caller, details.contact, details.emergency
    return Referral(
        person=person,
        channel=details.channel,
        direction=details.direction,
        urgency=details.urgency,
        reason=details.reason,
        summary=details.summary.strip(),
        location_kind=place.kind,
        location_lines=list(place.address_lines),
        location_postcode=clean_postcode(place.postcode),
        location_phone=place.phone,
        access=place.access,
        who_is_with_them=details.who_is_with_them,
        source_kind=caller.kind,
        source_organisation=caller.organisation,
        caller_name=caller.name,
        caller_relationship=caller.relationship,
        ring_back=caller.phone,
        contact_name=contact.name,
        contact_relationship=contact.relationship,
        contact_phone=contact.phone,
        agrees=details.agrees,
        hospital_site=details.hospital.site,
        hospital_ward=details.hospital.ward,
        ready_on=details.hospital.ready_on,
        medically_stable=details.medically_stable,
        medicines_addressed=details.medicines_addressed,
        red_flags={code: str(answer) for code, answer in details.red_flags},
        emergency_called_by=emergency.called_by,
        emergency_called_at=emergency.called_at,
        emergency_reference=emergency.crew_reference,
    )


def _note(by: Actor, referral: Referral) -> None:
    ReferralTransition.objects.create(
        referral=referral,
        verb="register",
        to_status=Status.NEW,
        actor_id=by.id,
        actor_label=by.label,
        occurred_at=referral.received_at,
        recorded_at=now(),
    )
    record(
        case_id=referral.case_id,
        event=BY_VERB["register"].event,
        subject=subject(referral),
        occurred_at=referral.received_at,
        channel=referral.channel,
        urgency=referral.urgency,
        direction=referral.direction,
        reason=referral.reason,
    )


def _let_in(by: Actor, referral: Referral) -> None:
    grant_access(by=by, case_id=referral.case_id, team_id=referral.front_door_id, why="registered")
    if by.client_id and by.organisation:
        level = AccessLevel.STATUS
        grant_access(by=by, case_id=referral.case_id, organisation_id=by.organisation, level=level, why="referrer")


def start_limits(by: Actor, referral: Referral, started_at: datetime) -> None:
    """Start the triage clock, and for a crisis the two-hour clock."""
    limits = [(SPA_TRIAGE, str(referral.urgency))]
    if referral.urgency == Urgency.CRISIS:
        limits.append((CRISIS_RESPONSE, ""))
    start_clocks(by=by, case_id=referral.case_id, subject=subject(referral), limits=limits, started_at=started_at)
