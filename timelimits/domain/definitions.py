"""Policies and calendars as the place bundle writes them (plain dicts, as TOML gives), read into frozen data. Pure.

A calendar:  code, version, effective_from (date), week (table "mon".."sun" of lists of "08:00-20:00"),
             optional exceptions (table of date -> list of periods, empty = closed), optional bank_holiday (list).
A policy:    code, version, effective_from, kind, limit ("30 min", "2 h", "5 days"), label, title, source,
             optional variant, calendar (opening_hours only), effective_until, blocks (permissions),
             pause_reasons (codes; empty = never pauses), starts, stops (words),
             stages (list of {code, at = "50%" | "15 min before" | "day 21", rung}), ladder (list of {duty, minutes}).
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from accounts.domain import Duty, Permission
from timelimits.domain import (
    BREACH,
    MINUTES_A_DAY,
    Edition,
    Limit,
    LimitKind,
    PolicyTerms,
    Rung,
    Stage,
    Window,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
POLICY_KEYS = frozenset(PolicyTerms.__dataclass_fields__) | {"kind", "calendar"}
CALENDAR_KEYS = frozenset({"code", "version", "effective_from", "week", "exceptions", "bank_holiday"})
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "days": timedelta(days=1), "day": timedelta(days=1)}
LONGEST = timedelta(days=3660)

Definition = Mapping[str, Any]


class DefinitionError(ValueError):
    """A policy or calendar that cannot be used; `field` names what is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


def read_policy(definition: Definition) -> PolicyTerms:
    """Return the policy of a definition. Raises DefinitionError naming the field at fault."""
    _known(definition, POLICY_KEYS)
    limit = _limit(definition)
    terms = PolicyTerms(
        code=_text(definition, "code"),
        version=_number(definition, "version"),
        variant=definition.get("variant", ""),
        effective_from=_day(definition["effective_from"], "effective_from"),
        effective_until=_optional_day(definition, "effective_until"),
        limit=limit,
        label=_text(definition, "label"),
        title=_text(definition, "title"),
        source=_text(definition, "source"),
        stages=tuple(_stage(stage, limit) for stage in definition.get("stages", ())),
        ladder=tuple(_rung(rung) for rung in definition.get("ladder", ())),
        blocks=tuple(_permission(code) for code in definition.get("blocks", ())),
        pause_reasons=tuple(definition.get("pause_reasons", ())),
        starts=definition.get("starts", ""),
        stops=definition.get("stops", ""),
    )
    _check(terms)
    return terms


def read_edition(definition: Definition) -> Edition:
    """Return the edition of a calendar definition. Raises DefinitionError naming the field at fault."""
    _known(definition, CALENDAR_KEYS)
    _text(definition, "code")
    _number(definition, "version")
    week = definition.get("week", {})
    if unknown := set(week) - set(WEEKDAYS):
        raise DefinitionError("week", f"unknown day {min(unknown)}")
    exceptions = definition.get("exceptions", {})
    bank_holiday = definition.get("bank_holiday")
    return Edition(
        effective_from=_day(definition["effective_from"], "effective_from"),
        week=tuple(_windows(week.get(day, ()), "week") for day in WEEKDAYS),
        exceptions=tuple(sorted((_day(day, "exceptions"), _windows(w, "exceptions")) for day, w in exceptions.items())),
        bank_holiday=None if bank_holiday is None else _windows(bank_holiday, "bank_holiday"),
    )


def plain(definition: Definition) -> dict[str, Any]:
    """Return the definition as JSON holds it, the same for the same content: dates as text, keys in order."""
    return {key: _plain(definition[key]) for key in sorted(definition)}


def amount_words(limit: Limit) -> str:
    """Return the limit in words: "4 hours of opening time", "5 working days"."""
    if limit.kind.in_days:
        days = limit.amount.days
        noun = "calendar day" if limit.kind is LimitKind.CALENDAR_DAYS else "working day"
        return f"{days} {noun}{'' if days == 1 else 's'}"
    minutes = int(limit.amount.total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'' if hours == 1 else 's'}" if hours else "", f"{rest} minutes" if rest else ""]
    words = " ".join(part for part in parts if part)
    return f"{words} of opening time" if limit.kind is LimitKind.OPENING_HOURS else words


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _known(definition: Definition, known: frozenset[str]) -> None:
    if missing := {"code", "version", "effective_from"} - set(definition):
        raise DefinitionError(min(missing), "is missing")
    if unknown := set(definition) - known:
        raise DefinitionError(min(unknown), "is not a known setting")


