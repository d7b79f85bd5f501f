"""The place, its organisations and their teams."""

from typing import Any
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.domain import TeamKind


def choices(enum: Any) -> list[tuple[str, str]]:
    return [(member.value, member.value) for member in enum]


def one_of(field: str, enum: Any) -> Q:
    return Q(**{f"{field}__in": [member.value for member in enum]})


class Place(models.Model):
    """The one place that this deployment serves (R001), as its bundle named it."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    demo = models.BooleanField(default=False)
    words = models.JSONField(default=dict)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="accounts_place_is_one")]

    def __str__(self) -> str:
        return self.name


class Organisation(models.Model):
    """A council, trust, provider or other body, for as long as it exists (R302)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=40)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(starts_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="accounts_organisation_ends_after_start",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Team(models.Model):
    """People who work together, across employers (R090)."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    code = models.SlugField(max_length=40, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="teams")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=choices(TeamKind))
    duty_phone = models.CharField(max_length=30, blank=True)
    zones = ArrayField(models.SlugField(max_length=40), default=list, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")

    class Meta:
        constraints = [models.CheckConstraint(condition=one_of("kind", TeamKind), name="accounts_team_kind")]

    def __str__(self) -> str:
        return self.name


class TeamHours(models.Model):
    """One opening period of a team on one weekday (0 Monday to 6 Sunday); a day may have several. Local time."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 means midnight at the end of the day")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(weekday__lte=6), name="accounts_hours_weekday")]
        ordering = ["team", "weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens}-{self.closes}"
