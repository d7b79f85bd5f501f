"""How the engine itself is."""

from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """When a job last ran to its end, what it did and how late it was."""

    name = models.CharField(max_length=40, primary_key=True)
    beat_at = models.DateTimeField()
    done = models.PositiveIntegerField(default=0)
    lag_seconds = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.name


class Alarm(models.Model):
    """Something the engine could not do by itself: a row that raised, an empty rung, a year without bank holidays."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=120)
    detail = models.CharField(max_length=200, blank=True)
    raised_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)
    cleared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(cleared_at=None), name="timelimits_alarm_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"
