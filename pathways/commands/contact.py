"""Log a contact in seconds; the first attended face-to-face contact meets the two-hour limit."""

from datetime import datetime
from uuid import UUID

from accounts.domain.far import too_far
from accounts.queries import may_see
from audit.commands import command, now, record, require
from audit.domain import Actor
from audit.refusals import NotFound, RuleBroken
from pathways import queries
from pathways.domain import BY_VERB, ContactDetails, ContactKind, ContactOutcome
from pathways.models import Contact, Episode, Task
from referrals.domain import CREW_WAITING, CRISIS_RESPONSE, FUTURE_TOLERANCE, Phase, Status
from referrals.models import Referral
from timelimits.commands import carry_over, close_case, hand_over, stop_clock
from timelimits.models import CaseDeadline


@command
def record_contact(*, by: Actor, case_id: UUID, details: ContactDetails) -> Contact:
    """Record a contact, also one that happened earlier (late entry). A fact is never refused.

    The first attended face-to-face contact stops the two-hour clock of every referral of the case that had begun by
    then, at the time it happened (R126); of one that is not accepted yet, on acceptance. No access leaves the clock
    running. `ring_back_at` makes a task.
    Raises RuleBroken only for a time later than now, and for a promise to ring back years ahead.
    """
    move = BY_VERB["contact"]
    require(by, move.permission)
    if not may_see(by.where_it_may(move.permission), case_id):
        raise NotFound
    happened_at = _when(details)
    if details.ring_back_at is not None and (words := too_far(details.ring_back_at, now())):
        raise RuleBroken("ring_back_too_far", f"{words}.", field="ring_back_at")
    contact = _write(by, case_id, details, happened_at)
    record(
        case_id=case_id,
        event=move.event,
        subject=f"contact:{contact.pk}",
        occurred_at=happened_at,
        kind=contact.kind,
        outcome=contact.outcome,
        way=contact.way,
    )
    if details.is_first_response:
        _meet_two_hours(by, case_id, happened_at)
    if details.ring_back_at is not None:
        _promise_ring_back(by, case_id, details)
    return contact


def _when(details: ContactDetails) -> datetime:
    happened_at = details.occurred_at or now()
    if happened_at > now() + FUTURE_TOLERANCE:
        raise RuleBroken("occurred_in_future", "The time of the contact is later than now.", field="occurred_at")
    return min(happened_at, now())


def _write(by: Actor, case_id: UUID, details: ContactDetails, happened_at: datetime) -> Contact:
    return Contact.objects.create(
        case_id=case_id,
        kind=details.kind,
        way=details.way,
        attended=details.attended,
        outcome=details.outcome or _outcome(details),
        with_whom=details.with_whom,
        about=details.about,
        by_profession=details.by_profession,
        occurred_at=happened_at,
        recorded_at=now(),
        actor_id=by.id,
        actor_label=by.label,
    )


def _outcome(details: ContactDetails) -> ContactOutcome:
    if details.kind is ContactKind.FACE_TO_FACE:
        return ContactOutcome.ATTENDED if details.attended else ContactOutcome.NO_ACCESS
    return ContactOutcome.SPOKE if details.attended else ContactOutcome.NO_REPLY


def _meet_two_hours(by: Actor, case_id: UUID, happened_at: datetime) -> None:
    for referral in queries.lock_referrals(queries.root_case(case_id)):
        if referral.status == Status.ACCEPTED and queries.waits_since(referral) <= happened_at:
            _seen(by, referral, happened_at)


def meet_by_earlier_visit(by: Actor, referral: Referral) -> None:
    """Count the first visit that was made for this referral before it was accepted: a visit waits for no decision."""
    visits = Contact.objects.filter(case_id=referral.case_id, attended=True, kind=ContactKind.FACE_TO_FACE)
    first = visits.filter(occurred_at__gte=queries.waits_since(referral)).order_by("occurred_at").first()
    if first is not None:
        _seen(by, referral, first.occurred_at)


def _seen(by: Actor, referral: Referral, happened_at: datetime) -> None:
    for policy in (CRISIS_RESPONSE, CREW_WAITING):
        stop_clock(by=by, subject=f"referral:{referral.pk}", policy=policy, stopped_at=happened_at)
    _take_off_board(by, referral)


def _take_off_board(by: Actor, referral: Referral) -> None:
    """Seen: the episode's own case stays on its co-ordinator's list; a joined referral's case is done.

    What was begun for the joined referral and still runs is the episode's from now on.
    """
    if referral.done_at is None:
        referral.done_at = now()
        referral.save(update_fields=["done_at"])
    if referral.joined_case_id is not None:
        carry_over(by=by, case_id=referral.case_id, to=referral.joined_case_id)
        close_case(by=by, case_id=referral.case_id)
        return
    case = CaseDeadline.objects.select_for_update().filter(case_id=referral.case_id).first()
    if case is not None and case.phase != Phase.ACTIVE:
        hand_over(
            by=by,
            case_id=case.case_id,
            user_id=case.responsible_user_id,
            team_id=case.responsible_team_id,
            zone=case.zone,
            phase=Phase.ACTIVE,
        )


def _promise_ring_back(by: Actor, case_id: UUID, details: ContactDetails) -> None:
    owner_id = by.user_id or Episode.objects.filter(case_id=case_id).values_list("coordinator_id", flat=True).first()
    if owner_id is None or details.ring_back_at is None:
        return
    what = f"Ring back {details.with_whom}: {details.ring_back_about or details.about}"
    Task.objects.create(
        case_id=case_id,
        what=what[:300],
        kind="ring_back",
        owner_id=owner_id,
        due_at=details.ring_back_at,
        created_at=now(),
    )
    record(case_id=case_id, event="task.promised", subject=f"case:{case_id}", kind="ring_back")
