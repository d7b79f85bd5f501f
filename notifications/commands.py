"""Telling people: written in the transaction of what happened, sent afterwards by `notifications.delivery`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F

from audit.bulk import insert
from audit.commands import command, now
from audit.domain import Actor
from audit.refusals import NotFound
from notifications.domain import ALL_CHANNELS, BELL, LEASE, Channel, Note, Template, retry_after
from notifications.models import Message, Outbox
from notifications.queries import mine

POST_FROM = """
WITH {given} note AS MATERIALIZED ({source}),
bell AS (
    INSERT INTO notifications_message (id, user_id, template, params, link, reference, created_at, key)
    SELECT gen_random_uuid(), user_id, template, params, link, reference, %(posted_at)s, key || ':' || %(bell)s
    FROM note
    ON CONFLICT DO NOTHING)
INSERT INTO notifications_outbox
    (recipient_id, template, params, link, reference, attempts, fault, channel, next_try_at, created_at, key)
SELECT user_id, template, params, link, reference, 0, '', outside.channel, %(posted_at)s, %(posted_at)s,
       key || ':' || outside.channel
FROM note CROSS JOIN (SELECT %(outside)s::text AS channel) outside
ON CONFLICT DO NOTHING
"""
SHARED = ("key", "template", "params", "link", "reference", "created_at")


@command
def post(
    *,
    by: Actor,
    key: str,
    user_id: UUID,
    template: str,
    link: str,
    reference: str = "",
    params: dict[str, Any] | None = None,
    channels: Sequence[str] = ALL_CHANNELS,
) -> None:
    """Tell one person one thing; the same key is told once. `link` is a path; params hold codes and ids only."""
    post_many(by=by, notes=[Note(key, user_id, Template(template), link, reference, params or {}, tuple(channels))])


@command
def post_many(*, by: Actor, notes: Sequence[Note]) -> None:
    """Tell many people at once: messages now, one outbox row for each channel outside the product."""
    instant = now()
    bells = [(uuid4(), n.user_id, *_shared(n, BELL, instant)) for n in notes if BELL in n.channels]
    insert(Message, ("id", "user", *SHARED), bells, skip_existing=True)
    outside = [(n, channel) for n in notes for channel in n.channels if channel != BELL]
    insert(
        Outbox,
        ("recipient", "channel", "attempts", "next_try_at", "fault", *SHARED),
        [(n.user_id, str(c), 0, instant, "", *_shared(n, c, instant)) for n, c in outside],
        skip_existing=True,
    )


def _shared(note: Note, channel: str, instant: datetime) -> tuple[Any, ...]:
    return f"{note.key}:{channel}", str(note.template), note.params, note.link, note.reference, instant


@command
def post_from(*, by: Actor, source: str, params: Mapping[str, Any], given: str = "") -> None:
    """Tell everybody whom a SELECT names (key, user_id, template, params, link, reference), by message and e-mail.

    The same as `post_many`, for thousands: `source` is SQL of our own, and no row of it passes through this process.
    `given` is what the SELECT reads from: common table expressions ("name AS (…),") that may write rows themselves.
    """
    named = {**params, "posted_at": now(), "bell": BELL, "outside": Channel.EMAIL.value}
    with connection.cursor() as cursor:
        cursor.execute(POST_FROM.format(given=given, source=source), named)


@command
def mark_read(*, by: Actor, message_id: UUID) -> Message:
    """Mark one of the actor's own messages as read. Repeating is quiet."""
    message = mine(by).select_for_update().filter(pk=message_id).first()
    if message is None:
        raise NotFound
    if message.read_at is None:
        message.read_at = now()
        message.save(update_fields=["read_at"])
    return message


@command
def mark_all_read(*, by: Actor) -> int:
    """Mark all of the actor's messages as read and return how many were not."""
    return mine(by).filter(read_at=None).update(read_at=now())


@command
def claim(*, by: Actor, now: datetime, batch: int) -> list[Outbox]:
    """Take up to `batch` waiting rows for sending. A claim not settled within two minutes is free again."""
    rows = Outbox.objects.select_for_update(skip_locked=True, of=("self",)).select_related("recipient")
    claimed = list(rows.filter(next_try_at__lte=now).order_by("next_try_at", "id")[:batch])
    for row in claimed:
        row.next_try_at = now + LEASE
    Outbox.objects.bulk_update(claimed, ["next_try_at"])
    return claimed


@command
def give_back(*, by: Actor, rows: Sequence[Outbox], now: datetime) -> None:
    """Let rows claimed at `now` and not tried be claimed again; those that somebody else has meanwhile stay theirs."""
    Outbox.objects.filter(pk__in=[row.pk for row in rows], next_try_at=now + LEASE).update(next_try_at=now)


@command
def mark_sent(*, by: Actor, outbox_id: int, sent_at: datetime) -> None:
    """Note that a row was sent; it is not tried again."""
    Outbox.objects.filter(pk=outbox_id, sent_at=None).update(
        sent_at=sent_at, next_try_at=None, fault="", attempts=F("attempts") + 1
    )


@command
def mark_failed(*, by: Actor, outbox_id: int, failed_at: datetime, fault: str) -> None:
    """Note that a row could not be sent and when to try again; given up after 40 attempts, kept with its fault.

    Quiet when somebody else sent it meanwhile.
    """
    row = Outbox.objects.select_for_update().filter(pk=outbox_id, sent_at=None).first()
    if row is None:
        return
    row.attempts += 1
    wait = retry_after(row.attempts)
    row.next_try_at = None if wait is None else failed_at + wait
    row.fault = fault[:80]
    row.save(update_fields=["attempts", "next_try_at", "fault"])
