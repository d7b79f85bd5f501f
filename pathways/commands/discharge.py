"""Leaving hospital: the plan written on the ward, what is in the way, when it is confirmed, and when they have left."""

from dataclasses import asdict
from datetime import date
from uuid import UUID

from accounts.domain import Permission
from accounts.queries import scope
from audit.commands import command, first_sending, now, record, require
from audit.domain import Actor, sending
from audit.queries import was_sent
from audit.refusals import IllegalMove, NotFound, RuleBroken, Stale
from pathways.domain import (
    BLOCKER,
    ON_LIST,
    BackReason,
    DischargePlan,
    DischargeStatus,
    RehabOffer,
)
from pathways.models import Discharge, Task
from pathways.queries import lock_followed, missing
from referrals.commands.deaths import refuse_if_dead
from referrals.domain import Direction
from referrals.models import Referral
from referrals.queries import is_closed
from timelimits.commands import ask_approval, lapse_approval
from timelimits.domain import ApprovalKind
from timelimits.domain.local_time import day_words, local_date

LATEST_YEARS = 1
DECISIONS = frozenset(
    {"pathway", "grounds", "bed_ground", "destination", "destination_reason", "rehab", "rehab_reason"}
)  # what a confirmation is of: change one, and it is confirmed no more


def lock_leaving(
    by: Actor, referral_id: UUID, version: int | None, done: DischargeStatus | None = None
) -> tuple[Referral, Discharge]:
    """Return the step-down referral and its discharge, locked; one that is not written yet is begun.

    Raises NotFound, and Stale unless it stands as `done` already: who pressed twice is told nothing new.
    """
    require(by, Permission.DISCHARGE_EDIT)
    rows = scope(Referral.objects.select_for_update(), by.where_it_may(Permission.DISCHARGE_EDIT))
    referral = rows.filter(pk=referral_id, direction=Direction.STEP_DOWN).first()
    if referral is None:
        raise NotFound
    row, begun = Discharge.objects.select_for_update().get_or_create(
        referral=referral, defaults={"changed_at": now(), "changed_label": by.label}
    )
    seen = begun or version is None or version == row.version
    if not seen and row.status != done:
        raise Stale(f"{row.changed_label} changed this discharge after you opened it.")
    return referral, row


def unconfirm(by: Actor, referral: Referral, row: Discharge, reason: BackReason) -> None:
    """Put a confirmed discharge back to being planned, unsaved. A second person need not look at it any more."""
    row.status, row.confirmed_at, row.confirmed_by = DischargeStatus.PLANNED, None, ""
    row.unconfirmed_at, row.unconfirmed_why = now(), reason
    subject = f"discharge:{row.pk}"
    lapse_approval(by=by, kind=ApprovalKind.SAFE_CARE_DISCHARGE, subject=subject)
    record(case_id=referral.case_id, event="discharge.unconfirmed", subject=subject, reason=reason)


@command
def plan_discharge(
    *, by: Actor, referral_id: UUID, plan: DischargePlan, ward: str | None = None, version: int | None = None
) -> Discharge:
    """Write down when they are expected to leave, on which pathway and why, and what they need (R045).

    Needs are described; what care answers them is decided after they have left. The same again is quiet. What was
    confirmed and is decided differently now, or lacks something it had, is being planned again and must be confirmed
    anew. Raises NotPermitted, NotFound, Stale, IllegalMove (has left already), RuleBroken (a day far off).
    """
    referral, row = lock_leaving(by, referral_id, version)
    if row.status not in ON_LIST:
        raise IllegalMove("discharge_ended", "This can't be done because they are not on the list any more.")
    _refuse_odd_dates(plan)
    confirmed = row.status == DischargeStatus.CONFIRMED
    lacked = missing(row, referral) if confirmed else ()
    changed = _apply(referral, row, plan, ward)
    if not changed:
        return row
    if confirmed and (changed & DECISIONS or set(missing(row, referral)) - set(lacked)):
        unconfirm(by, referral, row, BackReason.PLAN_CHANGED)
    row.version += 1
    row.changed_at, row.changed_label = now(), by.label
    row.save()
    referral.save(update_fields=["ready_on", "hospital_ward"])
    record(case_id=referral.case_id, event="discharge.planned", subject=f"discharge:{row.pk}", changed=sorted(changed))
    return row


def _refuse_odd_dates(plan: DischargePlan) -> None:
    today = local_date(now())
    for name in ("expected_on", "ready_on"):
        day: date | None = getattr(plan, name)
        if day is not None and abs(day.year - today.year) > LATEST_YEARS:
            raise RuleBroken("date_unlikely", "Look at the year of this date.", name)


