"""THREAT_MODEL.md and docs/hazards: every threat has a control that is there, and every test named is there."""

import re

import pytest

from tests.architecture.source import ROOT
from tests.architecture.test_requirements import all_tests

MODEL = (ROOT / "THREAT_MODEL.md").read_text()
HAZARDS = {
    "wrong-person", "mis-started-clock", "paused-clock", "alert-to-nobody", "stale-screen", "lost-referral", "late-entry",
    "wrong-zone", "override-abuse",
}  # fmt: skip
STRIDE = "STRIDE"
PAGES = sorted((ROOT / "docs" / "hazards").glob("H-*.md"))
SECTIONS = re.compile(r"^### (.+?)\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
TEST = re.compile(r"`(test_\w+)`")
CODE = re.compile(r"`([^`]+)`")


def rows(text: str) -> list[list[str]]:
    """Return the cells of each row of the tables, heads and rules left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith(("| |", "|---"))]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def threats() -> list[list[str]]:
    return [row for _, text in SECTIONS.findall(MODEL) for row in rows(text)]


def test_threat_model__names_tests_that_exist():
    named = set(TEST.findall(MODEL))
    assert len(named) > 100
    assert sorted(named - all_tests()) == []


def test_threat_model__names_controls_that_exist():
    named = {name for row in threats() for name in CODE.findall(row[2]) if "/" in name or "." in name}
    assert len(named) > 20
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_threat_model__every_threat_has_a_control_and_a_test():
    assert len(threats()) > 40
    bare = [row[1] for row in threats() if not row[2] or not TEST.findall(row[3])]
    assert bare == []


@pytest.mark.parametrize(("element", "text"), SECTIONS.findall(MODEL), ids=lambda found: found[:30])
def test_threat_model__thinks_of_every_kind_on_every_element(element, text):
    """Asking for help without signing in has no author whom one could not believe later."""
    wanted = set(STRIDE) - ({"R"} if element.startswith(("Asking", "Reports")) else set())
    assert wanted <= {row[0] for row in rows(text)}


def test_threat_model__is_linked_from_the_readme():
    assert "(THREAT_MODEL.md)" in (ROOT / "README.md").read_text()


def test_hazards__are_those_that_the_order_names():
    assert {page.stem.removeprefix("H-") for page in PAGES} >= HAZARDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_hazard__says_harm_causes_and_for_each_control_a_test(page):
    text = page.read_text()
    assert "**Harm.**" in text
    assert "**Causes.**" in text
    controls = [row for row in rows(text) if row[0] != "control"]
    assert controls
    assert [row[0] for row in controls if not TEST.findall(row[1])] == []
