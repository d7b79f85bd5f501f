"""One case in words: fixed facts, clocks, what is due next, what happened. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from accounts.domain import CodeListName, Permission
from accounts.domain.rota import LONDON
from audit.domain import Actor
from audit.models import CaseEvent
from casework.domain import Cursor, TimelineFilter
from casework.presenters import timeline
from casework.presenters.board import shown_clock
from casework.presenters.words import day_of, digits_of, hour, short_date, since_words
from casework.queries.around import PlaceWords
from casework.queries.case import Case, Events, next_due, transition_key
from pathways.domain import END_WORDS, INTERMEDIATE_CARE, EndReason, EpisodeStatus
from pathways.models import Episode, Task
from pathways.presenters import acts_for as episode_acts
from pathways.presenters import discharge_words
from referrals.domain import CRISIS_RESPONSE, OPEN, Service
from referrals.domain.circle import Around, Talk
from referrals.models import Referral
from referrals.presenters import (
    SERVICE_WORDS,
    TALK_WORDS,
    acts_for,
    address_now,
    age_of,
    caller_words,
    flags,
    going_there,
    missing_rows,
    name_of,
    question_rows,
    said_once,
    spaced_phone,
    stage_of,
    talk_rows,
    talk_to,
    visit_warnings,
    warnings_of,
)
from referrals.queries import missing_of
from timelimits.domain import Outcome
from timelimits.models import Clock
from timelimits.presenters import ClockWords

STARTED = "clock.started"
LATE_ENTRY_SECONDS = 300
MOST_DUE = 3
DOCK_ICONS = {
    "contact": "phone", "allocate": "swap", "confirm_coordinator": "people", "end": "gone", "accept": "met",
    "take": "people", "triage": "swap", "ask": "ask", "answer": "note", "redirect": "swap", "not_wanted": "gone",
    "decline": "gone", "withdraw": "gone", "confirm_999": "warn",
    "fill_in": "note", "add_news": "note", "take_back": "swap",
    "crew": "run", "tell_crew": "run", "check_who": "people",
}  # fmt: skip
FILTER_WORDS = {
    TimelineFilter.ALL: "All",
    TimelineFilter.CONTACTS: "Contacts",
    TimelineFilter.CLOCKS: "Clocks",
    TimelineFilter.DECISIONS: "Decisions",
}


@dataclass(frozen=True, slots=True)
class ShownClock:
    """One clock of the strip, with the link that belongs to it."""

    state: str
    headline: str
    second: str
    icon: str
    href: str
    words: str


def case_words(held: Case, place: PlaceWords, by: Actor, now: datetime) -> dict[str, Any]:
    """Return everything on the case page but its timeline."""
    referral, episode = held.referrals[-1], held.episode
    person = held.opened_by.person
    words = {name: {code.code: code.words for code in codes} for name, codes in place.lists.items()}
    return {
        "head": {
            "name": name_of(person),
            "age": age_of(person, now),
            "nhs_number": person.nhs_number,
            "closed": person.closed,
            "line": _line(held, now),
            "reference": _reference(held, now),
        },
        "facts": _facts(held, referral, now),
        "warnings": [*warnings_of(referral, place.warnings), *visit_warnings(held.needs)],
        "needs": flags(held.needs),
        "going": going_there(held.needs),
        "talk": talk_rows(held.needs.circle),
        "record": person if by.may(Permission.PERSON_READ) else None,
        "clocks": [_clock(clock, by, now) for clock in held.clocks],
        "acts": _dock(held, by, now),
        "due": [_due(at, row, by, now) for at, row in next_due(held, MOST_DUE)],
        "told": [_told(each, words, now) for each in reversed(held.referrals)],
        "leaving": _leaving(held, by, now),
        "questions": question_rows(held.questions, now),
        "missing": _missing(held, place, by),
        "worries": [_worry(each, by, now) for each in held.worries],
        "unconfirmed": bool(episode and episode.status == EpisodeStatus.LIVE and not episode.coordinator_confirmed),
        "kept_safe_by": getattr(episode, "kept_safe_by", None),
        "is_live": bool(episode and episode.status == EpisodeStatus.LIVE),
    }


def _leaving(held: Case, by: Actor, now: datetime) -> dict[str, Any] | None:
    if held.leaving is None:
        return None
    return discharge_words(held.leaving, now, may_edit=by.may(Permission.DISCHARGE_EDIT))


def _missing(held: Case, place: PlaceWords, by: Actor) -> list[dict[str, str]]:
    """Return what is missing to decide on the referral, while it is open."""
    if held.opened_by.status not in OPEN:
        return []
    return missing_rows(by, held.opened_by, missing_of(held.opened_by, place.lists[CodeListName.MINIMUM_DATA]))


def _worry(row: Mapping[str, Any], by: Actor, now: datetime) -> dict[str, str]:
    url = reverse("casework:settle_worry", args=[row["pk"]]) if by.may(Permission.TASK_RECORD) else ""
    when = since_words(datetime.fromisoformat(row["since"]), now)
    return {"why": row["why"], "who": f"{row['by']}, {when}", "settle_url": url}


def _reference(held: Case, now: datetime) -> str:
    kind = f"Episode {held.episode.reference}" if held.episode else f"Referral {held.opened_by.reference}"
    return f"{kind}, checked {hour(now)}"


def _line(held: Case, now: datetime) -> str:
    """Return the service and where it stands: "Day 17 of 42, Reablement"; before acceptance the referral's stage."""
    episode: Any = held.episode
    if episode is None:
        return stage_of(held.opened_by)
    if episode.status == EpisodeStatus.ENDED:
        return f"Ended {_day_words(episode.ended_at, now)}: {END_WORDS[EndReason(episode.end_reason)].lower()}"
    service = _service(episode)
    clock = next((c for c in held.clocks if c.policy_code == INTERMEDIATE_CARE and c.stopped_at is None), None)
    day = day_of(clock.started_at, clock.due_at, now) if clock else ""
    return ", ".join(filter(None, (day, service)))


