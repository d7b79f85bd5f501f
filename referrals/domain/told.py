"""What somebody tells of a person we know, against what we hold. Pure."""

from referrals.domain.people import PersonDetails, clean_postcode

FIELDS = {
    "given_name": "First name",
    "family_name": "Last name",
    "nhs_number": "NHS number",
    "born_on": "Birth date",
    "address": "Home address",
    "phone": "Telephone",
    "gp_practice": "GP practice",
    "warnings": "Warnings",
}


def differences(held: PersonDetails, told: PersonDetails, *, names: bool) -> dict[str, str]:
    """Return what was told and is not what we hold, field → words told; what was not told differs from nothing.

    Capitals, spaces and commas make no difference. Names are compared only when they were told whole (`names`).
    """
    found = {
        "nhs_number": told.nhs_number if _plain(told.nhs_number) != _plain(held.nhs_number) else "",
        "born_on": told.born_on.isoformat() if told.born_on and told.born_on != held.born_on else "",
        "address": _address(told) if _address_differs(held, told) else "",
        "phone": told.phone.strip() if _plain(told.phone) != _plain(held.phone) else "",
        "gp_practice": told.gp_practice.strip() if _plain(told.gp_practice) != _plain(held.gp_practice) else "",
        "warnings": "\n".join(warning for warning in told.warnings if warning not in held.warnings),
    }
    if names:
        pairs = (("given_name", held.given_name, told.given_name), ("family_name", held.family_name, told.family_name))
        found |= {name: said.strip() for name, ours, said in pairs if _plain(said) != _plain(ours)}
    return {name: words for name, words in found.items() if words}


def _plain(words: str) -> str:
    return "".join(mark for mark in words.casefold() if mark.isalnum())


def _address(details: PersonDetails) -> str:
    return "\n".join(filter(None, (*details.address_lines, clean_postcode(details.postcode))))


def _address_differs(held: PersonDetails, told: PersonDetails) -> bool:
    street = _plain("".join(told.address_lines)) not in ("", _plain("".join(held.address_lines)))
    code = _plain(told.postcode) not in ("", _plain(held.postcode))
    return street or code


def address_words(told: str) -> str:
    """Return a told address in one line."""
    return ", ".join(told.split("\n"))
