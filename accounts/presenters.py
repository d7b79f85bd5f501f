"""Words for templates about people, roles, duties and dates. Pure."""

from collections.abc import Sequence

from accounts.domain import DayKind, Duty

DUTY_WORDS = {
    Duty.CO_ORDINATOR: "duty co-ordinator",
    Duty.DESK: "duty desk",
    Duty.LEAD: "lead on shift",
    Duty.ON_CALL: "on-call manager",
}
DAY_WORDS = {
    DayKind.WEEKDAY: "Monday to Friday",
    DayKind.WEEKEND: "Saturday and Sunday",
    DayKind.BANK_HOLIDAY: "bank holidays",
    DayKind.EVERY_DAY: "every day",
}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def duty_line(role: str, duties: Sequence[tuple[str, str]]) -> str:
    """Return "Triage practitioner, on duty" or "Team lead, lead on shift UCR South"; duties are (duty, team name)."""
    if not duties:
        return role or "No role yet"
    duty, team = duties[0]
    if duty == Duty.DESK:
        return f"{role}, on duty"
    return f"{role}, {DUTY_WORDS[Duty(duty)]} {team}"
