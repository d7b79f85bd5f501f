"""What people are told: messages in the product, and what is waiting to be sent outside it."""

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from notifications.domain import Channel


class Message(models.Model):
    """One entry of a person's messages. Written in the transaction of what it tells of."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    key = models.CharField(max_length=200, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="messages")
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    link = models.CharField(max_length=200)
    reference = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-created_at", "-id"], name="notifications_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notifications_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.reference}"


class Outbox(models.Model):
    """One message to be sent outside the product: at least once, with its key where the receiver can see it."""

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=200, unique=True)
    channel = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Channel])
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="outbox")
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    link = models.CharField(max_length=200)
    reference = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=80, blank=True)

    class Meta:
        verbose_name_plural = "outbox"
        indexes = [
            models.Index(fields=["next_try_at", "id"], condition=Q(next_try_at__isnull=False), name="outbox_waiting")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(next_try_at__isnull=True), name="outbox_sent_is_not_waiting"
            ),
            models.CheckConstraint(condition=Q(channel__in=[c.value for c in Channel]), name="outbox_channel"),
        ]

    def __str__(self) -> str:
        return self.key
