"""The transition table of a referral. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from accounts.domain import Permission


class Status(StrEnum):
    """Where a referral stands."""

    NEW = "new"
    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    NOT_WANTED = "not_wanted"
    REDIRECTED = "redirected"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Status.NEW, Status.WAITING})
ENDED_UNACCEPTED = frozenset({Status.DECLINED, Status.NOT_WANTED, Status.REDIRECTED, Status.WITHDRAWN})


@dataclass(frozen=True, slots=True)
class Move:
    """One row of the transition table: who may, from where to where, what it is called, what its clocks do.

    `to` None keeps the status. `page` and `endpoint` are route names, or the reason why there is none.
    """

    verb: str
    permission: Permission
    sources: frozenset[Status]
    to: Status | None
    event: str
    words: str
    page: str
    endpoint: str
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    cancels: tuple[str, ...] = ()


CRISIS_RESPONSE = "crisis_response"
SPA_TRIAGE = "spa_triage"
CREW_WAITING = "crew_waiting"
P, S = Permission, Status
MOVES: tuple[Move, ...] = (
    Move(
        "register", P.REFERRAL_REGISTER, frozenset(), S.NEW, "referral.registered", "Take a call",
        "referrals:register", "referrals_api:list", starts=(CRISIS_RESPONSE, SPA_TRIAGE, CREW_WAITING),
    ),
    Move(
        "take", P.REFERRAL_CHASE, OPEN, None, "referral.taken", "I have this",
        "referrals:take", "people at the board take a referral; a partner system has no hands",
    ),
    Move(
        "triage", P.REFERRAL_TRIAGE, OPEN, None, "referral.triaged", "Set urgency and service",
        "referrals:triage", "referrals_api:triage",
        starts=(CRISIS_RESPONSE, SPA_TRIAGE), cancels=(CRISIS_RESPONSE, SPA_TRIAGE),
    ),
    Move(
        "ask", P.REFERRAL_CHASE, OPEN, S.WAITING, "referral.information_asked", "Ask for information",
        "referrals:ask", "asking is done by telephone, or on the page of the referrer",
    ),
    Move(
        "answer", P.REFERRAL_CHASE, frozenset({S.WAITING}), S.NEW, "referral.information_given", "Record the answer",
        "referrals:answer", "the answer is written down by whoever was told",
    ),
    Move(
        "fill_in", P.REFERRAL_CHASE, OPEN, None, "referral.filled_in", "Add what was missing",
        "referrals:fill_in", "whoever was told writes it down; a partner system rings, as it does with an answer",
    ),
    Move(
        "add_news", P.REFERRAL_CHASE, OPEN | {S.ACCEPTED}, None, "referral.news_added", "Add new information",
        "referrals:add_news", "a partner system rings with what is new, and whoever is told writes it down",
    ),
    Move(
        "tell", P.REFERRAL_FOLLOW, OPEN | {S.ACCEPTED}, None, "referral.news_told", "Add what is new",
        "referrals:tell", "a partner system rings with what is new, and whoever is told writes it down",
    ),
    Move(
        "ask_withdraw", P.REFERRAL_FOLLOW, frozenset({S.ACCEPTED}), None, "referral.withdrawal_asked",
        "Ask to withdraw", "casework:take_out", "a partner system rings the team that has accepted it",
    ),
    Move(
        "confirm_999", P.REFERRAL_CONFIRM_999, OPEN | {S.ACCEPTED}, None, "referral.999_confirmed",
        "Record the 999 call", "referrals:confirm_999", "only somebody who has spoken to the crew can say so",
    ),
    Move(
        "crew", P.REFERRAL_CHASE, OPEN, None, "referral.crew_waits", "A crew is there and waits",
        "referrals:crew", "an ambulance system says so when it makes the referral", starts=(CREW_WAITING,),
    ),
    Move(
        "tell_crew", P.REFERRAL_TRIAGE, frozenset(S), None, "referral.crew_told", "Answer the crew",
        "referrals:tell_crew", "a practitioner speaks to the crew; no system answers it", stops=(CREW_WAITING,),
    ),
    Move(
        "check_who", P.REFERRAL_CHASE, OPEN | {S.ACCEPTED}, None, "referral.identity_checked", "Who this is, checked",
        "referrals:check_who", "only somebody who has spoken to them can say so",
    ),
    Move(
        "give", P.REFERRAL_FOLLOW, frozenset({S.WAITING}), S.NEW, "referral.information_given", "Send the answer",
        "referrals:give", "a partner system rings the single point of access with its answer",
    ),
    Move(
        "accept", P.REFERRAL_ACCEPT, OPEN, S.ACCEPTED, "referral.accepted", "Accept",
        "pathways:accept", "pathways_api:accept", stops=(SPA_TRIAGE,),
    ),
    Move(
        "decline", P.REFERRAL_DECLINE, OPEN, S.DECLINED, "referral.declined", "Decline",
        "casework:decline", "casework_api:decline", stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE, CREW_WAITING),
    ),
    Move(
        "not_wanted", P.REFERRAL_WITHDRAW, OPEN, S.NOT_WANTED, "referral.not_wanted", "Did not want it",
        "casework:not_wanted", "the person's own no is heard and recorded by a member of staff",
        stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE, CREW_WAITING),
    ),
    Move(
        "redirect", P.REFERRAL_REDIRECT, OPEN, S.REDIRECTED, "referral.redirected", "Redirect",
        "casework:redirect", "a signpost is followed up by telephone; partners read the result",
        stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE, CREW_WAITING),
    ),
    Move(
        "withdraw", P.REFERRAL_WITHDRAW, OPEN | {S.ACCEPTED}, S.WITHDRAWN, "referral.withdrawn", "Withdraw",
        "casework:withdraw", "casework_api:withdraw", stops=(SPA_TRIAGE,), cancels=(CRISIS_RESPONSE, CREW_WAITING),
    ),
    Move(
        "take_back", P.REFERRAL_TRIAGE, ENDED_UNACCEPTED, S.NEW, "referral.taken_back", "Take this decision back",
        "casework:take_back", "a decision is taken back by somebody who looks at it again, not by a system",
        starts=(CRISIS_RESPONSE, SPA_TRIAGE),
    ),
)  # fmt: skip
BY_VERB = {move.verb: move for move in MOVES}
STATUS_WORDS = {
    S.NEW: "New",
    S.WAITING: "Waiting for information",
    S.ACCEPTED: "Accepted",
    S.DECLINED: "Declined",
    S.NOT_WANTED: "Did not want it",
    S.REDIRECTED: "Redirected",
    S.WITHDRAWN: "Withdrawn",
}
