"""Limits and opening hours as the place sets them."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from accounts.models import one_of
from timelimits.domain import (
    LimitKind,
)


class OpeningCalendar(models.Model):
    """One version of opening hours. Versions follow one another by date; none is ever changed."""

    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    effective_from = models.DateField()
    definition = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="timelimits_calendar_version"),
            models.UniqueConstraint(fields=["code", "effective_from"], name="timelimits_calendar_from"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.version}"


class ExtraBankHoliday(models.Model):
    """A one-off bank holiday proclaimed after the packaged calendar was made."""

    day = models.DateField(primary_key=True)
    name = models.CharField(max_length=120)
    published_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class Policy(models.Model):
    """One version of one time limit. `definition` is what the place bundle said; the other columns are read from it."""

    code = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    variant = models.SlugField(max_length=40, blank=True)
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)
    kind = models.CharField(max_length=20)
    calendar = models.SlugField(max_length=40, blank=True)
    label = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    source = models.CharField(max_length=40)
    blocks = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    definition = models.JSONField()
    published_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "variant", "version"], name="timelimits_policy_version"),
            models.CheckConstraint(condition=one_of("kind", LimitKind), name="timelimits_policy_kind"),
            models.CheckConstraint(
                condition=Q(effective_until=None) | Q(effective_until__gte=F("effective_from")),
                name="timelimits_policy_ends_after_start",
            ),
        ]
        indexes = [GinIndex(fields=["blocks"], name="timelimits_policy_blocks")]

    def __str__(self) -> str:
        return f"{self.code} {self.variant} {self.version}"