def _apply(referral: Referral, row: Discharge, plan: DischargePlan, ward: str | None) -> set[str]:
    wanted = {name: value or ("" if name != "expected_on" else None) for name, value in asdict(plan).items()}
    wanted["criteria"] = plan.criteria
    ready_on = wanted.pop("ready_on") or None
    changed = {name for name, value in wanted.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, wanted[name])
    if "criteria" in changed:
        row.criteria_at = now()
    if ready_on != referral.ready_on:
        referral.ready_on = ready_on
        changed.add("ready_on")
    if ward is not None and ward != referral.hospital_ward:
        referral.hospital_ward = ward
        changed.add("ward")
    return changed


@command
def confirm_discharge(
    *, by: Actor, referral_id: UUID, safe_care_reason: str = "", version: int | None = None
) -> Discharge:
    """Confirm that they leave as planned. The same again is quiet; with other words it is said who was first.

    What is missing refuses it (R053, R055, R172, R176, R178), unless it is said why it is safe: then it is confirmed,
    and a second person looks at it by the end of the next working day; once the case has ended nobody would
    (IllegalMove, case_ended).
    """
    referral, row = lock_leaving(by, referral_id, version, DischargeStatus.CONFIRMED)
    why = safe_care_reason.strip()
    said = sending(by.id, "confirm_discharge", row.pk, why)
    if row.status == DischargeStatus.CONFIRMED and why and not was_sent(said):
        raise IllegalMove(
            "confirmed_already", f"This can't be done because {row.confirmed_by} has confirmed it already."
        )
    if row.status == DischargeStatus.CONFIRMED:
        return row
    if row.status not in ON_LIST:
        raise IllegalMove("discharge_ended", "This can't be done because they are not on the list any more.")
    refuse_if_dead(referral.person_id)
    lacks = missing(row, referral, closed=is_closed(by, referral.person_id))
    hard = next((each for each in lacks if each.code in ("pathway_missing", "grounds_missing")), None)
    if lacks and (hard or not why):
        first = hard or lacks[0]
        raise RuleBroken(first.code, f"This can't be confirmed yet. {first.words}", first.field)
    row.status, row.confirmed_at, row.confirmed_by = DischargeStatus.CONFIRMED, now(), by.label
    row.unconfirmed_at, row.unconfirmed_why = None, ""
    row.version += 1
    if row.rehab == RehabOffer.EXCEPTION and not row.rehab_reason:
        row.rehab_reason = why[:300]
    row.save()
    first_sending(said)
    subject = f"discharge:{row.pk}"
    record(case_id=referral.case_id, event="discharge.confirmed", subject=subject, pathway=row.pathway)
    if lacks:
        ask_approval(
            by=by,
            kind=ApprovalKind.SAFE_CARE_DISCHARGE,
            case_id=lock_followed(referral.case_id),
            subject=subject,
            reason=lacks[0].code,
            note=safe_care_reason,
            terms={"missing": [each.code for each in lacks]},
        )
    return row


@command
def record_left(*, by: Actor, referral_id: UUID, left_on: date | None = None, version: int | None = None) -> Discharge:
    """Record that they have left hospital. A fact is never refused, confirmed or not. The same again is quiet.

    Raises NotPermitted, NotFound, Stale, IllegalMove (recorded with another day), RuleBroken (left_in_future).
    """
    referral, row = lock_leaving(by, referral_id, version, DischargeStatus.LEFT)
    day = left_on or local_date(now())
    if row.status == DischargeStatus.LEFT:
        _refuse_other_day(row, left_on)
        return row
    if day > local_date(now()):
        raise RuleBroken("left_in_future", "This day is later than today.", "left_on")
    confirmed = row.confirmed_at is not None
    row.status, row.ended_at, row.left_on = DischargeStatus.LEFT, now(), day
    row.version += 1
    row.save()
    subject = f"discharge:{row.pk}"
    record(case_id=referral.case_id, event="discharge.left", subject=subject, left_on=day, confirmed=confirmed)
    for task in Task.objects.select_for_update().filter(case_id=referral.case_id, kind=BLOCKER, done_at=None):
        task.done_at, task.done_by = now(), f"{by.label}: has left hospital"[:120]
        task.save(update_fields=["done_at", "done_by"])
    return row


def _refuse_other_day(row: Discharge, left_on: date | None) -> None:
    if row.left_on is not None and left_on not in (None, row.left_on):
        words = f"This can't be done because it is recorded that they left on {day_words(row.left_on)}."
        raise IllegalMove("left_already", words)
