"""Take a referral in, whatever the channel."""

from datetime import datetime
from uuid import UUID

from accounts.commands import Grant, grant_many
from accounts.domain import AccessLevel
from audit.bulk import add
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import RuleBroken
from referrals import queries
from referrals.commands.crews import keep_crew, refuse_later
from referrals.commands.enquiries import became_referral, lock_enquiry
from referrals.commands.key_safe import keep_told_code
from referrals.commands.moves import subject
from referrals.commands.people import settle_person
from referrals.commands.restricted import keep_told_name, tell_owners
from referrals.commands.reviews import settle_reviews
from referrals.commands.told import note_told
from referrals.domain import (
    BY_VERB,
    CRISIS_RESPONSE,
    SPA_TRIAGE,
    Channel,
    Identity,
    PersonDetails,
    Phase,
    ReferralDetails,
    Status,
    Urgency,
    clean_nhs_number,
    clean_postcode,
    settle_received_at,
)
from referrals.models import CrewWait, Person, Referral, ReferralTransition
from referrals.queries.intake import last_accepted
from timelimits.commands import hand_over, reopen_clock, start_clocks

ASKS_AGAIN = frozenset({"self", "carer"})
TOLD = ("summary", "direction", "urgency", "red_flags", "reason", "location_postcode", "caller_name", "ring_back")


@command
def register_referral(
    *,
    by: Actor,
    details: ReferralDetails,
    person: PersonDetails | None = None,
    person_id: UUID | None = None,
    form_id: UUID | None = None,
    follows_id: UUID | None = None,
    enquiry_id: UUID | None = None,
    key_safe_code: str = "",
    somebody_else: bool = False,
) -> Referral:
    """Register one request for help (R032) and start its clocks from when it was received (R126).

    One form, however often and from however many tabs it is sent, makes one referral: the first is returned quietly.
    Sent again with other words (Back, then the next call) it is another referral, so that none is lost.
    `follows_id` is the earlier referral after which the person comes back (R194); whoever asks for themselves, or for
    somebody they care for, is put after the last accepted one unasked. `enquiry_id` is a call that turned out to be a
    referral: its time is when this was received.
    `key_safe_code` goes to the person's record alone, under its own permission. `somebody_else`: who has the NHS number
    was shown, and it is not them.
    What `person` tells of somebody known and is not what we hold is kept beside their record (`told_differences`).
    `details.received_at` may be any past instant; up to 60 seconds ahead is taken as now. Raises RuleBroken
    (received_in_future, since_in_future, nhs_number_invalid, name_missing, summary_missing) with the field at fault.
    """
    require(by, BY_VERB["register"].permission)
    sent, form_id = queries.sent_already(by, form_id) if form_id else (None, None)
    if sent is not None:
        if _tells_the_same(sent, details, person if person_id is None else None, person_id or sent.person_id):
            keep_told_code(by, sent.person, key_safe_code)
            return sent
        form_id = enquiry_id = None  # the enquiry became the first of them
    _refuse_unfit(details)
    enquiry = lock_enquiry(by, enquiry_id)
    received_at = enquiry.received_at if enquiry else _received_at(details)
    who, identity = settle_person(by, person, person_id, somebody_else=somebody_else)
    referral = _row(details, who)
    closed = _arrived(by, referral, person, identity, received_at)
    referral.follows, referral.form_id = came_back_after(by, who, follows_id, details.caller.kind), form_id
    add(referral)
    _note(by, referral)
    _let_in(by, referral, closed)
    start_limits(by, referral, received_at)
    if details.crew is not None:
        keep_crew(by, referral, details.crew, received_at)
    became_referral(enquiry, referral)
    put_on_board(by, referral)
    _meet_record(by, referral, person, names=person_id is None)
    keep_told_code(by, who, key_safe_code)
    return referral


def _arrived(
    by: Actor, referral: Referral, told: PersonDetails | None, identity: Identity, received_at: datetime
) -> bool:
    """Note when and at which front door it came in; say whether the record is closed to who registers."""
    closed = keep_told_name(by, referral, told)
    if referral.channel == Channel.PUBLIC and identity is Identity.AS_TOLD:
        identity = Identity.UNCHECKED
    referral.received_at, referral.recorded_at, referral.identity = received_at, now(), identity
    at = queries.arrival(referral.location_postcode or _home(referral.person, told, closed), received_at)
    referral.zone, referral.front_door_id, referral.reference = at.zone, at.team_id, at.reference
    return closed


def _home(who: Person, told: PersonDetails | None, closed: bool) -> str:
    """Return the postcode of the home for the zone; of a closed record the one told: the zone is shown to everybody."""
    if not closed:
        return who.postcode
    return told.postcode if told else ""


