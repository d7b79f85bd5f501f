"""What happened and who looked: append-only, by trigger as well as by code."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from audit import acting


class CaseEvent(models.Model):
    """One thing that happened on a case. Codes and ids only: nothing here needs erasing."""

    id = models.BigAutoField(primary_key=True)
    case_id = models.UUIDField()
    event = models.CharField(max_length=60)
    subject = models.CharField(max_length=80)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    actor_id = models.CharField(max_length=80)
    actor_label = models.CharField(max_length=120)
    actor_role = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["case_id", "-occurred_at", "-id"], name="audit_event_timeline")]

    def __str__(self) -> str:
        return f"{self.event} {self.subject}"


class AccessLog(models.Model):
    """One reading of personal data, or one denial. A list is one row with the ids shown."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_index=True)
    actor_id = models.CharField(max_length=80, db_index=True)
    actor_label = models.CharField(max_length=120)
    what = models.CharField(max_length=60)
    ids = ArrayField(models.CharField(max_length=80), default=list)
    denied = models.BooleanField(default=False)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes = [
            models.Index(F("ids__0"), F("at"), condition=Q(what__in=["case", "referral"]), name="audit_who_opened")
        ]

    def __str__(self) -> str:
        return f"{self.what} by {self.actor_id}"


class Sending(models.Model):
    """One form that was sent and done: its name (`audit.domain.sending`) alone, which tells of nobody."""

    id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id}"


def _actor_id(**_: Any) -> str:
    """Name who changed a field; raises when nobody is acting, so no change is anonymous."""
    return acting.current().id


def _recorded_actor(history: Any) -> str:
    return str(history.history_user_id)


def _record_actor(history: Any, actor_id: str) -> None:
    history.history_user_id = actor_id


class FieldHistory(HistoricalRecords):  # type: ignore[misc]
    """Versions of a row, dated with the instant of the command."""

    def create_historical_record(self, instance: Any, history_type: str, using: Any = None) -> None:
        instance._history_date = acting.now()
        super().create_historical_record(instance, history_type, using)


def field_history(**kwargs: Any) -> HistoricalRecords:
    """Keep every version of a row that people edit as fields, with the actor and the instant of each change."""
    return FieldHistory(
        history_user_id_field=models.CharField(max_length=80),
        history_user_getter=_recorded_actor,
        history_user_setter=_record_actor,
        get_user=_actor_id,
        **kwargs,
    )