def _text(definition: Definition, field: str) -> str:
    value = definition.get(field)
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(field, "needs words")
    return value


def _number(definition: Definition, field: str) -> int:
    value = definition.get(field)
    if not isinstance(value, int) or value < 1:
        raise DefinitionError(field, "needs a whole number from 1")
    return value


def _day(value: Any, field: str) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise DefinitionError(field, f"{value!r} is not a date") from None


def _optional_day(definition: Definition, field: str) -> date | None:
    value = definition.get(field)
    return None if value is None else _day(value, field)


def _limit(definition: Definition) -> Limit:
    kind_code, calendar = definition.get("kind"), definition.get("calendar", "")
    if kind_code not in set(LimitKind):
        raise DefinitionError("kind", f"{kind_code!r} is not one of {', '.join(LimitKind)}")
    kind = LimitKind(kind_code)
    found = re.fullmatch(r"(\d+) ?(min|h|days?)", str(definition.get("limit", "")))
    if found is None or (found[2].startswith("day") != kind.in_days):
        raise DefinitionError("limit", f"{definition.get('limit')!r} is not a length of {kind}")
    amount = int(found[1]) * UNITS[found[2]]
    if not timedelta(0) < amount <= LONGEST:
        raise DefinitionError("limit", "must be more than nothing and at most ten years")
    if bool(calendar) != (kind is LimitKind.OPENING_HOURS):
        raise DefinitionError("calendar", "is for opening_hours, and only for them")
    return Limit(kind, amount, calendar)


def _stage(definition: Definition, limit: Limit) -> Stage:
    code, at, rung = _text(definition, "code"), str(definition.get("at", "")), definition.get("rung", 0)
    if found := re.fullmatch(r"(\d+(?:\.\d+)?)%", at):
        share = float(found[1]) / 100
        if not 0 < share < 1:
            raise DefinitionError("stages", f"{at} is not between 0% and 100%")
        return Stage(code, share=share, rung=rung)
    if found := re.fullmatch(r"(\d+) min before", at):
        return Stage(code, minutes_before=int(found[1]), rung=rung)
    if (found := re.fullmatch(r"day (\d+)", at)) and limit.kind.in_days and 1 <= int(found[1]) <= limit.amount.days:
        return Stage(code, on_day=int(found[1]), rung=rung)
    raise DefinitionError("stages", f'{at!r} is not "50%", "15 min before" or, for days, "day 21"')


def _rung(definition: Definition) -> Rung:
    duty, minutes = definition.get("duty"), definition.get("minutes")
    if duty not in set(Duty):
        raise DefinitionError("ladder", f"{duty!r} is not one of {', '.join(Duty)}")
    if not isinstance(minutes, int) or minutes < 1:
        raise DefinitionError("ladder", "a rung needs its minutes")
    return Rung(Duty(duty), minutes)


def _permission(code: str) -> str:
    if code not in set(Permission):
        raise DefinitionError("blocks", f"{code!r} is not a permission")
    return code


def _windows(periods: Any, field: str) -> tuple[Window, ...]:
    return tuple(sorted((_window(period, field) for period in periods), key=lambda window: window.opens))


def _window(period: str, field: str) -> Window:
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", period)
    if found is None:
        raise DefinitionError(field, f'{period!r} is not like "08:00-20:00"')
    opens, closes = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    if opens >= MINUTES_A_DAY or closes > MINUTES_A_DAY or int(found[2]) > 59 or int(found[4]) > 59:
        raise DefinitionError(field, f"{period!r} has a time that does not exist")
    return Window(opens, closes if closes > opens else closes + MINUTES_A_DAY)


def _check(terms: PolicyTerms) -> None:
    codes = [stage.code for stage in terms.stages]
    if len(set(codes)) < len(codes) or BREACH in codes:
        raise DefinitionError("stages", f"each needs a code of its own, other than {BREACH!r}")
    if not terms.ladder:
        raise DefinitionError("ladder", "is empty: somebody must be told of a breach")
    if any(stage.rung not in range(len(terms.ladder)) for stage in terms.stages):
        raise DefinitionError("stages", "a rung is not on the ladder")
    if terms.effective_until is not None and terms.effective_until < terms.effective_from:
        raise DefinitionError("effective_until", "is before effective_from")
