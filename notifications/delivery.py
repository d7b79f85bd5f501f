"""Sending what waits in the outbox: claimed in one transaction, sent outside any, settled in another.

At least once: a sender killed between sending and settling sends again, with the same key in the headers.
"""

from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string

from audit.domain import SYSTEM
from notifications.commands import claim, mark_failed, mark_sent
from notifications.domain import words
from notifications.models import Outbox

log = structlog.get_logger("notifications.delivery")


def deliver(*, now: datetime, batch: int = 100) -> int:
    """Send up to `batch` waiting messages and return how many were sent."""
    sent = 0
    for row in claim(by=SYSTEM, now=now, batch=batch):
        try:
            email(row).send()
        except (SMTPException, OSError) as fault:
            log.error("not_sent", key=row.key, fault=type(fault).__name__)
            mark_failed(by=SYSTEM, outbox_id=row.pk, failed_at=now, fault=type(fault).__name__)
        else:
            mark_sent(by=SYSTEM, outbox_id=row.pk, sent_at=now)
            sent += 1
    return sent


def email(row: Outbox) -> EmailMessage:
    """Return the e-mail of an outbox row: what it is about, a reference and a link. Nothing about a person."""
    title = words(row.template, row.params)
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return EmailMessage(
        subject=" ".join(f"ICRAS: {title} {row.reference}".split()),
        body=render_to_string(
            "notifications/email.txt",
            {"title": title, "reference": row.reference, "link": f"{settings.ICRAS_SITE_URL.rstrip('/')}{row.link}"},
        ),
        to=[row.recipient.email],
        headers={"X-ICRAS-Key": row.key, "Message-ID": f"<{row.key.replace(':', '.')}@{host}>"},
        connection=get_connection(),
    )
