"""Words, numbers and times for people. Pure."""

from datetime import datetime

from accounts.rota import LONDON


def wall_clock(at: datetime, now: datetime) -> str:
    """Return a time as on the wall in England: "14:29" today, else "14:29 on 3 May"."""
    local = at.astimezone(LONDON)
    if local.date() == now.astimezone(LONDON).date():
        return f"{local:%H:%M}"
    return f"{local:%H:%M} on {local.day} {local:%b}"


def spaced_nhs_number(number: str | None) -> str:
    """Return an NHS number as 3-3-4, or "" when there is none."""
    return f"{number[:3]} {number[3:6]} {number[6:]}" if number else ""
