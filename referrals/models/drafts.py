"""What was typed and not yet sent, and the answers given to partners' keys."""

from typing import Any

from django.conf import settings
from django.db import models

from accounts.models import PartnerClient


class IdempotencyKey(models.Model):
    """The first answer given to a partner's key, kept 30 days, written with what it made."""

    client = models.ForeignKey(PartnerClient, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer: Any = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="referrals_key_once")]

    def __str__(self) -> str:
        return str(self.pk)


class Draft(models.Model):
    """What somebody has typed and not yet sent: one for each user and form, so that nothing is lost."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    form = models.CharField(max_length=80)
    typed = models.JSONField(default=dict)
    started_at = models.DateTimeField()
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "form"], name="referrals_draft_once")]

    def __str__(self) -> str:
        return self.form
