"""What a work sign-in (OpenID Connect) says of somebody, and how it is read. Pure: no ORM, no request."""

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

LONGEST_NAME = 120
LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an organisation's sign-in says has signed in, after its token was checked.

    `email` is there only when the organisation vouches for it. `admits`: whether a mapped claim opens a new account.
    """

    provider: str
    subject: str
    email: str = ""
    name: str = ""
    claims: Mapping[str, Any] = field(default_factory=dict)
    admits: bool = False


def nonce_of(verifier: str) -> str:
    """Return the nonce that belongs to a PKCE verifier: fresh for each sign-in, told to nobody before."""
    digest = hashlib.sha256(f"nonce:{verifier}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def values_at(claims: Mapping[str, Any], path: str) -> frozenset[str]:
    """Return the texts that stand at a claim; "a.b" looks into b of every a, through lists. A claim may have dots."""
    found: list[Any] = [claims[path]] if path in claims else _inside([claims], path.split("."))
    return frozenset(str(one) for one in _flat(found) if isinstance(one, str | int) and not isinstance(one, bool))


def _inside(nodes: Iterable[Any], names: Sequence[str]) -> list[Any]:
    for name in names:
        nodes = [node[name] for node in _flat(nodes) if isinstance(node, Mapping) and name in node]
    return list(nodes)


def _flat(nodes: Iterable[Any]) -> list[Any]:
    return [inner for node in nodes for inner in (_flat(node) if isinstance(node, list) else [node])]


def is_left_out(claims: Mapping[str, Any], path: str) -> bool:
    """Say whether the token holds the claim back for its size (OpenID Connect Core 5.6.2): nothing follows from it."""
    held_back = claims.get("_claim_names")
    return isinstance(held_back, Mapping) and path.partition(".")[0] in held_back


def vouched_email(claims: Mapping[str, Any], domains: Iterable[str] = ()) -> str:
    """Return the e-mail address, small letters, if said to be verified, or of a domain that is the provider's.

    What no form would take for an address is none: no message could be sent to it.
    """
    email = claims.get("email")
    if not isinstance(email, str) or len(email) > LONGEST_EMAIL or not _is_address(email):
        return ""
    verified = claims.get("email_verified") in (True, "true")
    ours = email.rpartition("@")[2].lower() in {domain.lower() for domain in domains}
    return email.lower() if verified or ours else ""


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def full_name(claims: Mapping[str, Any], email: str) -> str:
    """Return what somebody is called: name, else given and family name, else the front of the e-mail address."""
    parts = [claims.get(part) for part in ("given_name", "family_name")]
    names = [claims.get("name"), " ".join(part for part in parts if isinstance(part, str))]
    known = next((name.strip() for name in names if isinstance(name, str) and name.strip()), "")
    return (known or email.partition("@")[0])[:LONGEST_NAME]


def asserts_second_factor(claims: Mapping[str, Any], proofs: Iterable[str]) -> bool:
    """Say whether the token holds one of the proofs, each "claim=value" ("amr=mfa"); without proofs it never does."""
    return any(value in values_at(claims, claim) for claim, _, value in (proof.partition("=") for proof in proofs))
