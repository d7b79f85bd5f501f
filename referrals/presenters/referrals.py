"""Words, numbers and times of referrals, and which acts are offered. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.domain import Code
from accounts.domain.rota import LONDON
from audit.domain import Actor
from referrals.domain import (
    BY_VERB,
    MOVES,
    OPEN,
    STATUS_WORDS,
    Agrees,
    Answer,
    Direction,
    Identity,
    LocationKind,
    Move,
    Service,
    Status,
    Urgency,
)
from referrals.models import CrewWait, Referral, ReferralTransition
from referrals.presenters.filled import (
    AGREES_WORDS,
    ANSWER_WORDS,
    KNOWN_WORDS,
    MISSING_WORDS,
    WHERE_WORDS,
    changed_words,
)
from referrals.presenters.people import home_of, name_of, person_warnings, spaced_phone
from referrals.presenters.shown import ReferralShown
from timelimits.domain import CancelReason

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
KEYS = {
    "accept": "A", "triage": "T", "ask": "I", "answer": "E", "redirect": "R", "decline": "D", "take": "M",
    "confirm_999": "9",
}  # fmt: skip
LONGEST_WHO = 60
MAIN_ACTS = ("accept", "confirm_999")
IN_ORDER = (
    "accept", "confirm_999", "tell_crew", "take", "check_who", "triage", "answer", "ask", "fill_in", "add_news", "crew",
    "redirect", "not_wanted", "decline", "withdraw", "take_back",
)  # fmt: skip
SERVICE_WORDS = {
    Service.CRISIS: "2-hour urgent (UCR)",
    Service.REABLEMENT: "Reablement",
    Service.HOME: "Home-based",
    Service.BED: "Bed-based",
}
URGENCY_WORDS = {Urgency.CRISIS: "Within 2 hours", Urgency.PLANNED: "Planned"}
DIRECTION_WORDS = {Direction.STEP_UP: "Community, to avoid hospital", Direction.STEP_DOWN: "Hospital"}
DONE_WORDS = {
    "register": "Received",
    "take": "Taken",
    "triage": "Urgency and service set",
    "ask": "Information asked for",
    "answer": "Answer recorded",
    "fill_in": "What was missing was added",
    "add_news": "New information",
    "tell": "New information from the referrer",
    "ask_withdraw": "The referrer asks to withdraw",
    "confirm_999": "999 call recorded",
    "crew": "A crew is there and waits",
    "tell_crew": "Crew answered",
    "check_who": "Who this is was checked",
    "give": "Answered by the referrer",
    "accept": "Accepted",
    "decline": "Declined",
    "not_wanted": "Did not want it",
    "redirect": "Redirected",
    "withdraw": "Withdrawn",
    "take_back": "The decision was taken back",
}


def wall_clock(at: datetime, now: datetime) -> str:
    """Return a time as on the wall in England: "14:29" today, else "14:29 on 3 May", with the year of another year."""
    local, today = at.astimezone(LONDON), now.astimezone(LONDON).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    year = "" if local.year == today.year else f" {local.year}"
    return f"{local:%H:%M} on {local.day} {local:%b}{year}"


def as_typed(at: datetime, now: datetime) -> str:
    """Return a time as somebody would type it: "14:10", or "14:10 16/9/2026" on another day."""
    local = at.astimezone(LONDON)
    day = "" if local.date() == now.astimezone(LONDON).date() else f" {local.day}/{local.month}/{local.year}"
    return f"{local:%H:%M}{day}"


def where_now(referral: ReferralShown) -> tuple[str, str]:
    """Return (words, icon) of where the person is now: "Next door", "Ward 7B", "Elm Test"."""
    kind = LocationKind(referral.location_kind)
    if kind is LocationKind.HOSPITAL:
        return referral.hospital_ward or referral.hospital_site or WHERE_WORDS[kind], "bed"
    lines: Sequence[str] = referral.location_lines
    if kind is LocationKind.HOME:
        return WHERE_WORDS[kind], "pin"
    return (lines[0] if lines and lines[0] else WHERE_WORDS[kind]), "pin"


def address_now(referral: Referral) -> str:
    """Return where to go, whole: the present place, else home."""
    told = ", ".join(filter(None, (*referral.location_lines, referral.location_postcode)))
    kind = LocationKind(referral.location_kind)
    if kind is LocationKind.HOSPITAL:
        return ", ".join(filter(None, (referral.hospital_ward, referral.hospital_site))) or WHERE_WORDS[kind]
    if kind is LocationKind.HOME:
        return f"At home, {told or home_of(referral.person)}".strip(", ")
    return told or WHERE_WORDS[kind]


def caller_words(referral: ReferralShown, sources: Mapping[str, str]) -> str:
    """Return who rang: "Daughter, Jo", "Dr A Fictive, GP practice", "Hospital ward"."""
    source = sources.get(referral.source_kind, referral.source_kind)
    if referral.caller_relationship:
        return said_once(referral.caller_relationship, referral.caller_name)
    return said_once(referral.caller_name, referral.source_organisation or source)


def said_once(first: str, second: str) -> str:
    """Return "Daughter, Jo"; where one says what the other does ("Matron", "Nurse, Practice nurse"), the fuller one."""
    one, other = sorted((first.strip(), second.strip()), key=len)
    within = one.casefold() in other.casefold()  # nearly never: a pattern for each name would be made for nothing
    said = within and re.search(rf"\b{re.escape(one.casefold())}\b", other.casefold())
    return other if said else ", ".join(filter(None, (first.strip(), second.strip())))


def emergency_open(referral: ReferralShown) -> bool:
    """Say whether a red flag was raised and nobody has confirmed yet that the crew is there."""
    return Answer.YES in referral.red_flags.values() and referral.emergency_confirmed_at is None


def warnings_of(referral: ReferralShown, known: Sequence[Code]) -> list[str]:
    """Return every warning in words, the worst first; the person's own in the place's order, others after them."""
    return [*state_warnings(referral), *person_warnings(referral.person, known)]


def state_warnings(referral: ReferralShown) -> list[str]:
    """Return what is open or not sure about the referral itself."""
    first = [
        "999 not confirmed" if emergency_open(referral) else "",
        "NHS number is somebody else’s: check who" if referral.identity == Identity.NUMBER_CONFLICT else "",
        "Only as told so far: check who this is" if referral.identity == Identity.UNCHECKED else "",
        "Did not agree to us coming" if referral.agrees == Agrees.NO else "",
        "Lacks capacity to agree" if referral.agrees == Agrees.LACKS_CAPACITY else "",
    ]
    return list(filter(None, first))


@dataclass(frozen=True, slots=True)
class Act:
    """One act offered on a referral or an episode: a link, or a button when nothing is to be typed (`post`)."""

    verb: str
    words: str
    url: str
    key: str = ""
    post: bool = False
    main: bool = False

    @property
    def secondary(self) -> bool:
        """Say whether it is drawn as a second button."""
        return not self.main


def acts_for(by: Actor, referral: Referral, *, back: bool = False) -> list[Act]:
    """Return what this actor may do with the referral now: the table of moves, the main act first.

    `back`: its decision may still be taken back.
    """
    moves = {move.verb: move for move in MOVES if move.page != "referrals:register"}
    offered = [moves[verb] for verb in IN_ORDER if _is_offered(moves[verb], by, referral, back=back)]
    main = next((move.verb for move in offered if move.verb in MAIN_ACTS), "")
    if emergency_open(referral) and any(move.verb == "confirm_999" for move in offered):
        main = "confirm_999"
    offered.sort(key=lambda move: move.verb != main)
    return [_act(move, referral, main) for move in offered]


def missing_rows(by: Actor, referral: Referral, codes: Iterable[str]) -> list[dict[str, str]]:
    """Return what is missing to decide in words, with the way to where it is added, for whoever may."""
    move = BY_VERB["fill_in"]
    url = reverse(move.page, args=[referral.pk]) if _is_offered(move, by, referral) else ""
    return [{"words": MISSING_WORDS[code], "url": url and f"{url}#ask-{code}"} for code in codes]


def crew_of(referral: Referral) -> CrewWait | None:
    """Return the crew that waits, or waited, with the person."""
    found: CrewWait | None = getattr(referral, "crew", None)
    return found


def crew_waits(referral: Referral) -> bool:
    """Say whether a crew waits that nobody has answered."""
    crew = crew_of(referral)
    return crew is not None and crew.told_at is None


ONLY_WHEN: Mapping[str, Callable[[Referral], bool]] = {
    "confirm_999": emergency_open,
    "add_news": lambda referral: referral.done_at is None,
    "check_who": lambda referral: referral.identity == Identity.UNCHECKED,
    "crew": lambda referral: not crew_waits(referral),
    "tell_crew": lambda referral: crew_waits(referral) or (referral.status in OPEN and crew_of(referral) is not None),
}


def _is_offered(move: Move, by: Actor, referral: Referral, *, back: bool = False) -> bool:
    if not by.may(move.permission) or referral.status not in move.sources:
        return False
    if move.verb == "take":
        return referral.held_by_id != by.user_id and by.user_id is not None
    if move.verb == "take_back":
        return back
    if move.verb in ONLY_WHEN:
        return ONLY_WHEN[move.verb](referral)
    return move.verb != "withdraw" or referral.done_at is None


def _act(move: Move, referral: Referral, main: str) -> Act:
    return Act(
        verb=move.verb,
        words=move.words,
        url=reverse(move.page, args=[referral.pk]),
        key=KEYS.get(move.verb, ""),
        post=move.verb == "take",
        main=move.verb == main,
    )


def by_time(due_at: datetime, now: datetime) -> str:
    """Return " by 16:10", or " by Fri 09:00" for another day, as the end of a sentence."""
    local = due_at.astimezone(LONDON)
    day = "" if local.date() == now.astimezone(LONDON).date() else f"{DAYS[local.weekday()]} "
    return f" by {day}{local:%H:%M}"


def ring_back_by(due_at: datetime, now: datetime) -> str:
    """Return by when the caller hears from us; once that has passed, that they hear as soon as can be."""
    return by_time(due_at, now) if due_at > now else " as soon as they can"


def url_of(referral: Referral) -> str:
    """Return the address of the referral's own page."""
    return reverse("referrals:referral", args=[referral.pk])


