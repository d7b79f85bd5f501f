"""Make the plans of the demonstration place through the real commands, each case whole or not at all.

A plan's past is made by running each command at the instant the plan gives it. Made again, a plan changes nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from django.db import connection, transaction

from accounts.queries import codes
from audit.acting import acting
from audit.domain import PUBLIC, SYSTEM, Actor
from casework.commands import decline_referral, end_episode, record_not_wanted, redirect_referral, withdraw_referral
from icras.demo import telling
from icras.demo.catching_up import catch_up
from icras.demo.people import CO_ORDINATORS, CRISIS_TEAM, VISITORS, Making, Staff, person_of
from icras.demo.plan import Asked, Plan, Step
from pathways.commands import accept_referral, allocate_episode, promise_task, record_contact
from pathways.domain import ContactDetails, ContactKind, EndReason, Way
from referrals.commands import (
    answer_information,
    ask_information,
    confirm_999,
    record_enquiry,
    register_referral,
    take_referral,
    triage_referral,
)
from referrals.domain import (
    Agrees,
    Answer,
    BedGround,
    Caller,
    Channel,
    Crew,
    Direction,
    Hospital,
    LocationKind,
    LocationNow,
    ReferralDetails,
    Service,
    Urgency,
    WhyNow,
)
from referrals.models import Referral

CASES = UUID("6f0e1c0a-6a3f-5c55-9a57-1c7a5e0f0002")
CHANNELS = {"": Channel.PHONE, "partner": Channel.API, "referrer": Channel.PORTAL, "public": Channel.PUBLIC}
TYPING = timedelta(minutes=1)


def hurry() -> None:
    """Let this connection's commits not wait for the disk: a made-up case that a power cut takes is made again."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")


def make_cases(plans: Sequence[Plan], now: datetime) -> int:
    """Make the plans that are not there yet, dated back from `now`; return how many were made."""
    staff = Staff()
    return sum(_make(plan, number, staff, now) for number, plan in enumerate(plans, start=1))


def _make(plan: Plan, number: int, staff: Staff, now: datetime) -> bool:
    received_at = now - plan.ago
    with transaction.atomic():
        if Referral.objects.filter(form_id=form_of(plan.who)).exists():
            return False
        with acting(SYSTEM, at=min(received_at + TYPING, now)):
            referral = _register(plan, number, staff, received_at, now)
        for step in plan.steps:
            referral.refresh_from_db()
            at = min(received_at + step.at, now)
            catch_up(at)
            with acting(SYSTEM, at=at):
                VERBS[step.do](Making(plan, staff, referral, at, now), step)
    return True


def form_of(who: str) -> UUID:
    """Return the id of the form on which this person's case was typed: the same every time."""
    return uuid5(CASES, who)


def _register(plan: Plan, number: int, staff: Staff, received_at: datetime, now: datetime) -> Referral:
    earlier = Referral.objects.filter(form_id=form_of(plan.same_person_as)).first() if plan.same_person_as else None
    return register_referral(
        by=_who_sends(plan, staff),
        details=_details(plan, received_at, now),
        person=None if earlier else person_of(plan, number, now),
        person_id=earlier.person_id if earlier else None,
        form_id=form_of(plan.who),
    )


def _who_sends(plan: Plan, staff: Staff) -> Actor:
    if plan.door == "partner":
        return staff.partner
    return PUBLIC if plan.door == "public" else staff.actor("referrer" if plan.door == "referrer" else "spa")


def make_enquiries(rows: Sequence[Asked], now: datetime) -> None:
    """Make the made-up enquiries that are not there yet."""
    spa = Staff().actor("spa")
    for row in rows:
        told = {name: getattr(row, name) for name in ("asked", "said", "caller_name", "phone", "source_kind")}
        with acting(SYSTEM, at=now - row.ago):
            record_enquiry(by=spa, sent_id=form_of(row.asked), **told)


def _details(plan: Plan, received_at: datetime, now: datetime) -> ReferralDetails:
    known = True if plan.medical == "known" else None
    kind = {"hospital": LocationKind.HOSPITAL, "care_home": LocationKind.CARE_HOME}
    setting = "hospital" if plan.hospital else plan.caller.kind
    phone = f"07700 900{(int(received_at.timestamp()) // 60) % 1000:03d}"
    return ReferralDetails(
        direction=Direction(plan.direction),
        urgency=Urgency(plan.urgency),
        summary=plan.summary,
        reason=plan.reason,
        received_at=received_at,
        location=LocationNow(kind=kind.get(setting, LocationKind.HOME)),
        caller=Caller(kind=plan.caller.kind, name=plan.caller.name, relationship=plan.caller.relationship, phone=phone),
        hospital=_hospital(plan, now),
        agrees=Agrees.YES if known else Agrees.NOT_ASKED,
        medically_stable=known,
        medicines_addressed=known,
        red_flags=tuple((flag.code, Answer(plan.flags.get(flag.code, Answer.NO))) for flag in codes("red_flags")),
        channel=CHANNELS[plan.door],
        crew=Crew(phone=phone) if plan.crew else None,
        told_name=plan.who if plan.door in ("referrer", "public") else "",
    )


def _hospital(plan: Plan, now: datetime) -> Hospital:
    if not plan.hospital:
        return Hospital()
    ready_on = (now + timedelta(days=plan.hospital["ready_in_days"])).date()
    return Hospital(site=plan.hospital["site"], ward=plan.hospital["ward"], ready_on=ready_on)


