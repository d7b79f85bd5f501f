"""Words of the list of messages. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.domain.rota import LONDON
from notifications.domain import words
from notifications.models import Message


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as shown."""

    id: UUID
    words: str
    reference: str
    link: str
    at: str
    read: bool


def message_rows(messages: Iterable[Message]) -> list[MessageRow]:
    """Return the rows of the list."""
    return [
        MessageRow(m.pk, words(m.template, m.params), m.reference, m.link, when(m.created_at), m.read_at is not None)
        for m in messages
    ]


def when(at: datetime) -> str:
    """Return "Thu 17 Sep, 14:32 BST"."""
    local = at.astimezone(LONDON)
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M %Z}"