def sent_words(referral: Referral, answer_by: str) -> str:
    """Return what is shown once a call is sent, and what to say to the caller."""
    if emergency_open(referral):
        say = "Ring 999 now if you have not. We keep this open until we know that they are there."
    else:
        say = f"A nurse or therapist will ring you back{answer_by}. If they get worse, ring 999."
    return f"{referral.reference} sent to triage. Say to the caller: “{say}”"


def facts(referral: Referral, known: Mapping[str, Sequence[Code]]) -> list[tuple[str, str]]:
    """Return all that was told as (what, words), in the order of the call; `known` holds the place's lists."""
    words = {name: {code.code: code.words for code in codes} for name, codes in known.items()}
    hospital = ", ".join(filter(None, (referral.hospital_site, referral.hospital_ward)))
    ready = f", ready {referral.ready_on.day} {referral.ready_on:%b %Y}" if referral.ready_on else ""
    rows = [
        ("Who rang", caller_words(referral, words["sources"])),
        ("Referred by", words["sources"].get(referral.source_kind, referral.source_kind)),
        ("Organisation", referral.source_organisation),
        ("Where now", address_now(referral)),
        ("Getting in", referral.access),
        ("Who is with them", referral.who_is_with_them),
        ("Contact person", _contact(referral)),
        ("Nearest reason", words["referral_reasons"].get(referral.reason, referral.reason)),
        ("How soon", URGENCY_WORDS[Urgency(referral.urgency)]),
        ("Service", _service(referral)),
        ("From", DIRECTION_WORDS[Direction(referral.direction)]),
        ("Hospital", f"{hospital}{ready}".strip(", ")),
        ("Agrees to us coming", AGREES_WORDS[Agrees(referral.agrees)]),
        ("Medically stable", _stable(referral)),
        ("Medicines dealt with", KNOWN_WORDS[referral.medicines_addressed]),
        ("GP practice", referral.person.gp_practice),
        ("Home address", home_of(referral.person)),
    ]
    return [(what, text) for what, text in rows if text]