def _service(episode: Any) -> str:
    if episode.service_now:
        return SERVICE_WORDS[Service(episode.service_now)]
    if episode.waits_for:
        return f"Waiting for {SERVICE_WORDS[Service(episode.waits_for)].lower()}"
    return "Waiting"


def _facts(held: Case, referral: Referral, now: datetime) -> list[dict[str, Any]]:
    episode = held.episode
    who, number, note = _ring_first(referral, held.needs.circle)
    facts: list[dict[str, Any]] = [
        {
            "term": "Ring first",
            "words": who,
            "href": f"tel:{digits_of(number)}" if number else "",
            "icon": "phone",
            "note": note,
        },
        {"term": "Now", "words": address_now(referral)},
        {"term": "With them", "words": referral.who_is_with_them},
        {"term": "Getting in", "words": referral.access},
        {"term": "Co-ordinator", "words": _coordinator(episode) if episode else ""},
        {"term": "Has it now", "words": _holder(referral, now) if episode is None else ""},
        {"term": "GP practice", "words": referral.person.gp_practice, "wide": True},
        {"term": "Last seen", "words": since_words(held.seen_at, now) or "not yet"},
    ]
    return [fact for fact in facts if fact["words"]]


def _ring_first(referral: Referral, circle: Sequence[Around]) -> tuple[str, str, str]:
    """Return whom to ring first, the number, and whether we may talk to them about the person.

    The contact person, family who rang, the person, whoever rang; nobody about whom the person said no.
    """
    contact = (referral.contact_name, referral.contact_relationship, referral.contact_phone)
    caller = (referral.caller_name, referral.caller_relationship, referral.ring_back)
    family = caller if referral.caller_relationship else ("", "", "")
    own = (name_of(referral.person), "", referral.person.phone)
    for name, relationship, number in (each for each in (contact, family, own, caller) if each[2]):
        talk, why = (Talk.YES, "") if (name, relationship, number) == own else talk_to(circle, name, number)
        if talk is not Talk.NO:
            words = ", ".join(filter(None, (said_once(name, relationship), _whole(number))))
            return words, number, f"{TALK_WORDS[talk]}: {why}" if why else ""
    return "No number known", "", ""


def _whole(number: str) -> str:
    """Return a number that never breaks across two lines."""
    return spaced_phone(number).replace(" ", "\u00a0")


