"""docs/performance.md: the figures of a run are put between its marks, each part of the page its own."""

import re
from collections.abc import Mapping
from typing import Any

from bench.figures import Figure, table
from icras.embedded import CHECKOUT

PAGE = CHECKOUT / "docs" / "performance.md"
# <!-- figures: board case --> … <!-- end --> holds the figures of these measures, in the order of the run
PART = re.compile(r"(<!-- figures: (?P<names>[\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refresh(found: Mapping[str, Any]) -> None:
    """Put the figures of a run (as --json writes them) into the page. What was not measured keeps what stood there."""
    PAGE.write_text(filled(PAGE.read_text(), found))


def filled(page: str, found: Mapping[str, Any]) -> str:
    """Return the page with the figures of the run in it."""
    made: dict[str, list[Figure]] = {}
    for each in found["figures"]:
        values = {name: value for name, value in each.items() if name != "verdict"}
        made.setdefault(each["of"], []).append(Figure(**values))

    def part(marked: re.Match[str]) -> str:
        figures = [figure for name in marked["names"].split() for figure in made.get(name, [])]
        if not figures:
            return marked[0]
        return f"{marked[1]}\n{table(figures)}\n\n{found['machine']}\n\n{marked[3]}"

    return PART.sub(part, page)
