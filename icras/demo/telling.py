"""What is written down beside the way of a case: leaving hospital, worries, what matters, hand-overs, restrictions."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from accounts.domain import BreakReason, RestrictReason
from audit.acting import acting
from audit.domain import SYSTEM
from casework.commands.restrict import break_glass, restrict_person
from casework.commands.shifts import accept_shift, hand_over_shift
from icras.demo.people import Making
from icras.demo.plan import Step
from pathways.commands import add_blocker, ask_liaison, plan_discharge
from pathways.domain import Criteria, Destination, DischargePlan, Pathway, RehabOffer
from referrals.commands import add_row, ask_hospital_support, change_section, try_signposting
from referrals.commands.shifts import add_worry
from referrals.domain.triage import HospitalReason
from referrals.models import Signposting
from timelimits.commands import approve
from timelimits.domain.local_time import local_date

CODES = {"criteria": Criteria, "pathway": Pathway, "destination": Destination, "rehab": RehabOffer}


def leave(making: Making, step: Step) -> None:
    """Write down when somebody is expected to leave, and how."""
    told: dict[str, Any] = {key: CODES[key](value) if key in CODES else value for key, value in step.told.items()}
    today, days = local_date(making.now), told.pop("expected_in_days", None)
    hospital = making.plan.hospital
    plan = DischargePlan(
        expected_on=None if days is None else today + timedelta(days=days),
        ready_on=today + timedelta(days=hospital["ready_in_days"]),
        **told,
    )
    plan_discharge(by=making.staff.actor("spa"), referral_id=making.referral.pk, plan=plan)


def blocker(making: Making, step: Step) -> None:
    """Say what is in the way of leaving."""
    staff, due_at = making.staff, making.at + step.told["due"]
    add_blocker(
        by=staff.actor("spa"),
        referral_id=making.referral.pk,
        what=step.told["what"],
        due_at=due_at,
        owner_id=staff.user_id("triage"),
    )


def liaison(making: Making, step: Step) -> None:
    """Ask psychiatric liaison."""
    ask_liaison(by=making.staff.actor("spa"), case_id=making.case_id, **step.told)


def worry(making: Making, step: Step) -> None:
    """Say that somebody is worried about."""
    add_worry(by=making.staff.actor("spa"), case_id=making.case_id, why=step.told["why"])


def tried(making: Making, step: Step) -> None:
    """Try to find out what became of somebody sent elsewhere."""
    row = Signposting.objects.get(referral=making.referral)
    try_signposting(by=making.staff.actor("spa"), signposting_id=row.pk, note=step.told["note"])


def support(making: Making, step: Step) -> None:
    """Flag urgent support to a hospital; the manager agrees three minutes later."""
    asked = ask_hospital_support(
        by=making.staff.actor("triage"),
        referral_id=making.referral.pk,
        reason=HospitalReason(step.told["reason"]),
        note=step.told["note"],
        approver_id=making.staff.user_id("manager"),
    )
    with acting(SYSTEM, at=min(making.at + timedelta(minutes=3), making.now)):
        approve(by=making.staff.actor("manager"), approval_id=asked.pk)


def about(making: Making, step: Step) -> None:
    """Write into the person's record: fields of a section, or a row of a kind."""
    by, person_id = making.staff.actor("triage"), making.referral.person_id
    told: Mapping[str, Any] = {k: v for k, v in step.told.items() if k not in {"section", "kind"}}
    told = {k: local_date(making.at) if v == "today" else v for k, v in told.items()}
    if kind := step.told.get("row"):
        add_row(by=by, person_id=person_id, kind=kind, values={k: v for k, v in told.items() if k != "row"})
    else:
        change_section(by=by, person_id=person_id, section=step.told["section"], values=told)


def hand_over(making: Making, step: Step) -> None:
    """Hand the shift of the single point of access over; a colleague accepts it ten minutes later."""
    staff = making.staff
    made = hand_over_shift(by=staff.actor("spa"), team_id=staff.team_id("spa"), note=step.told["note"])
    with acting(SYSTEM, at=min(making.at + timedelta(minutes=10), making.now)):
        accept_shift(by=staff.actor("triage"), hand_over_id=made.pk)


def restrict(making: Making, step: Step) -> None:
    """Restrict the record; somebody who is not named opens it in need."""
    restrict_person(
        by=making.staff.actor("manager"),
        person_id=making.referral.person_id,
        reason=RestrictReason(step.told["reason"]),
        words=step.told["words"],
    )
    break_glass(
        by=making.staff.actor("beds"),
        person_id=making.referral.person_id,
        reason=BreakReason(step.told["opened"]),
        words=step.told["opened_for"],
    )
