"""What is written leads somewhere: every link in a document to a file of ours."""

import re

import pytest

from tests.architecture.source import ROOT

LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)")
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_document__links_lead_to_files_that_are_there(page):
    links = [link for link in LINK.findall(page.read_text()) if not re.match(r"\w+:", link)]
    assert [link for link in links if not (page.parent / link).exists()] == []
