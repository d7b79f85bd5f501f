"""What became of a referral, in words for whoever sent it: never what is known of the person. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from accounts.domain import Code
from referrals.domain import OPEN, Status, Urgency
from referrals.models import CrewWait, InformationRequest, Referral, ReferralTransition
from referrals.presenters.people import name_of, spaced_phone
from referrals.presenters.referrals import URGENCY_WORDS, wall_clock


@dataclass(frozen=True, slots=True)
class Question:
    """Something that is asked of the referrer. They read what they answered; of others only that it is answered."""

    words: str
    asked: str
    answered: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a referral stands, what that means, and what the referrer can do."""

    id: str
    reference: str
    name: str
    received: str
    soon: str
    headline: str
    text: str = ""
    phone: str = ""
    icon: str = "run"
    tone: str = "ic-blue"
    crew: str = ""
    asks: bool = False
    goes_on: bool = False
    accepted: bool = False
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Around:
    """What is read beside the referrals: last moves, teams, questions, crews and the lists of the place."""

    moves: Mapping[UUID, ReferralTransition] = field(default_factory=dict)
    teams: Mapping[UUID, tuple[str, str]] = field(default_factory=dict)
    questions: Mapping[UUID, Sequence[InformationRequest]] = field(default_factory=dict)
    crews: Mapping[UUID, CrewWait] = field(default_factory=dict)
    words: Mapping[str, Sequence[Code]] = field(default_factory=dict)

    def said(self, name: str, code: str) -> str:
        """Return the words of a code."""
        return next((each.words for each in self.words.get(name, ()) if each.code == code), code)


def progress(referral: Referral, around: Around, now: datetime) -> Progress:
    """Return how one referral stands."""
    asked = around.questions.get(referral.pk, ())
    headline, text, icon, tone = _stands(referral, around, bool([each for each in asked if not each.answer]))
    team, phone = around.teams.get(referral.pk, ("", ""))
    return Progress(
        id=str(referral.pk),
        reference=referral.reference,
        name=referral.told_name,
        received=wall_clock(referral.received_at, now),
        soon=URGENCY_WORDS[Urgency(referral.urgency)],
        headline=headline,
        text=text,
        phone=spaced_phone(phone) if team else "",
        icon=icon,
        tone=tone,
        crew=crew_words(around.crews.get(referral.pk), now),
        goes_on=referral.status in OPEN or (referral.status == Status.ACCEPTED and bool(team)),
        accepted=referral.status == Status.ACCEPTED,
        asks=any(not each.answer for each in asked),
        questions=tuple(_question(each, now) for each in asked),
    )


def _question(asked: InformationRequest, now: datetime) -> Question:
    answered = wall_clock(asked.answered_at, now) if asked.answered_at else ""
    mine = asked.answer if getattr(asked, "mine", False) else ""
    return Question(asked.question, wall_clock(asked.asked_at, now), answered, mine)


Stands = tuple[str, str, str, str]
WITHDRAWN: Stands = ("Withdrawn", "Nothing more is done on it.", "gone", "")


def _stands(referral: Referral, around: Around, asks: bool) -> Stands:
    """Return headline, text, icon and tone."""
    if referral.status in OPEN:
        return _open(referral, asks)
    if referral.status == Status.ACCEPTED:
        team = around.teams.get(referral.pk, ("", ""))[0]
        by = f"Accepted by {team}" if team else "Accepted"
        seen = "The first visit is made, or not needed any more." if referral.done_at else "Not seen yet."
        return by, seen, "met", "ic-green"
    return _ended(referral, around)


def _open(referral: Referral, asks: bool) -> Stands:
    if asks:
        return "We need to know more", "You can answer here. Deciding goes on meanwhile.", "ask", "ic-amber"
    if referral.status == Status.WAITING:
        return "Being decided", "We have asked somebody else something.", "run", "ic-blue"
    held = "Somebody is deciding on it." if referral.held_at else "It is in the queue to be decided."
    return "Received, being decided", held, "run", "ic-blue"


def _ended(referral: Referral, around: Around) -> Stands:
    move = around.moves.get(referral.pk)
    sent = getattr(referral, "signposting", None)
    listed = around.said("signposts", move.signpost) if move and move.signpost else "another service"
    where = (sent.where if sent else "") or listed
    why = around.said("decline_reasons", move.reason) if move else ""
    ended: Mapping[str, Stands] = {
        Status.DECLINED: (f"Declined: {why}", f"Go here instead: {where}.", "gone", "ic-red"),
        Status.REDIRECTED: (f"Sent on: {where}", "Another service can help better.", "swap", "ic-blue"),
        Status.NOT_WANTED: ("The person did not want it", "They can come back at any time.", "gone", ""),
    }
    return ended.get(referral.status, WITHDRAWN)


def crew_words(crew: CrewWait | None, now: datetime) -> str:
    """Return what a crew on scene was told, for the crew and for whoever decides."""
    if crew is None:
        return ""
    if crew.told_at is None:
        return f"Crew waiting since {wall_clock(crew.since, now)}: not answered yet."
    stays = "The crew stays with the person and is responsible."
    ours = f" We are responsible from {wall_clock(crew.ours_from, now)}." if crew.ours_from else ""
    leave = f"The crew may leave.{ours}" if crew.may_leave else stays
    return f"{leave} Until then: {crew.plan} ({crew.told_by}, {wall_clock(crew.told_at, now)})"


def phones_to_ring(referral: Referral) -> list[tuple[str, str]]:
    """Return who can be rung about somebody: who it is, and the number as it is read; each number once."""
    told = (
        (name_of(referral.person), referral.person.phone),
        ("Where they are", referral.location_phone),
        (referral.contact_name or "Contact person", referral.contact_phone),
        (referral.caller_name or "Who referred", referral.ring_back),
    )
    found: dict[str, str] = {}
    for who, phone in told:
        if phone:
            found.setdefault(spaced_phone(phone), who)
    return [(who, phone) for phone, who in found.items()]
