"""Sending what waits in the outbox: claimed in one transaction, sent outside any, settled in another.

At least once: a sender killed between sending and settling sends again, with the same key in the headers.
What cannot be sent, whatever its fault (no server, an address that is none), is put by for later: never in the way of
what stands behind it.
"""

from datetime import datetime
from hashlib import sha256
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from accounts.commands.invitation import password_path
from accounts.queries import place
from audit.commands import now as instant
from audit.domain import SYSTEM
from notifications.commands import claim, give_back, mark_failed, mark_sent
from notifications.domain import SENDING, Template, words
from notifications.models import Outbox

log = structlog.get_logger("notifications.delivery")
SETS_PASSWORD = frozenset({Template.PASSWORD_RESET, Template.INVITED})
IN_OWN_WORDS = SETS_PASSWORD | {Template.FACTOR_RESET}


def deliver(*, now: datetime, batch: int = 100) -> int:
    """Send up to `batch` waiting messages and return how many were sent.

    Where the mail server is slow, what it has no time for is given back while nobody else may have taken it.
    """
    sent, began = 0, instant()
    rows = claim(by=SYSTEM, now=now, batch=batch)
    for nth, row in enumerate(rows):
        if instant() - began > SENDING:
            give_back(by=SYSTEM, rows=rows[nth:], now=now)
            break
        try:
            email(row).send()
        except (SMTPException, OSError, ValueError) as fault:  # ValueError: an address or a header that is none
            log.error("not_sent", key=row.key, fault=type(fault).__name__)
            mark_failed(by=SYSTEM, outbox_id=row.pk, failed_at=now, fault=type(fault).__name__)
        else:
            mark_sent(by=SYSTEM, outbox_id=row.pk, sent_at=now)
            sent += 1
    return sent


def email(row: Outbox) -> EmailMessage:
    """Return the e-mail of an outbox row: what it is about, a reference and a link. Nothing about a person."""
    title, site = words(row.template, row.params), settings.ICRAS_SITE_URL.rstrip("/")
    path = password_path(row.recipient) if row.template in SETS_PASSWORD else row.link
    return EmailMessage(
        subject=" ".join(f"ICRAS: {title} {row.reference}".split()),
        body=render_to_string(
            f"notifications/{row.template if row.template in IN_OWN_WORDS else 'email'}.txt",
            {"title": title, "reference": row.reference, "link": f"{site}{path}", "place": place},
        ),
        to=[row.recipient.email],
        headers={"X-ICRAS-Key": row.key, "Message-ID": message_id(row.key)},
        connection=get_connection(),
    )


def message_id(key: str) -> str:
    """Return the Message-ID of a key: the same whenever it is sent, and short, so that no mail server folds it."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return f"<{sha256(key.encode()).hexdigest()[:32]}@{host}>"
