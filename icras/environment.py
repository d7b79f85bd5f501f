"""Read settings from the environment. A missing or wrong one stops the start with a hint."""

import os
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"", "0", "false", "no", "off"})


def text(name: str, default: str | None = None, hint: str = "") -> str:
    """Return the variable; without a default a missing one refuses the start."""
    value = os.environ.get(name, default)
    if value is None or (value == "" and default is None):
        raise ImproperlyConfigured(f"{name} is not set. {hint}".strip())
    return value


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable; any other word refuses the start."""
    word = os.environ.get(name, "1" if default else "").strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} is {word!r}: use 1 or 0.")


def number(name: str, default: int) -> int:
    """Return a whole number; anything else refuses the start."""
    word = os.environ.get(name, str(default))
    try:
        return int(word)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {word!r}: use a whole number.") from None


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list without blanks."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def database(url: str) -> Mapping[str, Any]:
    """Turn postgres://user:password@host:port/name?host=/socket/dir into Django's settings."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// (ICRAS needs PostgreSQL 15 or later).")
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "icras",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", None) or parts.hostname or "",
        "PORT": query.pop("port", None) or str(parts.port or ""),
        "OPTIONS": query,
    }


def sign_in_providers(strict: bool) -> list[dict[str, Any]]:
    """Return the OpenID Connect providers that OIDC_PROVIDERS names, each from its own OIDC_<NAME>_… variables.

    `strict`: an issuer must be https. Raises ImproperlyConfigured for whatever is missing or not to be believed.
    """
    return [_provider(name, strict) for name in words("OIDC_PROVIDERS")]


def sign_in_origins() -> list[str]:
    """Return where a browser may be sent to sign in: the origin of every issuer, and OIDC_<NAME>_ORIGINS."""
    found = []
    for name in words("OIDC_PROVIDERS"):
        parts = urlsplit(text(_variable(name, "ISSUER"), ""))
        found += [f"{parts.scheme}://{parts.netloc}", *words(_variable(name, "ORIGINS"))]
    return found


def _variable(name: str, what: str) -> str:
    return f"OIDC_{name.upper().replace('-', '_')}_{what}"


def _provider(name: str, strict: bool) -> dict[str, Any]:
    if not re.fullmatch(r"[a-z0-9-]{1,40}", name) or name == "openid-connect":
        raise ImproperlyConfigured(f"OIDC_PROVIDERS holds {name!r}: use small letters, digits and -.")
    hint = f"{name} is named in OIDC_PROVIDERS; see docs/sign-in.md."

    def needed(what: str) -> str:
        return text(_variable(name, what), None, hint)

    issuer = needed("ISSUER").rstrip("/")
    if urlsplit(issuer).scheme != "https" and strict:
        raise ImproperlyConfigured(f"{_variable(name, 'ISSUER')} must begin with https://. {hint}")
    level = text(_variable(name, "ACR_VALUES"), "")
    return {
        "provider_id": name,
        "name": needed("NAME"),
        "client_id": needed("CLIENT_ID"),
        "secret": needed("CLIENT_SECRET"),
        "settings": {
            "server_url": issuer,
            "scope": text(_variable(name, "SCOPE"), "openid profile email").split(),
            "auth_params": {"acr_values": level} if level else {},
            "fetch_userinfo": flag(_variable(name, "USERINFO"), True),
            "email_domains": words(_variable(name, "EMAIL_DOMAINS")),
            "second_factor": words(_variable(name, "SECOND_FACTOR")),
            "admits": flag(_variable(name, "ADMITS")),
        },
    }