# What each step does -----------------------------------------------------------------------------------------


def _take(making: Making, step: Step) -> None:
    take_referral(by=making.staff.actor(step.told.get("by", "triage")), referral_id=making.referral.pk)


def _triage(making: Making, step: Step) -> None:
    triage_referral(
        by=making.staff.actor("triage"),
        referral_id=making.referral.pk,
        urgency=Urgency(making.plan.urgency),
        service=Service(step.told["service"]),
        reason=step.told["reason"],
        told=WhyNow(bed_ground=BedGround.AT_RISK_WITHOUT_24H if step.told["service"] == "bed" else None),
    )


def _accept(making: Making, step: Step) -> None:
    team = step.told.get("team") or CRISIS_TEAM[making.plan.zone]
    accept_referral(
        by=making.staff.actor(step.told.get("by", "triage")),
        referral_id=making.referral.pk,
        team_id=making.staff.team_id(team),
        coordinator_id=making.staff.user_id(CO_ORDINATORS[team]),
    )


def _decline(making: Making, step: Step) -> None:
    decline_referral(by=making.staff.actor("triage2"), referral_id=making.referral.pk, **step.told)


def _redirect(making: Making, step: Step) -> None:
    redirect_referral(by=making.staff.actor("spa"), referral_id=making.referral.pk, **step.told)


def _not_wanted(making: Making, step: Step) -> None:
    record_not_wanted(by=making.staff.actor("spa"), referral_id=making.referral.pk, **step.told)


def _withdraw(making: Making, step: Step) -> None:
    withdraw_referral(by=making.staff.actor("spa"), referral_id=making.referral.pk, **step.told)


def _ask(making: Making, step: Step) -> None:
    whom, question = step.told["whom"], step.told["question"]
    ask_information(
        by=making.staff.actor("spa"),
        referral_id=making.referral.pk,
        asked_of=whom,
        question=question,
        phone="01632 960300",
        to_referrer=making.plan.door == "referrer",
    )


def _answer(making: Making, step: Step) -> None:
    answer_information(by=making.staff.actor("spa"), referral_id=making.referral.pk, **step.told)


def _confirm_999(making: Making, step: Step) -> None:
    confirm_999(
        by=making.staff.actor("spa"),
        referral_id=making.referral.pk,
        called_by=step.told["whom"],
        crew_reference=step.told["reference"],
    )


def _seen(making: Making, step: Step) -> None:
    about = step.told.get("about", "First visit: assessed, safe at home")
    happened_at = making.at - step.told.get("before", timedelta())
    _visit(making, ContactDetails(ContactKind.FACE_TO_FACE, attended=True, occurred_at=happened_at, about=about))


def _no_answer(making: Making, _step: Step) -> None:
    _visit(making, ContactDetails(ContactKind.FACE_TO_FACE, attended=False, about="No answer at the door"))


def _visit(making: Making, details: ContactDetails) -> None:
    who, _profession = VISITORS[making.episode.team.code]
    record_contact(by=making.staff.actor(who), case_id=making.case_id, details=details)


def _rang(making: Making, step: Step) -> None:
    ring_back = step.told.get("ring_back")
    details = ContactDetails(
        ContactKind.PHONE,
        attended=True,
        way=Way.IN,
        with_whom=step.told["whom"],
        about=step.told["about"],
        ring_back_at=making.at + ring_back if ring_back else None,
    )
    co_ordinator = CO_ORDINATORS[making.episode.team.code]
    record_contact(by=making.staff.actor(co_ordinator), case_id=making.case_id, details=details)


def _promise(making: Making, step: Step) -> None:
    co_ordinator = making.staff.actor(CO_ORDINATORS[making.episode.team.code])
    promise_task(by=co_ordinator, case_id=making.case_id, what=step.told["what"], due_at=making.at + step.told["due"])


def _allocate(making: Making, step: Step) -> None:
    allocate_episode(
        by=making.staff.actor("manager"),
        episode_id=making.episode.pk,
        coordinator_id=making.staff.user_id(step.told["coordinator"]),
        team_id=making.staff.team_id(step.told["team"]),
        reason=step.told["reason"],
    )


def _end(making: Making, step: Step) -> None:
    co_ordinator = making.staff.actor(CO_ORDINATORS[making.episode.team.code])
    end_episode(by=co_ordinator, episode_id=making.episode.pk, reason=EndReason(step.told["reason"]))


VERBS: dict[str, Callable[[Making, Step], None]] = {
    "take": _take,
    "triage": _triage,
    "accept": _accept,
    "decline": _decline,
    "redirect": _redirect,
    "not_wanted": _not_wanted,
    "withdraw": _withdraw,
    "ask": _ask,
    "answer": _answer,
    "confirm_999": _confirm_999,
    "seen": _seen,
    "no_answer": _no_answer,
    "rang": _rang,
    "task": _promise,
    "allocate": _allocate,
    "end": _end,
    "leave": telling.leave,
    "blocker": telling.blocker,
    "liaison": telling.liaison,
    "worry": telling.worry,
    "tried": telling.tried,
    "support": telling.support,
    "about": telling.about,
    "hand_over": telling.hand_over,
    "restrict": telling.restrict,
}
