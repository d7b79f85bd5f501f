"""Who acts. Pure: no ORM, no Django."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid5

SENDINGS = UUID("5d3f3f2e-6a61-5b0e-9e0e-5c9a1d0f77aa")
CODE = re.compile(r"[\w.:+@/-]{0,120}")


@dataclass(frozen=True, slots=True)
class Actor:
    """Someone or something that acts, frozen at the moment of the request.

    Made only by `accounts.queries.actor_for` and for the named system actors below; audit knows no User.
    `id` is "user:<uuid>", "client:<uuid>" or "system:<name>". `duties` are (duty, team name) of the shifts answered
    for now, highest first. `organisations` are those of `teams`; `organisation` is the one they work for.
    """

    id: str
    label: str
    role: str = ""
    organisation: UUID | None = None
    teams: frozenset[UUID] = field(default_factory=frozenset)
    organisations: frozenset[UUID] = field(default_factory=frozenset)
    roles: frozenset[str] = field(default_factory=frozenset)
    permissions: frozenset[str] = field(default_factory=frozenset)
    place_wide: bool = False
    place_permissions: frozenset[str] = field(default_factory=frozenset)
    duties: tuple[tuple[str, str], ...] = ()

    def may(self, permission: str) -> bool:
        """Say whether this actor holds the permission; the system holds all."""
        return self.is_system or permission in self.permissions

    def where_it_may(self, permission: str) -> "Actor":
        """Return this actor as it stands for one permission.

        Place-wide sight counts only when a place-wide role brings the permission: an auditor who is also a care worker
        reads every case, and records contacts on their own team's cases alone.
        """
        if not self.place_wide or self.is_system or permission in self.place_permissions:
            return self
        return replace(self, place_wide=False)

    @property
    def is_system(self) -> bool:
        return self.id.startswith("system:")

    @property
    def user_id(self) -> UUID | None:
        """Return the user's id, or None for a partner system or the system itself."""
        kind, _, key = self.id.partition(":")
        return UUID(key) if kind == "user" else None

    @property
    def client_id(self) -> UUID | None:
        """Return the partner client's id, or None."""
        kind, _, key = self.id.partition(":")
        return UUID(key) if kind == "client" else None


def as_codes(data: Any) -> Any:
    """Return event data as JSON holds it: ids and dates as text. Raises ValueError for words: an event names nobody."""
    if isinstance(data, dict):
        return {as_codes(key): as_codes(value) for key, value in data.items()}
    if isinstance(data, list | tuple | set | frozenset):
        return [as_codes(item) for item in data]
    if isinstance(data, date | datetime):
        return data.isoformat()
    if isinstance(data, str | UUID):
        return _code(str(data))
    if data is None or isinstance(data, bool | int | float):
        return data
    raise ValueError(f"An event holds codes and ids only, not a {type(data).__name__}.")


def _code(text: str) -> str:
    if not CODE.fullmatch(text):
        raise ValueError("An event holds codes and ids only, not words.")
    return text


SYSTEM = Actor(id="system:icras", label="ICRAS", role="System", place_wide=True)
PUBLIC = Actor(id="system:public", label="Public web page", role="The public", place_wide=True)
ANONYMOUS = Actor(id="anonymous", label="Not signed in")


def sending(*parts: object) -> UUID:
    """Return the name of one sending of a form or call: the same whenever the same is sent again, else another.

    `parts` say who sends, from which form or version, and all that is told; nobody can read them from the name.
    """
    return uuid5(SENDINGS, repr(parts))
