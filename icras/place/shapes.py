"""How hours are written in a bundle: mon = ["08:00-12:00", "13:00-17:00"], or every_day."""

from datetime import date, time

from accounts.domain import Opening
from icras.place.bundle import Entry, Fault
from timelimits.domain import MINUTES_A_DAY
from timelimits.domain.definitions import WEEKDAYS, DefinitionError, read_edition

ANY_DAY = date(2026, 1, 1)


def clock(minutes: int) -> time:
    """Return minutes after midnight as a time of the wall; 1440 is the next midnight."""
    return time(*divmod(minutes % MINUTES_A_DAY, 60))


def read_hours(entry: Entry) -> tuple[list[Opening], list[Fault]]:
    """Return the opening hours of a team, and what is wrong with how they are written."""
    week = dict(entry.data.get("hours", {}))
    every_day = week.pop("every_day", None)
    if every_day is not None:
        week = dict.fromkeys(WEEKDAYS, every_day) | week
    try:
        edition = read_edition({"code": "team", "version": 1, "effective_from": ANY_DAY, "week": week})
    except (DefinitionError, TypeError) as wrong:
        return [], [entry.fault("hours", str(wrong))]
    openings = [(day, clock(w.opens), clock(w.closes)) for day, windows in enumerate(edition.week) for w in windows]
    return openings, [] if openings else [entry.fault("hours", "the team is never open")]


def read_period(text: object) -> tuple[time, time]:
    """Return when a shift begins and ends; the same time twice is the whole 24 hours. Raises DefinitionError."""
    week = {"mon": [text]}
    (window, *_), *_ = read_edition({"code": "shift", "version": 1, "effective_from": ANY_DAY, "week": week}).week
    return clock(window.opens), clock(window.closes)
