"""Read a bundle: a folder of TOML files into plain entries that remember where they stand."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILES = {
    "place.toml": frozenset({"code", "name"}),
    "zones.toml": frozenset({"zone"}),
    "organisations.toml": frozenset({"organisation"}),
    "teams.toml": frozenset({"team"}),
    "codes.toml": None,
    "limits.toml": frozenset({"bank_holiday", "calendar", "policy"}),
    "sign_in.toml": frozenset({"claim"}),
    "triage.toml": frozenset({"version", "effective_from", "age_floor", "rule"}),
    "rota.toml": frozenset({"shift"}),
    "demo.toml": frozenset({"user", "member", "shift", "client"}),
}
OPTIONAL = frozenset({"sign_in.toml", "rota.toml", "demo.toml"})
DEMO = "demo.toml"
TRIAGE = "triage.toml"
CASES = "demo_cases.toml"  # read by the demo command


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a bundle: the file, the key, and words for whoever wrote it."""

    file: str
    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.words}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a file."""

    file: str
    key: str
    data: dict[str, Any]

    def fault(self, name: str, words: str) -> Fault:
        """Return a fault of one of its settings."""
        return Fault(self.file, f"{self.key}.{name}" if name else self.key, words)


@dataclass(slots=True)
class Bundle:
    """Everything a folder says. `lists` are the coded lists by name; `demo` says whether made-up people are in it."""

    place: Entry
    tables: dict[str, list[Entry]] = field(default_factory=dict)
    triage: Entry | None = None
    lists: dict[str, list[Entry]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    demo: bool = False

    def entries(self, table: str) -> list[Entry]:
        """Return the entries of one table, in the order of the files."""
        return self.tables.get(table, [])


def read_bundle(folder: Path, demo: bool) -> Bundle:
    """Read the folder; the made-up people only with `demo`. What cannot be read becomes a fault of the bundle."""
    bundle = Bundle(place=Entry("place.toml", "place", {}), demo=demo and (folder / DEMO).exists())
    for name, known in FILES.items():
        if name == DEMO and not bundle.demo:
            continue
        _read_file(bundle, folder / name, known)
    known_files = {*FILES, CASES}
    for stray in sorted(file.name for file in folder.glob("*.toml") if file.name not in known_files):
        bundle.faults.append(Fault(stray, "file", f"is not read; the files are {', '.join(FILES)}"))
    return bundle


def _read_file(bundle: Bundle, file: Path, known: frozenset[str] | None) -> None:
    if not file.exists():
        if file.name not in OPTIONAL:
            bundle.faults.append(Fault(file.name, "file", "is missing"))
        return
    try:
        content = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        bundle.faults.append(Fault(file.name, "file", f"cannot be read: {wrong}"))
        return
    if file.name == TRIAGE:
        bundle.triage = Entry(file.name, "triage", content)
        return
    if file.name == "place.toml":
        bundle.place = Entry(file.name, "place", content)
        return
    for key, value in content.items():
        if known is not None and key not in known:
            bundle.faults.append(Fault(file.name, key, f"is not a known table; use {', '.join(sorted(known))}"))
        else:
            _keep(bundle, file.name, key, value, known is None)


def _keep(bundle: Bundle, file: str, key: str, value: Any, is_list: bool) -> None:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        bundle.faults.append(Fault(file, key, f"must be tables: [[{key}]]"))
        return
    target = bundle.lists if is_list else bundle.tables
    target.setdefault(key, []).extend(_entries(file, key, value))


def _entries(file: str, key: str, tables: list[dict[str, Any]]) -> Iterator[Entry]:
    for number, table in enumerate(tables, start=1):
        name = table.get("code") or table.get("email") or table.get("client_id") or number
        yield Entry(file, f"{key}[{name}]", table)
