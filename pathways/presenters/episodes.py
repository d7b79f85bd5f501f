"""Words of episodes for people, and which acts are offered. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse

from audit.domain import Actor
from pathways.domain import MOVES, Candidate, ContactOutcome, EpisodeStatus
from pathways.models import Contact, Episode
from pathways.queries import Offer
from referrals.domain import Urgency
from referrals.models import Person, Referral
from referrals.presenters import (
    SERVICE_WORDS,
    URGENCY_WORDS,
    Act,
    home_of,
    person_line,
    spaced_phone,
    stage_of,
    url_of,
    wall_clock,
)

KEYS = {"contact": "C", "allocate": "H"}
IN_ORDER = ("contact", "confirm_coordinator", "allocate", "end")
UNKNOWN_WORDS = {"medically_stable": "medically stable", "medicines_addressed": "medicines dealt with"}


def case_url(case_id: UUID) -> str:
    """Return the address of a case's page."""
    return reverse("casework:case", args=[case_id])


def acts_for(by: Actor, episode: Episode) -> list[Act]:
    """Return what this actor may do with the episode now, from the table of moves."""
    moves = {move.verb: move for move in MOVES}
    return [
        Act(
            verb=verb,
            words=moves[verb].words,
            url=reverse(moves[verb].page, args=[episode.pk]),
            key=KEYS.get(verb, ""),
            main=verb == "contact",
        )
        for verb in IN_ORDER
        if by.may(moves[verb].permission)
        and episode.status in moves[verb].sources
        and (verb != "confirm_coordinator" or not episode.coordinator_confirmed)
    ]


def candidate_choices(offer: Offer, now: datetime) -> list[tuple[str, str]]:
    """Return who may be chosen, as (value, words), best first; out of hours the duty co-ordinator, to be confirmed."""
    chosen = [(str(c.user_id), candidate_words(c, now)) for c in offer.candidates]
    if chosen:
        chosen[0] = (chosen[0][0], f"{chosen[0][1]}. Suggested")
    if offer.duty is not None and (not offer.is_open or not chosen):
        words = f"{offer.duty.name}, duty co-ordinator: to be confirmed in hours"
        return [("duty", words), *((value, text.removesuffix(". Suggested")) for value, text in chosen)]
    return chosen


def candidate_words(candidate: Candidate, now: datetime) -> str:
    """Return "J. Okafor, on duty: 17 open, next due 16:30"."""
    duty = ", on duty" if candidate.on_duty else ""
    at = candidate.next_due_at
    due = f", {'overdue since' if at <= now else 'next due'} {wall_clock(at, now)}" if at else ""
    return f"{candidate.name}{duty}: {candidate.open_cases or 'none'} open{due}"


def offer_words(offer: Offer, now: datetime) -> dict[str, Any]:
    """Return what accepting would do, for the top of its form."""
    live = offer.live
    return {
        "offer": offer,
        "team_chips": [{"team": team.pk, "words": team.name, "current": team == offer.team} for team in offer.teams],
        "joins": live and f"{live.reference}, begun {wall_clock(live.accepted_at, now)}",
        "unknown": " and ".join(UNKNOWN_WORDS[code] for code in offer.unknown),
        "question": UNKNOWN_WORDS.get(offer.question, ""),
        "not_stable": offer.referral.medically_stable is False,
        "closed": offer.team is not None and not offer.is_open,
        "goes_to": ", ".join((URGENCY_WORDS[Urgency(offer.referral.urgency)], SERVICE_WORDS[offer.going.service])),
    }


OUTCOME_WORDS = {
    ContactOutcome.ATTENDED: "Visit recorded: seen",
    ContactOutcome.NO_ACCESS: "Visit recorded: no answer at the door. The clock runs on",
    ContactOutcome.NO_REPLY: "Contact recorded: no reply",
    ContactOutcome.SPOKE: "Contact recorded",
    ContactOutcome.LEFT_MESSAGE: "Contact recorded: message left",
}


def contact_done(done: tuple[Contact, bool], told_at: datetime | None = None) -> str:
    """Return what was recorded, when it happened, and that the person does not want whom it was with involved.

    `told_at`: the call that came after it, whose two hours it does not meet.
    """
    contact, said_no = done
    warning = f" The person said no to talking with {contact.with_whom} about them." if said_no else ""
    when = wall_clock(contact.occurred_at, contact.recorded_at)
    told = wall_clock(told_at, contact.recorded_at) if told_at else ""
    early = f" That is before the call of {told}: the 2-hour clock runs on." if told else ""
    return f"{OUTCOME_WORDS[ContactOutcome(contact.outcome)]}, {when}.{early}{warning}"


def person_rows(
    people: Sequence[Person],
    episodes: Mapping[UUID, Sequence[Episode]],
    referrals: Mapping[UUID, Sequence[Referral]],
    now: datetime,
) -> list[dict[str, Any]]:
    """Return people found, each with the episode that is live or was last, and open referrals."""
    return [
        {
            "person": person,
            "line": person_line(person, now),
            "home": home_of(person),
            "phone": spaced_phone(person.phone),
            "episode": _episode(episodes.get(person.pk, ()), now),
            "referrals": [
                {
                    "url": url_of(referral),
                    "words": f"{referral.reference}, {wall_clock(referral.received_at, now)}",
                    "stage": stage_of(referral).lower(),
                }
                for referral in referrals.get(person.pk, ())
            ],
        }
        for person in people
    ]


def _episode(episodes: Sequence[Episode], now: datetime) -> dict[str, Any] | None:
    if not episodes:
        return None
    live = next((episode for episode in episodes if episode.status == EpisodeStatus.LIVE), None)
    shown = live or episodes[0]
    begun = wall_clock(shown.accepted_at, now)
    words = f"since {begun}, {shown.coordinator.name}, {shown.team.name}"
    if live is None and shown.ended_at is not None:
        words = f"{begun} to {wall_clock(shown.ended_at, now)}"
    return {"live": live is not None, "reference": shown.reference, "words": words, "url": case_url(shown.case_id)}
