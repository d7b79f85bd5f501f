"""The letter to the person in words. Pure."""

from datetime import datetime
from typing import Any

from casework.queries.letter import Letter
from referrals.domain import Service
from referrals.domain.national import FORMATS, NONE
from referrals.presenters import flags, name_of, spaced_phone
from timelimits.domain.local_time import local_date

LARGE = "large_print"
# What each service is to the person who has it
SERVICES = {
    Service.CRISIS: "urgent help, at home, for a few days",
    Service.REABLEMENT: "care workers who help you to do things for yourself again",
    Service.HOME: "nurses and therapists who come to where you live",
    Service.BED: "a short stay in a bed, with nurses and therapists",
}


def letter_words(found: Letter, page: str, now: datetime) -> dict[str, Any]:
    """Return what the letter says (R014, R062, R194); `page` is where anybody may ask for help again.

    `large`: it is printed in large letters. `others`: the formats they need that this page is not (R063).
    """
    person, episode = found.person, found.episode
    words = {entry.code: entry.words.lower() for entry in FORMATS if entry.code not in (NONE, LARGE)}
    return {
        "name": name_of(person),
        "lines": [*person.address_lines, *([person.postcode] if person.postcode else [])],
        "dear": found.needs.called or name_of(person),
        "day": local_date(now),
        "reference": episode.reference,
        "service": SERVICES.get(episode.service_now, ""),
        "waits_for": "" if episode.service_now else SERVICES.get(episode.waits_for, ""),
        "coordinator": episode.coordinator.name,
        "confirmed": episode.coordinator_confirmed,
        "team": episode.team.name,
        "phone": spaced_phone(episode.team.duty_phone or found.front_door),
        "front_door": spaced_phone(found.front_door),
        "page": page,
        "large": LARGE in found.needs.formats,
        "others": [words[code] for code in found.needs.formats if code in words],
        "needs": flags(found.needs),
        "back": f"/cases/{episode.case_id}/",
    }
