"""Zones: which part of the place a postcode lies in (R199, R202). Pure."""

import re

WHOLE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9])([A-Z])([A-Z])")
PREFIX = re.compile(r"[A-Z]{1,2}([0-9][A-Z0-9]?( [0-9]([A-Z]{1,2})?)?)?")


def prefixes_of(postcode: str) -> list[str]:
    """Return what may stand for a postcode, longest first: "L20 3AB", "L20 3A", "L20 3", "L20", "L".

    An outward code alone ("L20") gives itself and its area. Anything else gives nothing.
    """
    squeezed = re.sub(r"\s", "", postcode).upper()
    if found := WHOLE.fullmatch(squeezed):
        outward, sector, first, second = found.groups()
        inward = [f"{outward} {sector}{first}{second}", f"{outward} {sector}{first}", f"{outward} {sector}"]
        return [*inward, outward, area(outward)]
    if re.fullmatch(r"[A-Z]{1,2}[0-9][A-Z0-9]?", squeezed):
        return [squeezed, area(squeezed)]
    return []


def area(outward: str) -> str:
    """Return the letters an outward code begins with: "L" of "L20"."""
    return re.match("[A-Z]+", outward).group()  # type: ignore[union-attr]


def is_prefix(text: str) -> bool:
    """Say whether the text is a postcode area, district, sector, part of one, or a whole postcode, as written."""
    return PREFIX.fullmatch(text) is not None