def _service(referral: Referral) -> str:
    """Return the service that was chosen; an accepted one that nobody chose for went where its urgency says."""
    if referral.service or referral.status != Status.ACCEPTED:
        return SERVICE_WORDS[Service(referral.service)] if referral.service else "Not chosen yet"
    return SERVICE_WORDS[Service.CRISIS if referral.urgency == Urgency.CRISIS else Service.HOME]


def _stable(referral: Referral) -> str:
    said = KNOWN_WORDS[referral.medically_stable]
    return f"{said}, confirmed by {referral.stable_confirmed_by}" if referral.stable_confirmed_by else said


def _contact(referral: Referral) -> str:
    who = ", ".join(filter(None, (referral.contact_name, referral.contact_relationship)))
    return ", ".join(filter(None, (who, spaced_phone(referral.contact_phone))))


def flag_rows(referral: Referral, known: Sequence[Code]) -> list[dict[str, Any]]:
    """Return every red flag asked with its answer, the place's order first."""
    words = {code.code: code.words for code in known}
    look = {Answer.YES: ("warn", "ic-red"), Answer.NO: ("no", ""), Answer.NOT_KNOWN: ("ask", "ic-amber")}
    order = [
        *(code for code in words if code in referral.red_flags),
        *(c for c in referral.red_flags if c not in words),
    ]
    rows = []
    for code in order:
        answer = Answer(referral.red_flags[code])
        icon, tone = look[answer]
        rows.append({"words": words.get(code, code), "answer": ANSWER_WORDS[answer], "icon": icon, "tone": tone})
    return rows


