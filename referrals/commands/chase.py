"""What the front door does meanwhile: take it, ask, write the answer down, confirm the 999 call."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from accounts.domain import AccessLevel, Permission, Role
from accounts.models import CaseAccess, User
from accounts.queries import people_with_role, scope
from audit.commands import command, first_sending, now, record, require
from audit.domain import Actor, sending
from audit.refusals import IllegalMove, NotFound, NotPermitted, RuleBroken, Stale
from notifications.commands import post_many
from notifications.domain import Note, Template
from referrals.commands.answers import tell_asker
from referrals.commands.moves import Begun, begin, complete
from referrals.domain import INFORMATION_REQUEST, Channel, Identity, Phase, Status
from referrals.models import InformationRequest, Referral
from referrals.presenters import wall_clock
from timelimits.commands import cancel_clocks, hand_over, start_clocks, stop_clock


def show_on_list(by: Actor, referral: Referral) -> None:
    """Put an open referral on the list of its front door, as it stands."""
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
    begun = begin(by, "take", referral_id, version)
    referral = begun.referral
    if by.user_id is None:
        raise NotPermitted(begun.move.permission)
    if begun.again or referral.held_by_id == by.user_id:
        return referral
    referral.held_by_id, referral.held_at = by.user_id, now()
    complete(by, begun)
    show_on_list(by, referral)
    return referral


@command
def ask_information(
    *,
    by: Actor,
    referral_id: UUID,
    asked_of: str,
    question: str,
    phone: str = "",
    to_referrer: bool = False,
    version: int | None = None,
) -> Referral:
    """Ask somebody for what is missing. No clock stops: waiting is never a reason to be late for a crisis.

    `to_referrer`: it is asked on the page of whoever sent the referral as well, and they may answer it there.
    """
    begun = begin(by, "ask", referral_id, version, (asked_of, question, phone, to_referrer))
    referral = begun.referral
    if begun.again:
        return referral
    if not asked_of.strip() or not question.strip():
        raise RuleBroken("question_missing", "Say whom you asked, and what.", field="question")
    asked = InformationRequest.objects.create(
        referral=referral,
        asked_of=asked_of,
        phone=phone,
        question=question,
        asked_at=now(),
        asked_by=by.label,
        to_referrer=to_referrer and referral.channel == Channel.PORTAL,
    )
    complete(by, begun)
    _begin_clock(by, referral, asked)
    if asked.to_referrer:
        _tell_referrer(by, referral, asked)
    show_on_list(by, referral)
    return referral


def _begin_clock(by: Actor, referral: Referral, asked: InformationRequest) -> None:
    """Let the time to answer run, from when it was asked or last chased. The crisis clock runs on beside it."""
    limit = ((INFORMATION_REQUEST, str(referral.urgency)),)
    start_clocks(by=by, case_id=referral.case_id, subject=f"question:{asked.pk}", limits=limit, started_at=now())


def close_questions(by: Actor, referral: Referral) -> None:
    """Close what was asked and not answered: it was decided without. Part of a decision."""
    for asked in referral.information_requests.select_for_update().filter(answered_at=None, closed_at=None):
        asked.closed_at = now()
        asked.save(update_fields=["closed_at"])
        cancel_clocks(by=by, subject=f"question:{asked.pk}", reason="not_needed", policies=(INFORMATION_REQUEST,))


@command
def chase_information(*, by: Actor, request_id: int, chases: int | None = None) -> InformationRequest:
    """Record that a question was asked once more; its time to answer runs anew. Quiet once it is answered.

    A time to answer that was missed stays missed. `chases` is how often it had been asked when somebody looked: pressed
    twice is once. Raises NotPermitted, NotFound, Stale when somebody else asked meanwhile.
    """
    require(by, Permission.REFERRAL_CHASE)
    rows = InformationRequest.objects.select_for_update(of=("self",)).select_related("referral")
    seen = scope(rows, by.where_it_may(Permission.REFERRAL_CHASE), field="referral__case_id")
    asked = seen.filter(pk=request_id).first()
    if asked is None:
        raise NotFound
    if asked.answered_at is not None or asked.closed_at is not None:
        return asked
    if chases is not None and not first_sending(sending(by.id, "chase", asked.pk, chases)):
        return asked
    if chases is not None and asked.chases != chases and asked.chased_at is not None:
        raise Stale(f"Somebody asked once more at {wall_clock(asked.chased_at, now())}, after you opened this.")
    asked.chases, asked.chased_at = asked.chases + 1, now()
    asked.save(update_fields=["chases", "chased_at"])
    subject, case_id = f"question:{asked.pk}", asked.referral.case_id
    cancel_clocks(by=by, subject=subject, reason="not_needed", policies=(INFORMATION_REQUEST,))
    _begin_clock(by, asked.referral, asked)
    record(case_id=case_id, event="referral.information_chased", subject=subject, chases=asked.chases)
    return asked


@command
def answer_information(
    *,
    by: Actor,
    referral_id: UUID,
    answer: str,
    questions: Collection[int] = (),
    medically_stable: bool | None = None,
    medicines_addressed: bool | None = None,
    version: int | None = None,
) -> Referral:
    """Write down what was answered, to which of the `questions` out; one alone need not be named.

    The others stay out with their time, and the referral waits for them. Raises RuleBroken (questions_missing,
    questions_unknown, answer_missing).
    """
    told = (answer, sorted(questions), medically_stable, medicines_addressed)
    begun = begin(by, "answer", referral_id, version, told)
    referral = begun.referral
    if begun.again:
        return referral
    if not answer.strip():
        raise RuleBroken("answer_missing", "Write down what you were told.", field="answer")
    asked = referral.information_requests.select_for_update().filter(answered_at=None, closed_at=None)
    for each in _which(list(asked), questions):
        _answered(by, each, answer)
    begun = _waits_for_others(begun)
    if medically_stable is not None:
        referral.medically_stable = medically_stable
    if medicines_addressed is not None:
        referral.medicines_addressed = medicines_addressed
    complete(by, begun)
    show_on_list(by, referral)
    return referral


@command
def give_information(*, by: Actor, referral_id: UUID, answer: str, version: int | None = None) -> Referral:
    """Answer, as the referrer, what was asked of them on their page; other questions stay open.

    Raises NotPermitted, NotFound for what they did not send, IllegalMove when nothing waits, Stale, RuleBroken.
    """
    begun = begin(by, "give", referral_id, version, (answer,), levels=(AccessLevel.STATUS,))
    referral = begun.referral
    if begun.again:
        return referral
    if not answer.strip():
        raise RuleBroken("answer_missing", "Write your answer.", field="answer")
    asked = referral.information_requests.select_for_update()
    mine = list(asked.filter(answered_at=None, closed_at=None, to_referrer=True))
    if not mine:
        raise IllegalMove("nothing_asked", "This can't be done because nothing is asked of you now.")
    for each in mine:
        _answered(by, each, answer.strip())
    complete(by, _waits_for_others(begun))
    show_on_list(by, referral)
    return referral


def _which(out: list[InformationRequest], questions: Collection[int]) -> list[InformationRequest]:
    """Return the questions that were answered: those named, or the only one."""
    if not questions and len(out) > 1:
        raise RuleBroken("questions_missing", "Several questions are out. Choose which were answered.", "questions")
    chosen = [each for each in out if not questions or each.pk in questions]
    if questions and len(chosen) < len(set(questions)):
        raise RuleBroken("questions_unknown", "One of these questions is out no more. Choose again.", "questions")
    return chosen


def _waits_for_others(begun: Begun) -> Begun:
    """Return the move, without a change of status while other questions are out."""
    if begun.referral.information_requests.filter(answered_at=None, closed_at=None).exists():
        return replace(begun, move=replace(begun.move, to=None))
    return begun


def _answered(by: Actor, asked: InformationRequest, answer: str) -> None:
    asked.answer, asked.answered_at = answer, now()
    asked.save(update_fields=["answer", "answered_at"])
    stop_clock(by=by, subject=f"question:{asked.pk}", policy=INFORMATION_REQUEST, stopped_at=now())
    tell_asker(by, asked)


def _tell_referrer(by: Actor, referral: Referral, asked: InformationRequest) -> None:
    """Tell whoever sent it that we ask them something; when they are gone, the referrers of the team it came from."""
    sent = referral.transitions.filter(verb="register").values_list("actor_id", flat=True).first() or ""
    kind, _, key = sent.partition(":")
    if kind != "user":
        return
    link = f"/sent-referrals/{referral.pk}/"
    notes = [
        Note(f"question:{asked.pk}:{user_id}", user_id, Template.QUESTION_ASKED, link, referral.reference)
        for user_id in _who_reads(referral, UUID(key))
    ]
    post_many(by=by, notes=notes)


def _who_reads(referral: Referral, sender: UUID) -> list[UUID]:
    if User.objects.filter(pk=sender, is_active=True).exists():
        return [sender]
    teams = CaseAccess.objects.filter(case_id=referral.case_id, why="referrer", team__isnull=False)
    ids = teams.values_list("team_id", flat=True)
    return sorted({user.pk for team in ids for user in people_with_role(Role.REFERRER, team, now())})


@command
def check_who(*, by: Actor, referral_id: UUID, note: str = "", version: int | None = None) -> Referral:
    """Say that somebody spoke to them and it is who they said: the mark "check who this is" goes.

    Quiet when it was said before. Raises NotPermitted, NotFound, IllegalMove, Stale.
    """
    begun = begin(by, "check_who", referral_id, version, (note,))
    referral = begun.referral
    if begun.again or referral.identity != Identity.UNCHECKED:
        return referral
    referral.identity = Identity.AS_TOLD
    return complete(by, begun, note=note.strip())


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
    begun = begin(by, "confirm_999", referral_id, version, (called_by, called_at, crew_reference, crew_there))
    referral = begun.referral
    if by.user_id is None:
        raise NotPermitted(begun.move.permission)
    if begun.again:
        return referral
    if called_at is not None and called_at > now():
        raise RuleBroken("called_in_future", "The time of the call is later than now.", field="called_at")
    referral.emergency_called_by = called_by
    referral.emergency_called_at = called_at or referral.emergency_called_at or now()
    referral.emergency_reference = crew_reference or referral.emergency_reference
    if crew_there:
        referral.emergency_confirmed_at, referral.emergency_confirmed_by_id = now(), by.user_id
    return complete(by, begun, crew_there=crew_there)