def _coordinator(episode: Episode) -> str:
    duty = f", duty {_whole(episode.team.duty_phone)}" if episode.team.duty_phone else ""
    return f"{episode.coordinator.name}, {episode.team.name}{duty}"


def _holder(referral: Referral, now: datetime) -> str:
    if referral.held_by is None:
        return "Nobody"
    return f"{referral.held_by.name}, since {since_words(referral.held_at, now)}"


def _clock(clock: Clock, by: Actor, now: datetime) -> ShownClock:
    """Return a clock with the way to its explanation; a missed one without a reason asks whoever may give it."""
    shown: ClockWords = shown_clock(clock, now)
    missed = shown.state in ("missed", "late") and not getattr(clock, "reason_given", None)
    if missed and clock.outcome == Outcome.BREACHED and by.may(Permission.CLOCK_REASON):
        href, words = f"{reverse('timelimits:missed')}?clock={clock.pk}", "give reason"
    else:
        href, words = reverse("timelimits:explain", args=[clock.pk]), "explain"
    return ShownClock(shown.state, shown.headline, shown.second, shown.icon, href, words)


def _dock(held: Case, by: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return the one-tap acts: of the episode, its visits first; else of the referral."""
    if held.episode is None:
        return [
            *(_dock_act(act) for act in acts_for(by, held.opened_by, back=held.back)),
            *_worry_act(held, by),
            _plan(held),
        ]
    acts = [_dock_act(act) for act in episode_acts(by, held.episode)]
    if held.episode.status != EpisodeStatus.LIVE:
        return [*acts, _plan(held)]
    shared = [*_worry_act(held, by), _plan(held), _letter(held)]
    return [*_visit_acts(held, acts), *acts[:1], *_task_act(held, by), *acts[1:], *shared]


def _plan(held: Case) -> dict[str, Any]:
    return {"url": reverse("careplans:plan", args=[held.root]), "words": "Plan, messages", "icon": "note"}


def _letter(held: Case) -> dict[str, Any]:
    return {"url": reverse("casework:letter", args=[held.root]), "words": "Letter", "icon": "note"}


def _task_act(held: Case, by: Actor) -> list[dict[str, Any]]:
    if not by.may(Permission.TASK_RECORD):
        return []
    return [{"url": reverse("pathways:task", args=[held.root]), "words": "Task", "key": "T", "icon": "task"}]


def _worry_act(held: Case, by: Actor) -> list[dict[str, Any]]:
    if not by.may(Permission.TASK_RECORD):
        return []
    return [{"url": reverse("casework:worry", args=[held.root]), "words": "Worried", "icon": "warn"}]


def _dock_act(act: Any) -> dict[str, Any]:
    return {
        "url": act.url,
        "words": act.words,
        "key": act.key,
        "icon": DOCK_ICONS.get(act.verb, "note"),
        "alarm": act.verb == "confirm_999",
        "post": act.post,
    }


def _visit_acts(held: Case, acts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    contact = next((act["url"] for act in acts if act["icon"] == DOCK_ICONS["contact"]), "")
    if not contact:
        return []
    waits = any(c.policy_code == CRISIS_RESPONSE and c.stopped_at is None for c in held.clocks)
    visit = "First visit: seen" if waits else "Visit: seen"
    return [
        {"url": f"{contact}?visit=seen", "words": visit, "key": "V", "icon": "home"},
        {"url": f"{contact}?visit=no_answer", "words": "No answer at the door", "key": "X",
         "icon": "noreply"},
    ]  # fmt: skip


def _due(at: datetime, row: Clock | Task, by: Actor, now: datetime) -> dict[str, Any]:
    late = at < now
    days = (at.astimezone(LONDON).date() - now.astimezone(LONDON).date()).days
    near = {0: "today", 1: "tomorrow"}.get(days)
    when = f"{hour(at)} {near}" if near else short_date(at)
    if isinstance(row, Task):
        words, icon, href = f"{row.what} ({row.owner.name})", "task", ""
    else:
        words, icon, href = row.policy.label, "run", reverse("timelimits:explain", args=[row.pk])
    return {
        "when": when,
        "icon": "late" if late else icon,
        "tone": "ic-red" if late else "",
        "words": words,
        "href": href,
        "late": late,
        "done_url": _done_url(row, by),
    }


def _done_url(row: Clock | Task, by: Actor) -> str:
    if not isinstance(row, Task) or not by.may(Permission.TASK_RECORD):
        return ""
    return reverse("pathways:task_done", args=[row.pk])


def _told(referral: Referral, words: Mapping[str, Mapping[str, str]], now: datetime) -> dict[str, str]:
    return {
        "reference": referral.reference,
        "when": since_words(referral.received_at, now),
        "who": caller_words(referral, words[CodeListName.SOURCES]),
        "stage": stage_of(referral),
        "summary": referral.summary,
        "url": reverse("referrals:referral", args=[referral.pk]),
    }


def timeline_words(
    held: Case, place: PlaceWords, events: Events, shown: TimelineFilter, now: datetime
) -> dict[str, Any]:
    """Return the timeline by local days, newest first, its filters with counts, and where the earlier events begin."""
    known = _known(held, place, events)
    entries = [(_day(group[0], now), _entry(held, group, known)) for group in _together(events.rows)]
    days: dict[str, list[dict[str, str]]] = {}
    for day, entry in entries:
        days.setdefault(day, []).append(entry)
    return {
        "days": [{"words": day, "entries": found} for day, found in days.items()],
        "chips": [
            {"url": _address(each), "words": f"{words} ({held.counts[each]})", "current": each is shown}
            for each, words in FILTER_WORDS.items()
        ],
        "more_url": _address(shown, events.following) if events.following else "",
    }


def _address(shown: TimelineFilter, before: Cursor | None = None) -> str:
    parts = [f"show={shown}" if shown else "", f"before={before}" if before else ""]
    return f"?{'&'.join(filter(None, parts))}#timeline"


def _known(held: Case, place: PlaceWords, events: Events) -> timeline.Known:
    return timeline.Known(
        codes={code.code: code.words for codes in place.lists.values() for code in codes},
        clocks={str(clock.pk): clock.policy.label for clock in held.clocks},
        contacts=events.contacts,
        tasks={f"task:{task.pk}": task.what for task in held.tasks},
        users=events.users,
    )


def _day(event: CaseEvent, now: datetime) -> str:
    if event.occurred_at.astimezone(LONDON).date() == now.astimezone(LONDON).date():
        return f"Today, {short_date(event.occurred_at)}"
    return _day_words(event.occurred_at, now)


def _day_words(at: datetime, now: datetime) -> str:
    """Return "Thu 17 Sep", with the year where it is another one."""
    year = at.astimezone(LONDON).year
    return short_date(at) + (f" {year}" if year != now.astimezone(LONDON).year else "")


def _together(rows: Sequence[CaseEvent]) -> list[list[CaseEvent]]:
    """Put clocks that one act started next to each other into one line."""
    groups: list[list[CaseEvent]] = []
    for event in rows:
        last = groups[-1][0] if groups else None
        same = last is not None and event.event == last.event == STARTED and event.recorded_at == last.recorded_at
        if same and event.occurred_at == groups[-1][0].occurred_at:
            groups[-1].append(event)
        else:
            groups.append([event])
    return groups


def _entry(held: Case, group: Sequence[CaseEvent], known: timeline.Known) -> dict[str, str]:
    event = group[0]
    moved = held.moves.get(transition_key(event.subject, event.recorded_at))
    icon, tone, title, text = timeline.words(event, timeline.with_move(known, moved))
    if len(group) > 1:
        title, text = "Time limits started:", f"{', '.join(timeline.limit(each, known) for each in group)}."
    late = (event.recorded_at - event.occurred_at).total_seconds() > LATE_ENTRY_SECONDS
    written = f"Written down {short_date(event.recorded_at)} {hour(event.recorded_at)}." if late else ""
    return {
        "time": hour(event.occurred_at),
        "icon": icon,
        "tone": tone,
        "title": title,
        "text": " ".join(filter(None, (text, written))),
        "who": ", ".join(filter(None, (event.actor_label, event.actor_role))),
    }
