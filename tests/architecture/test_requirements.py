"""docs/requirements.csv: every requirement accounted for, and every test it names is there."""

import ast
import csv
import re
from functools import cache

from tests.architecture.source import ROOT

COLUMNS = ["id", "status", "where", "test", "note"]
LAST = 336
STATUS = re.compile(r"built|not software|licence|later|superseded by R\d{3}")


@cache
def rows():
    with (ROOT / "docs" / "requirements.csv").open(newline="") as file:
        reader = csv.DictReader(file)
        assert reader.fieldnames == COLUMNS
        return list(reader)


@cache
def all_tests():
    """Return every test function as "file::name" and as bare name."""
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found |= {node.name, f"{file.relative_to(ROOT)}::{node.name}"}
    return frozenset(found)


def named(row):
    return [name for name in re.split(r"[;,\s]+", row["test"]) if name]


def test_requirements__lists_each_number_once():
    assert [row["id"] for row in rows()] == [f"R{number:03d}" for number in range(1, LAST + 1)]


def test_requirements__each_has_a_known_status():
    assert [row["id"] for row in rows() if not STATUS.fullmatch(row["status"])] == []


def test_requirements__built_ones_say_where_and_name_a_test():
    assert [row["id"] for row in rows() if row["status"] == "built" and not (row["where"] and named(row))] == []


def test_requirements__later_ones_say_when():
    assert [row["id"] for row in rows() if row["status"] == "later" and not row["note"]] == []


def test_requirements__places_exist():
    missing = [
        f"{row['id']}: {place}"
        for row in rows()
        if row["status"] == "built"
        for place in re.split(r"[;,\s]+", row["where"])
        if place and not (ROOT / place.split("::")[0].split(":")[0]).exists()
    ]
    assert missing == []


def test_requirements__named_tests_exist():
    missing = [f"{row['id']}: {name}" for row in rows() for name in named(row) if name not in all_tests()]
    assert missing == []


def test_hazards__name_tests_that_exist():
    named_there = {
        f"{page.name}: {name}"
        for page in (ROOT / "docs" / "hazards").glob("H-*.md")
        for name in re.findall(r"`(test_\w+)`", page.read_text())
    }
    assert named_there
    assert sorted(entry for entry in named_there if entry.split(": ")[1] not in all_tests()) == []
