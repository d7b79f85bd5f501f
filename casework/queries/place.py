"""The words of the place that lists need: two statements for a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.domain import Code, CodeListName
from accounts.queries import code_lists
from capacity.queries import zones

LISTS = (CodeListName.WARNINGS, CodeListName.SOURCES, CodeListName.RED_FLAGS)


@dataclass(frozen=True, slots=True)
class PlaceWords:
    """Zones in the place's order, and its coded lists, retired codes too."""

    zones: Mapping[str, str]
    warnings: Sequence[Code]
    sources: Mapping[str, str]
    red_flags: Sequence[Code]


def place_words() -> PlaceWords:
    """Return zones and coded lists."""
    lists = code_lists(*LISTS)
    return PlaceWords(
        zones={zone.code: zone.name for zone in zones()},
        warnings=lists[CodeListName.WARNINGS],
        sources={code.code: code.words for code in lists[CodeListName.SOURCES]},
        red_flags=lists[CodeListName.RED_FLAGS],
    )