def emergency_words(referral: Referral, now: datetime) -> str:
    """Return what is known of the 999 call; nothing when no red flag was raised and nobody rang."""
    if not referral.emergency_called_by:
        return "Nobody has recorded a 999 call." if emergency_open(referral) else ""
    at = f" at {wall_clock(referral.emergency_called_at, now)}" if referral.emergency_called_at else ""
    crew = f", {referral.emergency_reference}" if referral.emergency_reference else ""
    end = "not confirmed that they are there" if emergency_open(referral) else "confirmed"
    return f"999: {referral.emergency_called_by}{at}{crew}: {end}."


def done_rows(
    transitions: Iterable[ReferralTransition], known: Mapping[str, Sequence[Code]], now: datetime
) -> list[dict[str, str]]:
    """Return what was done, newest first: what, why, by whom, when; and when it was written if that was later."""
    words = {code.code: code.words for codes in known.values() for code in codes}
    rows = []
    for done in transitions:
        late = (done.recorded_at - done.occurred_at).total_seconds() > 300
        why = [_reason(words, done.reason), words.get(done.signpost, done.signpost), done.note]
        why += changed_words(done.changes, words)
        rows.append(
            {
                "title": DONE_WORDS.get(done.verb, done.verb),
                "text": ". ".join(_said_each(why)),
                "who": done.actor_label,
                "when": wall_clock(done.occurred_at, now),
                "late": f"written down {wall_clock(done.recorded_at, now)}" if late else "",
            }
        )
    return rows


def _reason(words: Mapping[str, str], code: str) -> str:
    return words.get(code, "The person died" if code == CancelReason.DIED else code)


def _said_each(parts: Iterable[str]) -> list[str]:
    """Return what was said, once each, whatever the case of its letters."""
    return list({part.casefold(): part for part in reversed([*filter(None, parts)])}.values())[::-1]


def stage_of(referral: Referral) -> str:
    """Return where the referral stands: "Waiting for information", "Accepted, not yet seen"."""
    words = STATUS_WORDS[Status(referral.status)]
    return f"{words}, not yet seen" if referral.status == Status.ACCEPTED and referral.done_at is None else words


def act_begun(verb: str, referral: Referral) -> str:
    """Return which act lies there half written, and about whom."""
    words = BY_VERB[verb].words if verb in BY_VERB else "Plan the discharge"
    return f"{words}: {name_of(referral.person)}"


def half_written(typed: Mapping[str, list[str]]) -> str:
    """Return who a form that lies there half written is about, or the first of what was typed into it."""
    told = {name: (values or [""])[0].strip() for name, values in typed.items()}
    name = " ".join(filter(None, (told.get("given_name"), told.get("family_name"))))
    who = (
        name
        or told.get("summary")
        or told.get("asked")
        or told.get("caller_name")
        or told.get("ring_back")
        or "nothing told yet"
    )
    return f"{who[:LONGEST_WHO]}…" if len(who) > LONGEST_WHO else who
