"""The plans of the made-up cases, as the place's demo_cases.toml writes them. Pure but for reading the file."""

import re
import tomllib
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

FILE = "demo_cases.toml"
UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
LENGTH = re.compile(r"(\d+) (min|h|d)")
LENGTHS = frozenset({"before", "ring_back", "due"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a case, so long after it was received."""

    at: timedelta
    do: str
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who rang, as the plan says."""

    kind: str
    name: str
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """One made-up case. `same_person_as` names an earlier case whose person this is.

    `door`: "" is the telephone, "partner" a partner system, "referrer" the page of a referrer, "public" that of all.
    """

    who: str
    age: int
    zone: str
    ago: timedelta
    reason: str
    summary: str
    caller: Caller
    steps: tuple[Step, ...] = ()
    urgency: str = "crisis"
    direction: str = "step_up"
    medical: str = "known"
    nhs_number: bool = True
    warnings: tuple[str, ...] = ()
    flags: dict[str, str] = field(default_factory=dict)
    hospital: dict[str, Any] = field(default_factory=dict)
    door: str = ""
    crew: bool = False
    same_person_as: str = ""


def read_length(text: str) -> timedelta:
    """Return "2 h 12 min" as a length of time. Raises ValueError for anything else."""
    parts = LENGTH.findall(text)
    if not parts or " ".join(f"{number} {unit}" for number, unit in parts) != text:
        raise ValueError(f"{text!r} is not a length like 2 h 12 min")
    return sum((int(number) * UNITS[unit] for number, unit in parts), timedelta())


def read_plans(folder: Path) -> list[Plan]:
    """Return the plans of a place, the longest ago first; none when the place has no made-up cases."""
    file = folder / FILE
    cases = tomllib.loads(file.read_text("utf-8"))["case"] if file.exists() else []
    return sorted((_plan(case) for case in cases), key=lambda plan: plan.ago, reverse=True)


def _plan(case: dict[str, Any]) -> Plan:
    read = {
        "ago": read_length(case["ago"]),
        "caller": Caller(**case["caller"]),
        "warnings": tuple(case.get("warnings", ())),
        "steps": tuple(_step(step) for step in case.get("steps", ())),
    }
    return Plan(**(case | read))


def _step(step: dict[str, Any]) -> Step:
    told = {key: value for key, value in step.items() if key not in {"at", "do"}}
    lengths = {key: read_length(told[key]) for key in LENGTHS & told.keys()}
    return Step(read_length(step["at"]), step["do"], told | lengths)


@dataclass(frozen=True, slots=True)
class Asked:
    """One made-up enquiry."""

    ago: timedelta
    asked: str
    said: str = ""
    caller_name: str = ""
    phone: str = ""
    source_kind: str = ""


def read_enquiries(folder: Path) -> list[Asked]:
    """Return the made-up enquiries of a place."""
    file = folder / FILE
    rows = tomllib.loads(file.read_text("utf-8")).get("enquiry", []) if file.exists() else []
    return [Asked(**(row | {"ago": read_length(row["ago"])})) for row in rows]
