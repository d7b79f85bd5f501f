"""What the front door does meanwhile: take it, ask, write the answer down, confirm the 999 call."""

from datetime import datetime
from uuid import UUID

from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import NotPermitted, RuleBroken
from referrals.commands.moves import begin, complete
from referrals.domain import Phase, Status
from referrals.models import InformationRequest, Referral
from timelimits.commands import hand_over


def _show_on_list(by: Actor, referral: Referral) -> None:
    hand_over(
        by=by,
        case_id=referral.case_id,
        user_id=referral.held_by_id,
        team_id=referral.front_door_id,
        zone=referral.zone,
        phase=Phase.WAITING if referral.status == Status.WAITING else Phase.NEW,
        step_down=referral.direction == "step_down",
    )


@command
def take_referral(*, by: Actor, referral_id: UUID, version: int | None = None) -> Referral:
    """Say "I have this": the board shows who and since when, and the first warning goes to them."""
    move, referral = begin(by, "take", referral_id, version)
    if by.user_id is None:
        raise NotPermitted(move.permission)
    if referral.held_by_id == by.user_id:
        return referral
    referral.held_by_id, referral.held_at = by.user_id, now()
    complete(by, move, referral)
    _show_on_list(by, referral)
    return referral


@command
def ask_information(
    *, by: Actor, referral_id: UUID, asked_of: str, question: str, phone: str = "", version: int | None = None
) -> Referral:
    """Ask somebody for what is missing. No clock stops: waiting is never a reason to be late for a crisis."""
    move, referral = begin(by, "ask", referral_id, version)
    if not asked_of.strip() or not question.strip():
        raise RuleBroken("question_missing", "Say whom you asked, and what.", field="question")
    InformationRequest.objects.create(
        referral=referral, asked_of=asked_of, phone=phone, question=question, asked_at=now(), asked_by=by.label
    )
    complete(by, move, referral)
    _show_on_list(by, referral)
    return referral


@command
def answer_information(
    *,
    by: Actor,
    referral_id: UUID,
    answer: str,
    medically_stable: bool | None = None,
    medicines_addressed: bool | None = None,
    version: int | None = None,
) -> Referral:
    """Write down what was answered; every open question of the referral is answered by it."""
    move, referral = begin(by, "answer", referral_id, version)
    if not answer.strip():
        raise RuleBroken("answer_missing", "Write down what you were told.", field="answer")
    for asked in referral.information_requests.select_for_update().filter(answered_at=None):
        asked.answer, asked.answered_at = answer, now()
        asked.save(update_fields=["answer", "answered_at"])
    if medically_stable is not None:
        referral.medically_stable = medically_stable
    if medicines_addressed is not None:
        referral.medicines_addressed = medicines_addressed
    complete(by, move, referral)
    _show_on_list(by, referral)
    return referral


@command
def confirm_999(
    *,
    by: Actor,
    referral_id: UUID,
    called_by: str,
    called_at: datetime | None = None,
    crew_reference: str = "",
    crew_there: bool = False,
    version: int | None = None,
) -> Referral:
    """Record who rang 999 and when; with `crew_there` somebody confirms, and the referral may end."""
    move, referral = begin(by, "confirm_999", referral_id, version)
    if by.user_id is None:
        raise NotPermitted(move.permission)
    if called_at is not None and called_at > now():
        raise RuleBroken("called_in_future", "The time of the call is later than now.", field="called_at")
    referral.emergency_called_by = called_by
    referral.emergency_called_at = called_at or referral.emergency_called_at or now()
    referral.emergency_reference = crew_reference or referral.emergency_reference
    if crew_there:
        referral.emergency_confirmed_at, referral.emergency_confirmed_by_id = now(), by.user_id
    return complete(by, move, referral, crew_there=crew_there)
