"""Whoever asked is told that there is an answer: the message says where it is, not what it says."""

from uuid import UUID

from accounts.models import User
from audit.domain import Actor
from notifications.commands import post_many
from notifications.domain import Note, Template
from referrals.models import InformationRequest
from referrals.queries.questions import asker_of


def tell_asker(by: Actor, asked: InformationRequest) -> None:
    """Tell whoever asked, when they work here still and did not write the answer themselves."""
    kind, _, key = asker_of(asked).partition(":")
    if kind != "user" or by.id == f"user:{key}" or not User.objects.filter(pk=UUID(key), is_active=True).exists():
        return
    referral = asked.referral
    note = Note(
        f"answer:{asked.pk}:{key}", UUID(key), Template.QUESTION_ANSWERED, f"/referrals/{referral.pk}/",
        referral.reference,
    )  # fmt: skip
    post_many(by=by, notes=[note])