def _refuse_unfit(details: ReferralDetails) -> None:
    if not details.summary.strip():
        raise RuleBroken("summary_missing", "Say what has happened.", field="summary")
    if details.crew is not None:
        refuse_later(details.crew, "crew_on_scene.since")


def put_on_board(by: Actor, referral: Referral) -> None:
    """Put an open referral on the list of its front door, with whoever has it."""
    hand_over(
        by=by,
        case_id=referral.case_id,
        user_id=referral.held_by_id,
        team_id=referral.front_door_id,
        zone=referral.zone,
        phase=Phase.WAITING if referral.status == Status.WAITING else Phase.NEW,
        step_down=referral.direction == "step_down",
        reference=referral.reference,
    )


def came_back_after(by: Actor, who: Person, follows_id: UUID | None, source: str) -> Referral | None:
    """Return the referral after which somebody comes back (R194). Raises RuleBroken for one of somebody else."""
    if follows_id is not None:
        before = queries.for_actor(by).filter(pk=follows_id).first()
        if before is None or before.person_id != who.pk:
            raise RuleBroken("follows_somebody_else", "The earlier referral is of somebody else.", field="follows_id")
        return before
    if source not in ASKS_AGAIN or who.created_at >= now():
        return None
    return last_accepted(who.pk)


def _meet_record(by: Actor, referral: Referral, person: PersonDetails | None, *, names: bool) -> None:
    """Keep what was told of somebody known and differs; let the reviews of their warnings run on this case."""
    if person is not None and referral.identity in (Identity.AS_TOLD, Identity.UNCHECKED):
        note_told(by=by, referral=referral, details=person, names=names)
    if referral.person.created_at < now():  # somebody made just now has no warnings yet
        settle_reviews(by=by, person_id=referral.person_id)


def _tells_the_same(sent: Referral, details: ReferralDetails, person: PersonDetails | None, chosen: UUID) -> bool:
    if chosen != sent.person_id:
        return False
    row, who = _row(details, sent.person), sent.person
    told = (person.family_name, person.given_name) if person is not None else (who.family_name, who.given_name)
    if [name.strip().casefold() for name in told] != [who.family_name.casefold(), who.given_name.casefold()]:
        return False
    if details.crew is not None and not CrewWait.objects.filter(referral=sent).exists():
        return False
    return _may_be(sent, person) and all(getattr(row, name) == getattr(sent, name) for name in TOLD)


def _may_be(sent: Referral, person: PersonDetails | None) -> bool:
    """Say whether birth date and NHS number as told are those of the person it was made for."""
    if person is None:
        return True
    who, number = sent.person, clean_nhs_number(person.nhs_number) if person.nhs_number else ""
    number_fits = number in ("", who.nhs_number or "") or sent.identity == Identity.NUMBER_CONFLICT
    return number_fits and (person.born_on is None or person.born_on == who.born_on)


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
        told_name=details.told_name,
        helped_before=details.helped_before,
    )


def _note(by: Actor, referral: Referral) -> None:
    move = ReferralTransition(
        referral=referral,
        verb="register",
        to_status=Status.NEW,
        actor_id=by.id,
        actor_label=by.label,
        occurred_at=referral.received_at,
        recorded_at=now(),
    )
    add(move)
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


def _let_in(by: Actor, referral: Referral, closed: bool) -> None:
    """Let the front door and the referrer in; who answers for a record that is closed to who registers hears of it."""
    grants = [Grant("registered", team_id=referral.front_door_id)]
    if by.client_id and by.organisation:
        grants.append(Grant("referrer", organisation_id=by.organisation, level=AccessLevel.STATUS))
    if referral.channel == Channel.PORTAL:
        grants += [Grant("referrer", team_id=team, level=AccessLevel.STATUS) for team in sorted(by.teams)]
    grant_many(by=by, case_id=referral.case_id, grants=grants)
    if closed:
        tell_owners(by, referral)


def start_limits(by: Actor, referral: Referral, started_at: datetime) -> None:
    """Start the triage clock, and for a crisis the two-hour clock; one that ran before from that instant runs on."""
    limits = [(SPA_TRIAGE, str(referral.urgency))]
    if referral.urgency == Urgency.CRISIS:
        limits.append((CRISIS_RESPONSE, ""))
    if referral.version > 1:
        limits = [limit for limit in limits if not _runs_on(by, referral, limit, started_at)]
    start_clocks(
        by=by,
        case_id=referral.case_id,
        subject=subject(referral),
        limits=limits,
        started_at=started_at,
        listed=referral.version > 1,  # a new one is put on the board afterwards
    )


def _runs_on(by: Actor, referral: Referral, limit: tuple[str, str], started_at: datetime) -> bool:
    code, variant = limit
    why, clock = "urgency_changed", subject(referral)
    again = reopen_clock(by=by, subject=clock, policy=code, variant=variant, started_at=started_at, reason=why)
    return again is not None
